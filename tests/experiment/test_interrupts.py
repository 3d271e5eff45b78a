"""Signals during a run are counted, and everything is put back."""

from __future__ import annotations

import signal

import pytest

from loadsim.errors import ExitCode
from loadsim.experiment.interrupts import Interrupted, Interrupts

NUMBERS = [
    (signal.SIGINT, ExitCode.INTERRUPTED),
    (signal.SIGTERM, ExitCode.TERMINATED),
    (signal.SIGHUP, ExitCode.TERMINATED),
]


@pytest.mark.parametrize(("number", "code"), NUMBERS)
def test_a_signal_is_counted_and_has_its_exit_code(number: signal.Signals, code: ExitCode) -> None:
    before = signal.getsignal(number)
    with Interrupts() as interrupts:
        interrupts.hold()
        assert (interrupts.count, interrupts.exit_code) == (0, None)
        signal.raise_signal(number)
        assert (interrupts.count, interrupts.exit_code) == (1, code)
    assert signal.getsignal(number) == before


def test_the_first_signal_names_the_exit_code() -> None:
    with Interrupts() as interrupts:
        interrupts.hold()
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
    assert (interrupts.count, interrupts.exit_code) == (2, ExitCode.TERMINATED)


@pytest.mark.parametrize(("number", "code"), NUMBERS)
def test_a_signal_ends_what_is_not_held(number: signal.Signals, code: ExitCode) -> None:
    interrupts = Interrupts()
    interrupts.hold()
    interrupts.release()
    with pytest.raises(Interrupted) as caught, interrupts:
        signal.raise_signal(number)
    assert caught.value.exit_code == code


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            signal.raise_signal(signal.SIGHUP)
        assert interrupts.count == 0
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
