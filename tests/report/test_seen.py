from __future__ import annotations

import re
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from loadsim.measure.table import Table
from loadsim.record import FaultRecord, Recovery
from loadsim.report.charts import charts
from loadsim.report.rundata import load_run
from loadsim.report.seen import seen
from loadsim.report.text import seconds
from tests.report.runs import CASES, write_run

SMALL = [name for name in CASES if name != "hour"]


def texts(run):
    return [finding.text for finding in seen(run)]


def one(run, pattern):
    found = [text for text in texts(run) if re.search(pattern, text)]
    assert len(found) == 1, texts(run)
    return found[0]


@pytest.mark.parametrize("name", SMALL)
def test_every_sentence_has_figures_and_a_chart_that_is_there(loaded, name):
    run = loaded(name)
    keys = {chart.key for chart in charts(run)}
    for finding in seen(run):
        assert finding.chart in keys
        assert any(c.isdigit() for c in finding.text) or not run.record.requests.count


def test_a_spike_is_told_with_its_rate_and_what_it_did(loaded):
    text = one(loaded("spiky"), "In the phase spike")
    assert "(0:20 to 0:26)" in text
    assert "15 times" in text
    assert "rose from" in text


def test_how_long_a_spike_was_felt_is_the_recovery_of_the_record(loaded):
    run = loaded("spiky")
    recovery = run.record.recoveries[0].recovery_s
    assert f"felt for {seconds(recovery)}" in one(run, "The spike was felt")


def test_a_queue_is_told_with_its_highest_length(loaded):
    run = loaded("spiky")
    assert f"Up to {run.record.load.max_backlog:,} arrivals waited" in one(run, "waited to start")


def test_a_slow_backend_is_named_with_the_second_it_began(loaded):
    text = one(loaded("slow_backend"), "stood out")
    assert text.startswith("web-3 stood out from 0:2")
    assert "the median of the 3 others" in text


def test_a_backend_that_was_slow_for_a_while_is_told_with_the_seconds_of_its_beginning_and_end(tmp_path):
    case = replace(CASES["slow_backend"](), slow=lambda t, b: np.where((b == 2) & (t >= 20) & (t < 32), 9.0, 1.0))
    text = one(load_run(write_run(tmp_path / "run", case)), "stood out")
    assert text.startswith("web-3 stood out from 0:20 to 0:32: ")


def test_a_request_that_always_takes_long_is_no_beginning_of_a_slow_backend(loaded):
    run = loaded("slow_backend")
    table = run.backends
    times_s, names, p99_s = table.numbers("time_s"), np.array(table.texts("backend")), table.numbers("p99_s").copy()
    p99_s[(names == "web-3") & (times_s >= 20)] = 9.0
    altered = Table({**table.columns, "p99_s": p99_s})
    assert "from 0:24 on" in one(replace(run, backends=altered), "stood out")


def test_failures_are_told_with_their_kinds_their_start_and_an_example(loaded):
    run = loaded("failing")
    text = one(run, "of the requests failed")
    assert "the first at 0:30" in text
    assert f"{run.record.outcomes['http_503']:,} http_503" in text
    assert "503 Service Unavailable" in text


def test_a_saturated_generator_takes_the_times_back(loaded):
    assert "not the target's alone" in one(loaded("saturated"), "The generator itself")


def test_waiting_is_told_from_work(loaded):
    assert "waiting to be sent" in one(loaded("saturated"), "Most of the tail")


def test_a_route_that_makes_the_tail_is_named(loaded):
    text = one(loaded("hostile"), "carries the tail")
    assert "10.2 % of the requests" in text


def test_a_target_whose_cores_were_full_is_told_with_the_seconds(loaded):
    run = loaded("spiky")
    full = int((run.column("target_cpu")[run.measured] >= 0.9).sum())
    text = one(run, "nearly full")
    assert text.startswith(f"The target's core was nearly full (90 % or more) in {full} of 60 seconds, the first at")
    assert not [text for text in texts(loaded("quiet")) if "nearly full" in text]


def test_a_process_that_used_a_whole_core_of_several_is_named(loaded):
    run = loaded("quiet")
    manifest = msgspec.structs.replace(run.record.manifest, cpus={"engine": [0], "target": [1, 2, 3]})
    seconds = np.arange(20)
    busy = Table({"time_s": seconds, "process": ["web-2"] * 20, "cpu": np.ones(20), "memory_bytes": np.ones(20)})
    run = replace(run, record=msgspec.structs.replace(run.record, manifest=manifest), processes=busy)
    assert "web-2 in 20 of 60 seconds" in one(run, "A whole core was used")


def test_a_rare_route_that_always_takes_as_long_as_the_tail_is_named(loaded):
    run = loaded("slow_backend")
    p99 = run.record.response_time_s.p99
    usual = next(iter(run.record.routes.values()))
    export = msgspec.structs.replace(
        usual, count=90, response_time_s=msgspec.structs.replace(usual.response_time_s, p50=p99, p75=p99, p90=p99)
    )
    quick = msgspec.structs.replace(usual.response_time_s, p50=0.001, p75=0.001, p90=0.001, p95=0.001, p99=0.001)
    routes = {"GET /": msgspec.structs.replace(usual, response_time_s=quick), "GET /export": export}
    text = one(replace(run, record=msgspec.structs.replace(run.record, routes=routes)), "makes the tail")
    assert text.startswith("GET /export makes the tail: it is ")
    assert "as long as p99 of all" in text


def test_a_quiet_run_says_that_nothing_stood_out_and_that_the_generator_was_well(loaded):
    found = seen(loaded("quiet"))
    assert [finding.tone for finding in found] == ["", "note"]
    assert found[0].text.startswith("Nothing stood out")


def test_a_run_without_requests_says_only_that(loaded):
    assert texts(loaded("nothing")) == ["No request was made, so there is nothing to see."]


@pytest.mark.parametrize(
    ("recovery_s", "words"),
    [
        (0.0, "The p99 of response time did not feel kill(web-2, at=30s, for=5s)"),
        (8.0, "kill(web-2, at=30s, for=5s) was felt for 8.00 s: p99 was back"),
        (None, "the run went on after kill(web-2, at=30s, for=5s): p99 never"),
    ],
)
def test_what_a_fault_did_names_the_fault_and_the_arrivals_that_failed_meanwhile(loaded, recovery_s, words):
    run = loaded("failing")
    spec = "kill(web-2, at=30s, for=5s)"
    record = msgspec.structs.replace(
        run.record,
        faults=[FaultRecord(fault=spec, kind="kill", on=["web-2"], start_s=30.0, end_s=35.0)],
        recoveries=[Recovery(cause=spec, start_s=30.0, recovery_s=recovery_s)],
    )
    failed = int(run.column("failed")[30:36].sum())
    assert failed > 0
    said = one(replace(run, record=record), re.escape(words))
    assert f"{failed:,} arrivals failed meanwhile" in said


def test_of_a_run_that_ended_with_the_fault_it_is_not_said_that_it_never_recovered(loaded):
    run = loaded("failing")
    end_s = run.record.manifest.duration_s
    spec = "kill(web-2, at=30s)"
    record = msgspec.structs.replace(
        run.record,
        faults=[FaultRecord(fault=spec, kind="kill", on=["web-2"], start_s=30.0, end_s=end_s)],
        recoveries=[Recovery(cause=spec, start_s=30.0, recovery_s=None)],
    )
    assert "ended too soon after kill(web-2, at=30s)" in one(replace(run, record=record), "ended too soon")
