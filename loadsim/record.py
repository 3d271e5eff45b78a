"""The run record: what a run leaves behind, typed, versioned, read and written.

A run directory holds ``run.json`` (:class:`RunRecord`), ``series.csv`` (a row a second), ``backends.csv`` (a row a
second and backend) and ``histograms.hlog``. Everything that comes after a run (report, compare, gate) reads only these.
Times are seconds as floats with ``_s`` in the name, rates 1/s, shares 0..1, counts integers. What is not known is None,
never 0.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from loadsim.errors import UsageError

SCHEMA = "loadsim.run/1"

_GIVE_A_RUN = "Give a run directory, as 'loadsim run' prints it."

Verdict = Literal["pass", "fail", "invalid", "inconclusive"]


class Quantiles(msgspec.Struct, kw_only=True):
    """A distribution of times in seconds (``Q`` of the contract).

    ``count`` is all that was measured plus ``unanswered``: work without an answer ranks above every measured value, so
    a quantile that falls there is None. ``mean``, ``min``, ``max`` and ``stdev`` are of the measured values.
    """

    count: int = 0
    min: float | None = None
    mean: float | None = None
    p50: float | None = None
    p75: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p99_9: float | None = None
    max: float | None = None
    stdev: float | None = None
    unanswered: int = 0


class Calibration(msgspec.Struct, kw_only=True):
    """How long fixed pieces of work took on the machine before the traffic: medians of several times."""

    interpreter_s: float
    """A loop of arithmetic in Python."""
    system_calls_s: float
    """Bytes written into a pipe and read again."""


class Manifest(msgspec.Struct, kw_only=True):
    """What was run against what, and how to run it again. Secrets are redacted before they get here."""

    id: str
    loadsim: str
    scenario: str
    model: Literal["open", "closed"]
    profile: str
    arrivals: Literal["poisson", "uniform"]
    seed: int
    duration_s: float
    warmup_s: float
    target: str
    topology: str | None
    pools: dict[str, list[str]]
    workers: int
    started_at: str
    cpus: dict[str, list[int]]
    host: dict[str, Any]
    calibration: Calibration | None
    """None where no machine was measured."""
    argv: list[str]
    settings: dict[str, Any]


class Load(msgspec.Struct, kw_only=True):
    """Iterations (arrivals): ``scheduled = completed + failed + dropped + aborted + lost``, always."""

    scheduled: int
    completed: int
    failed: int
    dropped: int
    aborted: int
    lost: int
    offered_rate: float | None
    achieved_rate: float | None
    late_start_s: Quantiles
    backlog_wait_s: Quantiles
    generator_cpu: float | None
    """Of the busiest worker, as a share of one core, over the measured window."""
    max_in_flight: int | None
    max_backlog: int | None


class Requests(msgspec.Struct, kw_only=True):
    """Totals over all requests of measured iterations."""

    count: int
    failed: int
    sent_bytes: int
    received_bytes: int


class ErrorKind(msgspec.Struct, kw_only=True):
    """One outcome that is not ok, how often, and its first example in words."""

    outcome: str
    count: int
    first: str


class RouteRecord(msgspec.Struct, kw_only=True):
    """One route's requests."""

    count: int
    failed: int
    outcomes: dict[str, int]
    response_time_s: Quantiles
    service_time_s: Quantiles


class BackendRecord(msgspec.Struct, kw_only=True):
    """One backend's requests. ``share`` is of its pool's; None for ``(none)``, which stands outside the shares."""

    pool: str | None
    count: int
    share: float | None
    failed: int
    response_time_s: Quantiles
    service_time_s: Quantiles


class ClassRecord(msgspec.Struct, kw_only=True):
    """One visitor class's requests."""

    count: int
    failed: int
    response_time_s: Quantiles
    service_time_s: Quantiles


class Balance(msgspec.Struct, kw_only=True):
    """How evenly a pool's requests fell on its backends."""

    backends: int
    jain: float | None
    cv: float | None
    chi2_p: float | None
    expected: Literal["uniform"] | dict[str, float]


class PhaseLoad(msgspec.Struct, kw_only=True):
    """Iterations due in one phase."""

    scheduled: int
    completed: int
    failed: int
    dropped: int
    aborted: int
    lost: int
    offered_rate: float | None


