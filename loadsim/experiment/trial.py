"""One iteration with every request and answer shown: what ``loadsim try`` is made of."""

from __future__ import annotations

import msgspec
from rich.console import Console

from loadsim.errors import EngineError, ExitCode
from loadsim.experiment.collect import Collector
from loadsim.experiment.engine_process import EngineProcess
from loadsim.experiment.machine import Cpus
from loadsim.experiment.prepare import drawn_seed, find_scenario, http_settings, make_plan, shape_of
from loadsim.experiment.remarks import remarks
from loadsim.experiment.socket_plan import default_topology
from loadsim.experiment.subject import subject_of
from loadsim.redact import plain_text
from loadsim.report.terminal import Steps, print_exchange
from loadsim.settings import RunSettings
from loadsim.wire import Exchange, Plan

_LONGEST_S = 120.0


def try_once(settings: RunSettings, console: Console) -> ExitCode:
    """Play one iteration on the target and print it. Raises what a run would, before any traffic."""
    scenario = find_scenario(settings)
    shape = shape_of(settings, scenario)
    steps = Steps(console)
    with subject_of(settings, default_topology(scenario, "monolith"), Cpus((), ()), steps) as target:
        http = http_settings(settings, target.url, stranger=not target.bundled)
        plan = make_plan(settings, shape, drawn_seed(settings), http, Cpus((), ()), bundled=target.bundled)
        _play(_single(plan), console)
        for remark in remarks(plan):
            console.print(f"warning: {remark}", markup=False, highlight=False)
    return ExitCode.OK


def _single(plan: Plan) -> Plan:
    """Return the plan cut down to one traced iteration, due at once."""
    return msgspec.structs.replace(
        plan,
        model="open",
        profile="constant(20/s)",
        arrivals="uniform",
        duration_s=_LONGEST_S,
        warmup_s=0.0,
        iterations=1,
        users=1,
        trace=True,
    )


def _play(plan: Plan, console: Console) -> None:
    def show(exchange: Exchange) -> None:
        print_exchange(
            console,
            method=exchange.method,
            url=exchange.url,
            request_headers=exchange.request_headers,
            status=exchange.status or None,
            response_headers=exchange.response_headers,
            body=exchange.body,
            timings_s={"service time": exchange.service_s},
            outcome=exchange.outcome,
        )

    collector = Collector(plan, (), {}, (), on_exchange=show)
    with EngineProcess(plan) as engine:
        while not engine.ended:
            for kind, payload in engine.frames(1.0):
                collector.take(kind, payload)
        if not collector.finished:
            raise EngineError("the process that played the iteration ended early", hint=engine.last_words())
        words = engine.last_words()
    for outcome, first in collector.errors.items():
        console.print(f"{outcome}: {first}", markup=False, highlight=False)
    if words:
        console.print("the last lines that the scenario printed:")
        for line in words.splitlines():
            console.print(f"  {plain_text(line)}", markup=False, highlight=False)
