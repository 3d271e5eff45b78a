"""Room for connections, tried out in processes whose limits are their own."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from loadsim.engine.room import OWN_DESCRIPTORS, local_ports


def tried(connections: int, soft: int, hard: int, *, addresses: int = 1, all_at_once: bool = True) -> str:
    """Return the soft limit afterwards, or the error's words, of a process that begins with these limits."""
    code = f"""
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
        from loadsim.engine.room import make_room
        from loadsim.errors import UsageError
        try:
            make_room({connections}, {addresses}, all_at_once={all_at_once})
            print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        except UsageError as error:
            print(error)
    """
    argv = [sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def test_the_soft_limit_is_raised_as_far_as_is_needed() -> None:
    assert tried(500, soft=256, hard=1024) == str(500 + OWN_DESCRIPTORS)
    assert tried(10, soft=256, hard=1024) == "256"


def test_too_few_descriptors_are_said_with_the_limit_and_what_would_do() -> None:
    said = tried(2000, soft=256, hard=1024)
    assert f"2,000 sockets at once take {2000 + OWN_DESCRIPTORS:,} file descriptors" in said
    assert "may have 1,024" in said
    assert f"--connections {1024 - OWN_DESCRIPTORS}" in said


def test_connections_that_may_never_be_open_at_once_only_get_what_there_is() -> None:
    assert tried(2000, soft=256, hard=1024, all_at_once=False) == "1024"


@pytest.mark.skipif(not local_ports(), reason="the system does not say which ports it gives")
def test_too_few_ports_are_said_too() -> None:
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < local_ports() + 2 * OWN_DESCRIPTORS:
        pytest.skip("descriptors run out before ports do")
    said = tried(local_ports() + 1, soft=256, hard=hard)
    assert f"there are {local_ports():,} for the target" in said