class PhaseRecord(msgspec.Struct, kw_only=True):
    """A named stretch of the profile, on due times."""

    name: str
    start_s: float
    end_s: float
    load: PhaseLoad
    response_time_s: Quantiles


class Recovery(msgspec.Struct, kw_only=True):
    """How long after the event at ``start_s`` the p99 was back; ``recovery_s`` is None if it was not."""

    cause: str
    start_s: float
    recovery_s: float | None


class ProcessRecord(msgspec.Struct, kw_only=True):
    """One process of the bundled target: CPU as shares of one core, memory in bytes."""

    name: str
    cpu_mean: float | None
    cpu_max: float | None
    memory_max_bytes: int | None


class ServerRecord(msgspec.Struct, kw_only=True):
    """One server of the bundled target by its own account: slots at work, by the second."""

    name: str
    busy_mean: float | None
    busy_max: float | None


class ReplicaRecord(msgspec.Struct, kw_only=True):
    """One replica of the bundled target's database, as PostgreSQL tells: how far it was behind, asked by the second."""

    name: str
    lag_mean_s: float | None
    lag_max_s: float | None
    log_max_bytes: int | None
    """Of the log that it had not applied."""


class CountRecord(msgspec.Struct, kw_only=True):
    """How many requests one backend got, by each who knows: all that were sent, those of the warm-up too."""

    client: int
    """Answers that named it."""
    balancer: int | None
    """Calls between services among them."""
    server: int | None
    """By its own account; without calls of other services."""


class TierRecord(msgspec.Struct, kw_only=True):
    """A part of the target's time, as ``Server-Timing`` headers name it. Parts may contain one another."""

    count: int
    """Answers that named it."""
    calls: int | None
    """Calls that these counted, where they count any."""
    time_s: Quantiles


class CounterRecord(msgspec.Struct, kw_only=True):
    """One number of the target that a run changed: what it was, what it came to, and what was acknowledged meanwhile.

    ``before`` and ``after`` are as the target told them. Null: it did not.
    """

    name: str
    """The request that shows it."""
    before: float | None
    after: float | None
    adds: float
    """By how much one update changes it."""
    acknowledged: int
    refused: int
    uncertain: int
    """Updates sent of which the answer says neither yes nor no, or never came: each may have happened or not."""
    lost: int | None
    """Acknowledged, and not in the number; more may be hidden behind uncertain ones."""
    oversold: float | None
    """Acknowledged beyond what there was; null of a number that grows."""


class ConsistencyRecord(msgspec.Struct, kw_only=True):
    """What was read of what had been written before. A version that was never seen is unanswered in its times.

    What is about updates is null where no number was counted (``counters``).
    """

    reads: int
    stale: int
    """Reads that began after a write was answered, and did not show it."""
    stale_share: float | None
    staleness_s: Quantiles
    """Of the stale reads: since when what they showed was out of date."""
    versions: int
    never_seen: int
    visible_after_s: Quantiles
    """From the answer to a write until reads show it and go on to."""
    updates: int | None = None
    """Changes of numbers that were acknowledged."""
    uncertain_updates: int | None = None
    lost_updates: int | None = None
    """Those of them that are not in the numbers at the end; of a number that could not be read nothing is known."""
    lost_update_share: float | None = None
    stock: float | None = None
    """How much there was of what was sold, before."""
    sold: float | None = None
    oversold: float | None = None
    """Sold beyond what there was, number by number."""
    oversold_share: float | None = None
    """Of what was sold."""
    counters: list[CounterRecord] = []
    """The numbers one by one, those with the most lost or oversold first; 100 at most."""

    @property
    def shares(self) -> dict[str, tuple[float | None, int]]:
        """The shares that can be bounded and compared, by name, each with how many it is of."""
        return {
            "stale_reads": (self.stale_share, self.reads),
            "lost_updates": (self.lost_update_share, self.updates or 0),
            "oversold": (self.oversold_share, self.updates or 0),
        }


class CacheRecord(msgspec.Struct, kw_only=True):
    """Answers that told whether they came from a cache (``Age``, ``Cache-Status``, ``X-Cache`` and the like)."""

    answers: int
    hits: int
    hit_share: float | None
    age_s: Quantiles
    """Of the hits that told it, in whole seconds: how long ago the origin had made them."""


class CachingRecord(CacheRecord, kw_only=True):
    """The same of all routes together, and of each that told."""

    routes: dict[str, CacheRecord]


