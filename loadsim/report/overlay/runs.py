"""What runs are called where they stand beside each other, and the colour of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loadsim.errors import UsageError
from loadsim.report.rundata import RunData
from loadsim.report.text import visible
from loadsim.report.theme import CATEGORIES

MOST = len(CATEGORIES)
"""As many as there are colours that can be told apart."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A run among others: its name here, and the role of its colour in the theme."""

    run: RunData
    label: str
    role: str


def lay_out(runs: Sequence[RunData]) -> tuple[Laid, ...]:
    """Name and colour the runs; the first is what the others are held against. UsageError if they are too many.

    Beside a run of a closed model, which has no response time, all speak of service time.
    """
    if len(runs) > MOST:
        raise UsageError(f"{len(runs)} runs are too many to be told apart on one chart", hint=f"Give at most {MOST}.")
    if any(run.closed for run in runs):
        runs = [replace(run, service_only=True) for run in runs]
    return tuple(
        Laid(run, visible(name, 48), role) for run, name, role in zip(runs, _names(runs), CATEGORIES, strict=False)
    )


def _names(runs: Sequence[RunData]) -> list[str]:
    """Return the first kind of name that tells the runs apart."""
    directories = [run.directory.resolve().name for run in runs]
    for names in ([_what_on_what(run) for run in runs], _without_shared_end(directories)):
        if len(set(names)) == len(names):
            return names
    return [f"{number} {name}" for number, name in enumerate(directories, start=1)]


def _what_on_what(run: RunData) -> str:
    manifest = run.record.manifest
    return f"{manifest.scenario} on {manifest.topology or manifest.target}"


def _without_shared_end(names: list[str]) -> list[str]:
    """Leave out what all names end with, by whole parts, such as the scenario in ``20260131T120000Z-spiky``."""
    parts = [name.split("-") for name in names]
    while all(len(part) > 1 for part in parts) and len({part[-1] for part in parts}) == 1:
        parts = [part[:-1] for part in parts]
    return ["-".join(part) for part in parts]
