"""The keeper, as the process that it is, with small processes to keep."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loadsim.deploy.keeper_link import KeeperLink
from loadsim.deploy.plan import Plan, Process, Stage
from loadsim.deploy.usage import process_table
from loadsim.errors import TargetError

SERVER = """
import http.server, socketserver, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def address_string(self):
        return "unix"
class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
{before}
Server(sys.argv[1], Handler).serve_forever()
"""
# A grandchild in a session and a group of its own, deaf to SIGTERM, whose parent has ended.
ORPHAN = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True: time.sleep(1)
"""


def _plan(scratch: Path, *processes: Process, timeout_s: float = 20, grace_s: float = 0.3) -> Plan:
    stages = tuple(Stage(process.name, (process,)) for process in processes)
    return Plan(str(scratch), stages, timeout_s=timeout_s, grace_s=grace_s)


def _server(scratch: Path, name: str = "web-1", before: str = "") -> Process:
    path = str(scratch / f"{name}.sock")
    return Process(name, (sys.executable, "-S", "-c", SERVER.format(before=before), path), unix=path)


def _command(text: str, name: str = "seed") -> Process:
    return Process(name, (sys.executable, "-S", "-c", text), once=True)


@contextmanager
def _kept(plan: Plan) -> Iterator[KeeperLink]:
    link = KeeperLink(plan)
    try:
        yield link
    finally:
        link.close()


def in_session(session: int) -> list[int]:
    """Return the processes of a session; one that made a session of its own is not among them."""
    found = []
    for pid in process_table():
        try:
            if os.getsid(pid) == session:
                found.append(pid)
        except (ProcessLookupError, PermissionError):
            continue
    return found


def eventually(condition: Callable[[], bool], within_s: float = 30) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_stages_start_in_order_and_nothing_is_left_when_the_pipe_closes(tmp_path: Path) -> None:
    scratch = tmp_path / "s"
    steps: list[str] = []
    plan = _plan(scratch, _command("open('seeded', 'w')"), _server(scratch))
    with _kept(plan) as link:
        link.wait_until_up(20, steps.append)
        assert steps == ["seed", "web-1"]
        assert (scratch / "seeded").exists()
        assert scratch.stat().st_mode & 0o077 == 0
        assert link.pids["web-1"] in in_session(link.pid)
    assert in_session(link.pid) == []
    assert not scratch.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="a process that leaves its group is adopted on Linux alone")