class RestartRecord(msgspec.Struct, kw_only=True):
    """One server of a rolling restart. Null: it did not come to that."""

    server: str
    out_s: float
    """When its turn came; with a drain, nothing new was sent to it from here on."""
    stopped_s: float | None = None
    """When it was told to end."""
    back_s: float | None = None
    """When it answered again, and was sent requests."""


class FaultRecord(msgspec.Struct, kw_only=True):
    """One fault as it came about: what was asked for, which servers it was done to, and when. Null: it did not."""

    fault: str
    kind: str
    on: list[str]
    start_s: float | None
    end_s: float | None
    exit_code: int | None = None
    """Of a command of the user's own."""
    restarts: list[RestartRecord] = []
    """Of a restart: its servers, one after another."""


class ObjectiveRecord(msgspec.Struct, kw_only=True):
    """One objective, what was observed, and whether it held."""

    expression: str
    observed: float | None
    bound: float
    verdict: Verdict
    samples: int
    reason: str = ""


class SocketFailures(msgspec.Struct, kw_only=True):
    """How many WebSockets failed in one of the four ways, and why."""

    count: int
    causes: dict[str, int]


class SocketMessages(msgspec.Struct, kw_only=True):
    """Messages over WebSockets. The last five are None where the target neither echoes nor numbers a feed."""

    sent: int
    received: int
    unanswered: int
    """On their way when we closed: neither echoed nor lost."""
    lost: int | None
    duplicated: int | None
    corrupt: int | None
    out_of_order: int | None
    late: int | None


class Reconnects(msgspec.Struct, kw_only=True):
    """Sockets that were opened instead of lost ones. ``recovered_s``: from the loss until then.

    ``missed`` and ``recovered`` are messages of the feed: sent while a visitor had no socket, and of these sent again
    when it asked for them. None where there was no feed that could be checked.
    """

    count: int
    peak_rate: float | None
    """In the busiest second."""
    recovered_s: Quantiles
    reopened: int = 0
    """All sockets that followed another one of their visitor: also those that we had ended early."""
    http_reads: int = 0
    http_reads_each: float | None = None
    """Reads over HTTP of what was missed, for each of these."""
    missed: int | None = None
    recovered: int | None = None


class WebSockets(msgspec.Struct, kw_only=True):
    """WebSockets, counted when things happened to them.

    ``attempts = opened + never opened``; ``opened + open_at_start = finished + closed on us + vanished + dead +
    open_at_end``.
    """

    attempts: int
    opened: int
    open_at_start: int
    open_at_end: int
    open_max: int
    peak_opening_rate: float = 0.0
    """Sockets opened in the busiest second, whether for the first time or again."""
    finished: int
    """Closed as planned."""
    failures: dict[str, SocketFailures]
    """``never_opened``, ``closed_on_us``, ``vanished`` and ``dead``, all four."""
    messages: SocketMessages
    close_codes: dict[str, dict[str, int]]
    """By who sent the first close frame: ``target`` or ``us``."""
    connect_s: Quantiles
    upgrade_s: Quantiles
    first_message_s: Quantiles
    echo_s: Quantiles
    """From when the message was due."""
    broadcast_s: Quantiles
    lifetime_s: Quantiles
    """Of sockets that ended; those that were open at the end rank above every value."""
    detection_s: Quantiles
    """From the last sign of life of a socket until it was known to be dead."""
    reconnects: Reconnects
    survival: list[tuple[float, float]]
    """(age in seconds, share that does not fail before it): Kaplan and Meier's estimate."""
    ages: list[tuple[float, int, int]] = []
    """(up to this age in seconds, sockets that failed at it, sockets closed by us or open at the end): a histogram."""


class BusCalls(msgspec.Struct, kw_only=True):
    """Calls between services over the bus, as both ends counted them, from when the target came up.

    Who asked: ``sent = answered + refused + unreachable + missing``. Who was asked: ``taken = served + expired +
    unanswered``, but for what a server that was killed had in its hands. Of the ``missing`` ones, ``expired``,
    ``unanswered``, ``too_late`` and ``waiting`` ones are known of, and the rest have ``vanished``.
    """

    sent: int
    answered: int
    refused: int
    """The queue had no room."""
    unreachable: int
    """The bus failed."""
    missing: int
    """No reply by the deadline."""
    taken: int
    served: int
    expired: int
    """Dropped by a server: their deadline had passed."""
    unanswered: int
    """Done, but the reply could not be sent."""
    too_late: int
    """Replies for which nobody waited any more."""
    waiting: int
    """Still in the queue when the run had ended."""
    vanished: int


