"""Everything loadsim writes on a terminal, or on what takes its place in a log.

Texts of a target, a file or a user reach a terminal only through :func:`~loadsim.report.terminal.words.safe`, as
``Text``, never as markup.
"""

from __future__ import annotations

from loadsim.report.terminal.live import LiveView
from loadsim.report.terminal.state import LiveState, Times
from loadsim.report.terminal.view import PlainView, QuietView, View, is_interactive, view_for

__all__ = [
    "LiveState",
    "LiveView",
    "PlainView",
    "QuietView",
    "Times",
    "View",
    "is_interactive",
    "view_for",
]
