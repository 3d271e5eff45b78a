"""Run directories to report on: arrivals drawn from a seed, served by queues, folded by the real recorder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from loadsim.measure.own_account import OwnAccount
from loadsim.measure.recorder import Recorder
from loadsim.measure.run_files import write_run_files
from loadsim.measure.sample import BACKEND_SHIFT, CLASS_SHIFT, FIELDS, ROUTE_SHIFT, Outcome
from loadsim.measure.socket_event import BEGUN_BY_TARGET, CLEAN, SOCKET_EVENT, Cause, Event
from loadsim.measure.updates import Counter
from loadsim.measure.websockets import Messages, SocketRecorder
from loadsim.own_account_summary import summarise_replicas, summarise_servers
from loadsim.profiles import Phase
from loadsim.record import (
    Calibration,
    CountRecord,
    FaultRecord,
    Manifest,
    ObjectiveRecord,
    RunRecord,
    Verdict,
    write_record,
)
from loadsim.socket_summary import summarise_sockets
from loadsim.summary import summarise

Array = np.ndarray


@dataclass
class Case:
    """What a run is like. Rates are 1/s, times seconds; functions take profile time as an array."""

    duration_s: int = 60
    rate: Callable[[Array], Array] = field(default=lambda t: np.full(t.shape, 60.0))
    service_s: float = 0.02
    phases: Sequence[Phase] = (Phase("base", 0.0, 60.0),)
    routes: Sequence[tuple[str, float, float]] = (
        ("GET /items/:id", 0.75, 1.0),
        ("GET /search", 0.2, 1.6),
        ("POST /orders", 0.05, 4.0),
    )
    """Name, share of the requests, factor on the service time."""
    backends: Sequence[str] = ("web-1", "web-2", "web-3", "web-4")
    slots: int = 4
    pool: str = "web"
    slow: Callable[[Array, Array], Array] | None = None
    """(time, backend) -> factor on the service time."""
    fail: Callable[[Array, Array, np.random.Generator], Array] | None = None
    """(time, backend) -> outcome codes, 0 for ok."""
    late_s: float = 1e-4
    cpu: float = 0.15
    model: str = "open"
    complete: bool = True
    cut_s: float | None = None
    verdict: Verdict | None = None
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    objectives: list[ObjectiveRecord] = field(default_factory=list)
    faults: list[FaultRecord] = field(default_factory=list)
    examples: dict[str, str] = field(default_factory=dict)
    sockets: Callable[[SocketRecorder, np.random.Generator], None] | None = None
    """Adds what became of WebSockets."""
    versions: bytes = b""
    """What reads showed of writes: a frame of ``measure.consistency``."""
    caches: bytes = b""
    """What answers told of caches: a frame of ``measure.caching``."""
    counters: Sequence[Counter] = ()
    """Numbers that the run changed."""
    account: Callable[[OwnAccount], None] = lambda _: None
    """Adds what the target's servers and replicas say of themselves."""
    counts: dict[str, CountRecord] = field(default_factory=dict)
    """Requests by backend, by each who counted them."""
    scenario: str = "spiky"
    topology: str | None = "balanced"
    target: str = "http://127.0.0.1:8080"
    profile: str = "constant(60/s)"
    seed: int = 7
    settings: dict[str, object] = field(default_factory=dict)


