"""The machine's speed, as records carry it."""

from __future__ import annotations

from time import perf_counter, thread_time

from loadsim.experiment.calibration import calibrate


def test_the_pieces_of_work_are_timed_and_a_busy_second_elsewhere_is_not_in_them() -> None:
    began, used = perf_counter(), thread_time()
    found = calibrate()
    assert 0 < found.interpreter_s + found.system_calls_s < thread_time() - used
    assert perf_counter() - began < 10


def test_two_calibrations_of_one_machine_agree() -> None:
    first, second = calibrate(), calibrate()
    assert 1 / 3 < first.interpreter_s / second.interpreter_s < 3
