"""The state file of a target that outlives the command that brought it up: who keeps it, and where it answers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadsim.deploy.plan import SCRATCH_PREFIX
from loadsim.deploy.usage import ProcessUsage, identity, process_table, usage
from loadsim.errors import TargetError

_STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class StandingTarget:
    """What the state file says; a process is its name, id and identity (:func:`loadsim.deploy.usage.identity`)."""

    pid: int
    identity: str
    url: str
    topology: str
    description: str
    pools: dict[str, list[str]]
    scratch: str
    processes: list[dict[str, Any]]

    def gone(self) -> list[str]:
        """Return the names of the processes that have ended meanwhile."""
        return [each["name"] for each in self.processes if identity(each["pid"]) != each["identity"]]

    def usage(self) -> list[ProcessUsage]:
        """Return what each of its processes has used so far; those that have ended are left out."""
        gone = self.gone()
        return usage(
            [(each["name"], each["pid"]) for each in self.processes if each["name"] not in gone], process_table()
        )

    def stop(self) -> None:
        """Ask the keeper to end everything, and return when it has; raise TargetError if it does not."""
        os.kill(self.pid, signal.SIGTERM)
        until = time.monotonic() + _STOP_S
        while identity(self.pid) == self.identity:
            if time.monotonic() > until:
                hint = f"It may be ended by hand: kill -9 {self.pid}"
                raise TargetError(
                    f"the target's keeper (process {self.pid}) has not stopped in {_STOP_S:g} s", hint=hint
                )
            time.sleep(0.02)


def state_path() -> Path:
    """Return where the state file is: in a directory of this user's alone, which is made if need be.

    Raises TargetError if that directory is somebody else's or open to others.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    directory = Path(runtime) / "loadsim" if runtime else Path(tempfile.gettempdir()) / f"loadsim-user-{os.getuid()}"
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
    except OSError as error:
        hint = "Set XDG_RUNTIME_DIR to a directory of yours."
        raise TargetError(f"{directory} cannot hold the target's state: {error.strerror}", hint=hint) from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise TargetError(f"{directory} is not a directory of yours alone", hint="Remove it, or set XDG_RUNTIME_DIR.")
    return directory / "target.json"


def standing_target() -> StandingTarget | None:
    """Return the target that is up; None if there is none.

    What a keeper that was killed has left is removed: the state file and the scratch directory.
    """
    path = state_path()
    try:
        target = StandingTarget(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise TargetError(f"{path} is not a state file of loadsim: {error}", hint="Remove it.") from None
    if identity(target.pid) != target.identity:
        path.unlink(missing_ok=True)
        if Path(target.scratch).name.startswith(SCRATCH_PREFIX):
            shutil.rmtree(target.scratch, ignore_errors=True)
        return None
    return target
