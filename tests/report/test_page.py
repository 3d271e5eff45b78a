"""The page in a real browser: no request, no error, charts that are drawn and answer."""

from __future__ import annotations

from bisect import bisect_left
from io import BytesIO
from itertools import pairwise

import pytest
from PIL import Image

from loadsim.report.html import write_html
from loadsim.report.theme import DARK, LIGHT

from .browsing import faults, hover, ink, opened

DRAWN = ("spiky", "failing", "closed", "interrupted", "nothing", "hostile")


@pytest.fixture(scope="module")
def pages(loaded, tmp_path_factory):
    base = tmp_path_factory.mktemp("pages")

    def page(name):
        path = base / f"{name}.html"
        return path if path.exists() else write_html(loaded(name), path)

    return page


@pytest.mark.parametrize("name", DRAWN)
def test_every_page_draws_all_its_charts_without_an_error_or_a_request(browser, pages, name):
    path = pages(name)
    assert path.stat().st_size < 2_000_000
    with opened(browser, path) as page:
        keys = page.locator("[data-chart]").evaluate_all("all => all.map(one => one.id)")
        assert "requests-over-time" in keys
        for key in keys:
            assert ink(page, key) > 500, key


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_page_without_scrolling_sideways(browser, pages, scheme):
    with opened(browser, pages("spiky"), viewport={"width": 390, "height": 844}, color_scheme=scheme) as page:
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
        assert page.locator(f"[data-drawn={scheme}]").count() == page.locator("[data-chart]").count()


def test_hovering_reads_every_series_in_every_chart_over_time(browser, pages):
    with opened(browser, pages("spiky")) as page:
        hover(page, "latency")
        at = page.locator("#latency .at").inner_text()
        assert at.startswith("0:")
        values = page.locator("#latency [data-series] output").all_inner_texts()
        assert all(value.endswith(("ms", "s")) for value in values)
        assert page.locator("#requests-over-time .at").inner_text() == at
        hover(page, "balancer-distribution", 0.4, 0.3)
        assert page.locator("#balancer-distribution .at").inner_text().startswith("web-")
        hover(page, "latency-heatmap", 0.5, 0.6)
        told = page.locator("#latency-heatmap .at").inner_text()
        assert ": " in told
        assert page.locator("#requests-over-time .at").inner_text() == told.split(",")[0]


def test_a_second_of_failures_is_drawn_from_its_beginning_where_it_is_read(browser, pages):
    with opened(browser, pages("failing")) as page:
        hover(page, "errors", 0.4)
        box = page.locator("#errors .plot").bounding_box()
        down = int(box["y"] + box["height"] * 0.7)

        def read(x):
            page.mouse.move(x, down)
            return page.locator("#errors .at").inner_text()

        places = range(int(box["x"] + 60), int(box["x"] + box["width"] - 20))
        begins = places[bisect_left(places, "0:30", key=read)]
        assert read(begins) == "0:30"
        assert page.locator("#errors .cursor").bounding_box()["x"] == pytest.approx(begins, abs=2)
        page.mouse.move(0, 0)
        shot = Image.open(BytesIO(page.screenshot())).convert("RGB")
        assert min(shot.getpixel((begins - 3, down))) > 230
        assert min(shot.getpixel((begins + 3, down))) < 200


def test_dragging_zooms_all_charts_over_time_and_a_double_click_shows_the_whole_run(browser, pages):
    with opened(browser, pages("spiky")) as page:
        hover(page, "latency", 0.4)
        page.mouse.down()
        hover(page, "latency", 0.6)
        page.mouse.up()
        resets = page.locator("[data-do=reset]:visible")
        resets.first.wait_for()
        assert page.locator("#in-flight [data-do=reset]").is_visible()
        page.locator("#latency .plot").dblclick()
        page.locator("#in-flight [data-do=reset]").wait_for(state="hidden")


def test_the_wheel_zooms_with_ctrl_and_moves_with_shift_in_all_charts_over_time(browser, pages):
    with opened(browser, pages("spiky")) as page:
        hover(page, "latency", 0.25)
        page.keyboard.down("Control")
        for _ in range(4):
            page.mouse.wheel(0, -240)
        page.keyboard.up("Control")
        page.locator("#in-flight [data-do=reset]").wait_for()
        hover(page, "latency", 0.26)
        before = seconds_of(page.locator("#latency .at").inner_text())
        page.keyboard.down("Shift")
        for _ in range(4):
            page.mouse.wheel(240, 0)
        page.keyboard.up("Shift")
        page.wait_for_timeout(200)
        hover(page, "latency", 0.25)
        moved = seconds_of(page.locator("#latency .at").inner_text())
        assert moved > before + 2
        hover(page, "in-flight", 0.25)
        assert abs(seconds_of(page.locator("#in-flight .at").inner_text()) - moved) <= 2
        page.locator("#in-flight [data-do=reset]").click()
        page.locator("#latency [data-do=reset]").wait_for(state="hidden")


def seconds_of(clock):
    minutes, seconds = clock.split(":")
    return 60 * int(minutes) + int(seconds)


def test_the_marker_moves_by_keyboard_and_is_read_out(browser, pages):
    with opened(browser, pages("spiky")) as page:
        page.locator("#latency .plot").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert page.locator("#latency .at").inner_text() == "0:01"
        assert "p99" in page.locator(".live").inner_text()


