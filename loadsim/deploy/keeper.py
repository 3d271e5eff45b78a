"""The keeper: a small process that starts the target's processes, watches them, and leaves none of them behind.

It runs in a session of its own, so that no Ctrl-C reaches it, and reads a pipe whose other end only the command-line
process holds. When that pipe closes, for whatever reason (``kill -9`` included), it stops every descendant and removes
the scratch directory. Descendants that lose their parent become its children (PR_SET_CHILD_SUBREAPER, Linux); elsewhere
each process has a process group of its own, which is ended as a whole. Linux's parent-death signal alone would not do:
it reaches direct children only.

On its standard input: one line, the plan as JSON; later perhaps one JSON object a line,

    {"stop": name}: politely, then by force       {"kill": name}      {"start": name}: again, after either
    {"pause": name}     {"resume": name}
    {"detach": {"path", "state"}}: after it the pipe may close, and only SIGTERM ends it

On its standard output: one JSON event a line,

    {"event": "step", "text"}                      {"event": "started", "name", "pid"}
    {"event": "ended", "name"}: as it was told     {"event": "up", "name"}: answers, after it was started again
    {"event": "failed", "name", "how", "tail"}     during the start it is the last one; later the others run on
    {"event": "ready"}                             {"event": "detached"} or {"event": "refused", "text"}

``python -S -m loadsim.deploy.keeper``: it needs the standard library alone, and so is up in some 50 ms.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from loadsim.deploy.control import Control, StopAsked
from loadsim.deploy.plan import Plan, Process, Stage, file_limit
from loadsim.deploy.usage import descendants, identity, process_table

POLL_S = 0.02
LOG_BYTES = 8 * 1024 * 1024
USER_AGENT = "loadsim-keeper"
"""By which the target's servers know who asks whether they are up: that is no request that they count."""
TAIL_LINES = 20
_POSTGRES_PROTOCOL = 3 << 16
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_LINUX = sys.platform == "linux"


