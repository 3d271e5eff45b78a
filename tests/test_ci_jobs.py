"""The ready jobs of docs/ci, held to the code: every shell step is run as the server runs it, with shorter rounds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

JOBS = Path(__file__).parent.parent / "docs" / "ci"
VERDICTS = {0, 1, 4}
"""What the gate may come to on a machine that does other things meanwhile."""
PRIMARY = 3

Job = tuple[dict[str, str], list[str]]


def github(event: str) -> Job:
    """Return variables and shell steps of the job on a push, or on a pull request."""
    (job,) = read("github.yml")["jobs"].values()
    wanted = (None, f"github.event_name == '{event}'")
    return job["env"], [step["run"] for step in job["steps"] if "run" in step and step.get("if") in wanted]


def gitlab(event: str) -> Job:
    """Return variables and shell steps of the job on a push, or on a merge request."""
    (job,) = read("gitlab.yml").values()
    rule = job["rules"][0 if event == "pull_request" else 1]
    return job["variables"] | rule["variables"], job["script"]


def read(name: str) -> Any:
    return yaml.safe_load((JOBS / name).read_text())


def run(step: str, variables: dict[str, str], here: Path) -> subprocess.CompletedProcess[str]:
    """Run a step by bash -e, with what is installed here and nothing from the network."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ours = {"PATH": path, "PIP_NO_INDEX": "1", "DURATION": "2s", "ROUNDS": "1"}
    return subprocess.run(
        ["bash", "-e", "-c", step],
        cwd=here,
        env=os.environ | variables | ours | {"GITHUB_STEP_SUMMARY": str(here / "summary.md")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def suites(here: Path) -> dict[str, int]:
    """Return the name of each suite that the gate wrote, and how many cases it has."""
    root = ElementTree.parse(here / "reports" / "gate.xml").getroot()
    return {suite.get("name", ""): int(suite.get("tests", "0")) for suite in root}


def place_of(steps: list[str], start: str) -> int:
    (place,) = [place for place, step in enumerate(steps) if step.startswith(start)]
    return place


@pytest.mark.parametrize("job", [github, gitlab], ids=["GitHub", "GitLab"])
def test_every_shell_step_of_a_job_does_what_it_is_there_for(job: Callable[[str], Job], tmp_path: Path) -> None:
    variables, steps = job("push")
    gated = place_of(steps, "loadsim gate")
    told = [run(step, variables, tmp_path) for step in steps]
    others = [step for place, step in enumerate(told) if place != gated]
    assert [(step.returncode, step.stderr if step.returncode else "") for step in others] == [(0, "")] * len(others)
    assert told[gated].returncode in VERDICTS, told[gated].stderr
    assert (tmp_path / "reports" / "load" / "1" / "report.html").exists()
    assert (tmp_path / "reports" / "gate.png").exists()
    assert sum(suites(tmp_path).values()) == 3
    assert (tmp_path / "baseline" / "1" / "run.json").exists()

    variables, steps = job("pull_request")
    again = run(steps[place_of(steps, "loadsim gate")], variables, tmp_path)
    assert again.returncode in {1, 4}, again.stderr
    assert "1 of the 4 rounds that it takes" in again.stdout
    assert suites(tmp_path)["against the baseline"] == 1 + PRIMARY


def test_a_merge_request_of_gitlab_leaves_the_baseline_as_it_is(tmp_path: Path) -> None:
    variables, steps = gitlab("pull_request")
    (tmp_path / "baseline").mkdir()
    assert run(steps[-1], variables, tmp_path).returncode == 0
    assert list((tmp_path / "baseline").iterdir()) == []


def test_github_s_job_keeps_on_the_main_branch_what_a_pull_request_restores() -> None:
    (job,) = read("github.yml")["jobs"].values()
    cached = {step["uses"].partition("@")[0]: step for step in job["steps"] if "cache" in step.get("uses", "")}
    save, restore = cached["actions/cache/save"], cached["actions/cache/restore"]
    assert (save["if"], restore["if"]) == ("github.event_name == 'push'", "github.event_name == 'pull_request'")
    assert save["with"]["path"] == restore["with"]["path"] == "baseline"
    assert save["with"]["key"].startswith(restore["with"]["restore-keys"])


def test_github_s_job_writes_its_summary_and_keeps_the_reports() -> None:
    (job,) = read("github.yml")["jobs"].values()
    (gate,) = [step for step in job["steps"] if step.get("name") == "Gate"]
    assert "--github-summary" in gate["run"]
    assert job["steps"][-1]["with"]["path"] == "reports"
    assert job["steps"][-1]["if"] == "always()"


def test_gitlab_s_job_hands_over_what_the_gate_writes_and_keeps_the_baseline() -> None:
    job = read("gitlab.yml")["load-test"]
    artifacts = job["artifacts"]
    assert (artifacts["when"], artifacts["paths"], artifacts["reports"]) == (
        "always",
        ["reports"],
        {"junit": "reports/gate.xml"},
    )
    assert (job["cache"]["policy"], job["cache"]["paths"]) == ("$BASELINE", ["baseline"])
    assert [rule["variables"]["BASELINE"] for rule in job["rules"]] == ["pull", "push"]
