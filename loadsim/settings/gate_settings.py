"""What a gate holds runs to: ``--objective`` and loadsim.toml, every objective read before any run is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadsim.errors import SpecError, UsageError
from loadsim.objectives import Objective, parse_objective
from loadsim.record import RunRecord
from loadsim.settings.toml_file import find_config, read_config


@dataclass(frozen=True, slots=True)
class GateSettings:
    """Objectives of every run, and those of the scenarios that loadsim.toml names."""

    everywhere: tuple[Objective, ...]
    of_scenario: Mapping[str, tuple[Objective, ...]]

    def objectives(self, record: RunRecord) -> list[Objective]:
        """Return what this run is held to; nothing where nothing was said."""
        named = self.of_scenario.get(record.manifest.scenario, ())
        return list({objective.expression: objective for objective in (*self.everywhere, *named)}.values())


def gate_settings(expressions: Sequence[str], config: Path | None) -> GateSettings:
    """Read them from the command line and loadsim.toml. UsageError names the place of what cannot be taken."""
    given = _objectives(expressions, "--objective")
    file = read_config(find_config(config))
    return GateSettings(
        everywhere=(*_of_options(file.options, str(file.path)), *given),
        of_scenario={
            name: _of_options(scenario.options, f"{file.path}: [scenarios.{name}]")
            for name, scenario in file.scenarios.items()
        },
    )


def _of_options(options: Mapping[str, Any], where: str) -> tuple[Objective, ...]:
    return _objectives(options.get("objective", ()), f"{where}: objectives")


def _objectives(expressions: Sequence[str], where: str) -> tuple[Objective, ...]:
    objectives = []
    for text in expressions:
        try:
            objectives.append(parse_objective(text))
        except SpecError as error:
            raise UsageError(f"{where}: {error.message}", hint=error.hint) from None
    return tuple(objectives)
