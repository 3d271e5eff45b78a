"""One thing that was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence with its figures, the key of the chart that shows it, and whether it is bad news or a note."""

    text: str
    chart: str
    tone: Literal["", "bad", "note"] = ""
