"""The files of a report: pictures, numbers, Markdown, and the verb that writes them."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from PIL import Image

from loadsim.cli.report import report
from loadsim.errors import UsageError
from loadsim.measure.table import read_csv
from loadsim.record import FaultRecord
from loadsim.report.charts import charts
from loadsim.report.figures import all_good
from loadsim.report.html import repeat_command
from loadsim.report.markdown import markdown
from loadsim.report.numbers import write_numbers
from loadsim.report.png import draw, write_pngs
from loadsim.report.tables import facts, machine, tables
from loadsim.report.theme import DARK, LIGHT
from loadsim.report.write import write_report
from tests.report.runs import HOSTILE


def test_a_report_writes_the_page_and_the_promised_pictures(recorded):
    directory = recorded("spiky")
    assert write_report(directory) == directory / "report.html"
    for name in ("requests-over-time", "balancer-distribution", "latency"):
        assert (directory / f"{name}.png").stat().st_size > 10_000


def test_pictures_have_the_size_and_the_ground_asked_for(loaded, tmp_path):
    paths = write_pngs(loaded("failing"), tmp_path, dark=True, size=(1000, 500))
    with Image.open(tmp_path / "requests-over-time.png") as picture:
        assert picture.size == (1000, 500)
        ground = "#{:02x}{:02x}{:02x}".format(*picture.convert("RGB").getpixel((2, 2)))
    assert ground == DARK["surface"]
    assert len(paths) == len(charts(loaded("failing")))


def test_pictures_draw_the_data_in_its_colours(loaded, tmp_path):
    write_pngs(loaded("spiky"), tmp_path)
    with Image.open(tmp_path / "requests-over-time.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    blue = (np.abs(pixels - [0x0A, 0x6E, 0xB4]).sum(axis=2) < 40).sum()
    assert blue > 2000


def test_a_second_of_failures_is_drawn_from_its_beginning_to_its_end(loaded):
    from matplotlib.figure import Figure

    chart = next(chart for chart in charts(loaded("failing")) if chart.key == "errors")
    figure = Figure(figsize=(8, 4.5))
    draw(chart, figure, LIGHT)
    corners = np.concatenate([area.get_paths()[0].vertices for area in figure.axes[0].collections])
    high = corners[corners[:, 1] > 0, 0]
    assert (high.min(), high.max()) == (30.0, chart.xs[np.any([s.values > 0 for s in chart.series], axis=0)].max() + 1)


def test_names_full_of_dollars_and_markup_are_no_formulas(loaded, tmp_path):
    from dataclasses import replace

    run = loaded("hostile")
    odd = replace(charts(run)[0], title=r"$\frac{1}{", key="odd")
    from loadsim.report.png import write_charts

    assert write_charts([odd], tmp_path)[0].exists()


def test_the_numbers_of_a_chart_are_those_of_the_series(loaded, tmp_path):
    run = loaded("spiky")
    write_numbers(charts(run), tmp_path)
    table = read_csv(tmp_path / "requests-over-time-chart.csv")
    assert np.nansum(table.numbers("offered")) == run.record.load.scheduled
    heat = read_csv(tmp_path / "latency-heatmap-chart.csv")
    assert heat.numbers("count").sum() == run.record.requests.count


def test_markdown_shows_a_hostile_name_as_text(loaded):
    text = markdown(loaded("hostile"))
    assert "\\<script\\>" in text
    assert "<script>" not in text.replace("\\<script", "").split("```")[0]
    assert HOSTILE not in text


def test_the_command_repeats_the_seed_that_was_drawn():
    assert repeat_command(["/usr/bin/loadsim", "run", "spiky"], 7) == ["loadsim", "run", "spiky", "--seed", "7"]
    assert repeat_command(["loadsim", "run", "spiky", "--seed=3"], 3)[-1] == "--seed=3"


def test_tables_tell_how_near_a_bound_came(loaded):
    found = {table.key: table for table in tables(loaded("spiky"))}
    row = found["objectives"].rows[0]
    assert [cell.text for cell in row[:5]] == ["p99 < 250ms", "fail", "2.30 s", "250 ms", "920 %"]
    assert {"phases", "routes", "backends", "classes", "recoveries", "processes"} <= set(found)


def test_outcomes_are_listed_only_where_one_was_bad(loaded):
    assert "outcomes" in {table.key for table in tables(loaded("failing"))}
    assert "outcomes" not in {table.key for table in tables(loaded("spiky"))}
    assert all_good(loaded("spiky").record).startswith("Every one of the ")
    assert all_good(loaded("failing").record) == all_good(loaded("nothing").record) == ""


def test_faults_and_workers_are_listed_in_units_people_read(loaded):
    run = loaded("spiky")
    kill = FaultRecord(fault="kill(web-2, at=30s, for=5s)", kind="kill", on=["web-2"], start_s=30.0, end_s=35.0)
    never = FaultRecord(fault="pause(web-1, at=90s)", kind="pause", on=["web-1"], start_s=None, end_s=None)
    told = [{"host": "a", "cpu": 0.31, "late_start_p99_s": 2e-4, "sent_bytes": 2048}, {"host": "b", "cpu": None}]
    record = msgspec.structs.replace(run.record, faults=[kill, never], workers=told)
    found = {table.key: table for table in tables(replace(run, record=record))}
    assert [[cell.text for cell in row[1:]] for row in found["faults"].rows] == [
        ["web-2", "0:30", "0:35"],
        ["web-1", "did not come about", "–"],
    ]
    assert found["workers"].columns == ("Worker", "Host", "CPU", "Late start p99", "Sent")
    assert [cell.text for cell in found["workers"].rows[0]] == ["1", "a", "31.0 %", "200 µs", "2.00 KiB"]
    assert [cell.text for cell in found["workers"].rows[1]] == ["2", "b", "–", "–", "–"]


def test_an_event_that_was_not_felt_is_said_so_and_leaves_no_mark(loaded):
    run = loaded("spiky")
    (event,) = run.record.recoveries
    felt = {chart.key: chart for chart in charts(run)}["latency"]
    assert "recovered" in [mark.label for mark in felt.marks]
    event = msgspec.structs.replace(event, recovery_s=0.0)
    run = replace(run, record=msgspec.structs.replace(run.record, recoveries=[event]))
    table = {table.key: table for table in tables(run)}["recoveries"]
    assert table.rows[0][-1].text == "not felt"
    unfelt = {chart.key: chart for chart in charts(run)}["latency"]
    assert "recovered" not in [mark.label for mark in unfelt.marks]


def test_the_facts_are_written_as_people_read_them(loaded):
    found = dict(facts(loaded("spiky").record))
    assert found["Machine"] == "AMD EPYC, 2 processors, 16.0 GiB of memory, Linux 6.1 (x86_64), Python 3.11.2"
    assert found["Its speed"] == "a loop of Python 2.00 ms, system calls 2.00 ms of CPU time"
    assert found["Started"] == "2026-11-24 19:02:11 UTC"
    assert found["Duration"] == "1 m after 5 s of warm-up"


def test_a_machine_of_which_little_is_known_is_described_by_that():
    assert machine({"system": "Darwin", "memory_bytes": None}) == "Darwin"
    assert machine({}) == ""


def test_the_verb_refuses_what_it_does_not_know(recorded):
    with pytest.raises(UsageError, match="no format 'pgn'"):
        report([recorded("quiet")], formats="pgn", dark=False, size="1600x900", out=None)
    with pytest.raises(UsageError, match="--size"):
        report([recorded("quiet")], formats="png", dark=False, size="big", out=None)


def test_the_verb_writes_elsewhere_when_asked(recorded, tmp_path, capsys):
    assert report([recorded("quiet")], formats="md,csv,svg", dark=False, size="800x450", out=tmp_path / "new") == 0
    assert (tmp_path / "new/report.md").exists()
    assert (tmp_path / "new/latency.svg").exists()
    assert "report.md" in capsys.readouterr().out