def test_a_series_is_switched_off_and_on(browser, pages):
    with opened(browser, pages("spiky")) as page:
        before = ink(page, "requests-over-time")
        button = page.locator("#requests-over-time [data-series='1']")
        button.click()
        assert button.get_attribute("aria-pressed") == "false"
        page.wait_for_timeout(200)
        assert ink(page, "requests-over-time") < before


def test_tables_sort_by_number_and_filter_by_text(browser, pages):
    with opened(browser, pages("spiky")) as page:
        table = page.locator("#routes-table")
        table.get_by_role("button", name="p99", exact=True).click()
        cells = table.locator("tbody td:nth-child(6)").evaluate_all("all => all.map(one => Number(one.dataset.sort))")
        assert cells == sorted(cells, reverse=True)
        table.get_by_role("button", name="Route").click()
        names = table.locator("tbody th").all_inner_texts()
        assert names == sorted(names)


def test_a_long_table_is_filtered_by_any_of_its_words(browser, pages):
    with opened(browser, pages("hour")) as page:
        table = page.locator("#routes-table")
        table.get_by_label("Filter Routes").fill("SECTION/19/")
        assert table.locator("tbody tr:visible").count() == 1
        table.get_by_label("Filter Routes").fill("")
        assert table.locator("tbody tr:visible").count() == 200


def test_an_hour_with_200_routes_fits_in_two_megabytes_and_shows_its_first_chart_before_the_rest(browser, pages):
    assert pages("hour").stat().st_size < 2_000_000
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto(pages("hour").as_uri())
    page.wait_for_selector("#requests-over-time[data-drawn]")
    assert page.locator("[data-chart]").count() > page.locator("[data-drawn]").count()
    context.close()


def test_legends_and_tables_are_worked_by_the_keyboard(browser, pages):
    with opened(browser, pages("spiky")) as page:
        series = page.locator("#latency [data-series='0']")
        series.focus()
        page.keyboard.press("Space")
        assert series.get_attribute("aria-pressed") == "false"
        head = page.locator("#routes-table thead button").nth(1)
        head.focus()
        page.keyboard.press("Enter")
        assert page.locator("#routes-table thead th").nth(1).get_attribute("aria-sort") == "descending"
        page.locator("#latency .plot").focus()
        page.keyboard.press("+")
        page.locator("#in-flight [data-do=reset]").wait_for()
        page.keyboard.press("Escape")
        page.locator("#in-flight [data-do=reset]").wait_for(state="hidden")


def test_what_was_drawn_in_the_dark_is_printed_on_its_own_ground_and_the_rest_on_white(browser, pages):
    with opened(browser, pages("spiky"), color_scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        ground = page.locator("#latency .plot").evaluate("plot => getComputedStyle(plot).backgroundColor")
        assert ground == "rgb({}, {}, {})".format(*bytes.fromhex(DARK["surface"][1:]))
        words = page.locator("h1").evaluate("head => getComputedStyle(head).color")
        assert words == "rgb({}, {}, {})".format(*bytes.fromhex(LIGHT["ink"][1:]))
        assert page.locator("nav").is_hidden()


def test_paper_gets_every_chart_as_a_picture_that_fits_its_width(browser, pages):
    with opened(browser, pages("spiky")) as page:
        page.set_viewport_size({"width": 700, "height": 1000})
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator(".plot .printed:visible").count() == page.locator("[data-chart]").count()
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 700
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator(".printed").count() == 0


def test_a_chart_is_saved_as_picture_and_as_numbers(browser, pages):
    with opened(browser, pages("failing")) as page:
        for what in ("png", "csv"):
            with page.expect_download() as waiting:
                page.locator(f"#errors [data-do={what}]").click()
            assert waiting.value.suggested_filename == f"errors.{what}"
            content = waiting.value.path().read_bytes()
            assert content.startswith(b"\x89PNG" if what == "png" else b'"time_s"')


def test_what_a_target_says_is_text_and_nothing_else(browser, pages):
    with opened(browser, pages("hostile")) as page:
        assert page.locator("main img, main script").count() == 0
        assert "<script>alert(1)</script>" in page.locator("#routes-table").inner_text()
        assert "\u202e" not in page.locator("main").inner_text()


def test_the_page_has_landmarks_headings_in_order_and_named_controls(browser, pages):
    with opened(browser, pages("spiky")) as page:
        for landmark in ("header", "nav", "main", "footer"):
            assert page.locator(landmark).count() >= 1
        levels = page.locator("h1,h2,h3").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        unnamed = page.locator("button, input, [role=img]").evaluate_all(
            "all => all.filter(one => !(one.ariaLabel || one.textContent.trim())).length"
        )
        assert unnamed == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["failing", "nothing"])
def test_axe_finds_no_fault_with_the_accessibility(browser, pages, name, scheme):
    with opened(browser, pages(name), color_scheme=scheme, bypass_csp=True) as page:
        assert faults(page) == []


def test_the_policy_of_the_page_allows_no_request_and_no_evaluated_text(pages):
    head = pages("quiet").read_text().split("<title>")[0]
    assert "default-src &#39;none&#39;" in head
    assert "unsafe-eval" not in head
    assert "script-src &#39;sha256-" in head
