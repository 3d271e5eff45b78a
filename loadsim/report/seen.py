"""What was seen, in plain words: each sentence computed from the record, with its figures and where to see it."""

from __future__ import annotations

from dataclasses import dataclass

from loadsim.report.rundata import RunData


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence, the key of the chart that shows it, and whether it is bad news or a note."""

    text: str
    chart: str = ""
    tone: str = ""


def seen(run: RunData) -> list[Finding]:
    return []
