"""What the CLI process and the engine process say to each other: the plan down, frames up.

Down: one line of JSON (:class:`Plan`) on the engine's standard input, which then stays open; the byte ``b"d"`` asks
for a drain (what is in flight may end, nothing new starts), ``b"s"`` for the end now (what is in flight is aborted);
end of file means that the CLI is gone: the engine ends.

Up: frames on a pipe, each ``kind (1 byte), length (4 bytes, little-endian), payload``. Samples are increments, not
sums: a pipe neither loses nor reorders, so what was written is there when the engine dies, and what the reader could
not take yet waits in the engine.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Literal

import msgspec

HEAD = struct.Struct("<BI")
MAX_FRAME_BYTES = 1 << 24

Model = Literal["open", "closed"]
Connections = Literal["reuse", "visitor"]


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the client speaks to the target. Times in seconds, sizes in bytes."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    timeout_s: float = 30.0
    connect_timeout_s: float = 10.0
    max_body_bytes: int = 64 << 20
    connections: Connections = "reuse"
    backend_headers: tuple[str, ...] = (
        "x-backend",
        "x-served-by",
        "x-server",
        "x-upstream",
        "x-backend-server",
        "x-instance",
        "x-pod",
    )
    insecure: bool = False
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    resolve: tuple[tuple[str, str], ...] = ()
    """Pairs (host name, address) that stand before any look-up, as curl's --resolve."""
    proxy: str | None = None
    """An http:// proxy, from the proxy variables; the CLI reads and announces them."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One declared request (``--request 'GET /a'`` or ``[routes]``)."""

    method: str = "GET"
    path: str
    name: str = ""
    weight: float = 1.0
    headers: dict[str, str] = {}
    json: object = None
    body: str = ""
    adds: float = 0.0
    """Of a write: by how much it changes a number of the target's."""
    number: str = ""
    """Of a read: where in the JSON it answers that number stands, ``stock.available``; ``.`` if it is the number."""


class CounterSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of the target that a run changes, each shown by a GET of its own."""

    paths: tuple[str, ...]
    """What shows them; a number is told by its place here."""
    number: str
    """Where it stands, as in :class:`Route`."""
    headers: dict[str, str] = {}
    adds: float
    """By how much one update changes one."""


class SocketSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the sockets of the ``sockets`` scenario live. Times in seconds."""

    lifetime: str | None = None
    """A distribution (``loadsim.distributions``); None: as long as the run."""
    message: str = ""
    """The text to send, ``{n}`` in it is its number; nothing is sent without."""
    message_rate: float = 1.0
    """Messages a second and socket."""
    heartbeat_s: float | None = None
    """Ping so often; dead after as long again without a word."""
    max_age_s: float | None = None
    """End sockets ourselves at this age..."""
    max_age_jitter_s: float = 0.0
    """...give or take so much, each differently."""
    reconnect: Literal["none", "now", "backoff"] = "none"
    resume: Literal["none", "socket", "http"] = "none"
    """How what was missed between two sockets is asked for."""
    over: Literal["sockets", "long-polls"] = "sockets"
    """How the feed is heard."""
    time_scale: float = 1.0
    """Lifetimes and ages pass so many times faster."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the engine needs to make the traffic. Times in seconds."""

    scenario: str
    """A built-in name, or the path of a Python file with Locust users."""
    routes: tuple[Route, ...] = ()
    bundled: bool = False
    """Whether the target is the bundled one, whose routes a built-in scenario knows by itself."""
    model: Model = "open"
    profile: str
    profile_dir: str = "."
    """Where a ``trace(file)`` in the profile is looked up."""
    profile_scale: float = 1.0
    arrivals: Literal["poisson", "uniform"] = "poisson"
    seed: int
    duration_s: float
    warmup_s: float = 0.0
    iterations: int | None = None
    users: int = 1000
    """The pool: ``--max-in-flight`` in the open model, ``--users`` in the closed one."""
    give_up_s: float = 30.0
    drain_s: float = 30.0
    ramp_s: float = 0.0
    """Closed model: the time over which users begin, one after the other."""
    http: HttpSettings
    sockets: SocketSettings | None = None
    counters: CounterSettings | None = None
    visitors: dict[str, float] = {}
    """Shares of the arrivals by class of visitor, where they are not as the scenario says."""
    env: dict[str, str] = {}
    cpus: tuple[int, ...] = ()
    worker: int = 0
    workers: int = 1
    trace: bool = False
    """Whether every request and answer is told in full, as ``loadsim try`` shows them."""


