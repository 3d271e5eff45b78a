"""A chart as a Bokeh document without its numbers: the page's script puts these in, swaps themes, and listens.

Colours are the light theme's; in the dark the page replaces each by its like (no two roles share one). Lines read the
columns ``v0``, ``v1``... of one source, stacked areas ``l0``/``u0``..., all over ``x``: milliseconds of profile time
(Bokeh's clock axes count these) or the place on the percentile axis.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from loadsim.report.chart import MANY_POINTS, Band, Chart, Mark, Series, bar_places, row_room
from loadsim.report.theme import HEAT, LIGHT

FONT = "system-ui, sans-serif"
TEXT_SIZE = "12px"
SOURCE = "numbers"
ROW_PX, MANY_ROW_PX, MANY_ROWS = 34, 17, 16


def document(chart: Chart) -> dict[str, Any]:
    """Return the chart as ``bokeh.embed.json_item`` has it."""
    from bokeh.embed import json_item

    return dict(json_item(_figure(chart)))


def plot_height_px(chart: Chart) -> int:
    """Return how high the plot is drawn."""
    if chart.kind == "bars":
        row = ROW_PX if len(chart.categories) <= MANY_ROWS else MANY_ROW_PX
        return 56 + round(row * row_room(chart) * max(len(chart.categories), 2))
    return 300 if chart.wide else 260


def x_factor(chart: Chart) -> float:
    """Return what turns the chart's x into the drawing's."""
    return 1000.0 if chart.x.scale == "clock" else 1.0


def _figure(chart: Chart) -> Any:
    from bokeh.models import ColumnDataSource, FixedTicker, Range1d
    from bokeh.plotting import figure

    factor = x_factor(chart)
    plot = figure(
        height=plot_height_px(chart),
        sizing_mode="stretch_width",
        toolbar_location=None,
        tools="",
        x_axis_type="datetime" if chart.x.scale == "clock" else ("log" if chart.x.scale == "log" else "linear"),
        y_axis_type="log" if chart.y.scale == "log" else "linear",
        x_range=Range1d(chart.x.low * factor, chart.x.high * factor, name="x"),
        y_range=_y_range(chart),
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border_left=46,
        min_border_right=14,
        name=chart.key,
    )
    source = ColumnDataSource(_columns(chart), name=SOURCE)
    _add_bands(plot, chart, factor)
    draw = {"bars": _add_bars, "heat": _add_heat, "stack": _add_areas}.get(chart.kind, _add_lines)
    draw(plot, chart, source)
    _add_marks(plot, chart.marks, factor)
    _style(plot, chart)
    plot.yaxis.ticker = FixedTicker(ticks=[place for place, _ in chart.y.ticks])
    plot.yaxis.major_label_overrides = dict(chart.y.ticks)
    if chart.x.scale == "clock":
        _clock(plot, long=chart.x.high >= 3600)
        _add_gestures(plot)
    else:
        plot.xaxis.ticker = FixedTicker(ticks=[place for place, _ in chart.x.ticks])
        plot.xaxis.major_label_overrides = dict(chart.x.ticks)
    return plot


def _columns(chart: Chart) -> dict[str, Any]:
    if chart.kind == "bars":
        rows = np.arange(len(chart.categories), dtype=float)
        places = bar_places(chart)[1]
        return (
            {"row": rows.tolist()}
            | {f"row{i}": (rows + places.get(s.key, 0.0)).tolist() for i, s in enumerate(chart.series)}
            | {f"v{i}": s.values.tolist() for i, s in enumerate(chart.series)}
        )
    names = ["x", *(f"v{i}" for i in range(len(chart.series)))]
    if chart.kind == "stack":
        names += [f"{edge}{i}" for i in range(len(chart.series)) for edge in "lu"]
    return {name: [] for name in names}


def _y_range(chart: Chart) -> Any:
    from bokeh.models import Range1d

    if chart.kind == "bars":
        return Range1d(len(chart.categories) - 0.5, -0.5)
    return Range1d(chart.y.low, chart.y.high)


def _add_lines(plot: Any, chart: Chart, source: Any) -> None:
    for number, series in enumerate(chart.series):
        style = {"color": LIGHT[series.role], "visible": not series.hidden, "name": f"s{number}"}
        plot.line(
            "x",
            f"v{number}",
            source=source,
            line_width=series.width if len(chart.xs) <= MANY_POINTS else 0.6 * series.width,
            line_dash=[5, 3] if series.dashed else [],
            line_join="round",
            **style,
        )


def _add_areas(plot: Any, chart: Chart, source: Any) -> None:
    for number, series in enumerate(chart.series):
        plot.varea_step(
            x="x",
            y1=f"l{number}",
            y2=f"u{number}",
            source=source,
            step_mode="after",
            fill_color=LIGHT[series.role],
            fill_alpha=0.9,
            name=f"s{number}",
        )


def _add_bars(plot: Any, chart: Chart, source: Any) -> None:
    many = len(chart.categories) > MANY_ROWS
    dots = [i for i, series in enumerate(chart.series) if series.shape == "dot"]
    if len(dots) == 2:
        plot.hbar(y="row", left=f"v{dots[0]}", right=f"v{dots[1]}", height=0.14, source=source, color=LIGHT["line"])
    for number, series in enumerate(chart.series):
        _add_bar(plot, chart, series, number, source, many=many)


def _add_bar(plot: Any, chart: Chart, series: Series, number: int, source: Any, *, many: bool) -> None:
    style = {"color": LIGHT[series.role], "source": source, "name": f"s{number}"}
    if series.shape == "bar":
        plot.hbar(y=f"row{number}", left=0.0, right=f"v{number}", height=bar_places(chart)[0], **style)
    elif series.shape == "tick":
        high = 12 if many else round(26 * row_room(chart))
        plot.scatter(f"v{number}", "row", marker="dash", angle=np.pi / 2, size=high, line_width=2, **style)
    else:
        plot.scatter(f"v{number}", "row", marker="circle", size=6 if many else 11, line_color=None, **style)


def _add_heat(plot: Any, chart: Chart, source: Any) -> None:
    from bokeh.models import LinearColorMapper

    del source  # the map is an image, not columns
    found = chart.heat
    if found is None:
        return
    levels = np.log1p(found.counts.astype(np.float64))
    steps = len(HEAT["light"])
    level = np.ceil(levels / max(float(levels.max()), 1e-9) * steps).astype(np.uint8)
    # An image is linear, the axis is not: rows are of equal height in log, so the image is drawn over the log range.
    mapper = LinearColorMapper(palette=list(HEAT["light"]), low=1, high=steps, low_color="rgba(0,0,0,0)")
    plot.image(
        image=[level],
        x=found.start_s * 1000.0,
        y=float(found.edges_s[0]),
        dw=found.column_s * found.counts.shape[1] * 1000.0,
        dh=float(found.edges_s[-1] - found.edges_s[0]),
        color_mapper=mapper,
        name="s0",
    )


def _add_bands(plot: Any, chart: Chart, factor: float) -> None:
    from bokeh.models import BoxAnnotation, Label, Span

    for band in chart.bands:
        start, end = band.start_s * factor, max(band.end_s, band.start_s + 0.2) * factor
        if band.shaded and chart.kind != "heat":
            plot.add_layout(BoxAnnotation(left=start, right=end, fill_color=_band_colour(band), fill_alpha=1.0,
                                          line_color=None, level="image"))  # fmt: skip
        elif band.start_s > 0:
            plot.add_layout(Span(location=start, dimension="height", line_color=LIGHT["line"], level="image"))
        height = plot_height_px(chart) - (84 if band.kind == "fault" else 64)  # a fault's name below the phase's
        plot.add_layout(
            Label(x=start, y=height, y_units="screen", x_offset=4, text=band.label, name="band",
                  tags=[start, end, band.name_may_stand_out], text_color=LIGHT["muted"], **_label(_ground(chart, band)))
        )  # fmt: skip


def _band_colour(band: Band) -> str:
    return LIGHT["band" if band.kind == "phase" else band.kind]


def _label(ground: str) -> dict[str, Any]:
    """Return the style of a label, whose ground lets the lines that it lies on shine through, no more."""
    return {
        "text_font": FONT,
        "text_font_size": "11px",
        "background_fill_color": ground,
        "background_fill_alpha": 0.8,
        "padding": 2,
    }


def _ground(chart: Chart, band: Band) -> str:
    """Return what lies behind a band's name; a map has no room for shades of its ground."""
    return _band_colour(band) if band.shaded and chart.kind != "heat" else LIGHT["surface"]


