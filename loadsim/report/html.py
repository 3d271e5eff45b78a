"""``report.html``: one file that needs nothing else, from the chart data, the tables and the words.

The page's policy allows its own two scripts (by hash) and no request at all. BokehJS and the numbers lie compressed in
data blocks; the page's script unpacks them, so that a report stays small enough to send to somebody. Whatever came from
a target is escaped by the template (autoescape), and in data blocks by writing ``<`` as an escape.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from loadsim.record import RunRecord
from loadsim.report.chart import Chart, FloatArray
from loadsim.report.charts import SECTIONS, charts
from loadsim.report.figures import Figure, Verdict, all_good, figures, verdict
from loadsim.report.interactive import document, plot_height_px, x_factor
from loadsim.report.rundata import RunData
from loadsim.report.seen import Finding, seen
from loadsim.report.tables import Table, facts, tables
from loadsim.report.text import length, visible
from loadsim.report.theme import DARK, HEAT, LIGHT


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the template shows."""

    title: str
    subject: str
    beside: str
    """What stands beside the subject in the heading."""
    charts: Sequence[Chart]
    tables: Sequence[Table]
    sections: Mapping[str, str]
    """Key -> title, in order; a section is shown if it has a chart, a table or a remark."""
    commands: Sequence[tuple[str, str]]
    """Which run, and how to make it again."""
    warnings: Sequence[str]
    first: str = "requests-over-time"
    """The chart on the first screen."""
    subtitle: str = ""
    verdict: Verdict | None = None
    figures: Sequence[Figure] = ()
    lead: Sequence[Table] = ()
    """What is shown before everything else."""
    seen: Sequence[Finding] = ()
    remarks: Mapping[str, str] = field(default_factory=dict)
    """By section, what is said where there is nothing to draw."""
    facts: Sequence[tuple[str, str]] = ()
    record: str = ""
    record_name: str = "run.json"


def write_html(run: RunData, path: Path, drawn: Sequence[Chart] | None = None) -> Path:
    """Write the report of a run as one HTML file and return its path. Raises OSError.

    ``drawn`` are the run's charts where the caller has them already.
    """
    return write_page(page_of(run, charts(run) if drawn is None else drawn), path)


def write_page(page: Page, path: Path) -> Path:
    """Write a page as one HTML file, whole or not at all, and return its path. Raises OSError."""
    part = path.with_name(path.name + ".part")
    part.write_text(render(page), encoding="utf-8", errors="replace")
    part.replace(path)
    return path


def page_of(run: RunData, drawn: Sequence[Chart]) -> Page:
    """Return what the page of a run shows."""
    import msgspec

    record = run.record
    manifest = record.manifest
    subject = f"{manifest.scenario} on {manifest.topology or manifest.target}"
    return Page(
        title=visible(f"{subject} · loadsim"),
        subject=visible(manifest.scenario),
        beside=visible(f"on {manifest.topology} target" if manifest.topology else f"on {manifest.target}"),
        subtitle=visible(f"{manifest.profile} for {length(manifest.duration_s)}"),
        verdict=verdict(record),
        figures=figures(run),
        seen=seen(run),
        charts=drawn,
        tables=tables(run),
        sections=SECTIONS,
        remarks={"errors": all_good(record)},
        facts=facts(record),
        commands=[("", command_of(record))],
        record=msgspec.json.format(msgspec.json.encode(record), indent=2).decode(),
        warnings=[visible(text) for text in (*record.warnings, *run.notes)],
    )


def command_of(record: RunRecord) -> str:
    """Return the command that makes a run again."""
    return visible(shlex.join(repeat_command(record.manifest.argv, record.manifest.seed)), 4000)


def repeat_command(argv: Sequence[str], seed: int) -> list[str]:
    """Return the command with the seed that was used, so that it makes the same traffic again."""
    words = [Path(argv[0]).name, *argv[1:]] if argv else []
    given = any(word == "--seed" or word.startswith("--seed=") for word in words)
    return words if given or not words else [*words, "--seed", str(seed)]


def render(page: Page) -> str:
    """Return the page as HTML."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    script, style = _asset("report.js"), _style()
    engine = _bokeh()
    environment = Environment(
        loader=FunctionLoader(_asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    by_section = {
        key: (
            [c for c in page.charts if c.section == key and c.key != page.first],
            [t for t in page.tables if t.section == key],
            page.remarks.get(key, ""),
        )
        for key in page.sections
    }
    return environment.get_template("report.html").render(
        page=page,
        first=next((chart for chart in page.charts if chart.key == page.first), None),
        sections=[(key, page.sections[key], *parts) for key, parts in by_section.items() if any(parts)],
        chart_titles={chart.key: chart.title for chart in page.charts},
        height=plot_height_px,
        style=style,
        script=script,
        policy="; ".join(
            (
                "default-src 'none'",
                f"script-src {_hash(script)} {_hash(engine)}",
                "style-src 'unsafe-inline'",  # BokehJS styles its shadow roots; no request can come of it
                "img-src data: blob:",
                "base-uri 'none'",
                "form-action 'none'",
            )
        ),
        engine=_packed(engine),
        data=_packed(json.dumps(_payload(page), separators=(",", ":"), allow_nan=False)),
    )


def _payload(page: Page) -> dict[str, Any]:
    return {
        "light": LIGHT,
        "dark": DARK,
        "heat": HEAT,
        "name": page.subject,
        "charts": {chart.key: _chart_data(chart) for chart in page.charts},
    }


def _chart_data(chart: Chart) -> dict[str, Any]:
    data: dict[str, Any] = {
        "title": chart.title,
        "kind": chart.kind,
        "scale": chart.x.scale,
        "factor": x_factor(chart),
        "unit": chart.x.unit if chart.kind == "bars" else chart.y.unit,
        "x": [chart.x.low, chart.x.high],
        "xs": _numbers(chart.xs),
        "categories": chart.categories,
        "series": [{"label": s.label, "hidden": s.hidden, "values": _numbers(s.values)} for s in chart.series],
        "drawing": document(chart),
    }
    if chart.heat is not None:
        data["heat"] = {
            "start": chart.heat.start_s,
            "column": chart.heat.column_s,
            "edges": _numbers(chart.heat.edges_s),
            "counts": chart.heat.counts.tolist(),
        }
    return data


def _numbers(values: FloatArray) -> list[float | int | None]:
    """Return numbers of five significant digits, the whole ones as integers; null where not known."""
    known = np.isfinite(values)
    if known.all() and (np.abs(values) < 1e15).all() and (values == np.floor(values)).all():
        return [int(value) for value in values.tolist()]
    digits = [
        float(f"{value:.5g}") if fine else None for value, fine in zip(values.tolist(), known.tolist(), strict=True)
    ]
    return list(digits)


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _bokeh() -> str:
    import bokeh

    return (Path(bokeh.__file__).parent / "server/static/js/bokeh.min.js").read_text(encoding="utf-8")


def _asset(name: str) -> str:
    return (resources.files("loadsim.report") / "page" / name).read_text(encoding="utf-8")


def _style() -> str:
    """Return the style sheet with the themes' colours as custom properties."""
    light, dark = ("".join(f"--{role}:{colour};" for role, colour in theme.items()) for theme in (LIGHT, DARK))
    return (
        f":root{{color-scheme:light dark;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
        f"@media print{{:root{{{light}}}[data-drawn=dark] .plot{{background:{DARK['surface']}}}}}"
    ) + _asset("report.css")