def tail(log: Path, lines: int = TAIL_LINES) -> list[str]:
    """Return the last lines of a log; none if there is no log."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except OSError:
        return []


class _StartFailed(Exception):  # noqa: N818 - told of, not raised to a user
    """A process did not come up; the event says which and why."""

    def __init__(self, name: str, how: str) -> None:
        super().__init__(f"{name} {how}")
        self.name, self.how = name, how


class Keeper:
    """Starts, watches and stops the processes of one plan."""

    def __init__(self, plan: Plan, control: Control) -> None:
        self._plan = plan
        self._control = control
        self._scratch = Path(plan.scratch)
        self._running: dict[int, Process] = {}
        self._groups: set[int] = set()
        self._ended: dict[str, int] = {}
        self._to_end: set[str] = set()
        """Processes whose end was asked for."""
        self._kill_at: dict[str, float] = {}
        """When those are killed that were told to stop."""
        self._awaited: dict[str, tuple[Process, float]] = {}
        """Those that were started again, and until when they are to be up."""
        self._state: Path | None = None

    def run(self) -> None:
        """Do the whole of the plan; return when every process is gone, and the scratch directory too."""
        try:
            self._scratch.mkdir(mode=0o700)
        except OSError as error:
            self._tell_failed("keeper", f"could not make its scratch directory: {error}")
            return
        try:
            self._prepare()
            for stage in self._plan.stages:
                self._start(stage)
            self._control.tell(event="ready")
            self._watch()
        except StopAsked:
            pass
        except _StartFailed as failure:
            self._tell_failed(failure.name, failure.how)
        finally:
            self._stop()
            shutil.rmtree(self._scratch, ignore_errors=True)
            if self._state:
                self._state.unlink(missing_ok=True)

    def _prepare(self) -> None:
        try:
            self._set_up()
        except OSError as error:
            raise _StartFailed("keeper", f"could not prepare the start: {error}") from None
        if _LINUX:
            _prctl(_PR_SET_CHILD_SUBREAPER, 1)

    def _set_up(self) -> None:
        for name, text in self._plan.files.items():
            (self._scratch / name).write_text(text)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < file_limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (file_limit(), hard))
        if self._plan.cpus and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, self._plan.cpus)

    def _start(self, stage: Stage) -> None:
        self._control.tell(event="step", text=stage.text)
        until = time.monotonic() + self._plan.timeout_s
        waiting = {process.name: process for process in stage.processes}
        for process in stage.processes:
            self._spawn(process)
        while waiting:
            self._pause(POLL_S)
            for process in list(waiting.values()):
                if self._is_up(process):
                    del waiting[process.name]
            if waiting and time.monotonic() > until:
                raise _StartFailed(next(iter(waiting)), f"was not up after {self._plan.timeout_s:g} s")

    def _spawn(self, process: Process) -> None:
        changed = {**os.environ, **process.env}
        env = {name: value for name, value in changed.items() if value is not None}
        try:
            with self._log(process.name).open("ab") as log:
                child = subprocess.Popen(
                    process.argv,
                    env=env,
                    cwd=self._scratch,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    process_group=0,
                    preexec_fn=_die_with_keeper if _LINUX else None,  # safe: there is one thread
                )
        except (OSError, subprocess.SubprocessError) as error:
            raise _StartFailed(process.name, f"could not be started: {error}") from None
        child.returncode = 0  # reaped below with all others, not by subprocess
        self._running[child.pid] = process
        self._groups.add(child.pid)
        self._control.tell(event="started", name=process.name, pid=child.pid)

    def _is_up(self, process: Process) -> bool:
        if process.name in self._ended:
            code = self._ended.pop(process.name)
            if process.once and code == 0:
                return True
            raise _StartFailed(process.name, _how(code))
        return not process.once and answers(process)

    def _watch(self) -> NoReturn:
        while True:
            for name, code in self._ended.items():
                self._tell_ended(name, code)
            self._ended.clear()
            self._force_ends()
            self._look_who_is_up()
            self._bound_logs()
            self._pause(POLL_S if self._kill_at or self._awaited else 1.0)

    def _tell_ended(self, name: str, code: int) -> None:
        self._awaited.pop(name, None)
        self._kill_at.pop(name, None)
        if name in self._to_end:
            self._to_end.remove(name)
            self._control.tell(event="ended", name=name)
        else:
            self._tell_failed(name, _how(code))

    def _force_ends(self) -> None:
        """Kill those that were told to stop and have not in their time."""
        for name, at in list(self._kill_at.items()):
            if time.monotonic() > at:
                del self._kill_at[name]
                self._signal_whole(name, signal.SIGKILL)

    def _look_who_is_up(self) -> None:
        for name, (process, until) in list(self._awaited.items()):
            if answers(process):
                del self._awaited[name]
                self._control.tell(event="up", name=name)
            elif time.monotonic() > until:
                del self._awaited[name]
                self._tell_failed(name, f"was not up after {self._plan.timeout_s:g} s")

    def _bound_logs(self) -> None:
        """Empty a log that has grown too long; its writer appends, so it goes on from the start."""
        for log in self._scratch.glob("*.log"):
            if log.stat().st_size > LOG_BYTES:
                os.truncate(log, 0)

    def _pause(self, seconds: float) -> None:
        """Wait a while, or until something happens; note who has ended; obey the pipe."""
        for line in self._control.wait(seconds):
            for command, value in json.loads(line).items():
                self._obey(command, value)
        self._reap()

    def _obey(self, command: str, value: Any) -> None:
        if command == "detach":
            self._detach(**value)
        elif command == "start":
            self._start_again(value)
        elif command in ("stop", "kill"):
            self._end(value, at_once=command == "kill")
        else:
            self._signal_whole(value, signal.SIGSTOP if command == "pause" else signal.SIGCONT)

    def _end(self, name: str, *, at_once: bool) -> None:
        pids = [pid for pid, process in self._running.items() if process.name == name]
        if not pids:
            self._control.tell(event="ended", name=name)
            return
        self._to_end.add(name)
        if at_once:
            self._signal_whole(name, signal.SIGKILL)
            return
        self._kill_at[name] = time.monotonic() + self._plan.grace_s
        for pid in pids:
            _signal(pid, self._running[pid].stop)

    def _signal_whole(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process and its children, which are of its group."""
        for pid, process in self._running.items():
            if process.name == name:
                _signal(-pid, number)

    def _start_again(self, name: str) -> None:
        process = next(p for stage in self._plan.stages for p in stage.processes if p.name == name)
        if process.unix:
            Path(process.unix).unlink(missing_ok=True)  # left by the one that was killed
        try:
            self._spawn(process)
        except _StartFailed as failure:
            self._tell_failed(failure.name, failure.how)
            return
        self._awaited[name] = process, time.monotonic() + self._plan.timeout_s

    def _detach(self, path: str, state: dict[str, Any]) -> None:
        """Write the state file that only this user can read, and care no more for the pipe."""
        processes = [{"name": p.name, "pid": pid, "identity": identity(pid)} for pid, p in self._running.items()]
        written = {"pid": os.getpid(), "identity": identity(os.getpid()), **state, "processes": processes}
        try:
            # Exclusive, so that of two targets brought up at once one is refused.
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                json.dump(written, file)
        except OSError as error:
            self._control.tell(event="refused", text=str(error))
            raise StopAsked from None
        self._state = Path(path)
        self._control.tell(event="detached")
        self._control.let_go()

    def _reap(self) -> bool:
        """Note every child that ended, adopted ones included; return whether there are children left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            process = self._running.pop(pid, None)
            if process:
                self._ended[process.name] = os.waitstatus_to_exitcode(status)

    def _stop(self) -> None:
        """End all descendants: politely, then by force. Only then return."""
        for pid in list(self._running):
            _signal(-pid, signal.SIGCONT)  # a frozen process learns of other signals only once it goes on
            _signal(pid, self._running[pid].stop)
        until = time.monotonic() + self._plan.grace_s
        while self._reap() and time.monotonic() < until:
            time.sleep(POLL_S / 2)
        while self._kill_rest():
            time.sleep(POLL_S / 2)

    def _kill_rest(self) -> bool:
        """Send SIGKILL to every descendant left; return whether there was one."""
        children = self._reap()
        if _LINUX:
            for pid in descendants(process_table(), os.getpid()):
                _signal(pid, signal.SIGKILL)
            return children
        self._groups = {group for group in self._groups if _signal(-group, signal.SIGKILL)}
        return children or bool(self._groups)

    def _log(self, name: str) -> Path:
        return self._scratch / f"{name}.log"

    def _tell_failed(self, name: str, how: str) -> None:
        self._control.tell(event="failed", name=name, how=how, tail=tail(self._log(name)))


def answers(process: Process, timeout_s: float = 1.0) -> bool:
    """Return whether the process answers as it is to when it is up."""
    family = socket.AF_UNIX if process.unix else socket.AF_INET
    address: Any = process.unix or ("127.0.0.1", process.port)
    try:
        with socket.socket(family) as link:
            link.settimeout(timeout_s)
            link.connect(address)
            asked = {"http": _is_healthy, "postgres": _takes_clients, "redis": _plays}
            return asked[process.speaks](link, process.path)
    except OSError:
        return False


def _is_healthy(link: socket.socket, path: str) -> bool:
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {USER_AGENT}\r\nConnection: close\r\n\r\n"
    link.sendall(head.encode())
    return link.recv(64).split()[1:2] == [b"200"]


def _takes_clients(link: socket.socket, _: str) -> bool:
    """Ask a PostgreSQL server for a session: R(eady to go on), or E(rror) while it starts. Then terminate."""
    body = struct.pack("!i", _POSTGRES_PROTOCOL) + b"user\0postgres\0database\0postgres\0\0"
    link.sendall(struct.pack("!i", 4 + len(body)) + body)
    answer = link.recv(1)
    link.sendall(b"X" + struct.pack("!i", 4))
    return answer == b"R"


def _plays(link: socket.socket, _: str) -> bool:
    """Ask a Redis server whether it is there; while it loads it would answer an error."""
    link.sendall(b"PING\r\n")
    return link.recv(16) == b"+PONG\r\n"


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _die_with_keeper() -> None:
    """In the child, before it runs: should the keeper itself be killed, end too."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def main() -> None:
    """Read the plan and carry it out."""
    control = Control()
    os.chdir("/")  # stand in nobody's way
    plan = control.read_plan()
    if plan:
        Keeper(plan, control).run()


if __name__ == "__main__":
    main()