def _add_marks(plot: Any, marks: tuple[Mark, ...], factor: float) -> None:
    from bokeh.models import Label, Node, Span

    for mark in marks:
        colour, along_y = LIGHT[mark.role], mark.axis == "y"
        place = mark.at if along_y else mark.at * factor
        plot.add_layout(Span(location=place, dimension="width" if along_y else "height", line_color=colour,
                             line_dash=[6, 4], line_width=1.2))  # fmt: skip
        if not mark.text:
            continue
        text = {"text": mark.text, "text_color": colour} | _label(LIGHT["surface"])
        if along_y:
            right = Node(target="frame", symbol="right")
            plot.add_layout(Label(x=right, y=place, x_offset=-4, y_offset=2, text_align="right", **text))
        else:
            plot.add_layout(Label(x=place, y=6, y_units="screen", x_offset=5, **text))


def _style(plot: Any, chart: Chart) -> None:
    from bokeh.models import NoOverlap

    across, along = (plot.xgrid, plot.ygrid) if chart.kind == "bars" else (plot.ygrid, plot.xgrid)
    across.grid_line_color, along.grid_line_color = LIGHT["grid"], None
    across.level = "underlay"
    for axis in (plot.xaxis, plot.yaxis):
        axis.axis_line_color = None
        axis.major_tick_line_color = None
        axis.minor_tick_line_color = None
        axis.major_label_text_color = LIGHT["ink" if chart.kind == "bars" and axis is plot.yaxis else "muted"]
        axis.major_label_text_font = FONT
        axis.major_label_text_font_size = TEXT_SIZE
        axis.major_label_standoff = 8
        axis.major_label_policy = NoOverlap(min_distance=6)
    plot.xaxis.axis_line_color = LIGHT["line"]


def _clock(plot: Any, *, long: bool) -> None:
    from bokeh.models import DatetimeTickFormatter

    minute = "%-H:%M:%S" if long else "%-M:%S"
    plot.xaxis.formatter = DatetimeTickFormatter(
        microseconds="%3Nms",
        milliseconds="%S.%3Ns",
        seconds=minute,
        minsec=minute,
        minutes=minute,
        hourmin=minute,
        hours=minute,
        days=minute,
        strip_leading_zeros=False,
    )
    plot.xaxis.ticker.desired_num_ticks = 7
    plot.xaxis.ticker.num_minor_ticks = 0


def _add_gestures(plot: Any) -> None:
    """Drag zooms in time, Ctrl and wheel too; the page links these over all clock axes, and moves them itself."""
    from bokeh.models import BoxZoomTool, WheelZoomTool

    box = BoxZoomTool(dimensions="width")
    box.overlay.fill_color, box.overlay.fill_alpha = LIGHT["good"], 0.12
    box.overlay.line_color = LIGHT["good"]
    wheel = WheelZoomTool(dimensions="width", modifiers={"ctrl": True})
    plot.add_tools(box, wheel)
    plot.toolbar.active_drag = box
    plot.toolbar.active_scroll = wheel