def write_run(directory: Path, case: Case) -> Path:
    """Write a whole run directory and return it."""
    rng = np.random.default_rng(case.seed)
    recorder = Recorder(
        origin=0.0,
        duration_s=case.duration_s,
        phases=case.phases,
        classes=("light", "heavy"),
        model="closed" if case.model == "closed" else "open",
        pools={case.pool: case.backends} if case.topology else None,
    )
    recorder.names(routes=[name for name, _, _ in case.routes], backends=case.backends)
    _fill(recorder, case, rng)
    recorder.consistency.add(case.versions)
    recorder.caching.add(case.caches)
    case.account(recorder.own_account)
    recorder.close()
    if case.sockets is not None:
        case.sockets(recorder.of_sockets(), rng)
        recorder.of_sockets().close(case.duration_s)
    summary = summarise(recorder, measured_s=case.cut_s, examples=case.examples, counters=case.counters)
    directory.mkdir(parents=True, exist_ok=True)
    write_run_files(recorder, directory, started_at_s=1.76e9)
    record: RunRecord = summary.record(
        _manifest(case, directory.name),
        complete=case.complete,
        verdict="invalid" if summary.saturated else case.verdict,
        reasons=summary.saturated + case.reasons,
        warnings=case.warnings,
        objectives=case.objectives,
        websockets=summarise_sockets(recorder.sockets),
        faults=case.faults,
        servers=summarise_servers(recorder.own_account, case.duration_s),
        replicas=summarise_replicas(recorder.own_account, case.duration_s),
        counts=case.counts,
    )
    write_record(record, directory)
    return directory


