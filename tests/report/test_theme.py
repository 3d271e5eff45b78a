from __future__ import annotations

import pytest

from loadsim.report.theme import CATEGORIES, DARK, HEAT, LIGHT, contrast

GROUNDS = ("surface", "page")
TEXT = ("ink", "muted", "good", "bad", "objective", "event", "c3", "c5")
LINES = ("offered", "p50", "p90", "p99", "max", "response", "service", "expected", "rest", *CATEGORIES)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_has_a_contrast_of_four_and_a_half_and_lines_of_three(theme, ground):
    for role in TEXT:
        assert contrast(theme[role], theme[ground]) >= 4.5, role
    for role in LINES:
        assert contrast(theme[role], theme[ground]) >= 3, role


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_no_two_roles_share_a_colour_so_that_themes_can_be_swapped(theme):
    assert len(set(theme.values())) == len(theme)


def test_both_themes_have_the_same_roles_and_heat_steps():
    assert LIGHT.keys() == DARK.keys()
    assert len(HEAT["light"]) == len(HEAT["dark"])
    assert not set(HEAT["light"]) & set(LIGHT.values())