class Kind:
    """The first byte of a frame."""

    READY = 1
    """JSON :class:`Ready`: users are up, the clock is set, arrivals start at ``origin``."""
    SAMPLES = 2
    """Packed samples (``measure.sample.FIELDS``)."""
    TICK = 3
    """JSON :class:`Tick`, four a second."""
    FAILED = 4
    """JSON :class:`Failed`: the engine could not start, and says why."""
    END = 5
    """JSON :class:`Tick`, the last one: everything is accounted for."""
    NAMES = 6
    """JSON :class:`Names`, always before the first sample that uses one of them."""
    EXCHANGE = 7
    """JSON :class:`Exchange`, if the plan asks for a trace."""
    SOCKETS = 8
    """Packed events in the lives of WebSockets (``measure.socket_event``)."""
    TIMINGS = 10
    """Server-Timing headers (``measure.tiers``)."""
    CACHES = 13
    """What answers say of caches (``measure.caching``)."""
    VERSIONS = 11
    """What reads showed of the writes before them (``measure.consistency``)."""
    UPDATES = 12
    """What became of changes of numbers (``measure.updates``)."""
    SOCKET_COUNTS = 9
    """JSON :class:`SocketCounts`, with every tick of a run that has opened a WebSocket."""


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The engine's clock at profile time 0, and what it found out about its surroundings."""

    origin: float
    scenario: str
    pid: int
    precise_timer: bool
    classes: tuple[str, ...]
    addresses: tuple[str, ...]
    notes: tuple[str, ...] = ()


class ErrorExample(msgspec.Struct, frozen=True, kw_only=True):
    """The first of its kind: the outcome and what was seen, for people."""

    outcome: str
    first: str


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """Cumulative counters and gauges at ``time_s`` (profile time). Counts are of measured iterations."""

    number: int
    time_s: float
    scheduled: int
    completed: int
    failed: int
    dropped: int
    aborted: int
    in_flight: int
    backlog: int
    max_in_flight: int
    max_backlog: int
    engine_cpu_s: float
    """CPU time of the engine process so far; its slope is the share of one core in use."""
    unreported: int = 0
    """Samples the reader took too long to take: discarded, and so the record is not whole."""
    closed_s: float | None = None
    """Profile time from which on no arrival was taken: the end of the schedule, or earlier; None as long as they are.
    """

    @property
    def draining(self) -> bool:
        """Whether what is in flight may end, and nothing new starts."""
        return self.closed_s is not None


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Names seen for the first time: a route's number is its place in order of appearance, from 1; so a backend's."""

    routes: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()
    errors: tuple[ErrorExample, ...] = ()


class SocketCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of all WebSockets until ``time_s`` (profile time). None: nothing was there that could be checked."""

    time_s: float
    open: int
    sent: int
    received: int
    unanswered: int
    lost: int | None
    duplicated: int | None
    corrupt: int | None
    out_of_order: int | None
    late: int | None
    missed: int | None
    recovered: int | None
    reopened: int
    http_reads: int


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """Why the engine could not start; ``exit_code`` as in ``errors.ExitCode``."""

    message: str
    hint: str = ""
    exit_code: int


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request and its answer, for people: secrets redacted, the body's beginning as text."""

    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    status: int
    outcome: str
    response_headers: tuple[tuple[str, str], ...]
    body: str
    service_s: float
    redirects: int = 0


def frame(kind: int, payload: bytes | bytearray | memoryview) -> bytes:
    """Return one frame, ready for the pipe."""
    return HEAD.pack(kind, len(payload)) + bytes(payload)


class FrameReader:
    """Cuts a byte stream into frames: ``feed`` what was read, iterate over what is whole."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Add ``data`` and yield each (kind, payload) that is now whole; ValueError on a length no frame can have."""
        self._buffer += data
        while len(self._buffer) >= HEAD.size:
            kind, length = HEAD.unpack_from(self._buffer)
            if length > MAX_FRAME_BYTES:
                raise ValueError(f"frame of {length} bytes, at most {MAX_FRAME_BYTES} expected: the stream is damaged")
            if len(self._buffer) < HEAD.size + length:
                return
            payload = bytes(self._buffer[HEAD.size : HEAD.size + length])
            del self._buffer[: HEAD.size + length]
            yield kind, payload
