"""The command-line process's side of the keeper: its process, and the two pipes.

Nothing may fork (without exec) while a target is up: the copy would hold the pipe whose closing ends the target.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Literal

from loadsim.deploy.plan import Plan
from loadsim.errors import TargetError

State = Literal["ordered", "ended", "started", "up", "failed"]
"""Of a process that was told something: nothing heard yet; it has ended; runs; answers; or ended by itself."""
_CLOSE_S = 20.0


class KeeperLink:
    """Starts a keeper with its plan, hears what it tells, and ends it by closing the pipe."""

    def __init__(self, plan: Plan) -> None:
        self.scratch = Path(plan.scratch)
        self.pids: dict[str, int] = {}
        """Of what lasts; those that are done once, and end, are left out."""
        self._lasting = {process.name for stage in plan.stages for process in stage.processes if not process.once}
        self.states: dict[str, State] = {}
        """Of what was told something."""
        self.failed: list[dict[str, Any]] = []
        self.words: list[str] = []
        """What it said that is no event: the traceback of a bug."""
        root = str(Path(__file__).parents[2])
        path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-s", "-P", "-m", "loadsim.deploy.keeper"],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._control, self._events = _pipes(self._process)
        os.set_blocking(self._events.fileno(), False)
        self._buffer = b""
        self._send(plan.to_json())

    @property
    def pid(self) -> int:
        """The keeper's process, whose id is its session's id too."""
        return self._process.pid

    def wait_until_up(self, timeout_s: float, on_step: Callable[[str], None]) -> None:
        """Return when all is up; raise TargetError with the last lines of what failed."""
        for event in self._until(time.monotonic() + timeout_s):
            if event["event"] == "step":
                on_step(event["text"])
            elif event["event"] == "failed":
                raise TargetError(f"the bundled target did not come up: {describe_failure(event)}")
            elif event["event"] == "ready":
                return
        said = "".join(f"\n  {line}" for line in self.words[-20:])
        raise TargetError(f"the bundled target did not come up: its keeper ended or fell silent{said}")

    def detach(self, state_file: Path, state: dict[str, Any]) -> None:
        """Hand the state file to the keeper and let it go."""
        self._send(json.dumps({"detach": {"path": str(state_file), "state": state}}))
        for event in self._until(time.monotonic() + 10):
            if event["event"] == "refused":
                raise TargetError(f"{state_file} cannot be written: {event['text']}")
            if event["event"] == "detached":
                self._process.returncode = 0  # it is nobody's to wait for
                self._close_pipes()
                return
        raise TargetError("the keeper of the target did not let it go")

    def order(self, command: str, name: str) -> None:
        """Have a process stopped, killed, started again, paused or resumed."""
        self.states[name] = "ordered"
        self._send(json.dumps({command: name}))

    def listen(self) -> list[dict[str, Any]]:
        """Return the events that came since the last time, without waiting."""
        while not self._events.closed and (data := self._events.read(65_536)):
            self._buffer += data
        *lines, self._buffer = self._buffer.split(b"\n")
        return [event for line in lines if (event := self._note(line))]

    def close(self) -> None:
        """Close the pipe; the keeper does the rest. Return when it is gone."""
        if self._process.returncode is not None:
            return
        self._control.close()
        try:
            code = self._process.wait(_CLOSE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if code < 0:  # killed, and so it could not tidy up
            shutil.rmtree(self.scratch, ignore_errors=True)
        self.listen()
        self._close_pipes()

    def _until(self, deadline: float) -> Iterator[dict[str, Any]]:
        """Yield events as they come, until the deadline or the keeper's end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._events, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                selector.select(left)
                events = self.listen()
                yield from events
                if not events and self._process.poll() is not None:
                    return

    def _note(self, line: bytes) -> dict[str, Any] | None:
        try:
            event: dict[str, Any] = json.loads(line)
            kind = event["event"]
        except (ValueError, TypeError, KeyError):
            self.words.append(line.decode(errors="replace"))
            return None
        if event.get("name") in self.states and kind in ("started", "ended", "up", "failed"):
            self.states[event["name"]] = kind
        if kind == "started" and event["name"] in self._lasting:
            self.pids[event["name"]] = event["pid"]
        elif kind == "failed":
            self.failed.append(event)
        return event

    def _send(self, line: str) -> None:
        try:
            self._control.write(line.encode() + b"\n")
            self._control.flush()
        except BrokenPipeError:
            pass  # it has ended, and what it said is read next

    def _close_pipes(self) -> None:
        for pipe in (self._control, self._events):
            try:
                pipe.close()
            except BrokenPipeError:
                pass


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise AssertionError("it was started with pipes")
    return process.stdin, process.stdout


def describe_failure(event: dict[str, Any]) -> str:
    """Return in words what ended, how, and the last lines it wrote."""
    lines = "".join(f"\n  {line}" for line in event["tail"])
    return f"{event['name']} {event['how']}" + (f"; the last lines it wrote:{lines}" if lines else "")
