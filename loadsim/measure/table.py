"""Tables as CSV files (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from loadsim.errors import UsageError

Column = npt.NDArray[np.int64] | npt.NDArray[np.float64] | list[str]

TEXT_COLUMNS = frozenset({"phase", "pool", "backend", "outcome", "process", "tier", "server", "replica"})

# A spreadsheet takes a cell that begins so for a formula; a quote before it makes it text (OWASP, "CSV Injection").
# Quotes that are there already get one more, so that reading gives back what was written.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")
_ROWS = 4096
"""So many rows are lists of text at a time: an hour of many processes has hundreds of thousands."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length by name: arrays of numbers (nan: not known) or lists of text."""

    columns: Mapping[str, Column]

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns differ in length: {lengths}")

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """Return a column of numbers as floats."""
        return np.asarray(self.columns[name], np.float64)

    def texts(self, name: str) -> list[str]:
        """Return a column of text."""
        return [str(cell) for cell in self.columns[name]]


def write_csv(table: Table, path: Path) -> None:
    """Write a table whole or not at all (a rename). What is not known (nan, inf) is an empty cell. Raises OSError."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(table.columns)
        writer.writerows(zip(*(_cells(column) for column in table.columns.values()), strict=True))
    part.replace(path)


def read_csv(path: Path, text: Collection[str] = TEXT_COLUMNS) -> Table:
    """Read a table; the columns named in ``text`` are text, all others numbers (an empty cell is nan).

    Raises OSError, and UsageError that names file and line when it is not such a table.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        try:
            names = next(reader, [])
            pieces: list[list[Column]] = [[] for _ in names]
            number = 2
            while rows := list(islice(reader, _ROWS)):
                for row in rows:
                    if len(row) != len(names):
                        raise UsageError(
                            f"'{path}', row {number}: {len(row)} cells, {len(names)} expected as in the first"
                        )
                    number += 1
                for name, cells, found in zip(names, zip(*rows, strict=True), pieces, strict=True):
                    found.append(_texts(cells) if name in text else _numbers(path, name, cells))
        except (csv.Error, UnicodeDecodeError) as error:
            raise UsageError(f"'{path}' is not a table of a run: {error}") from None
    return Table({name: _joined(found, name in text) for name, found in zip(names, pieces, strict=True)})


def _cells(column: Column) -> Iterator[object]:
    if isinstance(column, list):
        return (f"'{cell}" if _FORMULA.match(cell) else cell for cell in column)
    if np.issubdtype(column.dtype, np.floating):
        finite = np.isfinite(column).tolist()
        return (f"{value:.9g}" if known else "" for value, known in zip(column.tolist(), finite, strict=True))
    return iter(column.tolist())


def _joined(pieces: Sequence[Column], is_text: bool) -> Column:
    if is_text:
        return [cell for piece in pieces for cell in piece]
    return np.concatenate([np.zeros(0), *pieces])


def _texts(cells: Sequence[str]) -> list[str]:
    plain = {cell: cell[1:] if _ESCAPED.match(cell) else cell for cell in set(cells)}  # there are few names
    return [plain[cell] for cell in cells]


def _numbers(path: Path, name: str, cells: Sequence[str]) -> npt.NDArray[np.float64]:
    try:
        known = cells if all(cells) else [cell or "nan" for cell in cells]
        return np.fromiter(map(float, known), np.float64, len(cells))
    except ValueError as error:
        raise UsageError(f"'{path}', column '{name}': {error}; expected numbers or empty cells") from None
