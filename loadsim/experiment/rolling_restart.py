"""Servers started anew one after another, each drained first, while a run goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from loadsim.deploy import Deployment
from loadsim.errors import TargetError
from loadsim.record import RestartRecord

_THE_END = object()


class RollingRestart:
    """Restarts ``servers``; call :meth:`advance` often. With ``drain_s`` 0 the balancer is not told.

    It ends at the first that does not come up again: the others serve on as they are.
    """

    def __init__(self, target: Deployment, servers: Sequence[str], drain_s: float) -> None:
        self._target, self._drain_s = target, drain_s
        self.left = list(servers)
        """Those that are not back yet."""
        self.has_ended = False
        self.trouble = ""
        """Why some are left at the end."""
        self.restarts: list[RestartRecord] = []
        """Those whose turn has come, and when."""
        self._stopped = False
        self._now_s = 0.0
        self._steps = self._restart_all()

    def advance(self, time_s: float) -> None:
        """Do what can be done at this time without waiting."""
        self._now_s = time_s
        try:
            self.has_ended = next(self._steps, _THE_END) is _THE_END
        except TargetError as error:
            self.has_ended, self.trouble = True, error.message

    def stop(self) -> None:
        """Begin with no further server; the one that is being restarted comes back."""
        self._stopped = True

    def _restart_all(self) -> Iterator[None]:
        while self.left and not self._stopped:
            server = self.left[0]
            record = RestartRecord(server=server, out_s=self._now_s)
            self.restarts.append(record)
            if self._drain_s:
                yield from self._drain(server)
            record.stopped_s = self._now_s
            yield from self._start_anew(server)
            self._target.put_in(server)
            record.back_s = self._now_s
            del self.left[0]
        if self.left:
            self.trouble = f"the run ended before it came to {', '.join(self.left)}"

    def _drain(self, server: str) -> Iterator[None]:
        self._target.take_out(server)
        until_s = self._now_s + self._drain_s
        yield  # what the balancer took a moment before is on its way to the server, and counts from the next look on
        while not self._target.is_idle(server) and self._now_s < until_s:
            yield

    def _start_anew(self, server: str) -> Iterator[None]:
        self._target.stop(server)
        while self._target.state(server) != "ended":
            yield
        self._target.start(server)
        while (state := self._target.state(server)) != "up":
            if state == "failed":
                others = f"; not restarted: {', '.join(self.left[1:])}" if self.left[1:] else ""
                raise TargetError(f"{server} did not come up again{others}")
            yield
