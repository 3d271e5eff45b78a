"""Charts as PNG or SVG files, drawn by matplotlib from the same data as the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from loadsim.report.chart import MANY_POINTS, Chart, Series, bar_places, row_room
from loadsim.report.charts import charts
from loadsim.report.png_head import CHARACTER_PT, INCHES_WIDE, draw_head, draw_legend, head_of, plain
from loadsim.report.rundata import RunData
from loadsim.report.theme import DARK, HEAT, LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Size = tuple[int, int]
DEFAULT_SIZE: Size = (1600, 900)
"""Pixels; at half of it, 800 wide, text is still 11 to 15 pixels high."""
_POINTS_WIDE = 500.0
"""Of the plot itself."""
_FOOT_IN = 0.66
_MANY_ROWS = 16
_MOST_NAME = 0.4
"""Of the width, for the names of rows."""


def write_pngs(
    run: RunData,
    directory: Path,
    *,
    dark: bool = False,
    size: Size = DEFAULT_SIZE,
    kind: Literal["png", "svg"] = "png",
    drawn: Sequence[Chart] | None = None,
) -> list[Path]:
    """Write one picture a chart, named by the chart's key, and return the paths. Raises OSError.

    ``drawn`` are the run's charts where the caller has them already.
    """
    shown = charts(run) if drawn is None else drawn
    return write_charts(shown, directory, subject=subject_of(run), dark=dark, size=size, kind=kind)


def subject_of(run: RunData) -> str:
    """Return what a run's pictures say they are of."""
    return f"{run.record.manifest.scenario} · {run.record.manifest.topology or run.record.manifest.target}"


def write_charts(
    drawn: Sequence[Chart],
    directory: Path,
    *,
    subject: str = "",
    dark: bool = False,
    size: Size = DEFAULT_SIZE,
    kind: Literal["png", "svg"] = "png",
) -> list[Path]:
    """Write one picture for each of these charts; ``subject`` stands small in the corner."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    theme = DARK if dark else LIGHT
    paths = []
    with mpl.rc_context(_style(theme)):
        for chart in drawn:
            width, height = _pixels(chart, size)
            dpi = width / INCHES_WIDE
            figure = Figure(figsize=(INCHES_WIDE, height / dpi), dpi=dpi)
            FigureCanvasAgg(figure)
            draw(chart, figure, theme, subject)
            path = directory / f"{chart.key}.{kind}"
            figure.savefig(
                path, format=kind, metadata={"Date": None} if kind == "svg" else {"Title": plain(chart.title)}
            )
            paths.append(path)
    return paths


def draw(chart: Chart, figure: Figure, theme: Mapping[str, str], subject: str = "") -> None:
    """Draw a chart on an empty figure."""
    shown = [series for series in chart.series if not series.hidden]
    height, head = figure.get_figheight(), head_of(chart, shown)
    left = _names_room(chart) if chart.kind == "bars" else 0.095
    axes = figure.add_axes((left, _FOOT_IN / height, 0.95 - left, 1 - (_FOOT_IN + head.inches) / height))
    if chart.kind == "heat":
        handles = _heat(chart, axes, theme)
    else:
        handles = (_bars if chart.kind == "bars" else _lines)(chart, shown, axes, theme)
    _marks(chart, axes, theme)
    _frame(chart, axes, theme)
    draw_head(chart, head, figure, theme)
    draw_legend(head, shown, handles, axes, figure, theme)
    figure.text(0.95, 0.12 / height, plain(subject[:90]), size=8, color=theme["muted"], ha="right")


def _style(theme: Mapping[str, str]) -> dict[str, Any]:
    return {
        "font.family": "DejaVu Sans",
        "font.size": 9.5,
        "figure.facecolor": theme["surface"],
        "savefig.facecolor": theme["surface"],
        "axes.facecolor": theme["surface"],
        "text.color": theme["ink"],
        "axes.labelcolor": theme["muted"],
        "xtick.color": theme["muted"],
        "ytick.color": theme["muted"],
        "svg.fonttype": "none",
        "svg.hashsalt": "loadsim",
        "path.simplify_threshold": 0.4,
    }


def _pixels(chart: Chart, size: Size) -> Size:
    """Return the size in pixels: bars need a row each."""
    width, height = size
    if chart.kind != "bars":
        return width, height
    rows = len(chart.categories)
    head = head_of(chart, [series for series in chart.series if not series.hidden])
    inches = _FOOT_IN + head.inches + max(1.0, rows * (0.34 if rows <= _MANY_ROWS else 0.2) * row_room(chart))
    return width, round(inches * width / INCHES_WIDE)


def _names_room(chart: Chart) -> float:
    """Return which share of the width the names of the rows take."""
    longest = max((len(name) for name in chart.categories), default=0)
    return min(_MOST_NAME, max(0.095, 0.035 + longest * _name_pt(chart) / 72 / INCHES_WIDE))


def _name_pt(chart: Chart) -> float:
    """Return how wide a character of a row's name is."""
    return CHARACTER_PT * (7 / 9 if len(chart.categories) > _MANY_ROWS else 9.5 / 9)


