"""Faults brought about at their times, and taken back: what was done when goes into the record."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO, Self

from loadsim.deploy import Deployment
from loadsim.errors import TargetError
from loadsim.experiment.rolling_restart import RollingRestart
from loadsim.experiment.subject import parts_of
from loadsim.faults import Fault, Parts
from loadsim.measure.recovery import Event
from loadsim.record import FaultRecord
from loadsim.redact import plain_text, redact_text

_LAST_BYTES = 4096


@dataclass(slots=True)
class Command:
    """A command of the user's own, and what it wrote last."""

    process: subprocess.Popen[bytes]
    output: IO[bytes]

    @property
    def has_ended(self) -> bool:
        """Whether it is over."""
        return self.process.poll() is not None

    def last_words(self) -> str:
        """Return the last line of its output, as plain text."""
        size = os.fstat(self.output.fileno()).st_size
        text = os.pread(self.output.fileno(), _LAST_BYTES, max(0, size - _LAST_BYTES)).decode("utf-8", "replace")
        return plain_text(redact_text(text.strip().rpartition("\n")[2]))


@dataclass(slots=True)
class Happened:
    """One fault as it came about. Times are profile time; None: not (yet)."""

    fault: Fault
    servers: tuple[str, ...]
    start_s: float | None = None
    end_s: float | None = None
    command: Command | None = None
    restart: RollingRestart | None = None

    @property
    def name(self) -> str:
        """What was asked for, without the secrets that a command may hold: as it stands in the record everywhere."""
        return redact_text(self.fault.spec)

    @property
    def is_on(self) -> bool:
        """Whether it has begun, and not ended."""
        return self.start_s is not None and self.end_s is None

    @property
    def lasting(self) -> Command | RollingRestart | None:
        """What ends by itself and not at a time that was given."""
        return self.command or self.restart

    @property
    def has_ended(self) -> bool:
        """Whether what ends by itself has."""
        return self.lasting is not None and self.lasting.has_ended

    def event(self) -> Event | None:
        """Return what recovery is looked for; None if it did not come about."""
        return Event(self.name, self.start_s, self.end_s) if self.start_s is not None else None

    def record(self) -> FaultRecord:
        """Return its entry in the run record."""
        return FaultRecord(
            fault=self.name,
            kind=self.fault.kind,
            on=list(self.servers),
            start_s=self.start_s,
            end_s=self.end_s,
            exit_code=self.command.process.poll() if self.command else None,
            restarts=self.restart.restarts if self.restart else [],
        )


@dataclass(slots=True)
class FaultPlayer:
    """Brings ``faults`` about while a run of ``duration_s`` goes on: call :meth:`advance` often.

    A context manager; leaving it ends commands that still run, with what they started.
    """

    faults: Sequence[Fault]
    duration_s: float
    deployment: Deployment | None
    happened: list[Happened] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _stopped: bool = False

    def __post_init__(self) -> None:
        target = self.deployment
        parts = parts_of(target.topology) if target else Parts({})
        for fault in self.faults:
            servers = () if fault.kind == "exec" else parts.hit_by(fault)
            self.happened.append(Happened(fault, servers))

    def advance(self, time_s: float) -> None:
        """Begin and end what is due at profile time ``time_s``."""
        if time_s >= self.duration_s:
            self.stop(time_s)
        for each in self.happened:
            if each.start_s is None and each.fault.start_s <= time_s and not self._stopped:
                self._begin(each)
                each.start_s = time_s
            if each.is_on and each.restart:
                each.restart.advance(time_s)
            if each.is_on and (each.has_ended if each.lasting else each.fault.until(self.duration_s) <= time_s):
                self._end(each, time_s)

    def stop(self, time_s: float) -> None:
        """Take back what is on, so that what is in flight can end, and begin nothing more.

        What ends by itself goes on to its end: a restart to that of the server which it has come to.
        """
        self._stopped = True
        for each in self.happened:
            if each.restart:
                each.restart.stop()
            if each.is_on and (not each.lasting or each.has_ended):
                self._end(each, time_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.happened:
            if each.lasting and not each.has_ended:
                self.warnings.append(f"{each.name} had not ended when the run did: it was stopped")
            if each.command:
                if not each.has_ended:
                    os.killpg(each.command.process.pid, signal.SIGKILL)
                    each.command.process.wait()
                each.command.output.close()

    def _begin(self, each: Happened) -> None:
        fault, target = each.fault, self.deployment
        if fault.kind == "exec":
            output = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the player
            process = subprocess.Popen(
                ["/bin/sh", "-c", fault.on],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            each.command = Command(process, output)
            return
        assert target is not None  # noqa: S101 - check_faults refused anything else
        if fault.kind == "restart":
            each.restart = RollingRestart(target, each.servers, fault.drain_s)
            return
        begin: dict[str, Callable[[str], None]] = {
            "kill": target.kill,
            "pause": target.pause,
            "slow": lambda server: target.misbehave(server, delay_s=fault.by_s),
            "errors": lambda server: target.misbehave(server, error_share=fault.share, error_status=fault.status),
            "close": lambda server: target.misbehave(server, close_share=fault.share, close_code=fault.code),
            "drop": lambda server: target.misbehave(server, drop_share=fault.share),
            "read-only": lambda server: target.misbehave(server, read_only=True),
            "partition": target.partition,
        }
        self._do(begin[fault.kind], each)

    def _end(self, each: Happened, time_s: float) -> None:
        each.end_s = time_s
        if each.command:
            self._judge(each.name, each.command)
            return
        if each.restart:
            if each.restart.trouble:
                self.warnings.append(f"{each.name}: {each.restart.trouble}")
            return
        target = self.deployment
        assert target is not None  # noqa: S101 - as above
        end: dict[str, Callable[[str], None]] = {
            "kill": target.start,
            "pause": target.resume,
            "slow": target.misbehave,
            "errors": target.misbehave,
            "close": target.misbehave,
            "drop": target.misbehave,
            "read-only": target.misbehave,
            "partition": target.heal,
        }
        self._do(end[each.fault.kind], each)

    def _do(self, deed: Callable[[str], None], each: Happened) -> None:
        for server in each.servers:
            try:
                deed(server)
            except TargetError as error:
                self.warnings.append(f"{each.name}: {error.message}")

    def _judge(self, name: str, command: Command) -> None:
        code = command.process.returncode
        if code:
            words = command.last_words()
            self.warnings.append(f"{name} ended with status {code}" + (f": {words}" if words else ""))
