"""What a reader must know about a run before its figures mean anything: known before there is any traffic."""

from __future__ import annotations

from urllib.parse import urlsplit

from loadsim.experiment.machine import Cpus
from loadsim.scenarios import SCENARIOS
from loadsim.wire import Plan, Ready


def remarks(plan: Plan, cpus: Cpus | None = None) -> list[str]:
    """Return the warnings that the plan gives rise to, and how ``cpus`` are shared where that matters."""
    found = []
    if not plan.bundled and not plan.routes and plan.scenario in SCENARIOS and plan.sockets is None:
        path = urlsplit(plan.http.url).path or "/"
        found.append(
            f"no routes are given for this target, so only GET {path} is sent: name yours with --request 'GET /a', or "
            "in [routes] of loadsim.toml"
        )
    if cpus is not None and plan.bundled and set(cpus.engine) == set(cpus.target):
        found.append("engine and target share their CPUs: each slows the other down")
    if plan.http.proxy:
        found.append("requests go through the proxy of the environment")
    return found


def remarks_on(ready: Ready) -> list[str]:
    """Return the warnings that the engine's first look gives rise to."""
    found = list(ready.notes)
    if not ready.precise_timer:
        found.append("this system has no precise timer: the schedule is coarser, by about a millisecond")
    return found