def test_a_grandchild_that_left_its_session_and_ignores_sigterm_is_ended_too(tmp_path: Path) -> None:
    scratch = tmp_path / "s"
    note = ORPHAN.replace("while True", "open('orphan', 'w').write(str(os.getpid()))\n    while True")
    with _kept(_plan(scratch, _command(note), _server(scratch))) as link:
        link.wait_until_up(20, lambda _: None)
        assert eventually(lambda: bool((scratch / "orphan").exists() and (scratch / "orphan").read_text()))
        orphan = int((scratch / "orphan").read_text())
        os.kill(orphan, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(orphan, 0)


def test_a_frozen_process_is_ended_too(tmp_path: Path) -> None:
    scratch = tmp_path / "s"
    with _kept(_plan(scratch, _server(scratch))) as link:
        link.wait_until_up(20, lambda _: None)
        os.kill(link.pids["web-1"], signal.SIGSTOP)
    assert in_session(link.pid) == []


def test_a_process_that_cannot_start_is_told_with_its_last_lines(tmp_path: Path) -> None:
    scratch = tmp_path / "s"
    plan = _plan(scratch, _server(scratch, before="sys.exit('no database here')"))
    with _kept(plan) as link, pytest.raises(TargetError, match=r"web-1 ended with code 1.*\n  no database here"):
        link.wait_until_up(20, lambda _: None)
    assert not scratch.exists()


@pytest.mark.parametrize(
    ("process", "said"),
    [
        (Process("web-1", ("/nowhere/at/all",)), "web-1 could not be started: .*No such file"),
        (_command("raise SystemExit(3)"), "seed ended with code 3"),
        (_command("import os; os.kill(os.getpid(), 9)"), "seed was killed by SIGKILL"),
    ],
)
def test_how_a_start_failed_is_told(tmp_path: Path, process: Process, said: str) -> None:
    with _kept(_plan(tmp_path / "s", process)) as link, pytest.raises(TargetError, match=said):
        link.wait_until_up(20, lambda _: None)


def test_a_process_that_never_answers_is_given_up(tmp_path: Path) -> None:
    scratch = tmp_path / "s"
    silent = Process("web-1", (sys.executable, "-c", "import time; time.sleep(60)"), unix=str(scratch / "x"))
    with _kept(_plan(scratch, silent, timeout_s=0.3)) as link, pytest.raises(TargetError, match=r"not up after 0.3 s"):
        link.wait_until_up(20, lambda _: None)


def test_a_directory_that_is_there_is_neither_used_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    with _kept(_plan(tmp_path, _command("pass"))) as link, pytest.raises(TargetError, match="scratch directory"):
        link.wait_until_up(20, lambda _: None)
    assert (tmp_path / "precious").exists()


def test_a_process_that_dies_later_is_told_and_the_others_run_on(tmp_path: Path) -> None:
    scratch = tmp_path / "s"
    before = "print('serving', flush=True)"
    plan = _plan(scratch, _server(scratch, before=before), _server(scratch, "web-2"))
    with _kept(plan) as link:
        link.wait_until_up(20, lambda _: None)
        os.kill(link.pids["web-1"], signal.SIGKILL)
        assert eventually(lambda: bool(link.listen() or link.failed))
        (failure,) = link.failed
        assert (failure["name"], failure["how"]) == ("web-1", "was killed by SIGKILL")
        assert failure["tail"][0] == "serving"
        os.kill(link.pids["web-2"], 0)


DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"


def test_what_is_told_to_stop_ends_though_it_be_deaf_and_is_up_when_started_again(tmp_path: Path) -> None:
    scratch = tmp_path / "s"

    def comes_to(state: str) -> bool:
        link.listen()
        return link.states["web-1"] == state

    with _kept(_plan(scratch, _server(scratch, before=DEAF))) as link:
        link.wait_until_up(20, lambda _: None)
        first = link.pids["web-1"]
        link.order("stop", "web-1")
        assert eventually(lambda: comes_to("ended"))
        assert first not in in_session(link.pid)
        link.order("stop", "web-1")
        assert eventually(lambda: comes_to("ended")), "one that is gone has ended"
        link.order("start", "web-1")
        assert eventually(lambda: comes_to("up"))
        assert link.failed == []
        os.kill(link.pids["web-1"], signal.SIGKILL)
        assert eventually(lambda: comes_to("failed")), "what was not asked for is a failure"


def test_files_are_written_and_variables_set_and_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNWANTED", "x")
    text = (
        "import os; assert open('note').read() == 'hello' and os.environ['A'] == 'b' and 'UNWANTED' not in os.environ"
    )
    command = Process("check", (sys.executable, "-c", text), {"A": "b", "UNWANTED": None}, once=True)
    plan = Plan(str(tmp_path / "s"), (Stage("check", (command,)),), files={"note": "hello"})
    assert Plan.from_json(plan.to_json()) == plan
    with _kept(plan) as link:
        link.wait_until_up(20, lambda _: None)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not pin processes to CPUs")
def test_the_processes_run_on_the_cpus_that_are_theirs(tmp_path: Path) -> None:
    cpu = max(os.sched_getaffinity(0))
    scratch = tmp_path / "s"
    plan = Plan(str(scratch), (Stage("web", (_server(scratch),)),), cpus=(cpu,))
    with _kept(plan) as link:
        link.wait_until_up(20, lambda _: None)
        assert os.sched_getaffinity(link.pids["web-1"]) == {cpu}
    assert len(os.sched_getaffinity(0)) >= 1


PARENT = """
import os, sys, time
from pathlib import Path
from loadsim.deploy.keeper_link import KeeperLink
from loadsim.deploy.plan import Plan
link = KeeperLink(Plan.from_json(sys.argv[1]))
if sys.argv[2] == "up":
    link.wait_until_up(20, lambda _: None)
print(link.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("moment", ["up", "starting"])
def test_kill_9_of_the_one_who_started_it_leaves_no_process_and_no_file(tmp_path: Path, moment: str) -> None:
    scratch = tmp_path / "s"
    plan = _plan(scratch, _command("import time; time.sleep(0.2)"), _server(scratch))
    argv = [sys.executable, "-c", PARENT, plan.to_json(), moment]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        keeper = int(parent.stdout.readline())
        parent.kill()
    assert eventually(lambda: in_session(keeper) == [] and not scratch.exists())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_of_it(tmp_path: Path, number: signal.Signals) -> None:
    scratch = tmp_path / "s"
    with _kept(_plan(scratch, _server(scratch))) as link:
        link.wait_until_up(20, lambda _: None)
        os.kill(link.pid, number)
        assert eventually(lambda: in_session(link.pid) == [] and not scratch.exists())


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_kill_9_of_the_keeper_itself_ends_its_processes(tmp_path: Path) -> None:
    scratch = tmp_path / "s"
    with _kept(_plan(scratch, _server(scratch))) as link:
        link.wait_until_up(20, lambda _: None)
        os.kill(link.pid, signal.SIGKILL)
        assert eventually(lambda: in_session(link.pid) == [])
