"""The text form: what it means, and where its errors point."""

from __future__ import annotations

import numpy as np
import pytest

from loadsim.errors import SpecError
from loadsim.profiles import Bursts, Constant, Ramp, Sequence, Sine, Spike, Steps, Sum, parse_profile


def failure(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        parse_profile(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "profile"),
    [
        ("constant(200/s)", Constant(200.0)),
        (" constant ( rate = 90/m , duration=1h30m ) ", Constant(1.5, 5400.0)),
        ("ramp(10/s,500/s,60s)", Ramp(10.0, 500.0, 60.0)),
        ("ramp(start=10/s, end=500/s, duration=1m)", Ramp(10.0, 500.0, 60.0)),
        ("ramp(10/s, 500/s, duration=60s)", Ramp(10.0, 500.0, 60.0)),
        ("steps(50/s:10s,200/s : 10s)", Steps(((50.0, 10.0), (200.0, 10.0)))),
        ("spike(base=50/s,peak=500/s,at=20s,width=5s)", Spike(50.0, 500.0, 20.0, 5.0)),
        ("spike(50/s, 500/s, 20s, 5s, fall=3s)", Spike(50.0, 500.0, 20.0, 5.0, 0.0, 3.0)),
        ("sine(mean=200/s,amplitude=150/s,period=60s)", Sine(200.0, 150.0, 60.0)),
        ("bursts(low=1/s,high=9/s,mean_low=10s,mean_high=2s,seed=7)", Bursts(1.0, 9.0, 10.0, 2.0, 7)),
    ],
)
def test_each_shape_reads_by_position_and_by_name(text: str, profile: object) -> None:
    assert parse_profile(text) == profile


def test_times_binds_closer_than_plus_and_plus_closer_than_then() -> None:
    one, two = Constant(1.0, 5.0), Constant(2.0, 5.0)
    spelled = "constant(1/s,duration=5s)"
    assert parse_profile(f"2 * {spelled} + {spelled} then {spelled}") == Sequence((Sum((two, one)), one))
    assert parse_profile(f"2 * ({spelled} + {spelled})") == Sum((two, two))
    assert parse_profile(f"{spelled} + ({spelled} then {spelled})") == Sum((one, Sequence((one, one))))
    assert parse_profile(f"({spelled} then {spelled}) then {spelled}") == Sequence((Sequence((one, one)), one))
    assert parse_profile(f"2 * .5*{spelled}") == one


def test_what_is_read_is_written_briefly() -> None:
    assert parse_profile("ramp(start=10/s,end=0.1/s,duration=1m)").spec() == "ramp(10/s, 0.1/s, 60s)"
    spike = "spike(base=50/s, peak=500/s, at=20s, width=5s)"
    assert parse_profile(f"({spike})+ 2*constant(1/s)").spec() == f"{spike} + constant(2/s)"


def test_numbers_without_a_short_decimal_form_survive_the_text_form() -> None:
    profile = Constant(1 / 3, 1e-6 * np.pi)
    assert parse_profile(profile.spec()) == profile


