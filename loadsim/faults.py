"""Faults, timed in a run: what is done to the target, to which servers, from when and for how long.

    kill(web-2, at=10s, for=5s)               its processes are gone, and started again after that time
    pause(web-2, at=10s, for=5s)              frozen: connections stay open, and nothing answers
    slow(web-2, by=200ms, at=10s, for=5s)     each request waits so much longer
    errors(web-2, share=20%, at=10s, for=5s)  that share of requests is answered 500, or with another ``status``
    close(web-2, share=50%, at=10s, for=1s)   that share of its WebSockets is closed, with a ``code`` (1011)
    drop(web-2, share=50%, at=10s, for=1s)    that share of its WebSockets is gone, without a close frame
    read-only(at=10s, for=5s)                 writes are answered 503 by every server, and reads go on
    partition(replica-1, at=10s, for=5s)      the replica gets no changes, and serves ever older data
    restart(web, at=10s, drain=5s)            its servers are started anew one after another
    exec('make failover', at=10s)             a command of the user's own, for a system of the user's own

The first argument names a server, a pool (all its servers), or both by a pattern (``web-*``); that of ``partition`` a
replica of the database, all ``replicas``, or a pattern. ``kill`` takes PostgreSQL servers too: ``primary``, say, or all
``databases``; and the bus: ``redis``. Without ``for`` a fault lasts to the end of the run. Times are profile time.

``close`` and ``drop`` hit sockets that are open when they begin, and those that open until they end. The handshake of a
WebSocket is a request: ``errors`` refuses it.

``restart`` is over when the last server is back. Each is taken out of the balancer first and has ``drain`` (5 s) for
what is in flight; it is then told to end, started, waited for until it answers, and put in again. With ``drain=0s`` the
balancer is not told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from loadsim.calls import Argument, after_space, bind, fail, read_arguments, read_value
from loadsim.errors import SpecError, UsageError, nearest
from loadsim.units import parse_duration, parse_share

FaultKind = Literal["kill", "pause", "slow", "errors", "close", "drop", "read-only", "partition", "restart", "exec"]
_NAME = re.compile(r"[^\W\d][\w-]*")
_MOST_DELAY_S = 3600.0
_DRAIN_S = 5.0
_STATUS, _CODE = 500, 1011
_KINDS_BY_SERVICE = {"sockets": ("close", "drop"), "pages": ("read-only",)}
"""What can be done only to servers of sockets, or of pages."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``end_s`` is None where it lasts, or ends by itself.

    ``by_s`` is the delay of ``slow``, ``share`` that of ``errors``, ``close`` and ``drop``, ``status`` what ``errors``
    answers, ``code`` that of ``close``, ``drain_s`` the longest wait of ``restart``.
    """

    spec: str
    kind: FaultKind
    on: str
    """A server, a pool or a pattern; of ``partition`` a replica; of ``exec`` the command; of ``read-only`` nothing."""
    start_s: float
    end_s: float | None = None
    by_s: float = 0.0
    share: float = 1.0
    status: int = _STATUS
    code: int = _CODE
    drain_s: float = _DRAIN_S

    def until(self, duration_s: float) -> float:
        """Return when it ends in a run of this length; how long a restart takes is not known before."""
        return duration_s if self.end_s is None else min(self.end_s, duration_s)


@dataclass(frozen=True, slots=True)
class _Form:
    """What one kind takes: the key of its first argument, further keys, how to read them, and an example.

    ``first`` is empty where it is done to the whole target.
    """

    first: str
    extra: Mapping[str, tuple[str, Callable[[str], float]]]
    example: str
    lasts: bool = True
    optional: Mapping[str, tuple[str, Callable[[str], float]]] = field(default_factory=dict)

    @property
    def needed(self) -> list[str]:
        return [*([self.first] if self.first else []), *self.extra, "at"]

    @property
    def keys(self) -> list[str]:
        return [*self.needed, *(["for"] if self.lasts else []), *self.optional]


def _delay(text: str) -> float:
    delay_s = parse_duration(text)
    if not 0 < delay_s <= _MOST_DELAY_S:
        raise SpecError(text, 0, f"'{text}' is no delay: expected more than 0s, and an hour at most")
    return delay_s


def _length(text: str) -> float:
    length_s = parse_duration(text)
    if length_s <= 0:
        raise SpecError(text, 0, f"'{text}' is no time to speak of: expected more than 0s")
    return length_s


def _drain(text: str) -> float:
    drain_s = parse_duration(text)
    if not 0 <= drain_s <= _MOST_DELAY_S:
        raise SpecError(text, 0, f"'{text}' is no time to drain in: expected an hour at most, or 0s not to drain")
    return drain_s


def _part(text: str) -> float:
    share = parse_share(text)
    if not 0 < share <= 1:
        raise SpecError(text, 0, f"'{text}' is no share to be hit: expected more than 0%, and 100% at most")
    return share


def _number_between(low: int, high: int, what: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise SpecError(text, 0, f"'{text}' is no {what}: expected {low} to {high}")
        return int(text)

    return read


_SHARE = {"share": ("share", _part)}
_WITH_STATUS = {"status": ("status", _number_between(400, 599, "status of an error"))}
_WITH_CODE = {"code": ("code", _number_between(1000, 4999, "close code"))}
_FORMS: dict[str, _Form] = {
    "kill": _Form("on", {}, "kill(web-2, at=10s, for=5s)"),
    "pause": _Form("on", {}, "pause(web-2, at=10s, for=5s)"),
    "slow": _Form("on", {"by": ("by_s", _delay)}, "slow(web-2, by=200ms, at=10s, for=5s)"),
    "errors": _Form("on", _SHARE, "errors(web-2, share=20%, at=10s, for=5s)", optional=_WITH_STATUS),
    "close": _Form("on", _SHARE, "close(web-2, share=50%, at=10s, for=1s)", optional=_WITH_CODE),
    "drop": _Form("on", _SHARE, "drop(web-2, share=50%, at=10s, for=1s)"),
    "read-only": _Form("", {}, "read-only(at=10s, for=5s)"),
    "partition": _Form("on", {}, "partition(replica-1, at=10s, for=5s)"),
    "restart": _Form("on", {}, "restart(web, at=10s, drain=5s)", lasts=False, optional={"drain": ("drain_s", _drain)}),
    "exec": _Form("command", {}, "exec('make failover', at=10s)", lasts=False),
}


def parse_fault(text: str) -> Fault:
    """Read a fault. Raises SpecError, which points at the character that cannot be taken."""
    start = after_space(text, 0)
    name = _NAME.match(text, start)
    if not name or name[0] not in _FORMS:
        what = f"unknown fault '{name[0]}'" if name else "expected a fault"
        known = nearest(name[0], _FORMS) if name else f"Known: {', '.join(_FORMS)}."
        fail(text, start, what, hint=known)
    kind, form = name[0], _FORMS[name[0]]
    usage = f"For example: {form.example}"
    if not text.startswith("(", name.end()):
        fail(text, name.end(), f"expected '(' after {kind}", hint=usage)
    arguments, end = read_arguments(text, name.end())
    if text[end:].strip():
        fail(text, after_space(text, end), "nothing can follow a fault", hint="Give --fault once for each.")
    bound = bind(text, kind, arguments, form.keys, usage)
    missing = [key for key in form.needed if key not in bound]
    if missing:
        fail(text, end - 1, f"{kind} needs {' and '.join(missing)}", hint=usage)
    return _fault(text, kind, form, bound)


def _fault(text: str, kind: str, form: _Form, bound: Mapping[str, Argument]) -> Fault:
    extra: dict[str, Any] = {
        name: read_value(text, parse, bound[key])
        for key, (name, parse) in {**form.extra, **form.optional}.items()
        if key in bound
    }
    start_s = read_value(text, parse_duration, bound["at"])
    lasts_s = read_value(text, _length, bound["for"]) if "for" in bound else None
    on = bound[form.first].unquoted() if form.first else ""
    if form.first and not on.strip():
        fail(text, bound[form.first].position, f"{kind} is done to nothing", hint=f"For example: {form.example}")
    return Fault(
        spec=re.sub(r"\s+", " ", text.strip()),
        kind=kind,  # type: ignore[arg-type] # a key of _FORMS
        on=on,
        start_s=start_s,
        end_s=start_s + lasts_s if lasts_s is not None else None,
        **extra,
    )


@dataclass(frozen=True, slots=True)
class Parts:
    """What there is of a target for faults to be done to: its servers by pool, its PostgreSQL servers, its replicas."""

    pools: Mapping[str, Sequence[str]]
    replicas: Sequence[str] = ()
    databases: Sequence[str] = ()
    """All PostgreSQL servers, those replicas among them."""
    bus: Sequence[str] = ()
    """The server that is the bus, where there is one."""
    serves: str = "pages"
    """Or ``sockets``."""

    def hit_by(self, fault: Fault) -> tuple[str, ...]:
        """Return what a fault is done to, in order. Raises UsageError if it names none of them."""
        groups = self._groups(fault.kind)
        on = "*" if fault.kind == "read-only" else fault.on
        found = [
            name for group, names in groups.items() for name in names if fnmatchcase(name, on) or fnmatchcase(group, on)
        ]
        if not found:
            raise self._none(fault, [name for names in groups.values() for name in names], groups)
        return tuple(dict.fromkeys(found))

    def _groups(self, kind: FaultKind) -> Mapping[str, Sequence[str]]:
        """Return what faults of a kind can be done to, by groups: the name of one stands for all in it."""
        if kind == "partition":
            return {"replicas": self.replicas}
        others = {"databases": self.databases, "bus": self.bus} if kind == "kill" else {}
        return {**self.pools, **{group: names for group, names in others.items() if names}}

    def _none(self, fault: Fault, names: Sequence[str], groups: Mapping[str, Sequence[str]]) -> UsageError:
        what = "replica" if fault.kind == "partition" else "server"
        hint = nearest(fault.on, [*groups, *names]) if names else "--topology replicas has some."
        return UsageError(f"--fault '{fault.spec}': there is no {what} '{fault.on}'", hint=hint)


def check_faults(faults: Sequence[Fault], duration_s: float, parts: Parts | None) -> None:
    """Raise UsageError for what cannot be: ``parts`` are None for a system whose servers are not known."""
    for fault in faults:
        if fault.start_s >= duration_s:
            raise UsageError(
                f"--fault '{fault.spec}' would begin after the run, which takes {duration_s:g} s",
                hint="Let it begin earlier, or give a longer --duration.",
            )
        if fault.kind == "exec":
            continue
        if parts is None:
            raise UsageError(
                f"--fault '{fault.spec}' needs the bundled target: loadsim does not know the servers of another one",
                hint="For a system of your own: exec('your command', at=10s).",
            )
        _check_service(fault, parts)
        parts.hit_by(fault)
    if parts is not None:
        _check_overlaps([fault for fault in faults if fault.kind != "exec"], duration_s, parts)


def _check_service(fault: Fault, parts: Parts) -> None:
    for serves, kinds in _KINDS_BY_SERVICE.items():
        if fault.kind in kinds and parts.serves != serves:
            raise UsageError(
                f"--fault '{fault.spec}' is for servers of {serves}, and these are of {parts.serves}",
                hint="'loadsim topologies' says what there is.",
            )


def _check_overlaps(faults: Sequence[Fault], duration_s: float, parts: Parts) -> None:
    """Refuse two faults on one server at one time: when the first ends, it would undo the second."""
    for number, one in enumerate(faults):
        for other in faults[number + 1 :]:
            apart = one.until(duration_s) <= other.start_s or other.until(duration_s) <= one.start_s
            shared = set(parts.hit_by(one)) & set(parts.hit_by(other))
            if shared and not apart:
                raise UsageError(
                    f"--fault '{one.spec}' and --fault '{other.spec}' overlap on {min(shared)}",
                    hint="Let one end before the other begins.",
                )
