"""``compare.html``: the conclusion, the effects, the rounds, and both sides laid over each other."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from loadsim.compare import CompareRecord, EffectRecord, read_comparison
from loadsim.compare.record import to_json
from loadsim.errors import UsageError
from loadsim.report.chart import Chart
from loadsim.report.comparison import effects, rounds
from loadsim.report.comparison.tables import effects_table, rounds_table
from loadsim.report.comparison.words import effect_value, interval_text, metric_name
from loadsim.report.figures import Figure, Verdict
from loadsim.report.finding import Finding
from loadsim.report.html import Page, repeat_command, write_page
from loadsim.report.rundata import RunData, load_run
from loadsim.report.text import length, visible

REPORT = "compare.html"
_SECTIONS = {
    "effects": "Effects",
    "rounds": "Rounds",
    "load": "Load",
    "latency": "Response time",
    "balance": "Balance",
}
_TONES = {"worse": "fail", "better": "pass", "equivalent": "pass"}


def write_comparison_report(directory: Path, out: Path | None = None) -> Path:
    """Write ``compare.html`` (into ``out``: else beside ``compare.json``) and return its path. UsageError, OSError."""
    record = read_comparison(directory)
    both, missing = load_rounds(record, directory)
    place = out or directory
    place.mkdir(parents=True, exist_ok=True)
    return write_page(comparison_page(both, missing), place / REPORT)


def comparison_page(both: rounds.BothSides, warnings: Sequence[str] = ()) -> Page:
    """Return what the page shows."""
    record = both.record
    manifest, conclusion = record.manifest, record.conclusion
    a, b = effects.sides(record)
    headline, *findings = conclusion.sentences or [conclusion.verdict]
    return Page(
        title=visible(f"{b} against {a} · loadsim"),
        subject=visible(f"{b} against {a}"),
        beside=visible(f"with {manifest.scenario}"),
        subtitle=visible(f"{manifest.profile} for {length(manifest.duration_s)}, {len(record.rounds)} rounds"),
        verdict=Verdict(
            conclusion.verdict.capitalize(),
            _TONES.get(conclusion.verdict, conclusion.verdict),
            (headline, *(visible(reason) for reason in conclusion.reasons)),
        ),
        figures=[_figure(effect) for effect in record.effects if effect.primary],
        seen=_seen(record, findings),
        charts=_charts(both),
        tables=[table for table in (effects_table(record), rounds_table(record)) if table.rows],
        sections=_SECTIONS,
        first=effects.FOREST,
        facts=_facts(record),
        commands=[("", _command(record))],
        record=to_json(record),
        record_name="compare.json",
        warnings=[visible(text, 600) for text in (*record.notes, *warnings)],
    )


def _charts(both: rounds.BothSides) -> list[Chart]:
    record = both.record
    drawn = [
        effects.forest_of_times(record),
        effects.forest_of_shares(record),
        effects.forest_of_waits(record),
        *(effects.rounds_of(record, effect) for effect in record.effects if effect.primary),
        *(
            draw(both)
            for draw in (
                rounds.requests_over_time,
                rounds.percentiles,
                rounds.shift,
                rounds.balancer_distribution,
            )
        ),
    ]
    return [chart for chart in drawn if chart is not None]


def load_rounds(record: CompareRecord, directory: Path) -> tuple[rounds.BothSides, list[str]]:
    """Read the runs that counted; one that cannot be read is said, and the effects stand without it."""
    found: dict[str, list[RunData]] = {"a": [], "b": []}
    missing: list[str] = []
    paired = record.manifest.design != "unpaired"
    for each in record.rounds:
        loaded: dict[str, RunData] = {}
        for letter, path in (("a", each.a), ("b", each.b)):
            if path is None or not each.counted:
                continue
            try:
                loaded[letter] = load_run(directory / path)
            except UsageError as error:
                missing.append(f"{error.message}: the charts over time and by percentile are without it.")
        if len(loaded) == 2 or not paired:
            for letter, run in loaded.items():
                found[letter].append(run)
    return rounds.BothSides(record, tuple(found["a"]), tuple(found["b"])), missing


def _seen(record: CompareRecord, sentences: Sequence[str]) -> list[Finding]:
    """Return the sentences after the headline: primary metrics come first, and have a chart of their rounds."""
    keys = [effects.rounds_key(effect) for effect in record.effects if effect.primary]
    tones: dict[str, Literal["", "bad", "note"]] = {"worse": "bad", "inconclusive": "note"}
    found = [tones.get(effect.verdict, "") for effect in record.effects if effect.primary]
    return [
        Finding(
            visible(text, 600),
            keys[place] if place < len(keys) else "",
            found[place] if place < len(keys) else "",
        )
        for place, text in enumerate(sentences)
    ]


def _figure(effect: EffectRecord) -> Figure:
    value = "no answer" if effect.effect is None else effect_value(effect, effect.effect)
    beside = f"{effect.verdict}; {interval_text(effect)}"
    return Figure(metric_name(effect.metric), value, beside, "fail" if effect.verdict == "worse" else "")


def _facts(record: CompareRecord) -> list[tuple[str, str]]:
    m = record.manifest
    looks = f"looked at after {', '.join(map(str, m.looks))}" if len(m.looks) > 1 else ""
    pairs = [
        ("Comparison", m.id),
        ("Started", m.started_at),
        ("Baseline (A)", f"{m.a.name}: {m.a.topology or m.a.target}"),
        ("Against it (B)", f"{m.b.name}: {m.b.topology or m.b.target}"),
        ("Scenario", m.scenario),
        ("Profile", m.profile),
        ("Duration", f"{length(m.duration_s)} a run, after {length(m.warmup_s)} of warm-up"),
        ("Rounds", "; ".join(part for part in (f"{m.rounds_planned} planned", looks, m.design) if part)),
        ("Level of a look", f"{m.level * 100:g} %"),
        ("Primary metrics", ", ".join(m.primary)),
        ("Seed", "" if m.seed is None else str(m.seed)),
        ("loadsim", m.loadsim),
    ]
    return [(name, visible(value)) for name, value in pairs if value]


def _command(record: CompareRecord) -> str:
    argv, seed = record.manifest.argv, record.manifest.seed
    return visible(shlex.join(argv if seed is None else repeat_command(argv, seed)), 4000)
