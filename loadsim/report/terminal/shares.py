"""Backends as bars: who got how much of the pool's requests."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

from loadsim.report.terminal.words import ACCENT, DIM, HEADING, Glyphs, bar, fit, percent, width_of

NO_BACKEND = "(none)"
"""Answers that named no backend; outside the shares."""


def backend_lines(backends: Mapping[str, Mapping[str, int]], width: int, height: int, glyphs: Glyphs) -> list[Text]:
    """Return a title and a bar a backend in at most ``height`` lines; those that find no room are counted in words.

    Bars are scaled to the busiest backend of all, so that the eye compares lengths; the per cent are of the pool.
    """
    rows = [(pool, name, count) for pool, members in backends.items() for name, count in members.items()]
    if height < 1:
        return []
    if not rows:
        return [Text().append("backends  ", HEADING).append("no answer has named one yet", DIM)]
    title = Text().append("backends  ", HEADING).append("share of the requests of its pool", DIM)
    shown = rows if len(rows) <= height - 1 else rows[: max(0, height - 2)]
    totals = {pool: sum(n for name, n in members.items() if name != NO_BACKEND) for pool, members in backends.items()}
    most = max((count for _, name, count in rows if name != NO_BACKEND), default=0)
    pool_width = min(12, max(width_of(pool) for pool, _, _ in rows))
    name_width = min(24, max(width_of(name) for _, name, _ in rows))
    lines = [title]
    previous = None
    for pool, name, count in shown:
        line = (
            Text().append(fit("" if pool == previous else pool, pool_width), DIM).append(f" {fit(name, name_width)} ")
        )
        room = max(4, width - pool_width - name_width - 23)
        counted = name != NO_BACKEND
        length = bar(count / most if counted and most else 0.0, room, glyphs)
        part = count / totals[pool] if counted and totals[pool] else None
        line.append(length, ACCENT).append(f" {percent(part):>8}", HEADING).append(f" {count:>11,}", DIM)
        lines.append(line)
        previous = pool
    if len(shown) < len(rows) and height > 1:
        lines.append(Text(f"and {len(rows) - len(shown)} more", DIM))
    return lines
