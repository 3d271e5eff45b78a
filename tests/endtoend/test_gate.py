"""A real run, gated: a record alone comes to the verdicts that the run came to."""

from __future__ import annotations

import json
from pathlib import Path

from ..cli.commands import loadsim
from .runs import read_record

TRAFFIC = (
    *("read-heavy", "--warmup", "0s", "--duration", "6s", "--seed", "5"),
    *("--profile", "spike(base=30/s,peak=60/s,at=2s,width=2s)"),
)
OBJECTIVES = (
    *("p50 < 1s", "p90 < 10s", "p99 < 10s", "p83.7 < 10s", "mean < 1ms", "min > 1us", "max < 25s"),
    *("p50(service) < 10s", "p77(service) < 10s", "p50(iteration) < 10s", "p76(iteration) < 10s"),
    *("p50[route='GET *'] < 10s", "p51[backend=web-1] < 1us", "p50[backend=web-*] < 10s", "p80[pool=web] < 10s"),
    *("p50[phase=spike] < 10s", "p61[phase=spike] < 10s", "p50(service)[phase=base] < 10s", "p50[class=*] < 10s"),
    *("p50[phase=night] < 1s", "p50[route=/none] < 1s", "p99.99 < 10s"),
    *("error_rate < 50%", "error_rate[backend=web-2] < 50%", "error_rate[phase=spike] < 50%"),
    *("iteration_error_rate < 50%", "started >= 50%", "goodput >= 50%", "goodput[phase=spike] >= 50%", "rate > 20/s"),
    *("jain > 0.9", "jain[pool=web] > 0.9", "max_share < 40%", "recovery < 5s", "ws.dead < 1%"),
    *("p50 < 10s over 2s", "p50[route='GET *'] < 1us over 1s", "error_rate < 50% over 2s", "goodput >= 50% over 3s"),
    *("started >= 50% over 2s", "rate > 1/s over 2s", "p50 < 10s over 9s"),
)


def test_the_record_of_a_run_comes_to_the_verdicts_of_the_run(tmp_path: Path) -> None:
    given = [word for text in OBJECTIVES for word in ("--objective", text)]
    out = tmp_path / "run"
    made = loadsim("run", *TRAFFIC, *given, "--out", str(out), "--quiet", cwd=tmp_path, LOADSIM_TARGET_ITEMS="30")
    assert made.returncode in {1, 4}, made.stderr
    record = read_record(out)
    told = loadsim("gate", str(out), "--json", cwd=tmp_path)
    gated = json.loads(told.stdout)
    assert (told.returncode, gated["verdict"]) == (made.returncode, record["verdict"])
    answered = record["load"]["completed"] == record["load"]["scheduled"]
    for live, recorded in zip(record["objectives"], gated["runs"][0]["objectives"], strict=True):
        if answered or "the record does not say" not in recorded["reason"]:
            assert recorded == live
