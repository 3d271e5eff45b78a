"""What is refused before any traffic: the code, what to check, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..cli.commands import loadsim
from ..engine.certificates import Authority
from ..engine.loopback import Loopback
from ..engine.raw_server import Peer, RawServer, answering, ok


def refused(code: int, *argv: str, cwd: Path, **env: str) -> str:
    """Run a command that must end with ``code``; return what it said, having left nothing where it was called."""
    before = sorted(cwd.rglob("*"))
    told = loadsim(*argv, cwd=cwd, **env)
    assert (told.returncode, told.stdout) == (code, ""), told.stderr
    assert told.stderr.startswith("error: ")
    assert "Traceback" not in told.stderr
    assert sorted(cwd.rglob("*")) == before
    return told.stderr


@pytest.mark.parametrize("verb", ["run", "try"])
def test_a_name_that_does_not_resolve(verb: str, tmp_path: Path) -> None:
    said = refused(3, verb, "read-heavy", "--target", "http://no-such-host.invalid", cwd=tmp_path)
    assert "'no-such-host.invalid' does not resolve" in said
    assert "--resolve" in said


def test_a_certificate_that_does_not_verify(tmp_path: Path) -> None:
    (tmp_path / "ca").mkdir()
    context = Authority(tmp_path / "ca").server_context("127.0.0.1")
    with RawServer(answering(ok()), context=context) as server:
        said = refused(3, "run", "read-heavy", "--target", f"https://127.0.0.1:{server.port}", cwd=tmp_path)
        assert server.requests == []
    assert "the certificate does not verify" in said
    assert "--cacert FILE" in said


def test_a_server_that_is_none_of_http(tmp_path: Path) -> None:
    def ssh(peer: Peer) -> None:
        peer.send(b"SSH-2.0-OpenSSH_9.2\r\n")
        peer.wait_for_hang_up()

    with RawServer(ssh) as server:
        said = refused(3, "run", "read-heavy", "--target", f"http://127.0.0.1:{server.port}", cwd=tmp_path)
    assert "does not answer as an HTTP server does" in said
    assert "Is it an HTTP/1.1 server" in said


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with Loopback() as server:
        options = ("--target", server.url, "--out", "file/run")
        said = refused(2, "run", "read-heavy", *options, cwd=tmp_path)
        assert server.seen == []
    assert "'file/run' cannot be written" in said
    assert "--out DIR" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--topology", "balancd"), "Did you mean 'balanced'?"),
        (("--topology", "balanced", "--policy", "rr"), "unknown policy 'rr'"),
        (("--profile", "rampe(1/s,2/s,3s)"), "Did you mean 'ramp'?"),
        (("--profile", "ramp(1/s,2/x,3s)"), "unknown unit '/x'"),
        (("--fault", "kill(web-9, at=1s)"), "there is no server 'web-9'"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_known(options: tuple[str, ...], said: str, tmp_path: Path) -> None:
    assert said in refused(2, "run", "read-heavy", *options, "--out", "deep/run", cwd=tmp_path)


@pytest.mark.parametrize(
    ("toml", "scenario", "said"),
    [
        ('[run]\ndurration = "3s"', "spiky", ("[run]: unknown key 'durration'", "Did you mean 'duration'?")),
        ('[scenarios.checkout]\nbase = "spiky"', "chekout", ("unknown scenario 'chekout'", "Did you mean 'checkout'?")),
        ('[scenarios.shop]\nbase = "spikky"', "shop", ("[scenarios.shop] base: unknown scenario 'spikky'", "'spiky'?")),
    ],
)
@pytest.mark.parametrize("verb", ["run", "try"])
def test_what_a_file_of_settings_has_wrong_is_told_with_its_place(
    verb: str, toml: str, scenario: str, said: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "loadsim.toml").write_text(toml)
    told = refused(2, verb, scenario, cwd=tmp_path)
    assert all(part in told for part in said), told
