"""Whoever starts it, what it becomes is not root: in a namespace, or for good where the system allows none."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from loadsim.deploy import unprivileged

IS_ROOT = os.geteuid() == 0
# Within a namespace in which root may be anybody, but make no namespaces of his own; its parent has to say who is whom.
NO_NAMESPACES = """
import ctypes, os, sys
(asked, ask), (done, tell) = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    if ctypes.CDLL(None).unshare(0x10000000): os._exit(77)
    os.write(ask, b"."); os.read(done, 1)
    os.setgid(0); os.setuid(0)
    open("/proc/sys/user/max_user_namespaces", "w").write("0")
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
os.close(ask)
if os.read(asked, 1):
    for name in ("uid_map", "gid_map"): open(f"/proc/{child}/{name}", "w").write("0 0 65536")
    os.write(tell, b".")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def run(directory: Path, *program: str, within: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, *within, unprivileged.__file__, str(directory), *program]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False, cwd="/")


def test_the_program_runs_as_somebody_with_a_name_in_a_directory_of_its_own(tmp_path: Path) -> None:
    told = run(tmp_path / "own", "/bin/sh", "-c", f"id -u; touch {tmp_path}/own/file")
    assert told.stderr == ""
    assert int(told.stdout) == (pwd.getpwnam("nobody").pw_uid if IS_ROOT else os.geteuid())
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "own" / "file").exists()


@pytest.mark.skipif(not IS_ROOT, reason="only root becomes somebody else")
def test_root_becomes_nobody_for_good_where_there_are_no_namespaces() -> None:
    own = Path("/tmp") / f"loadsim-test-{os.getpid()}" / "own"  # pytest's directory is closed to others
    own.parent.mkdir(mode=0o700)
    try:
        told = run(own, "/bin/sh", "-c", f"id -u; touch {own}/file; ls -ld {own}", within=("-c", NO_NAMESPACES))
        if told.returncode == 77 or "PermissionError" in told.stderr:
            pytest.skip("this system lets nobody make the namespace that this is tried in")
        assert told.stderr == ""
        assert int(told.stdout.split()[0]) == pwd.getpwnam("nobody").pw_uid
        assert own.stat().st_uid == pwd.getpwnam("nobody").pw_uid
    finally:
        subprocess.run(["rm", "-rf", str(own.parent)], check=True)


def test_a_program_that_cannot_be_run_is_named_with_the_reason(tmp_path: Path) -> None:
    told = run(tmp_path / "own", "/nowhere/postgres")
    assert told.returncode == 1
    assert told.stderr.startswith("/nowhere/postgres cannot be run as ")
    assert "No such file" in told.stderr
