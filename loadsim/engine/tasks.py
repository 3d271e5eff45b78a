"""What one iteration of a Locust user class may be: its tasks, flattened to functions of the user."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from locust import SequentialTaskSet, TaskSet
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately

from loadsim.errors import UsageError

Task = Callable[[Any], object]


def iterations(user_class: Any) -> list[Task]:
    """Return the class's tasks, each as often as its weight says. Raises UsageError if there are none."""
    tasks = [_iteration(task) for task in user_class.tasks]
    if not tasks:
        raise UsageError(
            f"{user_class.__name__} has no tasks: an arrival would have nothing to do",
            hint="Mark at least one method with @task.",
        )
    return tasks


def _iteration(task: Any) -> Task:
    if inspect.isclass(task) and issubclass(task, TaskSet):
        return _of_task_set(task)
    function: Task = task
    return function


def _of_task_set(task_set: Any) -> Task:
    """Return one visit to a TaskSet: all its tasks in order if it is sequential, otherwise one drawn by weight.

    ``self.interrupt()`` ends the visit to this set, and a sequence that it is part of goes on.
    """
    inner = iterations(task_set)

    def visit(parent: Any) -> None:
        instance = task_set(parent)
        try:
            instance.on_start()
            for task in inner if issubclass(task_set, SequentialTaskSet) else [instance.user.draws.choice(inner)]:
                _run(task, instance)
        except InterruptTaskSet:
            pass
        finally:
            instance.on_stop()

    return visit


def _run(task: Task, instance: Any) -> None:
    try:
        task(instance)
    except (RescheduleTask, RescheduleTaskImmediately):
        pass  # "on to the next one"