def _lines(chart: Chart, shown: Sequence[Series], axes: Axes, theme: Mapping[str, str]) -> list[Any]:
    _bands(chart, axes, theme)
    if chart.kind != "stack":
        return [_line(chart, series, axes, theme) for series in shown]
    upto = np.cumsum(np.vstack([np.nan_to_num(series.values) for series in shown]), axis=0)
    upto = np.append(upto, upto[:, -1:], axis=1)  # a second's step reaches to the next one: the last gets its end
    xs = np.append(chart.xs, chart.xs[-1:] + 1)
    step: Any = "post"
    edge = 0.4 if len(chart.xs) > MANY_POINTS else 0.0  # a second is less than a pixel wide, and would fade
    return [
        axes.fill_between(xs, low, high, step=step, color=theme[series.role], lw=edge, alpha=0.92)
        for low, high, series in zip(np.vstack([upto[:1] * 0, upto[:-1]]), upto, shown, strict=True)
    ]


def _marks(chart: Chart, axes: Axes, theme: Mapping[str, str]) -> None:
    for mark in chart.marks:
        along_y = mark.axis == "y"
        line = axes.axhline if along_y else axes.axvline
        line(mark.at, color=theme[mark.role], lw=1.1, ls=(0, (5, 3)))
        if not mark.text:
            continue
        place = (0.995, mark.at) if along_y else (mark.at, 0.02)
        transform = axes.get_yaxis_transform() if along_y else axes.get_xaxis_transform()
        offset = (0, 5) if along_y else (4, 0)
        axes.annotate(
            plain(mark.text), place, xycoords=transform, xytext=offset, textcoords="offset points",
            ha="right" if along_y else "left", size=8.5, color=theme[mark.role], bbox=_ground(theme["surface"]),
        )  # fmt: skip


def _line(chart: Chart, series: Series, axes: Axes, theme: Mapping[str, str]) -> Any:
    style: Any = (0, (3, 1.6)) if series.dashed else "-"
    width = series.width if len(chart.xs) <= MANY_POINTS else 0.6 * series.width
    lone = _lone(series.values)
    (line,) = axes.plot(chart.xs, series.values, color=theme[series.role], lw=width, ls=style, solid_joinstyle="round")
    axes.plot(chart.xs[lone], series.values[lone], ".", ms=3, color=theme[series.role])
    return line


