"""A terminal small enough to be strict: it knows the sequences loadsim may send, and fails on any other."""

from __future__ import annotations

import re

from rich.cells import cell_len

_SEQUENCE = re.compile(
    r"\x1b\[(?P<args>[?\d;]*)(?P<code>[A-Za-z])|\x1b\]8;[^\x1b\x07]*\x1b\\|(?P<text>[^\x1b\x00-\x1f\x7f-\x9f]+)|(?P<control>[\n\r])"
)
_MODES = {"?1049": "alternate", "?25": "cursor", "?7": "wrap", "?2026": "synchronised"}


class Terminal:
    """A screen of ``width`` x ``height`` cells and what it was told; ``scrolled`` counts lines lost at the top."""

    def __init__(self, width: int, height: int) -> None:
        self.modes = {"alternate": False, "cursor": True, "wrap": True, "synchronised": False}
        self.scrolled = 0
        self.row = self.column = 0
        self.frames = 0
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.cells = [[" "] * width for _ in range(height)]

    @property
    def lines(self) -> list[str]:
        return ["".join(line).rstrip() for line in self.cells]

    def feed(self, output: str) -> None:
        at = 0
        while at < len(output):
            match = _SEQUENCE.match(output, at)
            assert match, f"a sequence nobody should send: {output[at : at + 20]!r}"
            at = match.end()
            if match["text"]:
                self._write(match["text"])
            elif match["control"]:
                self._control(match["control"])
            elif match["code"]:
                self._obey(match["args"], match["code"])

    def _write(self, text: str) -> None:
        for character in text:
            cells = cell_len(character)
            if self.column + cells > self.width:
                if self.modes["wrap"]:
                    self._control("\r")
                    self._control("\n")
                else:
                    self.column = self.width - cells
            if cells:
                self.cells[self.row][self.column : self.column + cells] = [character] + [""] * (cells - 1)
                self.column += cells

    def _control(self, character: str) -> None:
        if character == "\r":
            self.column = 0
            return
        self.column = 0
        if self.row == self.height - 1:
            self.cells = [*self.cells[1:], [" "] * self.width]
            self.scrolled += 1
        else:
            self.row += 1

    def _obey(self, args: str, code: str) -> None:
        if code == "m":
            return
        if code in "hl" and args in _MODES:
            self.modes[_MODES[args]] = code == "h"
            self.frames += args == "?2026" and code == "h"
        elif code == "H":
            row, column = (int(part) for part in args.split(";")) if args else (1, 1)
            assert row <= self.height
            self.row, self.column = row - 1, column - 1
        elif code == "K" and args in {"", "0"}:
            at = min(self.column, self.width - 1)  # a cursor past the end stands on the last cell
            self.cells[self.row][at:] = [" "] * (self.width - at)
        elif code == "K" and args == "2":
            self.cells[self.row] = [" "] * self.width
        elif code == "A":
            self.row = max(0, self.row - int(args or 1))
        elif code == "J" and args == "2":
            self.resize(self.width, self.height)
        else:
            raise AssertionError(f"a sequence nobody should send: ESC[{args}{code}")
