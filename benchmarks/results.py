"""Tables on the terminal and in ``benchmarks/results``, as they came out, with what is needed to judge them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.target import MissingToolError, tool
from loadsim import __version__
from loadsim.experiment.machine import describe_host

RESULTS = Path(__file__).parent / "results"
_PACKAGES = ("locust", "gevent", "httptools", "numpy")
_PROGRAMS = {"k6": ("version",), "wrk": ("-v",), "nginx": ("-v",)}


@dataclass(slots=True)
class Table:
    """One table of figures. Cells are text; the first column is the row's name."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Add a row."""
        self.rows.append(cells)

    def lines(self) -> list[str]:
        """Return it as Markdown, aligned so that it reads as plain text too."""
        whole = [self.columns, *self.rows]
        widths = [max(len(row[n]) for row in whole) for n in range(len(self.columns))]

        def line(cells: Sequence[str]) -> str:
            first, *others = (
                cell.ljust(w) if n == 0 else cell.rjust(w)
                for n, (cell, w) in enumerate(zip(cells, widths, strict=True))
            )
            return "| " + " | ".join([first, *others]) + " |"

        rule = "|" + "|".join("-" * (w + 1) + ("-" if n == 0 else ":") for n, w in enumerate(widths)) + "|"
        return [f"### {self.title}", "", line(self.columns), rule, *(line(row) for row in self.rows), ""]


@dataclass(slots=True)
class Report:
    """The result of one benchmark: what was asked, tables, remarks."""

    name: str
    question: str
    tables: list[Table] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def table(self, title: str, *columns: str) -> Table:
        """Add an empty table."""
        self.tables.append(Table(title, columns))
        return self.tables[-1]

    def remark(self, text: str) -> None:
        """Add a sentence, and print it at once."""
        self.remarks.append(text)
        print(f"  {text}", flush=True)

    def finish(self) -> None:
        """Print the tables, and write them to ``results/NAME.md``."""
        tables = [line for table in self.tables for line in table.lines()]
        print("\n" + "\n".join(tables), flush=True)
        text = [f"# {self.name}", "", self.question, "", *tables, *(f"- {remark}" for remark in self.remarks)]
        text += ["", "---", *_circumstances(), ""]
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{self.name}.md").write_text("\n".join(text), encoding="utf-8")


def progress(text: str) -> None:
    """Say what is being measured now."""
    print(f"  {text}", flush=True)


def _circumstances() -> list[str]:
    host = describe_host()
    memory = host["memory_bytes"]
    size = f", {memory / 2**30:.0f} GiB" if isinstance(memory, int) else ""
    return [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, loadsim {__version__}{_commit()}  ",
        f"{host['processor']}, {host['cpu_count']} cores{size}; {host['system']} {host['release']}; "
        f"Python {host['python']}  ",
        ", ".join(_versions()),
    ]


def _commit() -> str:
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=RESULTS.parent
        )
    except OSError:
        return ""
    return f" ({found.stdout.strip()})" if found.returncode == 0 else ""


def _versions() -> list[str]:
    found = []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            pass  # the benchmark that needed it has said so
    for program, arguments in _PROGRAMS.items():
        try:
            said = subprocess.run([tool(program, ""), *arguments], capture_output=True, text=True, check=False)
        except MissingToolError:
            continue
        first = (said.stdout + said.stderr).strip().splitlines()[0]
        number = first.removeprefix(program).removeprefix(" version:").split("[")[0].split("(")[0].strip()
        found.append(f"{program} {number}")
    return found


def run_all(benchmarks: Sequence[tuple[str, object]]) -> int:
    """Run each; one that lacks a tool says so and the others go on. Return the exit code."""
    missing = 0
    for name, main in benchmarks:
        print(f"\n== {name}", flush=True)
        try:
            main()  # type: ignore[operator]
        except MissingToolError as error:
            missing += 1
            print(f"  left out: {error}", file=sys.stderr)
    return 1 if missing == len(benchmarks) else 0
