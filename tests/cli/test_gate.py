"""``loadsim gate`` as a pipeline meets it: exit codes, and what it leaves for the server."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from loadsim.record import read_record, write_record
from tests.report.runs import HOSTILE, Case, hostile, saturated, write_run
from tests.rounds import change_manifest, rounds

from .commands import loadsim

SHORT = Case(duration_s=4, phases=())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with runs of every kind."""
    base = tmp_path_factory.mktemp("runs")
    write_run(base / "good", SHORT)
    write_run(base / "slow", replace(SHORT, service_s=0.2))
    write_run(base / "saturated", saturated())
    cut = write_run(base / "cut", SHORT)
    write_record(msgspec.structs.replace(read_record(cut), complete=False), cut)
    write_run(base / "hostile", replace(hostile(), duration_s=4, phases=()))
    return base


def gate(runs: Path, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return loadsim("gate", *argv, cwd=runs, **env)


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("good",), 0, "PASS  1 of 1 objective held"),
        (("slow",), 1, "FAIL  0 of 1 objective held"),
        (("saturated",), 4, "the generator was late"),
        (("cut",), 4, "the run was cut short"),
        (("good", "slow"), 1, "FAIL  1 of 2 objectives held, in 2 runs"),
        (("good", "cut"), 4, "INCONCLUSIVE  2 of 2"),
        (("slow", "cut", "good"), 1, "FAIL"),
        (("slow", "saturated"), 4, "INVALID"),
        (("good", "--objective", "p99.99 < 9s"), 4, "too few: p99.99 takes 100,000"),
        (("good", "--objective", "p99[phase=night] < 9s"), 1, "no phase 'night'"),
        (("good", "--objective", "p90[class=heavy,route=*] < 9s"), 4, "by route and by class, not by both together"),
    ],
)
def test_the_exit_code_is_that_of_the_worst_run(runs: Path, argv: tuple[str, ...], code: int, said: str) -> None:
    told = gate(runs, *argv, "--objective", "p90 < 100ms")
    assert (told.returncode, told.stderr) == (code, "")
    assert said in told.stdout


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("good",), "there is nothing to hold 'good' to"),
        (("nowhere", "--objective", "p98x < 1s"), "--objective: unknown metric 'p98x'"),
        (("nowhere", "--objective", "p98 < 1s"), "'nowhere' is not a run: there is no such directory"),
        (("good", "--objective", "p98 < 1s", "--junit", "good/run.json/gate.xml"), "--junit: 'good/run.json/gate.xml'"),
        (("good", "--objective", "p98 < 1s", "--github-summary"), "GITHUB_STEP_SUMMARY is not set"),
        ((), "Missing argument 'RUN...'"),
    ],
)
def test_what_cannot_be_taken_exits_with_2(runs: Path, argv: tuple[str, ...], said: str) -> None:
    told = gate(runs, *argv, GITHUB_STEP_SUMMARY="")
    assert told.returncode == 2
    assert said in told.stderr
    assert "Traceback" not in told.stderr