@pytest.mark.parametrize(
    ("text", "before", "problem"),
    [
        ("", "", "the profile is empty"),
        ("  ", "  ", "the profile is empty"),
        ("konstant(200/s)", "", "unknown shape 'konstant'"),
        ("constant", "constant", "expected '('"),
        ("constant(200)", "constant(200", "no unit: expected a rate"),
        ("constant( 200/q)", "constant( 200", "unknown unit '/q'"),
        ("constant(-5/s)", "constant(", "out of range"),
        ("constant(1e10/s)", "constant(", "rate is out of range"),
        ("constant(200/s", "constant", "never closed"),
        ("constant(200/s))", "constant(200/s)", "a ')' too many"),
        ("constant(1/s) ramp(1/s,2/s,3s)", "constant(1/s) ", "'ramp' cannot stand here"),
        ("constant(1/s) * 2", "constant(1/s) ", "'*' cannot stand here"),
        ("200/s", "200", "expected '*' after the factor"),
        ("0 * constant(1/s)", "", "cannot be scaled by 0"),
        ("2 *", "2 *", "a profile is missing"),
        ("constant(1/s) +", "constant(1/s) +", "a profile is missing"),
        ("constant(1/s) + !", "constant(1/s) + ", "'!' cannot start a profile"),
        ("constant(5/s) then ramp(1/s,2/s,3s)", "", "never ends"),
        ("ramp(1/s,2/s,3s) then constant(5/s) then constant(1/s)", "ramp(1/s,2/s,3s) then ", "never ends"),
        ("spike(base=50/s,peek=500/s,at=20s,width=5s)", "spike(base=50/s,", "spike has no 'peek'"),
        ("spike(base=50/s,at=20s) ", "spike(base=50/s,at=20s", "spike needs peak and width"),
        ("spike(1/s,9/s,2s,5s,9s)", "spike(1/s,9/s,2s,5s,", "longer than the width"),
        ("spike(1/s,9/s,2s,5s,fall=1e-9s)", "spike(1/s,9/s,2s,5s,fall=", "fall is out of range"),
        ("ramp(1/s,2/s,3s,4s)", "ramp(1/s,2/s,3s,", "no more than 3 values"),
        ("ramp(1/s,2/s,duration = 0s)", "ramp(1/s,2/s,duration = ", "duration is out of range"),
        ("ramp(1/s,,3s)", "ramp(1/s,", "an argument is missing"),
        ("ramp(1/s,2/s, )", "ramp(1/s,2/s, ", "an argument is missing"),
        ("ramp(duration=3s,1/s,2/s)", "ramp(duration=3s,", "cannot follow a named one"),
        ("constant(rate=1/s,rate=2/s)", "constant(rate=1/s,", "given twice"),
        ("constant(rate(5))", "constant(rate", "'(' cannot stand here"),
        ("steps()", "", "no step"),
        ("steps(5/s)", "steps(5/s", "expected RATE:DURATION"),
        ("steps(5/s:1s,5:2s)", "steps(5/s:1s,5", "no unit"),
        ("steps(5/s:1s, 5/s:0s)", "steps(5/s:1s, ", "step 2 is out of range"),
        ("bursts(low=1/s,high=2/s,mean_low=1s,mean_high=2s,seed=x)", None, "not a seed"),
        ("trace()", "trace(", "needs one file"),
        ("trace('')", "trace(", "no name"),
        ("trace(a.csv,b.csv)", "trace(a.csv,", "needs one file"),
        ("trace('a.csv)", "trace(", "never closed"),
        ("(constant(1/s)", "", "never closed"),
        ("(constant(1/s) sine", "(constant(1/s) ", "expected ')'"),
        ("(" * 1000, "(" * 40, "more than 40 levels"),
        ("2*" * 1000, "2*" * 40, "more than 40 levels"),
    ],
)
def test_an_error_points_at_the_character(text: str, before: str | None, problem: str) -> None:
    error = failure(text)
    assert problem in error.problem
    assert error.text == text
    assert error.position == (len(before) if before is not None else text.index("=x") + 1)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("sinus(1/s)", "Did you mean 'sine'?"),
        ("spike(base=50/s,peek=500/s)", "Did you mean 'peak'?"),
        ("constant(1/s) than ramp(1/s,2/s,3s)", "Did you mean 'then'?"),
        ("200/s", "constant(200/s)"),
        ("constant(1/s) * 2", "A factor stands first"),
        ("constant(5/s) then ramp(1/s,2/s,3s)", "duration=30s"),
        ("spike(base=50/s)", "spike(base, peak, at, width, [rise], [fall], [duration])"),
    ],
)
def test_an_error_says_what_to_write_instead(text: str, hint: str) -> None:
    assert hint in failure(text).hint
