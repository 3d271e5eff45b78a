"""The documents, held to the code: commands are taken and run, links lead somewhere, no path is of one machine."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from .cli.commands import check_taken, loadsim
from .engine.loopback import Loopback

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(path.relative_to(ROOT) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CHEAP = ("scenarios", "profiles", "schema", "--help", "--version")
_LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]:\s*(\S+)|(?:src|href)=\"([^\"]+)\"", re.MULTILINE)
_OF_A_MACHINE = re.compile(r"(?<![\w.])/(?:home|root|Users|work|mnt|media|srv)/|[A-Z]:\\")
_COMMAND = re.compile(r"loadsim [a-z-]")
_URL = re.compile(r"http://127\.0\.0\.1:\d+")


def code_lines(text: str) -> Iterator[str]:
    """Return the lines of code blocks, fenced or indented, each with those it goes on in after a backslash."""
    fenced = False
    lines = iter(text.splitlines())
    for line in lines:
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            while line.endswith("\\"):
                line = f"{line[:-1]}{next(lines, '')}"
            yield line.strip().removeprefix("$ ")


def commands(document: Path) -> list[list[str]]:
    """Return the words of every ``loadsim`` command of a document, without comments and what follows a pipe."""
    found = []
    for line in code_lines((ROOT / document).read_text()):
        words = shlex.split(line, comments=True) if _COMMAND.match(line) else []
        ends = [index for index, word in enumerate(words) if word in {"|", ">", "&&", ";"}]
        if words:
            found.append(words[1 : min(ends, default=len(words))])
    return found


ALL = [
    pytest.param(argv, id=f"{document}: {shlex.join(argv)}") for document in DOCUMENTS for argv in commands(document)
]
README = {shlex.join(argv): argv for argv in commands(Path("README.md"))}


@pytest.mark.parametrize("argv", ALL)
def test_a_command_of_the_documents_is_taken_as_it_is_written(argv: list[str]) -> None:
    check_taken(argv)


@pytest.mark.parametrize("argv", [argv for argv in README.values() if argv[0] in CHEAP], ids=shlex.join)
def test_a_command_of_the_readme_that_only_shows_something_shows_it(argv: list[str]) -> None:
    told = loadsim(*argv)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout


@pytest.mark.parametrize("argv", [argv for argv in README.values() if argv[0] in {"run", "try"}], ids=shlex.join)
def test_a_run_of_the_readme_runs(argv: list[str], tmp_path: Path) -> None:
    short = ["--duration", "1s", "--warmup", "0s"] if argv[0] == "run" else []
    with Loopback() as server:
        here = [_URL.sub(server.url, word) for word in argv]
        told = loadsim(*here, *short, cwd=tmp_path, LOADSIM_TARGET_ITEMS="30")
    assert told.returncode in {0, 1, 4}, told.stderr
    if argv[0] == "run":
        (record,) = tmp_path.glob("**/run.json")
        assert (record.parent / "report.html").exists()


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = [next(filter(None, found)) for found in _LINK.findall((ROOT / document).read_text())]
    inside = [link.partition("#")[0] for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in inside if not (ROOT / document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_no_document_names_a_path_of_one_machine(document: Path) -> None:
    text = (ROOT / document).read_text()
    assert _OF_A_MACHINE.findall(text) == []
    assert str(ROOT) not in text


def test_the_readme_s_make_targets_are_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = [line.split()[1] for line in code_lines((ROOT / "README.md").read_text()) if line.startswith("make ")]
    assert named
    assert [name for name in named if f"\n{name}:" not in makefile] == []