class BusJobs(msgspec.Struct, kw_only=True):
    """Work left to the bus, for which no request waits: ``sent = refused + done + failed + waiting + vanished``."""

    sent: int
    refused: int
    done: int
    failed: int
    waiting: int
    """Not done when the run had ended."""
    vanished: int
    """A server that was killed had it in its hands, or the bus failed."""
    done_after_s: Quantiles
    """From what caused it until it was done."""


class BusRecord(msgspec.Struct, kw_only=True):
    """What became of all messages of the bundled target's bus, those of the warm-up too."""

    calls: BusCalls
    jobs: BusJobs


class RunRecord(msgspec.Struct, kw_only=True):
    """``run.json``."""

    schema: str = SCHEMA
    manifest: Manifest
    complete: bool
    verdict: Verdict | None
    reasons: list[str] = []
    warnings: list[str] = []
    load: Load
    requests: Requests
    response_time_s: Quantiles | None
    """None in the closed model, which knows no due time."""
    service_time_s: Quantiles
    iteration_time_s: Quantiles
    outcomes: dict[str, int]
    errors: list[ErrorKind] = []
    routes: dict[str, RouteRecord] = {}
    backends: dict[str, BackendRecord] = {}
    classes: dict[str, ClassRecord] = {}
    balance: dict[str, Balance] = {}
    phases: list[PhaseRecord] = []
    recoveries: list[Recovery] = []
    faults: list[FaultRecord] = []
    tiers: dict[str, TierRecord] | None = None
    bus: BusRecord | None = None
    websockets: WebSockets | None = None
    consistency: ConsistencyRecord | None = None
    caching: CachingRecord | None = None
    workers: list[dict[str, Any]] = []
    target_processes: list[ProcessRecord] = []
    servers: list[ServerRecord] = []
    replicas: list[ReplicaRecord] = []
    counts: dict[str, CountRecord] = {}
    objectives: list[ObjectiveRecord] = []


def why_invalid(record: RunRecord) -> list[str]:
    """Return why the experiment was not sound, without what it says of objectives; nothing where it was."""
    if record.verdict != "invalid":
        return []
    of_objectives = tuple(f"{objective.expression}: " for objective in record.objectives)
    return [reason for reason in record.reasons if not reason.startswith(of_objectives)] or ["the run was not sound"]


def to_json(record: RunRecord) -> str:
    """Return what ``run.json`` holds."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2).decode() + "\n"


def write_record(record: RunRecord, directory: Path) -> Path:
    """Write ``run.json`` whole or not at all (a rename), and return its path. Raises OSError."""
    path = directory / "run.json"
    part = path.with_suffix(".part")
    part.write_text(to_json(record), encoding="utf-8")
    part.replace(path)
    return path


def read_record(path: Path) -> RunRecord:
    """Read a run directory or its ``run.json``; UsageError says what is wrong with it."""
    file = path / "run.json" if path.is_dir() else path
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        why = "there is no run.json in it" if path.is_dir() else "there is no such directory"
        raise UsageError(f"'{path}' is not a run: {why}", hint=_GIVE_A_RUN) from None
    except OSError as error:
        raise UsageError(f"'{file}' cannot be read: {error.strerror or error}", hint=_GIVE_A_RUN) from None
    try:
        schema = msgspec.json.decode(data, type=_Versioned).schema
        if schema != SCHEMA:
            raise UsageError(
                f"'{file}' has the schema '{schema}', this loadsim reads '{SCHEMA}'",
                hint="Render it with the version of loadsim that recorded it, or record the run again.",
            )
        return msgspec.json.decode(data, type=RunRecord)
    except msgspec.DecodeError as error:
        raise UsageError(
            f"'{file}' is not a run record: {error}", hint="The file was changed or cut short: record the run again."
        ) from None


def record_schema() -> dict[str, Any]:
    """Return the JSON schema of ``run.json``."""
    return msgspec.json.schema(RunRecord)


class _Versioned(msgspec.Struct):
    schema: str = "unknown"
