"""A canvas of braille dots: two columns and four rows of dots in a character cell."""

from __future__ import annotations

from collections.abc import Sequence

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of U+2800, by row from the top and column."""


class Braille:
    """Dots on ``columns`` x ``rows`` cells; where the terminal has no braille, a cell with any dot is ``ink``."""

    def __init__(self, columns: int, rows: int, *, ink: str = "") -> None:
        self.columns = columns
        self.rows = rows
        self._ink = ink
        self._cells = [[0] * columns for _ in range(rows)]

    def dot(self, x: int, y: int) -> None:
        """Set the dot ``x`` from the left, ``y`` from the bottom; outside the canvas nothing is set."""
        column, row = x // 2, y // 4
        if 0 <= column < self.columns and 0 <= row < self.rows:
            self._cells[self.rows - 1 - row][column] |= _DOTS[3 - y % 4][x % 2]

    def curve(self, heights: Sequence[float | None]) -> None:
        """Draw one height (0..1) a dot column, joined by the upright strokes that a jump needs; None is a gap."""
        before: int | None = None
        for x, height in enumerate(heights):
            if height is None:
                before = None
                continue
            y = min(self.rows * 4 - 1, max(0, int(height * self.rows * 4)))
            start = y if before is None or abs(y - before) < 2 else before + (1 if y > before else -1)
            for between in range(min(start, y), max(start, y) + 1):
                self.dot(x, between)
            before = y

    def stroke(self, x: int, low: float, high: float) -> None:
        """Draw an upright stroke from ``low`` to ``high`` (0..1) in dot column ``x``."""
        most = self.rows * 4 - 1
        bottom, top = (min(most, max(0, int(end * (most + 1)))) for end in (low, high))
        for y in range(bottom, top + 1):
            self.dot(x, y)

    def lines(self) -> list[str]:
        """Return the rows of characters, the top one first; an empty cell is a space."""
        return ["".join(self._character(bits) for bits in row) for row in self._cells]

    def _character(self, bits: int) -> str:
        if not bits:
            return " "
        return self._ink or chr(0x2800 + bits)
