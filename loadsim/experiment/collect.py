"""What the engine sends, taken in: into the recorder, and into what must be known about the engine itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from loadsim.errors import EngineError, ExitCode, LoadsimError
from loadsim.experiment.answers import Answers
from loadsim.measure.recorder import Recorder
from loadsim.measure.sample import SAMPLE_BYTES
from loadsim.measure.selection import Selection
from loadsim.measure.websockets import Messages
from loadsim.profiles import Phase
from loadsim.wire import Exchange, Failed, Kind, Names, Plan, Ready, SocketCounts, Tick

_MARGIN_S = 10.0
"""Beyond give-up and timeout together: an answer so late still counts in the percentiles of the second it was due."""

_FOLD_BYTES = 65_536 * SAMPLE_BYTES
"""Samples are folded when somebody looks, which is once a second, and before that if there are so many. To fold costs
nearly as much for few as for many, and who folds shares a core with the target."""

_EVENTS = frozenset({Kind.SOCKETS, Kind.TIMINGS, Kind.CACHES, Kind.VERSIONS, Kind.UPDATES})


class Collector:
    """Takes frames one by one. The recorder exists from the engine's first word on, which tells its clock."""

    def __init__(
        self,
        plan: Plan,
        phases: Sequence[Phase],
        pools: Mapping[str, Sequence[str]],
        selections: Sequence[Selection],
        on_exchange: Callable[[Exchange], None] = lambda _: None,
    ) -> None:
        self._plan, self._phases, self._pools, self._selections = plan, phases, pools, selections
        self._on_exchange = on_exchange
        self._recorder: Recorder | None = None
        self._answers = Answers()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self.ready: Ready | None = None
        self.tick: Tick | None = None
        self.errors: dict[str, str] = {}
        """Outcome -> the first example seen."""
        self.finished = False
        """Whether the engine said that everything is accounted for."""

    @property
    def recorder(self) -> Recorder:
        """The recorder, with everything in it that has come; EngineError if the engine never got so far."""
        self._fold_samples()
        return self._begun()

    @property
    def answers(self) -> Answers:
        """Who answered, of everything that has come."""
        self._fold_samples()
        return self._answers

    def take(self, kind: int, payload: bytes) -> None:
        """Take one frame. Raises what the engine could not start for."""
        if kind == Kind.SAMPLES:
            self._waiting.append(payload)
            self._waiting_bytes += len(payload)
            if self._waiting_bytes >= _FOLD_BYTES:
                self._fold_samples()
        elif kind in _EVENTS:
            self._fold(self._begun(), kind, payload)
        elif kind == Kind.SOCKET_COUNTS:
            self._take_counts(msgspec.json.decode(payload, type=SocketCounts))
        elif kind == Kind.TICK:
            self._take_tick(msgspec.json.decode(payload, type=Tick))
        elif kind == Kind.END:  # its gauges are of an engine that has closed down, which is none of the load
            self.tick = msgspec.json.decode(payload, type=Tick)
            self.finished = True
        elif kind == Kind.NAMES:
            names = msgspec.json.decode(payload, type=Names)
            self._begun().names(names.routes, names.backends)
            for error in names.errors:
                self.errors.setdefault(error.outcome, error.first)
        elif kind == Kind.READY:
            self._begin(msgspec.json.decode(payload, type=Ready))
        elif kind == Kind.EXCHANGE:
            self._on_exchange(msgspec.json.decode(payload, type=Exchange))
        elif kind == Kind.FAILED:
            raise _failure(msgspec.json.decode(payload, type=Failed))

    def _begun(self) -> Recorder:
        if self._recorder is None:
            raise EngineError("the load-generating process ended before it was ready")
        return self._recorder

    def _fold_samples(self) -> None:
        if not self._waiting:
            return
        samples = b"".join(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        self._begun().add(samples)
        self._answers.add(samples)

    def _fold(self, recorder: Recorder, kind: int, payload: bytes) -> None:
        """Take one frame of what happened beside requests and iterations, packed."""
        if kind == Kind.SOCKETS:
            recorder.of_sockets().add(payload)
        elif kind == Kind.TIMINGS:
            recorder.tiers.add(payload)
        elif kind == Kind.CACHES:
            recorder.caching.add(payload)
        elif kind == Kind.UPDATES:
            recorder.updates.add(payload)
        else:
            recorder.consistency.add(payload)

    def _begin(self, ready: Ready) -> None:
        self.ready = ready
        self._recorder = Recorder(
            origin=ready.origin,
            duration_s=self._plan.duration_s,
            phases=self._phases,
            classes=ready.classes,
            model=self._plan.model,
            pools=self._pools,
            selections=self._selections,
            late_s=self._plan.give_up_s + self._plan.http.timeout_s + _MARGIN_S,
        )

    def _take_counts(self, counts: SocketCounts) -> None:
        messages = Messages(
            sent=counts.sent,
            received=counts.received,
            unanswered=counts.unanswered,
            lost=counts.lost,
            duplicated=counts.duplicated,
            corrupt=counts.corrupt,
            out_of_order=counts.out_of_order,
            late=counts.late,
            missed=counts.missed,
            recovered=counts.recovered,
            reopened=counts.reopened,
            http_reads=counts.http_reads,
        )
        self._begun().of_sockets().count_messages(counts.time_s, messages)

    def _take_tick(self, tick: Tick) -> None:
        self.tick = tick
        self._begun().gauge(
            time_s=tick.time_s,
            in_flight=tick.in_flight,
            backlog=tick.backlog,
            engine_cpu_s=tick.engine_cpu_s,
            scheduled=tick.scheduled,
        )


def _failure(failed: Failed) -> LoadsimError:
    error = LoadsimError(failed.message, hint=failed.hint)
    error.exit_code = ExitCode(failed.exit_code)
    return error
