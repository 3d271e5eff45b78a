"""Tables as CSV files (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from loadsim.errors import UsageError

Column = npt.NDArray[np.int64] | npt.NDArray[np.float64] | list[str]

TEXT_COLUMNS = frozenset({"phase", "pool", "backend", "outcome", "process", "tier"})

# A spreadsheet takes a cell that begins so for a formula; a quote before it makes it text (OWASP, "CSV Injection").
# Quotes that are there already get one more, so that reading gives back what was written.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


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
        try:
            names, *rows = list(csv.reader(file)) or [[]]
            for number, row in enumerate(rows, 2):
                if len(row) != len(names):
                    raise UsageError(f"'{path}', row {number}: {len(row)} cells, {len(names)} expected as in the first")
            columns: dict[str, Column] = {}
            for place, name in enumerate(names):
                cells = [row[place] for row in rows]
                columns[name] = [_unescape(cell) for cell in cells] if name in text else _numbers(path, name, cells)
        except (csv.Error, UnicodeDecodeError) as error:
            raise UsageError(f"'{path}' is not a table of a run: {error}") from None
    return Table(columns)


def _cells(column: Column) -> Iterator[object]:
    if isinstance(column, list):
        return (f"'{cell}" if _FORMULA.match(cell) else cell for cell in column)
    if np.issubdtype(column.dtype, np.floating):
        finite = np.isfinite(column).tolist()
        return (f"{value:.9g}" if known else "" for value, known in zip(column.tolist(), finite, strict=True))
    return iter(column.tolist())


def _unescape(cell: str) -> str:
    return cell[1:] if _ESCAPED.match(cell) else cell


def _numbers(path: Path, name: str, cells: Sequence[str]) -> npt.NDArray[np.float64]:
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells], np.float64)
    except ValueError as error:
        raise UsageError(f"'{path}', column '{name}': {error}; expected numbers or empty cells") from None
