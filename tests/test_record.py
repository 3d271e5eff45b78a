"""The run record: what is written is what is read, and what is not known is null."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings

from loadsim.errors import UsageError
from loadsim.record import SCHEMA, Manifest, RunRecord, read_record, record_schema, write_record
from loadsim.summary import summarise

from .measure.frames import recorder, traffic

MANIFEST = Manifest(
    id="20260131T120000Z-spiky",
    loadsim="0.1.0",
    scenario="spiky",
    model="open",
    profile="constant(10/s)",
    arrivals="poisson",
    seed=7,
    duration_s=30.0,
    warmup_s=5.0,
    target="http://127.0.0.1:8000",
    topology=None,
    pools={},
    workers=1,
    started_at="2026-01-31T12:00:00Z",
    cpus={"engine": [0], "target": [1]},
    host={"system": "Linux"},
    calibration=None,
    argv=["loadsim", "run", "spiky"],
    settings={"headers": [["Authorization", "***"]]},
)
RECORD = (
    "schema, manifest, complete, verdict, reasons, warnings, load, requests, response_time_s, service_time_s, "
    "iteration_time_s, outcomes, errors, routes, backends, classes, balance, phases, recoveries, faults, tiers, "
    "websockets, consistency, workers, objectives"
)
LOAD = (
    "scheduled, completed, failed, dropped, aborted, lost, offered_rate, achieved_rate, late_start_s, backlog_wait_s, "
    "generator_cpu, max_in_flight, max_backlog"
)
QUANTILES = "count, min, mean, p50, p75, p90, p95, p99, p99_9, max, stdev"
"""Names that programs rely on."""
VALIDATOR = jsonschema.Draft202012Validator(record_schema())


def record(samples: list[bytes], **changes: Any) -> RunRecord:
    """Return the record of a run of these samples."""
    fields: dict[str, Any] = {"complete": True, "verdict": None, "reasons": [], "warnings": [], "objectives": []}
    return summarise(recorder(samples)).record(MANIFEST, **(fields | changes))


def rewritten(directory: Path, change: dict[str, object]) -> Path:
    """Write an empty run's record with some of its fields changed, and return the directory."""
    path = write_record(record([]), directory)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    return directory


@settings(max_examples=20, deadline=None)
@given(traffic())
def test_what_is_written_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, samples: list[bytes]) -> None:
    directory = tmp_path_factory.mktemp("run")
    written = record(samples, verdict="fail", reasons=["p99 < 1ms: observed 2 ms"], warnings=["ünïcode ✔"])
    assert write_record(written, directory) == directory / "run.json"
    assert read_record(directory) == read_record(directory / "run.json") == written
    assert [path.name for path in directory.iterdir()] == ["run.json"]


@settings(max_examples=20, deadline=None)
@given(traffic())
def test_every_record_is_valid_by_the_schema_that_loadsim_prints(samples: list[bytes]) -> None:
    VALIDATOR.validate(json.loads(msgspec.json.encode(record(samples))))


def test_the_schema_refuses_what_is_no_record() -> None:
    VALIDATOR.check_schema(record_schema())
    right = json.loads(msgspec.json.encode(record([])))
    for change in ({"verdict": "good"}, {"complete": None}, {"load": {}}, {"response_time_s": 0.2}):
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate(right | change)


def test_the_record_has_every_name_that_programs_rely_on() -> None:
    told = json.loads(msgspec.json.encode(record([])))
    assert set(RECORD.split(", ")) <= told.keys()
    assert set(LOAD.split(", ")) <= told["load"].keys()
    assert set(QUANTILES.split(", ")) <= told["service_time_s"].keys()
    assert told["schema"] == "loadsim.run/1"


def test_what_is_not_known_is_null() -> None:
    told = json.loads(msgspec.json.encode(record([])))
    for name in ("response_time_s", "service_time_s", "iteration_time_s"):
        assert told[name].pop("count") == told[name].pop("unanswered") == 0
        assert set(told[name].values()) == {None}
    for name in ("generator_cpu", "max_in_flight", "max_backlog"):
        assert told["load"][name] is None
    for name in ("verdict", "tiers", "websockets", "consistency"):
        assert told[name] is None


def test_a_record_of_another_schema_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"'loadsim\.run/2'.*'{SCHEMA}'") as refused:
        read_record(rewritten(tmp_path, {"schema": "loadsim.run/2", "load": "told otherwise there"}))
    assert "version of loadsim that recorded it" in refused.value.hint


def test_fields_of_a_later_version_are_no_hindrance(tmp_path: Path) -> None:
    assert read_record(rewritten(tmp_path, {"colour": "blue"})) == record([])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a run record"),
        (b"{", "not a run record"),
        (b"[]", "not a run record"),
        (b"\xff\xfe", "not a run record"),
        (b"{}", "has the schema 'unknown'"),
        (b'{"schema": 1}', "not a run record"),
        (b'{"schema": "loadsim.run/1"}', "missing required field `manifest`"),
    ],
)
def test_a_file_that_is_no_record_is_named_with_what_is_wrong(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(UsageError, match=said) as refused:
        read_record(tmp_path)
    assert str(tmp_path / "run.json") in refused.value.message
    assert refused.value.hint


def test_a_value_of_the_wrong_kind_is_named_by_its_place(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"Expected `bool \| null`|Expected `bool`.*\$\.complete"):
        read_record(rewritten(tmp_path, {"complete": "yes"}))


def test_a_directory_without_a_record_and_one_that_is_not_there_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no run.json in it"):
        read_record(tmp_path)
    with pytest.raises(UsageError, match="there is no such directory"):
        read_record(tmp_path / "gone")


def test_a_record_that_could_not_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    before = write_record(record([]), tmp_path).read_bytes()
    (tmp_path / "run.part").mkdir()
    with pytest.raises(OSError, match="run.part"):
        write_record(record([], complete=False), tmp_path)
    assert (tmp_path / "run.json").read_bytes() == before


def test_who_reads_while_a_record_is_written_again_reads_the_one_before_whole(tmp_path: Path) -> None:
    before = write_record(record([]), tmp_path)
    with before.open("rb") as reading:
        write_record(record([], complete=False, warnings=["later"]), tmp_path)
        assert msgspec.json.decode(reading.read(), type=RunRecord) == record([])