def _fill(recorder: Recorder, case: Case, rng: np.random.Generator) -> None:
    end = case.cut_s or case.duration_s
    seconds = np.arange(int(np.ceil(end)))
    counts = rng.poisson(case.rate(seconds + 0.5))
    due = np.sort(np.repeat(seconds, counts) + rng.random(int(counts.sum())))
    due = due[due < end]
    n = len(due)
    shares = np.array([share for _, share, _ in case.routes])
    route = rng.choice(len(case.routes), n, p=shares / shares.sum())
    factor = np.array([factor for _, _, factor in case.routes])[route]
    backend = np.arange(n) % len(case.backends) if case.backends else np.zeros(n, np.int64)
    work = case.service_s * factor * rng.lognormal(-0.12, 0.5, n)
    if case.slow is not None:
        work = work * case.slow(due, backend)
    late = rng.exponential(case.late_s / 4.6, n)
    ended = _serve(due + late, backend, work, case.slots)
    outcome = np.zeros(n, np.int64) if case.fail is None else case.fail(due, backend, rng)
    number = backend + 1 if case.backends else backend
    kind = (rng.random(n) < 0.1).astype(np.int64)
    samples = np.zeros(2 * n, FIELDS)
    for part, is_request in ((slice(0, n), True), (slice(n, 2 * n), False)):
        key = outcome | (kind << CLASS_SHIFT)
        if is_request:
            key = key | (number << BACKEND_SHIFT) | ((route + 1) << ROUTE_SHIFT)
            samples["received"][part], samples["sent"][part] = 1200, 180
        samples["key"][part] = key
        samples["due"][part], samples["started"][part], samples["ended"][part] = due, due + late, ended
        if not is_request:
            samples["late_start"][part], samples["backlog_wait"][part] = late, 0.0
    order = np.argsort(np.tile(ended, 2), kind="stable")
    for chunk in np.array_split(samples[order], max(1, 2 * n // 50_000)):
        recorder.add(chunk.tobytes())
    _gauges(recorder, case, rng, due, ended)


def _serve(arrive: Array, backend: Array, work: Array, slots: int) -> Array:
    """First come, first served, by ``slots`` servers a backend."""
    ended = np.empty_like(arrive)
    free: dict[int, list[float]] = {}
    for i in range(len(arrive)):
        places = free.setdefault(int(backend[i]), [0.0] * slots)
        first = places.index(min(places))
        ended[i] = max(arrive[i], places[first]) + work[i]
        places[first] = ended[i]
    return ended


def _gauges(recorder: Recorder, case: Case, rng: np.random.Generator, due: Array, ended: Array) -> None:
    last = int(max(ended.max() if len(ended) else 0, case.cut_s or case.duration_s)) + 1
    cpu, used = 0.0, dict.fromkeys(("envoy", *case.backends), 0.0)
    finish = np.sort(ended)
    for second in range(last):
        flight = int(np.searchsorted(due, second + 1) - np.searchsorted(finish, second + 1))
        recorder.gauge(time_s=float(second), in_flight=flight, backlog=max(0, flight - 400), engine_cpu_s=cpu)
        recorder.target_usage(
            float(second), {n: (c, 80_000_000 + i * 9_000_000) for i, (n, c) in enumerate(used.items())}
        )
        cpu += case.cpu * rng.uniform(0.9, 1.1)
        load = np.searchsorted(due, second + 1) - np.searchsorted(due, second)
        each = min(1.0, load / 600) / len(used)
        used = {name: value + each * rng.uniform(0.92, 1.0) for name, value in used.items()}


def _manifest(case: Case, name: str) -> Manifest:
    return Manifest(
        id=name,
        loadsim="0.1.0",
        scenario=case.scenario,
        model="closed" if case.model == "closed" else "open",
        profile=case.profile,
        arrivals="poisson",
        seed=case.seed,
        duration_s=float(case.duration_s),
        warmup_s=5.0,
        target=case.target,
        topology=case.topology,
        pools={case.pool: list(case.backends)} if case.topology else {},
        workers=1,
        started_at="2026-11-24T19:02:11Z",
        cpus={"engine": [0], "target": [1]},
        host={
            "system": "Linux",
            "release": "6.1",
            "machine": "x86_64",
            "python": "3.11.2",
            "processor": "AMD EPYC",
            "cpu_count": 2,
            "memory_bytes": 2**34,
        },
        calibration=Calibration(interpreter_s=0.002, system_calls_s=0.002),
        argv=["loadsim", "run", case.scenario, "--seed", str(case.seed)],
        settings={"timeout_s": 30.0, "max_in_flight": 1000, **case.settings},
    )


def _spike(t: Array) -> Array:
    return np.where((t >= 20) & (t < 26), 900.0, 60.0)


def _some(share: float, code: int) -> Callable[[Array, Array, np.random.Generator], Array]:
    def fail(t: Array, b: Array, rng: np.random.Generator) -> Array:
        return np.where(rng.random(len(t)) < share, code, 0)

    return fail


SPIKE_PHASES = (Phase("base", 0.0, 20.0), Phase("spike", 20.0, 26.0), Phase("recovery", 26.0, 60.0))


def spiky() -> Case:
    """A spike beyond what the servers can do: a queue, and its recovery."""
    return Case(
        rate=_spike,
        phases=SPIKE_PHASES,
        profile="spike(base=60/s,peak=900/s,at=20s,width=6s)",
        verdict="fail",
        reasons=["p99 < 250ms is broken: observed 2.3 s"],
        objectives=[
            ObjectiveRecord(expression="p99 < 250ms", observed=2.3, bound=0.25, verdict="fail", samples=8000),
            ObjectiveRecord(expression="error_rate < 1%", observed=0.0, bound=0.01, verdict="pass", samples=8000),
        ],
    )


def slow_backend() -> Case:
    """One of four backends takes six times as long from 0:24 on."""
    return Case(
        scenario="read-heavy",
        rate=lambda t: np.full(t.shape, 120.0),
        profile="constant(120/s)",
        slots=8,
        slow=lambda t, b: np.where((b == 2) & (t >= 24), 6.0, 1.0),
    )


def failing() -> Case:
    """From half of the run on, most answers are 503 or nothing at all."""

    def fail(t: Array, b: Array, rng: np.random.Generator) -> Array:
        draw = rng.random(len(t))
        broken = t >= 30
        return np.where(broken & (draw < 0.35), 503, np.where(broken & (draw < 0.5), int(Outcome.CONNECT_REFUSED), 0))

    return Case(
        scenario="write-heavy",
        rate=lambda t: np.full(t.shape, 150.0),
        profile="constant(150/s)",
        fail=fail,
        verdict="fail",
        reasons=["error_rate < 1% is broken: observed 25 %"],
        objectives=[
            ObjectiveRecord(expression="error_rate < 1%", observed=0.25, bound=0.01, verdict="fail", samples=9000)
        ],
        examples={
            "http_503": "503 Service Unavailable: upstream connect error",
            "connect_refused": "Connection refused",
        },
    )


def saturated() -> Case:
    """A generator that cannot keep up with itself."""
    return Case(
        late_s=0.04, cpu=0.97, rate=lambda t: np.full(t.shape, 300.0), service_s=0.004, profile="constant(300/s)"
    )


def quiet() -> Case:
    """Nothing to say."""
    return Case(verdict="pass", scenario="predictable", slots=16, routes=(("GET /", 1.0, 1.0),))


def closed() -> Case:
    """A closed loop: nothing is due, so there is no response time."""
    return Case(model="closed", scenario="read-heavy")


def interrupted() -> Case:
    """Stopped by the user after some seconds of sixty."""
    return Case(complete=False, cut_s=9.0, rate=_spike, phases=SPIKE_PHASES)


def _lives_with_a_drain(recorder: SocketRecorder, rng: np.random.Generator) -> None:
    """400 sockets on two servers; at 0:20 the first closes all of its own, and they come back within seconds."""
    opened = np.sort(rng.uniform(0.0, 10.0, 400))
    for number, at in enumerate(opened.tolist()):
        backend = 1 + number % 2
        recorder.add(SOCKET_EVENT.pack(Event.OPENED, backend, 0, 0, 0, at, at, at + 0.001, at + 0.002))
        if backend == 1:
            lost, again = 20.0 + rng.uniform(0.0, 1.0), 22.0 + rng.uniform(0.0, 4.0)
            flags = BEGUN_BY_TARGET | CLEAN
            recorder.add(SOCKET_EVENT.pack(Event.CLOSED_ON_US, 1, flags, 0, 1012, at, at + 0.002, at, lost))
            recorder.add(SOCKET_EVENT.pack(Event.OPENED, 2, 0, 0, 0, again, again, again, again + 0.002))
            recorder.add(SOCKET_EVENT.pack(Event.RECOVERED, 0, 0, 0, 0, lost, lost, lost, again + 0.002))
    for _ in range(5):
        recorder.add(SOCKET_EVENT.pack(Event.NEVER_OPENED, 0, 0, 503, 0, 21.0, 21.0, 21.0, 21.0))
    recorder.add(SOCKET_EVENT.pack(Event.DEAD, 2, 0, Cause.NO_PONG, 0, opened[1], opened[1] + 0.002, 0.0, 40.0))
    for second in range(60):
        messages = Messages(sent=400 * second, received=399 * second, lost=second, late=0, duplicated=0)
        recorder.count_messages(second + 0.9, messages)


def sockets() -> Case:
    """WebSockets through a rolling restart."""
    return Case(scenario="sockets", sockets=_lives_with_a_drain, verdict="pass")


def nothing() -> Case:
    """No arrivals at all."""
    return Case(rate=lambda t: np.zeros(t.shape), profile="constant(0/s)", verdict="inconclusive")


HOSTILE = "<script>alert(1)</script>\"'</script>\u202eevil\x1b[31m"


def hostile() -> Case:
    """Every name a target can choose is an attack."""
    return Case(
        routes=((f"GET /{HOSTILE}", 0.9, 1.0), ('GET /"><img src=x onerror=alert(1)>', 0.1, 2.0)),
        backends=(f"web-{HOSTILE}", "web-</title>", "web-{{7*7}}"),
        fail=_some(0.02, 500),
        examples={"http_500": HOSTILE},
        target=f"http://127.0.0.1/{HOSTILE}",
    )


def hour() -> Case:
    """3,600 rows, 200 routes, 64 backends."""
    return Case(
        duration_s=3600,
        rate=lambda t: 12 + 8 * np.sin(t / 600),
        phases=(Phase("day", 0.0, 3600.0),),
        profile="sine(mean=12/s,amplitude=8/s,period=3770s)",
        scenario="predictable",
        routes=tuple((f"GET /section/{n}/items/:id", 1.0 / (n + 1), 1.0 + (n % 7) / 4) for n in range(200)),
        backends=tuple(f"web-{n}" for n in range(64)),
        fail=_some(0.004, 503),
    )


CASES: dict[str, Callable[[], Case]] = {
    "spiky": spiky,
    "slow_backend": slow_backend,
    "failing": failing,
    "saturated": saturated,
    "quiet": quiet,
    "closed": closed,
    "interrupted": interrupted,
    "nothing": nothing,
    "sockets": sockets,
    "hostile": hostile,
    "hour": hour,
}
