"""One run of the engine, from plan to last frame: Locust's Environment and LocalRunner around an :class:`Engine`."""

from __future__ import annotations

import gc
import logging
import os
import random
from pathlib import Path
from time import perf_counter
from typing import Any

import gevent
import locust
import msgspec
from locust.env import Environment

from loadsim.engine import load, locustfile
from loadsim.engine.engine import Engine, in_words, use_cpus
from loadsim.engine.room import make_room
from loadsim.engine.tasks import iterations
from loadsim.engine.visitor_classes import check_visitor_classes, with_shares
from loadsim.errors import EngineError, LoadsimError, UsageError
from loadsim.profiles import parse_profile
from loadsim.schedule import Schedule
from loadsim.wire import Failed, Kind, Plan, Ready, frame

LEAD_S = 0.1
"""Between the last preparation and the first arrival."""
START_LIMIT_S = 60.0
QUIT_LIMIT_S = 5.0
"""For all on_stop together; by then every iteration is accounted for."""


def run(plan: Plan, commands: int, out: int) -> None:
    """Play ``plan``: read commands from one descriptor and write frames to the other; returns when all is sent."""
    try:
        engine, environment, notes = _prepare(plan, commands, out)
    except LoadsimError as error:
        failed = Failed(message=error.message, hint=error.hint, exit_code=int(error.exit_code))
        os.write(out, frame(Kind.FAILED, msgspec.json.encode(failed)))
        return
    gc.collect()
    gc.freeze()  # what is there now lives as long as the run: looking at it again and again would delay arrivals
    gc.set_threshold(50_000, 20, 100)
    origin_time = perf_counter() + LEAD_S + plan.warmup_s
    ready = Ready(
        origin=origin_time,
        scenario=environment.user_classes[0].__name__,
        pid=os.getpid(),
        precise_timer=engine.pacer.precise,
        classes=engine.class_names,
        addresses=engine.origin.addresses,
        notes=notes,
    )
    engine.outbox.send(Kind.READY, msgspec.json.encode(ready))
    engine.begin(origin_time)
    engine.done.wait()
    engine.pacer.end()
    engine.drop_backlog()
    environment.events.quitting.fire(environment=environment, reverse=True)
    gevent.spawn(environment.runner.quit).join(QUIT_LIMIT_S)
    environment.events.quit.fire(exit_code=0)
    engine.finish()


def _prepare(plan: Plan, commands: int, out: int) -> tuple[Engine, Environment, tuple[str, ...]]:
    """Return the engine with all its users waiting for arrivals, after one look at the target."""
    use_cpus(plan.cpus)
    os.environ.update(plan.env)
    random.seed(plan.seed)  # for what scripts draw from Python's own generator
    logging.getLogger("locust").setLevel(logging.ERROR)
    engine = Engine(plan, _schedule(plan), out)
    engine.obey(commands)
    user_class = load.user_class(plan)
    check_visitor_classes(user_class.visitor_classes)
    engine.use(iterations(user_class), with_shares(user_class.visitor_classes, plan.visitors))
    held = plan.sockets is not None and plan.model == "closed"
    make_room(plan.users, len(engine.origin.socket_addresses), all_at_once=held)
    notes = _check(engine, plan)
    environment = Environment(user_classes=[user_class], host=plan.http.url, events=locust.events)  # scripts listen
    environment.engine = engine
    environment.create_local_runner()
    environment.events.init.fire(environment=environment, runner=environment.runner, web_ui=None)
    locustfile.listen(environment)
    environment.runner.start(plan.users, spawn_rate=plan.users)
    _await_users(engine, environment.runner, plan)
    return engine, environment, notes + locustfile.remarks(user_class)


def _check(engine: Engine, plan: Plan) -> tuple[str, ...]:
    """Look at the target once, at what the plan will ask it for."""
    if plan.sockets is None:
        return engine.origin.check()
    if plan.sockets.over == "sockets":
        return engine.origin.check_sockets()
    return engine.origin.check(get=not plan.bundled)  # at its own URL the bundled one has sockets alone


def _schedule(plan: Plan) -> Schedule:
    profile = parse_profile(plan.profile, base_dir=Path(plan.profile_dir))
    if plan.profile_scale != 1.0:
        profile = profile.scaled(plan.profile_scale)
    whole = Schedule(
        profile=profile,
        process=plan.arrivals,
        seed=plan.seed,
        duration_s=plan.duration_s,
        warmup_s=plan.warmup_s,
        limit=plan.iterations,
    )
    return whole.share(plan.worker, plan.workers) if plan.workers > 1 else whole


def _await_users(engine: Engine, runner: Any, plan: Plan) -> None:
    limit = perf_counter() + START_LIMIT_S
    while engine.start_failure is None and engine.ready_users < plan.users:
        if runner.spawning_greenlet.exception is not None:
            error = runner.spawning_greenlet.exception
            raise UsageError(f"a user could not be made: {engine.origin.notes.clean(in_words(error))}")
        if perf_counter() > limit:
            raise EngineError(
                f"only {engine.ready_users} of {plan.users} users were ready after {START_LIMIT_S:.0f} s",
                hint="Is an on_start waiting for something? Fewer users: --max-in-flight.",
            )
        gevent.sleep(0.005)
    if engine.start_failure is not None:
        runner.quit()
        raise UsageError(engine.start_failure, hint="Every user runs on_start once before the traffic begins.")
