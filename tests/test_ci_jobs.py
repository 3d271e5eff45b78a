"""The ready jobs of docs/ci, held to the code: every shell step is run as the server runs it, with a shorter run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

JOBS = Path(__file__).parent.parent / "docs" / "ci"
VERDICTS = {0, 1, 4}
"""What the gate may come to on a machine that does other things meanwhile."""


def github() -> tuple[dict[str, str], list[str]]:
    """Return variables and shell steps of the job."""
    (job,) = read("github.yml")["jobs"].values()
    return job["env"], [step["run"] for step in job["steps"] if "run" in step]


def gitlab() -> tuple[dict[str, str], list[str]]:
    """Return variables and shell steps of the job."""
    (job,) = read("gitlab.yml").values()
    return job["variables"], job["script"]


def read(name: str) -> Any:
    return yaml.safe_load((JOBS / name).read_text())


def run(step: str, variables: dict[str, str], here: Path) -> subprocess.CompletedProcess[str]:
    """Run a step by bash -e, with what is installed here and nothing from the network."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ours = {"PATH": path, "PIP_NO_INDEX": "1", "DURATION": "3s"}
    return subprocess.run(
        ["bash", "-e", "-c", step],
        cwd=here,
        env=os.environ | variables | ours | {"GITHUB_STEP_SUMMARY": str(here / "summary.md")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("job", [github, gitlab], ids=["GitHub", "GitLab"])
def test_every_shell_step_of_a_job_does_what_it_is_there_for(job: Any, tmp_path: Path) -> None:
    variables, steps = job()
    *before, gate = [run(step, variables, tmp_path) for step in steps]
    assert [(step.returncode, step.stderr if step.returncode else "") for step in before] == [(0, "")] * len(before)
    assert (tmp_path / "reports" / "load" / "report.html").exists()
    assert gate.returncode in VERDICTS, gate.stderr
    suites = ElementTree.parse(tmp_path / "reports" / "gate.xml").getroot()
    assert suites.get("tests") == "3"
    good = suites.get("failures") == suites.get("errors") == "0"
    assert good == (gate.returncode == 0)


def test_github_s_job_writes_its_summary_and_keeps_the_reports(tmp_path: Path) -> None:
    (job,) = read("github.yml")["jobs"].values()
    assert "--github-summary" in job["steps"][-2]["run"]
    assert job["steps"][-1]["with"]["path"] == "reports"
    assert job["steps"][-1]["if"] == "always()"


def test_gitlab_s_job_hands_over_what_the_gate_writes() -> None:
    artifacts = read("gitlab.yml")["load-test"]["artifacts"]
    assert (artifacts["when"], artifacts["paths"], artifacts["reports"]) == (
        "always",
        ["reports"],
        {"junit": "reports/gate.xml"},
    )
