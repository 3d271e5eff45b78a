"""``compare.html`` in a real browser."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadsim.compare import read_comparison
from loadsim.compare.record import write_comparison
from loadsim.report.comparison.page import comparison_page, load_rounds, write_comparison_report
from tests.experiment.replaying import Replay, invalid

from ..browsing import faults, hover, ink, opened
from .compared import write_compared


@pytest.fixture(scope="module")
def page_path(slower: Path) -> Path:
    return write_comparison_report(slower)


def test_the_page_draws_all_its_charts_without_an_error_or_a_request(browser: Any, page_path: Path) -> None:
    assert page_path.stat().st_size < 2_000_000
    with opened(browser, page_path) as page:
        keys = page.locator("[data-chart]").evaluate_all("all => all.map(one => one.id)")
        assert keys[0] == "effects"
        assert {"rounds-p50", "rounds-p99", "latency-shift", "requests-over-time", "balancer-distribution"} <= set(keys)
        for key in keys:
            assert ink(page, key) > 500, key
        assert page.locator("#verdict").inner_text() == "Worse"
        assert "balanced is worse than monolith" in page.locator(".verdict").inner_text()
        assert page.locator("#effects-all-table tbody tr").count() > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_with_the_accessibility(browser: Any, page_path: Path, scheme: str) -> None:
    with opened(browser, page_path, color_scheme=scheme, bypass_csp=True) as page:
        assert faults(page) == []


def test_a_phone_shows_the_page_without_scrolling_sideways(browser: Any, page_path: Path) -> None:
    with opened(browser, page_path, viewport={"width": 390, "height": 844}) as page:
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_hovering_reads_an_effect_as_a_plain_ratio(browser: Any, page_path: Path) -> None:
    with opened(browser, page_path) as page:
        hover(page, "effects", 0.5, 0.02)
        assert page.locator("#effects .at").inner_text() == "p50 – worse"
        values = page.locator("#effects [data-series] output").all_inner_texts()
        assert [1.2 < float(value) < 2 for value in values] == [True] * 3


def test_names_of_a_stranger_are_shown_not_run(browser: Any, slower: Path, tmp_path: Path) -> None:
    shutil.copytree(slower, tmp_path / "hostile")
    record = read_comparison(slower)
    record.manifest.b = msgspec.structs.replace(record.manifest.b, name="<script>alert(1)</script>")
    record.effects[3] = msgspec.structs.replace(record.effects[3], metric='p50[route="</script><b>"]')
    write_comparison(record, tmp_path / "hostile")
    with opened(browser, write_comparison_report(tmp_path / "hostile")) as page:
        assert "<script>alert(1)</script>" in page.locator("h1").inner_text()


def test_a_run_that_is_gone_is_said_and_the_effects_stand_without_it(slower: Path, tmp_path: Path) -> None:
    directory = tmp_path / "gone"
    shutil.copytree(slower, directory)
    shutil.rmtree(directory / "rounds" / "02-a")
    both, missing = load_rounds(read_comparison(directory), directory)
    assert (len(both.a), len(both.b)) == (5, 5)
    page = comparison_page(both, missing)
    assert any("02-a" in text for text in page.warnings)
    assert any(chart.key == "effects" for chart in page.charts)


def test_an_invalid_comparison_says_so_first(tmp_path: Path) -> None:
    record = write_compared(tmp_path, Replay(lambda record, _: invalid(record)))
    page = comparison_page(load_rounds(record, tmp_path)[0])
    assert page.verdict is not None
    assert (page.verdict.word, page.verdict.tone) == ("Invalid", "invalid")
    assert any("the generator was saturated" in text for text in page.verdict.why)
