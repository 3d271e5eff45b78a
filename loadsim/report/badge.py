"""A verdict as a badge: a PNG as high as a line of text, twice as many pixels, to stand in a README or on a board.

The verdict is a word, so that it reads without colour; colours are the report's, white on them has a contrast of at
least 4.5 to 1.
"""

from __future__ import annotations

from pathlib import Path

from loadsim.record import Verdict
from loadsim.report.theme import LIGHT

HEIGHT_PX = 40
LABEL = "load test"
_COLOURS: dict[Verdict, str] = {
    "pass": LIGHT["c3"],
    "fail": LIGHT["bad"],
    "invalid": LIGHT["muted"],
    "inconclusive": LIGHT["c5"],
}
_DPI = 144.0
"""Twice the 72 at which a point is a pixel."""
_TEXT_PT = 10.5
_MARGIN_PX = 13.0


def write_badge(verdict: Verdict, path: Path) -> None:
    """Write the picture, and the directories above it. Raises OSError."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    figure = Figure(figsize=(1, HEIGHT_PX / _DPI), dpi=_DPI)
    canvas = FigureCanvasAgg(figure)
    parts = ((LABEL, LIGHT["ink"]), (verdict, _COLOURS[verdict]))
    texts = [
        figure.text(0, 0.48, word, color="white", size=_TEXT_PT, family="DejaVu Sans", ha="center", va="center")
        for word, _ in parts
    ]
    renderer = canvas.get_renderer()
    widths = [text.get_window_extent(renderer).width + 2 * _MARGIN_PX for text in texts]
    whole = round(sum(widths))
    figure.set_size_inches(whole / _DPI, HEIGHT_PX / _DPI)
    left = 0.0
    for (_, colour), text, width in zip(parts, texts, widths, strict=True):
        share = width / whole
        figure.add_artist(Rectangle((left, 0), share, 1, color=colour, linewidth=0, transform=figure.transFigure))
        text.set_x(left + share / 2)
        text.set_zorder(2)
        left += share
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", dpi=_DPI, metadata={"Title": f"{LABEL}: {verdict}"})
