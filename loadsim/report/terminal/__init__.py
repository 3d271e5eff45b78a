"""Everything loadsim writes on a terminal, or on what takes its place in a log.

Texts of a target, a file or a user reach a terminal only through :func:`~loadsim.report.text.visible`, as ``Text``,
never as markup.
"""

from __future__ import annotations

from loadsim.report.terminal.console import open_console
from loadsim.report.terminal.exchange import print_exchange
from loadsim.report.terminal.listings import print_profiles, print_scenarios, print_topologies
from loadsim.report.terminal.live import LiveView
from loadsim.report.terminal.rounds import print_rounds
from loadsim.report.terminal.state import LiveState, Times
from loadsim.report.terminal.steps import Step, Steps
from loadsim.report.terminal.summary import print_summary
from loadsim.report.terminal.view import PlainView, QuietView, View, is_interactive, view_for
from loadsim.report.terminal.words import print_error

__all__ = [
    "LiveState",
    "LiveView",
    "PlainView",
    "QuietView",
    "Step",
    "Steps",
    "Times",
    "View",
    "is_interactive",
    "open_console",
    "print_error",
    "print_exchange",
    "print_profiles",
    "print_rounds",
    "print_scenarios",
    "print_summary",
    "print_topologies",
    "view_for",
]