def _lone(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the known values that have no known neighbour: a line would not show them."""
    known = np.concatenate([[False], np.isfinite(values), [False]])
    return np.flatnonzero(known[1:-1] & ~known[:-2] & ~known[2:])


def _bands(chart: Chart, axes: Axes, theme: Mapping[str, str]) -> None:
    for band in chart.bands:
        colour = theme["band" if band.kind == "phase" else band.kind]
        if band.shaded:
            axes.axvspan(band.start_s, max(band.end_s, band.start_s + 0.2), color=colour, lw=0, zorder=0)
        room = (min(band.end_s, chart.x.high) - band.start_s) / (chart.x.high - chart.x.low) * _POINTS_WIDE
        if band.name_may_stand_out or room > 5 * len(band.label) + 6:
            axes.annotate(
                plain(band.label), (band.start_s, 1.0), xycoords=axes.get_xaxis_transform(),
                xytext=(3, -24 if band.kind == "fault" else -11),
                textcoords="offset points", size=8.5, color=theme["muted"], annotation_clip=True,
                bbox=_ground(colour if band.shaded else theme["surface"]),
            )  # fmt: skip


def _ground(colour: str) -> dict[str, Any]:
    """Return what lies behind a label, so that it can be read on lines and areas."""
    return {"facecolor": colour, "alpha": 0.8, "linewidth": 0, "pad": 1.2}


def _bars(chart: Chart, shown: Sequence[Series], axes: Axes, theme: Mapping[str, str]) -> list[Any]:
    rows = np.arange(len(chart.categories))
    many = len(rows) > _MANY_ROWS
    handles: list[Any] = []
    dots = [series for series in chart.series if series.shape == "dot"]
    thick, places = bar_places(chart)
    for series in shown:
        colour = theme[series.role]
        if series.shape == "bar":
            handles.append(axes.barh(rows + places[series.key], series.values, thick, color=colour))
        elif series.shape == "tick":
            size = 9 if many else 17 * row_room(chart)
            handles += axes.plot(series.values, rows, "|", ms=size, mew=2, color=colour)
        else:
            handles += axes.plot(series.values, rows, "o", ms=4.5 if many else 8, color=colour, zorder=3)
    if len(dots) == 2:
        axes.hlines(rows, dots[0].values, dots[1].values, color=theme["line"], lw=2 if many else 4, zorder=2)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    return handles


def _heat(chart: Chart, axes: Axes, theme: Mapping[str, str]) -> list[Any]:
    from matplotlib.colors import ListedColormap

    found = chart.heat
    if found is None:
        return []
    palette = HEAT["dark" if theme is DARK else "light"]
    counts = np.where(found.counts > 0, np.log1p(found.counts), np.nan)
    columns = found.start_s + found.column_s * np.arange(counts.shape[1] + 1)
    axes.pcolormesh(columns, found.edges_s, counts, cmap=ListedColormap(palette), vmin=0, rasterized=True)
    for band in chart.bands:
        if band.start_s > 0:
            axes.axvline(band.start_s, color=theme["muted"], lw=0.6, ls=":")
    return []


def _frame(chart: Chart, axes: Axes, theme: Mapping[str, str]) -> None:
    axes.set_xlim(chart.x.low, chart.x.high)
    if chart.x.scale == "log":
        axes.set_xscale("log")
    if chart.kind != "bars":
        if chart.y.scale == "log":
            axes.set_yscale("log")
        axes.set_ylim(chart.y.low, chart.y.high)
    for spine in ("top", "right", "left"):
        axes.spines[spine].set_visible(False)
    axes.spines["bottom"].set_color(theme["line"])
    axes.set_xticks([place for place, _ in chart.x.ticks], [plain(text) for _, text in chart.x.ticks])
    most = int((_MOST_NAME - 0.035) * 72 * INCHES_WIDE / _name_pt(chart)) if chart.kind == "bars" else 99
    axes.set_yticks(
        [place for place, _ in chart.y.ticks],
        [plain(text if len(text) <= most else text[: most - 1] + "…") for _, text in chart.y.ticks],
    )
    axes.minorticks_off()
    axes.tick_params(length=0, pad=5, labelsize=7 if len(chart.categories) > _MANY_ROWS else 9.5)
    axes.tick_params(axis="x", pad=7)
    axes.grid(visible=True, axis="x" if chart.kind == "bars" else "y", color=theme["grid"], lw=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel(plain(chart.x.title), size=9, labelpad=3)
    if chart.y.title:
        axes.set_title(plain(chart.y.title), loc="left", size=9, color=theme["muted"], pad=6)
