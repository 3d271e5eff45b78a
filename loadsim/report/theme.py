"""Colours by role, for light and dark. Pages and pictures take them from here, so that a series looks the same in both.

Series colours start from Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), moved in lightness until each has
a contrast of at least 3 to 1 with its surface (WCAG 2.2, 1.4.11); text has at least 4.5 to 1 (1.4.3). Percentiles are
one hue from light to strong, so that "further in the tail" is seen without colour vision. Within a theme no two roles
share a colour: the page swaps themes by replacing one by the other.
"""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "surface": "#ffffff",
    "page": "#fbfbfa",
    "ink": "#1b1e23",
    "muted": "#5d636c",
    "line": "#dfe1e4",
    "grid": "#eceef0",
    "band": "#f1efe9",
    "drain": "#f4f4f5",
    "fault": "#fbe9e0",
    "objective": "#8a1c5c",
    "event": "#6b4b00",
    "offered": "#7a7f87",
    "good": "#0a6eb4",
    "bad": "#bd4a08",
    "p50": "#4a97cf",
    "p90": "#2268a8",
    "p99": "#0d2f63",
    "max": "#868c95",
    "response": "#0b5fa0",
    "service": "#b5650b",
    "expected": "#2e333a",
    "c1": "#0072b2",
    "c2": "#d55e00",
    "c3": "#007f59",
    "c4": "#b2508a",
    "c5": "#836b00",
    "c6": "#6a4fa3",
    "c7": "#2b8fa3",
    "rest": "#80868e",
}

DARK: Mapping[str, str] = {
    "surface": "#16191e",
    "page": "#111418",
    "ink": "#eceef1",
    "muted": "#a2a8b2",
    "line": "#31363e",
    "grid": "#252a31",
    "band": "#20242a",
    "drain": "#1b1f24",
    "fault": "#36221a",
    "objective": "#f291c4",
    "event": "#e6c067",
    "offered": "#9aa1ab",
    "good": "#57aae8",
    "bad": "#f2864a",
    "p50": "#3d86bf",
    "p90": "#7db9ea",
    "p99": "#d9ebfb",
    "max": "#868d97",
    "response": "#63b0ea",
    "service": "#eda24f",
    "expected": "#d5d9df",
    "c1": "#4da3de",
    "c2": "#f28a4d",
    "c3": "#35c295",
    "c4": "#e195c3",
    "c5": "#d9c24a",
    "c6": "#a997e6",
    "c7": "#63c6d9",
    "rest": "#8f969f",
}

CATEGORIES = tuple(f"c{number}" for number in range(1, 8))

HEAT: Mapping[str, tuple[str, ...]] = {
    "light": ("#eaf2f9", "#d0e3f2", "#a9cde8", "#7ab1da", "#4a92c8", "#2673b0", "#135592", "#0a3a70", "#06244d"),
    "dark": ("#16283a", "#1a3a57", "#1f5078", "#28699c", "#3a85bd", "#5ba2d5", "#86c0e6", "#b5daf2", "#e2f1fb"),
}
"""From few to many; the emptiest step still stands out from the surface."""


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours ('#rrggbb'), 1..21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    channels = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