def damage(run: Path, how: str) -> None:
    file = run / ("histograms.hlog" if how == "log" else "run.json")
    text = file.read_text()
    file.write_text(text.replace("loadsim.run/1", "loadsim.run/9") if how == "schema" else text[: len(text) // 2])


@pytest.mark.parametrize(
    ("how", "said"), [("schema", "schema 'loadsim.run/9'"), ("cut", "not a run record"), ("log", "histograms.hlog'")]
)
def test_a_damaged_record_exits_with_2_and_is_named(tmp_path: Path, how: str, said: str) -> None:
    write_run(tmp_path / "run", SHORT)
    damage(tmp_path / "run", how)
    told = gate(tmp_path, "run", "--objective", "p92(service) < 9s", "--objective", "p92[backend=web-*] < 9s")
    assert told.returncode == 2
    assert said in told.stderr


def test_objectives_come_from_the_settings_too(runs: Path, tmp_path: Path) -> None:
    (tmp_path / "loadsim.toml").write_text('objectives = ["p90 < 1us"]\n')
    told = gate(runs, "good", "--config", str(tmp_path / "loadsim.toml"))
    assert (told.returncode, "p90 < 1us" in told.stdout) == (1, True)


def test_json_is_all_there_is_on_standard_output_and_has_a_schema(runs: Path) -> None:
    told = gate(runs, "good", "slow", "--objective", "p90 < 100ms", "--json")
    record = json.loads(told.stdout)
    assert (told.returncode, told.stderr) == (1, "")
    assert [(run["run"], run["verdict"]) for run in record["runs"]] == [("good", "pass"), ("slow", "fail")]
    schema = json.loads(loadsim("schema", "gate").stdout)
    assert schema["$defs"]["GateRecord"]["properties"].keys() == record.keys()


def test_junit_is_written_where_it_was_asked_for(runs: Path, tmp_path: Path) -> None:
    file = tmp_path / "results" / "gate.xml"
    assert gate(runs, "slow", "--objective", "p90 < 100ms", "--junit", str(file)).returncode == 1
    assert ElementTree.parse(file).getroot().get("failures") == "1"


def test_github_gets_a_summary_and_annotations_and_takes_no_command_from_the_target(runs: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    objective = "p99[route='/none'] < 1s"
    told = gate(
        runs, "hostile", "--objective", objective, "--github-summary", GITHUB_STEP_SUMMARY=str(summary), COLUMNS="80"
    )
    first, *lines = told.stdout.splitlines()
    command, token = first.rsplit("::", 1)
    assert (told.returncode, command) == (1, "::stop-commands")
    after = lines[lines.index(f"::{token}::") + 1 :]
    assert [line.partition(" ")[0] for line in after] == ["::error"]
    assert "no route '/none'; seen: GET /" in after[0]
    assert "### Load test: fail" in summary.read_text()
    assert HOSTILE not in summary.read_text()


def test_annotations_go_beside_json_and_not_into_it(runs: Path, tmp_path: Path) -> None:
    options = ("--objective", "p90 < 1us", "--github-summary", "--json")
    told = gate(runs, "good", *options, GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))
    assert json.loads(told.stdout)["verdict"] == "fail"
    assert told.stderr.startswith("::error title=loadsim%3A fail::p90 < 1us")


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with rounds of an old version, one as good and a slower one, and some elsewhere."""
    base = tmp_path_factory.mktemp("versions")
    rounds(base, "old", range(5))
    rounds(base, "same", range(10, 15))
    rounds(base, "slow", range(20, 25), slower=1.6)
    rounds(base, "elsewhere", range(30, 35), machine=1.5)
    return base


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("slow", "--baseline", "old"), 1, "FAIL  worse than the baseline by its p50 and p99, in 5 rounds against 5"),
        (("old", "--baseline", "slow"), 0, "PASS  better than the baseline by its p50"),
        (("elsewhere", "--baseline", "old"), 4, "a loop of the interpreter takes 1.5"),
        (("slow/20", "--baseline", "old"), 4, "these runs: 1 of the 4 rounds that it takes"),
        (("slow", "--baseline", "old/00", "old/01", "--objective", "p90 < 9s"), 4, "the baseline: 2 of the 4 rounds"),
        (("slow", "--primary", "error_rate", "--baseline", "old/00", "old/01", "old/02", "old/03"), 0, "against 4"),
        (
            ("old", "--baseline", "slow", "--objective", "p90 < 1us"),
            1,
            "0 of 5 objectives held, in 5 runs; better",
        ),
    ],
)
def test_rounds_are_held_against_earlier_ones(versions: Path, argv: tuple[str, ...], code: int, said: str) -> None:
    told = gate(versions, *argv)
    assert (told.returncode, told.stderr) == (code, "")
    assert said in told.stdout


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("--baseline", "old", "same"), "Missing argument 'RUN...'"),
        (("same", "--baseline"), "--baseline"),
        (("same", "--baseline", "nowhere"), "'nowhere' is not a run: there is no such directory"),
        (("same", "--baseline", "same"), "'same/10' is on both sides"),
        (("same", "--baseline", "old", "--primary", "p98"), "--primary: unknown metric 'p98'"),
        (("same", "--baseline", "old", "--min-effect", "none"), "--min-effect none"),
        (("same", "--primary", "p50", "--objective", "p50 < 9s"), "--primary goes with --baseline"),
        (("same", "--baseline", "old", "--badge", "old/00/run.json/badge.png"), "--badge: 'old/00/run.json/badge.png'"),
    ],
)
def test_a_baseline_that_cannot_be_taken_exits_with_2(versions: Path, argv: tuple[str, ...], said: str) -> None:
    told = gate(versions, *argv)
    assert told.returncode == 2
    assert said in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("schema", "base/01/run.json' has the schema 'loadsim.run/9', this loadsim reads 'loadsim.run/1'"),
        ("cut", "'base/01/run.json' is not a run record"),
        ("profile", "had different traffic: profile is constant(60/s) in the one, constant(9/s) in the other"),
    ],
)
def test_a_damaged_baseline_or_one_of_other_traffic_is_named(tmp_path: Path, how: str, said: str) -> None:
    rounds(tmp_path, "base", range(2))
    rounds(tmp_path, "now", range(10, 11))
    if how == "profile":
        change_manifest(tmp_path / "now" / "10", profile="constant(60/s)")
        for run in (tmp_path / "base").iterdir():
            change_manifest(run, profile="constant(9/s)")
    else:
        damage(tmp_path / "base" / "01", how)
    told = gate(tmp_path, "now", "--baseline", "base")
    assert told.returncode == 2
    assert said in told.stderr


def test_what_a_baseline_comes_to_is_in_all_that_a_pipeline_reads(versions: Path, tmp_path: Path) -> None:
    options = ("--baseline", "old", "--junit", str(tmp_path / "gate.xml"), "--badge", str(tmp_path / "badge.png"))
    summary = tmp_path / "summary.md"
    told = gate(versions, "slow", *options, "--github-summary", "--json", GITHUB_STEP_SUMMARY=str(summary))
    record = json.loads(told.stdout)
    assert (told.returncode, record["verdict"], record["baseline"]["verdict"]) == (1, "fail", "fail")
    assert told.stderr.startswith("::error title=loadsim%3A fail::p50: worse, these runs at 1.")
    assert "| Against the baseline | Decides |" in summary.read_text()
    suite = ElementTree.parse(tmp_path / "gate.xml").getroot().find("testsuite[@name='against the baseline']")
    assert suite is not None
    assert (suite.get("tests"), suite.get("errors")) == ("4", "0")
    assert int(suite.get("failures", "0")) >= 1
    assert (tmp_path / "badge.png").read_bytes().startswith(b"\x89PNG")
