"""A gate's verdict for GitHub Actions: a step summary in Markdown, and annotations by workflow commands.

A line that begins with ``::`` is a command to the runner, whoever wrote it; so what else is printed meanwhile stands
between ``stop-commands`` and its token.
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from loadsim.baseline import VERDICTS, BaselineRecord
from loadsim.gate import GatedRun, GateRecord
from loadsim.objectives import sentence
from loadsim.record import ObjectiveRecord, Verdict
from loadsim.report.comparison.words import in_brief, metric_name
from loadsim.report.gate_words import effect_sentence, in_a_line, primary
from loadsim.report.junit import clean
from loadsim.report.markdown import safe
from loadsim.report.tables import nearness, objective_value, observed_value

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
_ROWS = 200
"""Far below the 1 MiB that GitHub takes of a step."""
_COMMANDS: dict[Verdict, str] = {"fail": "error", "invalid": "error", "inconclusive": "warning"}


def append_summary(record: GateRecord, path: Path) -> None:
    """Append the summary to the file that the runner names. Raises OSError."""
    with path.open("a", encoding="utf-8") as file:
        file.write(summary(record))


def summary(record: GateRecord) -> str:
    """Return the verdict, a table of all objectives, and why it does not pass."""
    rows = [(run, objective) for run in record.runs for objective in run.objectives]
    lines = [
        f"### Load test: {record.verdict}",
        "",
        f"{safe(in_a_line(record))}.",
        "",
        *(_objectives(rows[:_ROWS]) if rows else []),
        *(_effects(record.baseline) if record.baseline else []),
        *(f"- {safe(text)}" for text in _what_to_know(record.baseline)),
        *(f"- {safe(run.run)}: {safe(reason)}" for run in record.runs for reason in run.reasons[:_ROWS]),
        "",
    ]
    return "\n".join(lines)


def workflow_commands(record: GateRecord) -> Iterator[str]:
    """Yield a workflow command for everything that does not pass."""
    for run in record.runs:
        for problem in run.problems:
            yield command(_COMMANDS.get(run.verdict, "warning"), f"loadsim: {run.verdict}", f"{problem} ({run.run})")
        for objective in run.objectives:
            if objective.verdict != "pass":
                text = f"{sentence(objective)} ({run.run})"
                yield command(_COMMANDS[objective.verdict], f"loadsim: {objective.verdict}", text)

    for text, verdict in _of_baseline(record.baseline) if record.baseline else ():
        yield command(_COMMANDS[verdict], f"loadsim: {verdict}", text)


def _of_baseline(baseline: BaselineRecord) -> Iterator[tuple[str, Verdict]]:
    """Yield what does not pass, in words: why nothing can be told, or each primary metric of which it is so."""
    for reason in baseline.reasons:
        yield reason, "inconclusive"
    for effect in () if baseline.reasons else primary(baseline):
        if (verdict := VERDICTS.get(effect.verdict)) is not None:
            yield effect_sentence(effect), verdict


def command(name: str, title: str, text: str) -> str:
    """Return a workflow command; what would end a part of it is escaped as the runner reads it."""
    return f"::{name} title={_escape(title).replace(':', '%3A').replace(',', '%2C')}::{_escape(text)}"


def _escape(text: str) -> str:
    return clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _objectives(rows: Sequence[tuple[GatedRun, ObjectiveRecord]]) -> list[str]:
    return [
        "| Objective | Verdict | Observed | Bound | Of the bound | Run |",
        "| --- | --- | ---: | ---: | ---: | --- |",
        *(_row(run, objective) for run, objective in rows),
        "",
    ]


def _effects(baseline: BaselineRecord) -> list[str]:
    differing = [each for each in baseline.effects if not each.primary and each.verdict in ("better", "worse")]
    rows = [*primary(baseline), *differing[:_ROWS]]
    return [
        "| Against the baseline | Decides | Verdict | Effect (95 % interval) |",
        "| --- | --- | --- | ---: |",
        *(
            "| "
            + " | ".join(
                (safe(metric_name(each.metric)), "yes" if each.primary else "no", each.verdict, safe(in_brief(each)))
            )
            + " |"
            for each in rows
        ),
        "",
    ]


def _what_to_know(baseline: BaselineRecord | None) -> list[str]:
    return [] if baseline is None else [*baseline.reasons, *baseline.notes]


def _row(run: GatedRun, objective: ObjectiveRecord) -> str:
    cells = (
        objective.expression,
        objective.verdict,
        observed_value(objective),
        objective_value(objective, objective.bound),
        nearness(objective),
        run.run,
    )
    return "| " + " | ".join(safe(cell) for cell in cells) + " |"
