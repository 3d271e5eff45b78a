"""What became of the work that was due in each second."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given

from loadsim.measure.run_files import write_run_files
from loadsim.measure.sample import Outcome
from loadsim.measure.table import read_csv

from .frames import dropped, iteration, recorder, request, traffic


def test_work_counts_in_the_second_it_was_due_in_whenever_it_ended(tmp_path: Path) -> None:
    samples = [
        request(0.5, 0.5, 7.5),
        request(2.1, 2.1, 2.2, outcome=503),
        request(2.9, 2.9, 9.0, outcome=Outcome.TIMEOUT),
        iteration(0.5, 0.5, 7.5),
        iteration(2.1, 2.1, 2.2, outcome=Outcome.CHECK_FAILED),
        iteration(2.9, 2.9, 9.0, outcome=Outcome.ABORTED),
        dropped(1.0),
    ]
    write_run_files(recorder(samples), tmp_path)
    table = read_csv(tmp_path / "due.csv")
    assert {name: table.numbers(name).tolist() for name in table.columns} == {
        "time_s": [0, 1, 2],
        "requests": [1, 0, 2],
        "failed_requests": [0, 0, 2],
        "unanswered_requests": [0, 0, 1],
        "completed": [1, 0, 0],
        "failed": [0, 0, 1],
        "dropped": [0, 1, 0],
        "aborted": [0, 0, 1],
        "unanswered": [0, 1, 1],
    }


@given(traffic())
def test_the_seconds_add_up_to_the_run(samples: list[bytes]) -> None:
    made = recorder(samples)
    sums = {name: int(column.sum()) for name, column in made.due.columns().items()}
    fates = made.marginals.fates.sum(axis=0).tolist()
    assert [sums[name] for name in ("completed", "failed", "dropped", "aborted")] == fates
    assert sums["requests"] == sum(made.outcome_counts().values())
    assert sums["unanswered_requests"] == made.service_time().unanswered
    assert sums["unanswered_requests"] + sums["dropped"] == made.response_time().unanswered
    assert sums["unanswered"] == made.iteration_time().unanswered
