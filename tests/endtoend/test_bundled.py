"""The bundled target by the command line: brought up, driven, reported and taken down."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from .runs import end, read_record, start


def test_requests_that_somebody_else_sends_to_the_target_are_noticed_by_the_balancers_counts(tmp_path: Path) -> None:
    process = start(
        "run", "read-heavy", "--topology", "balanced", "--servers", "2", "--rate", "20/s", "--warmup", "0s",
        "--duration", "2s", "--out", str(tmp_path / "r"),
    )  # fmt: skip
    assert process.stdout is not None
    url = ""
    for line in process.stdout:
        if found := re.search(r"up at (http://\S+)", line):
            url = found[1]
        if re.match(r"\d+s/2s", line):  # under way
            break
    with httpx.Client(base_url=url) as stranger:
        for _ in range(7):
            assert stranger.get("/healthz").status_code == 200
    end(process)
    warnings = read_record(tmp_path / "r")["warnings"]
    assert [warning for warning in warnings if "7 more than the client knows of" in warning], warnings
    assert (tmp_path / "r" / "report.html").exists()
