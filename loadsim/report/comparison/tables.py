"""The tables of a comparison: every effect, and every round."""

from __future__ import annotations

import numpy as np

from loadsim.compare import CompareRecord, EffectRecord
from loadsim.report.comparison.effects import sides
from loadsim.report.comparison.words import effect_value, interval_text, margin_text, metric_name, writer
from loadsim.report.tables import Cell, Table
from loadsim.report.text import UNKNOWN, visible

_TONES = {"worse": "fail", "better": "pass"}


def effects_table(record: CompareRecord) -> Table:
    """Return every metric: primary ones first, then exploratory ones by name."""
    a, b = sides(record)
    rows = tuple(_effect(effect) for effect in record.effects)
    return Table(
        "effects-all",
        "effects",
        "Every metric",
        ("Metric", "Kind", "Verdict", a, b, "Effect", "95 % interval", "p, adjusted", "Can detect", "Why"),
        (False, False, False, True, True, True, False, True, True, False),
        rows,
        "Values are medians over the rounds. p is adjusted for how many metrics are looked at: among the primary ones "
        "the chance of any false alarm is held, among the exploratory ones the share of false ones. 'Can detect' is "
        "what so many rounds find in 4 of 5 cases, given the noise seen.",
    )


def _effect(effect: EffectRecord) -> tuple[Cell, ...]:
    write = writer(effect)
    a, b = (_median(side) for side in (effect.a, effect.b))
    known = effect.effect is not None
    p = effect.p_adjusted
    return (
        Cell(visible(metric_name(effect.metric), 80)),
        Cell("primary" if effect.primary else "exploratory"),
        Cell(effect.verdict, effect.verdict, _TONES.get(effect.verdict, "")),
        Cell(write(a), a),
        Cell(write(b), b),
        Cell(effect_value(effect, effect.effect) if known else UNKNOWN, effect.effect),
        Cell(interval_text(effect)),
        Cell(UNKNOWN if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}", p),
        Cell(UNKNOWN if effect.detectable is None else margin_text(effect, effect.detectable), effect.detectable),
        Cell(visible(effect.reason)),
    )


def rounds_table(record: CompareRecord) -> Table:
    """Return the rounds: seed, order, and where their runs are."""
    a, b = sides(record)
    rows = tuple(
        (
            Cell(str(each.number), float(each.number)),
            Cell(UNKNOWN if each.seed is None else str(each.seed)),
            Cell({"ab": f"{a}, {b}", "ba": f"{b}, {a}"}.get(each.order or "", UNKNOWN)),
            Cell(visible(each.a or UNKNOWN, 200)),
            Cell(visible(each.b or UNKNOWN, 200)),
            Cell("yes" if each.counted else "no", tone="" if each.counted else "warn"),
            Cell(visible(each.why_not)),
        )
        for each in record.rounds
    )
    columns = ("Round", "Seed", "Order", f"Run of {a}", f"Run of {b}", "Counted", "Why not")
    return Table("rounds", "rounds", "What was run", columns, (True, True, *(False,) * 5), rows)


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
