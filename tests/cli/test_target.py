"""``loadsim target``, each command a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from loadsim.deploy.usage import identity

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    env = os.environ | {"XDG_RUNTIME_DIR": str(runtime), "LOADSIM_TARGET_ITEMS": "30", "COLUMNS": "200"}

    def command(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "loadsim", "target", *argv],
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    yield command
    command("down")


def _state(tmp_path: Path) -> Path:
    return tmp_path / "runtime" / "loadsim" / "target.json"


def test_a_target_comes_up_stands_and_goes_down(run: Run, tmp_path: Path) -> None:
    up = run("up", "--topology", "balanced", "--servers", "2", "--json")
    assert up.returncode == 0, up.stderr
    told = json.loads(up.stdout)
    assert httpx.get(f"{told['url']}/healthz").status_code == 200
    assert _state(tmp_path).stat().st_mode & 0o777 == 0o600

    status = json.loads(run("status", "--json").stdout)
    assert status["up"] is True
    assert [each["name"] for each in status["processes"]] == ["web-1", "web-2", "balancer"]
    assert (status["url"], status["pools"], status["gone"]) == (told["url"], {"web": ["web-1", "web-2"]}, [])
    assert "2 servers of 4 slots behind Envoy" in run("status").stdout

    again = run("up")
    assert again.returncode == 2
    assert "loadsim target down" in again.stderr

    assert run("down").returncode == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{told['url']}/healthz")
    assert all(identity(each["pid"]) is None for each in status["processes"])
    assert not _state(tmp_path).exists()


def test_without_a_target_down_is_content_and_status_says_so(run: Run) -> None:
    assert run("down").returncode == 0
    status = run("status", "--json")
    assert (status.returncode, json.loads(status.stdout)) == (3, {"up": False})


def test_a_part_that_has_died_is_told_with_where_its_log_is(run: Run) -> None:
    told = json.loads(run("up", "--topology", "monolith", "--json").stdout)
    os.kill(told["processes"][0]["pid"], signal.SIGKILL)
    status = run("status")
    assert status.returncode == 3
    assert "web-1 has ended; its log: " in status.stdout


def test_a_keeper_that_was_killed_is_no_target(run: Run, tmp_path: Path) -> None:
    told = json.loads(run("up", "--topology", "monolith", "--json").stdout)
    scratch = Path(json.loads(_state(tmp_path).read_text())["scratch"])
    assert scratch.exists()
    os.kill(told["keeper_pid"], signal.SIGKILL)
    assert run("status").returncode == 3
    assert not _state(tmp_path).exists()
    assert not scratch.exists()


def test_a_state_file_whose_process_id_was_given_to_another_ends_nobody(run: Run, tmp_path: Path) -> None:
    told = json.loads(run("up", "--topology", "monolith", "--json").stdout)
    genuine = _state(tmp_path).read_text()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        forged = json.loads(genuine) | {"pid": bystander.pid, "scratch": "/nowhere"}
        _state(tmp_path).write_text(json.dumps(forged))
        assert "no target is up" in run("down").stdout
        assert bystander.poll() is None
        bystander.kill()
    os.kill(told["keeper_pid"], signal.SIGTERM)


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("up", "--topology", "monolit"), 2, "Did you mean 'monolith'?"),
        (("up", "--policy", "random_robin"), 2, "unknown policy 'random_robin'"),
        (("up", "--port", "70000"), 2, "expected 1 to 65535"),
    ],
)
def test_what_cannot_be_is_refused_in_words(run: Run, argv: tuple[str, ...], code: int, said: str) -> None:
    refused = run(*argv)
    assert refused.returncode == code
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_directory_open_to_others_is_not_trusted(run: Run, tmp_path: Path) -> None:
    (tmp_path / "runtime" / "loadsim").mkdir(mode=0o777)
    (tmp_path / "runtime" / "loadsim").chmod(0o777)
    refused = run("status")
    assert refused.returncode == 3
    assert "is not a directory of yours alone" in refused.stderr


def test_a_state_file_that_is_none_is_named(run: Run, tmp_path: Path) -> None:
    _state(tmp_path).parent.mkdir(mode=0o700)
    _state(tmp_path).write_text("{")
    refused = run("status")
    assert refused.returncode == 3
    assert str(_state(tmp_path)) in refused.stderr


def test_a_topology_of_the_file_comes_up_and_one_in_brackets_is_refused_in_words(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "loadsim.toml"
    config.write_text('[topology.mine]\nbase = "split-users"\nslots = 1\n')
    told = json.loads(run("up", "--config", str(config), "--topology", "mine(servers=2)", "--json").stdout)
    assert (told["topology"], told["pools"]) == ("mine", {"web": ["web-1"], "heavy": ["heavy-1"]})
    assert run("down").returncode == 0
    refused = run("up", "--topology", "mine(server=2)")
    assert refused.returncode == 2
    assert "Did you mean 'servers'?" in refused.stderr
