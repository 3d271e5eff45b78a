"""Runs a program as somebody who is not root, as PostgreSQL demands; a script that imports nothing of loadsim.

    python unprivileged.py DIRECTORY PROGRAM ARGUMENT...

makes DIRECTORY, which is then the program's own, and becomes the program. A user who is not root stays who they are.
Root enters a user namespace and is called ``nobody`` there, but still owns all files; so it works where the program
lies in root's home. Where the system allows no namespaces (Docker, by default), root becomes ``nobody`` for good, to
whom the program must be readable.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_LINUX = sys.platform == "linux"


def main() -> None:
    """Become the program."""
    directory, program, *arguments = sys.argv[1:]
    Path(directory).mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        try:
            _enter_namespace(nobody)
        except OSError:
            _become(nobody, Path(directory))
    if _LINUX:  # who changes his identity loses this wish, so it comes last: PostgreSQL then ends at once
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT, 0, 0, 0)
    try:
        os.execv(program, [program, *arguments])  # noqa: S606 - becoming it is the point
    except OSError as error:
        name = pwd.getpwuid(os.geteuid()).pw_name
        sys.exit(f"{program} cannot be run as {name}: {error.strerror}")


def _enter_namespace(nobody: pwd.struct_passwd) -> None:
    if not _LINUX:
        raise OSError("there are no user namespaces")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{nobody.pw_uid} 0 1")
    Path("/proc/self/gid_map").write_text(f"{nobody.pw_gid} 0 1")


def _become(nobody: pwd.struct_passwd, directory: Path) -> None:
    os.chown(directory, nobody.pw_uid, nobody.pw_gid)
    directory.parent.chmod(0o711)  # to be passed through, not to be read
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


if __name__ == "__main__":
    main()
