"""Which rounds are set aside: those in which the machine held up the generator, as long as they are few."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from loadsim.compare.set_aside import set_aside, started_late
from loadsim.measure.saturation import saturation
from loadsim.record import ObjectiveRecord, RunRecord, read_record

from ..experiment.replaying import late, played


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    return read_record(played(tmp_path_factory.mktemp("run") / "run", "balanced", 1))


def unsound(record: RunRecord, *, late_s: float, cpu: float) -> RunRecord:
    reasons = saturation(late_start_p99_s=late_s, response_p50_s=0.01, generator_cpu=np.full(9, cpu))
    return msgspec.structs.replace(record, verdict="invalid", reasons=reasons)


@pytest.mark.parametrize("cpu", [0.0126, 0.6])
def test_a_late_start_is_one_whatever_the_generator_used_of_its_core_meanwhile(sound: RunRecord, cpu: float) -> None:
    assert started_late(unsound(sound, late_s=0.5, cpu=cpu))


def test_a_generator_that_was_saturated_or_a_sound_run_is_none(sound: RunRecord) -> None:
    assert not started_late(unsound(sound, late_s=0.5, cpu=0.95))
    assert not started_late(unsound(sound, late_s=0.0, cpu=0.95))
    assert not started_late(sound)


def test_what_it_says_of_its_objectives_is_no_other_reason(sound: RunRecord) -> None:
    record = unsound(sound, late_s=0.5, cpu=0.1)
    broken = ObjectiveRecord(expression="p50 < 1us", observed=1.0, bound=1e-6, verdict="fail", samples=9)
    reasons = [*record.reasons, "p50 < 1us: observed 1.00 s"]
    assert started_late(msgspec.structs.replace(record, reasons=reasons, objectives=[broken]))


def test_one_in_five_is_set_aside_if_enough_are_left(sound: RunRecord) -> None:
    other = late(msgspec.structs.replace(sound, load=msgspec.structs.replace(sound.load)))
    assert set_aside([sound, other, sound, sound, sound], at_least=4) == {1}
    assert set_aside([sound, other, sound, sound, sound], at_least=5) == set()
    assert set_aside([other, other, sound, sound, sound], at_least=2) == set()
    assert set_aside([sound, other, sound, sound], at_least=2) == set()
