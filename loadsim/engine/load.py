"""From a scenario's name or file to the Locust user class that plays it."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from typing import Any

from loadsim.engine.users import ArrivalDriven
from loadsim.errors import UsageError, nearest
from loadsim.scenarios import SCENARIOS
from loadsim.wire import Plan


def user_class(plan: Plan) -> Any:
    """Return the class whose users run the plan. Raises UsageError."""
    if plan.scenario in SCENARIOS:
        return _built_in(plan)
    path, _, name = plan.scenario.partition(".py:")
    return _from_file(Path(path if not name else f"{path}.py"), name)


def _built_in(plan: Plan) -> Any:
    if plan.bundled and not plan.routes:
        return importlib.import_module(SCENARIOS[plan.scenario].module).Visitor
    from loadsim.scenarios.declared import visitor_for

    return visitor_for(plan)


def _from_file(path: Path, name: str) -> Any:
    from locust import User

    module = _import(path)
    found = {
        key: value
        for key, value in vars(module).items()
        if inspect.isclass(value)
        and issubclass(value, User)
        and not value.__dict__.get("abstract", False)
        and value.__module__ == module.__name__
    }
    if not found:
        raise UsageError(
            f"'{path}' defines no Locust user",
            hint="Define a class such as: class Shopper(LoadUser): ... with 'from loadsim import LoadUser, task'.",
        )
    if name and name not in found:
        raise UsageError(f"'{path}' has no user class '{name}'", hint=nearest(name, found))
    if not name and len(found) > 1:
        raise UsageError(
            f"'{path}' defines {len(found)} user classes: {', '.join(sorted(found))}",
            hint=f"Name the one to run: {path}:{sorted(found)[0]}",
        )
    chosen = found[name] if name else next(iter(found.values()))
    if issubclass(chosen, ArrivalDriven):
        return chosen
    from loadsim.engine.locustfile import driven_by_arrivals

    return driven_by_arrivals(chosen)


def _import(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise UsageError(
            f"'{path}' is neither a built-in scenario nor a Python file", hint=nearest(str(path), SCENARIOS)
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
        place = f", line {line}" if line else ""
        raise UsageError(f"'{path}'{place} cannot be imported: {type(error).__name__}: {error}") from None
    return module
