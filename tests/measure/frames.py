"""Frames of samples as the engine packs them, and traffic to fill them with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from loadsim.measure.recorder import Recorder
from loadsim.measure.sample import BACKEND_SHIFT, CLASS_SHIFT, FIELDS, ITERATION, REQUEST, ROUTE_SHIFT, Outcome
from loadsim.profiles import Phase

ORIGIN = 1000.0
PHASES = (Phase("base", 0.0, 10.0), Phase("spike", 10.0, 15.0), Phase("recovery", 15.0, 30.0))


def request(
    due: float,
    started: float,
    ended: float,
    *,
    outcome: int = 0,
    route: int = 1,
    backend: int = 1,
    visitor_class: int = 0,
    received: int = 100,
    sent: int = 10,
) -> bytes:
    """Return one packed request; times are profile time."""
    key = route << ROUTE_SHIFT | backend << BACKEND_SHIFT | visitor_class << CLASS_SHIFT | outcome
    return REQUEST.pack(key, ORIGIN + due, ORIGIN + started, ORIGIN + ended, received, sent)


def iteration(
    due: float,
    started: float,
    ended: float,
    *,
    outcome: int = 0,
    visitor_class: int = 0,
    late_start: float = 0.0,
    backlog_wait: float = 0.0,
) -> bytes:
    """Return one packed iteration; times are profile time."""
    key = visitor_class << CLASS_SHIFT | outcome
    return ITERATION.pack(key, ORIGIN + due, ORIGIN + started, ORIGIN + ended, late_start, backlog_wait)


def dropped(due: float, *, visitor_class: int = 0) -> bytes:
    """Return an arrival that was given up."""
    return iteration(due, due, due, outcome=Outcome.DROPPED, visitor_class=visitor_class)


def recorder(samples: Iterable[bytes] = (), *, block: int = 64, **settings: Any) -> Recorder:
    """Return a recorder of 30 s in three phases with two classes, that took ``samples`` in blocks and is closed."""
    settings = {
        "origin": ORIGIN,
        "duration_s": 30.0,
        "phases": PHASES,
        "classes": ("light", "heavy"),
        "pools": {"web": ("web-1", "web-2")},
    } | settings
    made = Recorder(**settings)
    made.names(["GET /a", "GET /b", "POST /c"], ["web-1", "web-2", "web-3"])
    waiting = list(samples)
    for at in range(0, len(waiting), block):
        made.add(b"".join(waiting[at : at + block]))
    made.close()
    return made


REQUEST_OUTCOMES = (0, 0, 0, 404, 503, Outcome.TIMEOUT, Outcome.CONNECT_REFUSED, Outcome.CHECK_FAILED, Outcome.ABORTED)
ITERATION_OUTCOMES = (0, 0, Outcome.CHECK_FAILED, Outcome.EXCEPTION, Outcome.ABORTED, Outcome.DROPPED)


@st.composite
def traffic(draw: st.DrawFn) -> list[bytes]:
    """Return up to 200 samples of all kinds as they end, some of them due outside the measured window."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    samples = []
    for _ in range(draw(st.integers(0, 200))):
        due = float(rng.uniform(-3, 33))
        started = due + float(rng.exponential(0.01))
        ended = started + min(float(rng.lognormal(-3, 3)), 60.0)
        visitor = int(rng.integers(0, 2))
        if rng.random() < 0.5:
            outcome = int(rng.choice(ITERATION_OUTCOMES))
            if outcome == Outcome.DROPPED:
                samples.append(dropped(due, visitor_class=visitor))
            else:
                late = float(rng.exponential(0.001))
                samples.append(iteration(due, started, ended, outcome=outcome, visitor_class=visitor, late_start=late))
        else:
            samples.append(
                request(
                    due,
                    started,
                    ended,
                    outcome=int(rng.choice(REQUEST_OUTCOMES)),
                    route=int(rng.integers(1, 4)),
                    backend=int(rng.integers(0, 4)),
                    visitor_class=visitor,
                )
            )
    return sorted(samples, key=lambda sample: float(np.frombuffer(sample, FIELDS)["ended"][0]))
