"""What a shell offers while a command is typed. Nothing here may be slow, fail, or load the engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadsim.settings.toml_file import ConfigFile

Offers = list[tuple[str, str]]
"""What would be typed, and what it is."""
_REPORTS = "reports"
_KINDS = ("run", "compare")


def scenarios(incomplete: str) -> Offers:
    """Offer the scenarios of loadsim.toml and the built-in ones."""
    from loadsim.scenarios import SCENARIOS

    own = {name: f"Yours, on {scenario.base}." for name, scenario in _config().scenarios.items()}
    return _beginning(incomplete, own | {scenario.name: scenario.summary for scenario in SCENARIOS.values()})


def topologies(incomplete: str) -> Offers:
    """Offer the topologies of loadsim.toml and the built-in ones."""
    from loadsim.deploy.topology import SUMMARIES

    own = {name: f"Yours, on {settings['base']}." for name, settings in _config().topologies.items()}
    return _beginning(incomplete, own | SUMMARIES)


def policies(incomplete: str) -> Offers:
    """Offer the balancer's ways to choose a server."""
    from loadsim.deploy.topology import POLICIES

    return _beginning(incomplete, dict.fromkeys(POLICIES, ""))


def profile_shapes(incomplete: str) -> Offers:
    """Offer the names of the shapes, each with an example."""
    from loadsim.profiles.parse import SHAPES

    return _beginning(incomplete, {shape.shape: shape.example for shape in SHAPES})


def runs(incomplete: str) -> Offers:
    """Offer directories of runs and comparisons, at first in reports/; where there are none, the shell offers files."""
    typed = incomplete or f"{_REPORTS}/"
    shown, slash, beginning = typed.rpartition("/")
    try:
        found = sorted({path.parent.name for kind in _KINDS for path in Path(shown + slash).glob(f"*/{kind}.json")})
    except OSError:
        return []
    return _beginning(typed, {f"{shown}{slash}{name}": "" for name in found if beginning or not name.startswith(".")})


def one_of(*choices: str) -> Callable[[str], Offers]:
    """Return what offers these words."""

    def offer(incomplete: str) -> Offers:
        return _beginning(incomplete, dict.fromkeys(choices, ""))

    return offer


def _beginning(incomplete: str, offered: dict[str, str]) -> Offers:
    return [(name, what) for name, what in offered.items() if name.startswith(incomplete)]


def _config() -> ConfigFile:
    from loadsim.errors import UsageError
    from loadsim.settings.toml_file import ConfigFile, find_config, read_config

    try:
        return read_config(find_config(None))
    except UsageError:  # the command itself will say what is wrong with the file
        return ConfigFile()
