"""One tree of errors, one table of exit codes."""

from __future__ import annotations

import pytest

from loadsim.errors import EngineError, ExitCode, LoadsimError, SpecError, TargetError, UsageError, nearest


@pytest.mark.parametrize(
    ("kind", "code"),
    [(LoadsimError, 5), (UsageError, 2), (TargetError, 3), (EngineError, 5)],
)
def test_every_kind_of_error_has_its_exit_code(kind: type[LoadsimError], code: int) -> None:
    error = kind("what happened", hint="what to do")
    assert error.exit_code == code
    assert str(error) == "what happened\nwhat to do"
    assert str(kind("what happened")) == "what happened"


def test_a_text_that_does_not_parse_is_shown_with_the_place() -> None:
    error = SpecError("ramp(10/s, x)", 11, "'x' is not a rate", hint="Try 20/s.")
    assert error.exit_code == ExitCode.USAGE
    assert str(error) == "'x' is not a rate\n  ramp(10/s, x)\n             ^\nTry 20/s."


def test_the_exit_codes_are_those_promised() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "TARGET": 3,
        "UNKNOWN": 4,
        "INTERNAL": 5,
        "INTERRUPTED": 130,
        "TERMINATED": 143,
    }


def test_the_nearest_name_is_found_or_all_are_listed() -> None:
    known = ["read-heavy", "write-heavy", "spiky"]
    assert nearest("spikey", known) == "Did you mean 'spiky'?"
    assert nearest("zzz", known) == "Known: read-heavy, spiky, write-heavy."
