"""The page of several runs in a real browser, and the verb that writes it."""

from __future__ import annotations

import pytest
from PIL import Image

from loadsim.cli.report import report
from loadsim.errors import UsageError
from loadsim.measure.table import read_csv
from loadsim.report.write import write_overlay
from tests.report.browsing import faults, hover, ink, opened


@pytest.fixture(scope="module")
def pages(loaded, tmp_path_factory):
    base = tmp_path_factory.mktemp("overlays")

    def page(*names):
        directory = base / "-".join(names)
        if not directory.exists():
            directory.mkdir()
            write_overlay([loaded(name) for name in names], directory, ["html"])
        return directory / "report.html"

    return page


@pytest.mark.parametrize("names", [("spiky", "failing", "interrupted"), ("nothing", "quiet"), ("hostile", "closed")])
def test_every_chart_of_several_runs_is_drawn_without_an_error_or_a_request(browser, pages, names):
    path = pages(*names)
    assert path.stat().st_size < 2_000_000
    with opened(browser, path) as page:
        assert page.locator("#runs-table tbody tr").count() == len(names)
        for key in page.locator("[data-chart]").evaluate_all("all => all.map(one => one.id)"):
            assert ink(page, key) > 500, key


def test_hovering_reads_every_run_at_that_second(browser, pages):
    with opened(browser, pages("spiky", "failing", "interrupted")) as page:
        hover(page, "latency", 0.12)
        shown = page.locator("#latency [data-series] output").all_inner_texts()
        assert len([text for text in shown[:3] if text.endswith("s")]) == 3
        hover(page, "latency", 0.8)
        assert page.locator("#latency [data-series] output").nth(2).inner_text() == "–"
        assert page.locator("#requests-over-time .at").inner_text() == page.locator("#latency .at").inner_text()


def test_a_chart_that_has_not_the_second_pointed_at_marks_none(browser, pages):
    with opened(browser, pages("interrupted", "closed")) as page:
        hover(page, "requests-over-time", 0.1)
        assert page.locator("#latency .at").inner_text() == page.locator("#requests-over-time .at").inner_text() != ""
        hover(page, "requests-over-time", 0.9)
        assert page.locator("#latency [data-series='0'] output").inner_text() == "–"


def test_a_run_is_switched_off_in_a_chart(browser, pages):
    with opened(browser, pages("spiky", "failing", "interrupted")) as page:
        before = ink(page, "in-flight")
        page.locator("#in-flight [data-series='0']").click()
        page.wait_for_timeout(200)
        assert ink(page, "in-flight") < before


def test_differences_sort_by_how_great_they_are(browser, pages):
    with opened(browser, pages("nothing", "quiet")) as page:
        table = page.locator("#routes-table")
        table.get_by_role("button", name="p99 difference").click()
        assert table.locator("thead th").nth(6).get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_and_a_phone_scrolls_in_one_direction(browser, pages, scheme):
    path = pages("spiky", "failing", "interrupted")
    with opened(browser, path, viewport={"width": 390, "height": 844}, color_scheme=scheme, bypass_csp=True) as page:
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
        assert faults(page) == []


def test_the_verb_writes_one_report_of_several_runs_in_every_format(recorded, tmp_path, capsys):
    runs = [recorded("spiky"), recorded("failing")]
    assert report(runs, formats="html,png,csv,md", dark=True, size="800x450", out=tmp_path / "both") == 0
    written = capsys.readouterr().out
    assert all(name in written for name in ("report.html", "latency.png", "latency-chart.csv", "report.md"))
    with Image.open(tmp_path / "both/requests-over-time.png") as picture:
        assert picture.size == (800, 450)
    numbers = read_csv(tmp_path / "both/requests-over-time-chart.csv")
    assert list(numbers.columns)[:3] == ["time_s", "spiky on balanced", "write-heavy on balanced"]


def test_without_a_directory_the_report_goes_beside_the_runs_under_a_name_of_its_own(
    recorded, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert report([recorded("spiky"), recorded("failing")], formats="md", dark=False, size="800x450", out=None) == 0
    (directory,) = (tmp_path / "reports").iterdir()
    assert directory.name.endswith("Z-overlay")
    assert (directory / "report.md").exists()


def test_a_report_of_several_runs_never_overwrites_that_of_one(recorded):
    with pytest.raises(UsageError, match="is a run"):
        report(
            [recorded("spiky"), recorded("failing")], formats="md", dark=False, size="800x450", out=recorded("spiky")
        )
