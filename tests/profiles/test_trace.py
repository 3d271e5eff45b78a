"""Rates read from a CSV file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadsim.errors import SpecError, UsageError
from loadsim.profiles import Trace, parse_profile, read_trace

ROWS = "0,50\n10,150\n10,20\n20,20\n"


def write(directory: Path, text: str, name: str = "rates.csv") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_trace_is_straight_between_its_rows_and_jumps_where_two_share_a_time(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    trace = parse_profile("trace(rates.csv)", base_dir=tmp_path)
    assert trace.duration_s == 20.0
    assert trace.rate(np.array([0.0, 5.0, 10.0, 19.0, 20.0])).tolist() == [50, 100, 20, 20, 0]
    assert trace.expected(np.array([10.0, 20.0])).tolist() == [1000, 1200]
    assert trace.peak(20.0) == pytest.approx(150, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "time_s,rate_per_s\n" + ROWS,
        "\ufefftime_s,rate_per_s\n" + ROWS,
        "# from an access log\n\n" + ROWS.replace("\n", "\r\n"),
        ROWS.replace("\n", ",a note\n").replace(",", " , "),
    ],
)
def test_headers_comments_marks_and_further_columns_do_not_matter(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    assert read_trace("rates.csv", tmp_path).points == ((0, 50), (10, 150), (10, 20), (20, 20))


@pytest.mark.parametrize("name", ["rates.csv", "my rates.csv", "a,b(1).csv", "it's.csv", 'a"b.csv'])
def test_the_text_form_reads_back_whatever_the_file_is_called(tmp_path: Path, name: str) -> None:
    write(tmp_path, ROWS, name)
    trace = read_trace(name, tmp_path).scaled(2.5)
    assert parse_profile(trace.spec(), base_dir=tmp_path) == trace
    assert trace.expected(20.0) == 3000


def test_a_factor_on_a_trace_is_kept_in_its_text_form(tmp_path: Path) -> None:
    write(tmp_path, ROWS)
    assert parse_profile("2 * 2 * trace('rates.csv')", base_dir=tmp_path).spec() == "4 * trace(rates.csv)"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("time_s,rate_per_s\n0,5\n\n3,x\n", ":4", "rate_per_s is 'x', expected a number"),
        ("time_s,rate_per_s\ntime_s,rate_per_s\n0,5\n3,1\n", ":2", "time_s is 'time_s'"),
        ("0,5\n3,-1\n", ":2", "rate_per_s is -1"),
        ("0,5\n3,nan\n", ":2", "rate_per_s is nan"),
        ("0,5\n3,1e300\n", ":2", "rate_per_s is 1e+300"),
        ("0,5\n1e12,5\n", ":2", "time_s is 1000000000000"),
        ("0,5\n9,5\n3,5\n", ":3", "goes back from 9 to 3"),
        ("0,5\n1e-9,5\n", ":2", "less than 1 us"),
        ("17,5\n18,3\n", ":1", "the first time_s is 17, expected 0"),
        ("0;5\n18;3\n", ":1", "one column: '0;5'"),
        ("0,5\n0,9\n", ":2", "no length"),
        ("0,5\n", ":1", "at least two rows"),
        ("", "", "at least two rows"),
    ],
)
def test_an_error_names_file_and_line_and_points_at_the_call(
    tmp_path: Path, text: str, line: str, problem: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SpecError) as caught:
        parse_profile("constant(1/s) + trace(rates.csv)", base_dir=tmp_path)
    assert problem in caught.value.problem
    assert f"{path}{line}: " in caught.value.problem
    assert caught.value.position == len("constant(1/s) + trace(")


def test_a_missing_file_lists_those_that_are_there(tmp_path: Path) -> None:
    write(tmp_path, ROWS, "monday.csv")
    with pytest.raises(SpecError, match="No such file") as caught:
        parse_profile("trace(tuesday.csv)", base_dir=tmp_path)
    assert "monday.csv" in caught.value.hint
    with pytest.raises(SpecError, match="There is no directory"):
        parse_profile("trace(nowhere/tuesday.csv)", base_dir=tmp_path)


def test_what_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_bytes(b"\xff\xfe\x00\x01")
    for name in ("rates.csv", ".", "\0"):
        with pytest.raises(SpecError, match=r"not a CSV file|cannot read"):
            parse_profile(f"trace({name})", base_dir=tmp_path)


def test_a_trace_made_of_points_is_checked_as_one_that_was_read() -> None:
    assert Trace(((0.0, 1.0), (2.0, 3.0)), "fitted.csv").expected(2.0) == 4.0
    with pytest.raises(UsageError, match=r"fitted.csv: point 3: .*goes back"):
        Trace(((0.0, 1.0), (2.0, 3.0), (1.0, 3.0)), "fitted.csv")
    with pytest.raises(UsageError, match="cannot name the file"):
        Trace(((0.0, 1.0), (2.0, 3.0)), "a'b\".csv")
