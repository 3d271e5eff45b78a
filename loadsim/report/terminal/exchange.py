"""One request and its answer, as ``loadsim try`` prints them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.text import Text

from loadsim.report.terminal.words import ACCENT, BAD, DIM, GOOD, HEADING, WARN, duration, glyphs_for
from loadsim.report.text import visible

_BODY_LINES = 12
_LINE_LIMIT = 2000


def print_exchange(
    console: Console,
    *,
    method: str,
    url: str,
    request_headers: Iterable[tuple[str, str]],
    status: int | None,
    response_headers: Iterable[tuple[str, str]],
    body: str,
    timings_s: Mapping[str, float | None],
    outcome: str = "",
) -> None:
    """Print a request (``>``) and its answer (``<``) with the beginning of its body and its times.

    ``status`` None means that no answer came; ``outcome`` then says why. Headers come redacted.
    """
    glyphs = glyphs_for(console)
    _line(
        console,
        Text().append("> ", DIM).append(visible(method, 40), HEADING).append(" ").append(visible(url, _LINE_LIMIT)),
    )
    _headers(console, ">", request_headers)
    if status is None:
        _line(
            console, Text().append(f"{glyphs.bad} ", BAD).append("no answer", HEADING).append(f"  {visible(outcome)}")
        )
    else:
        style = GOOD if status < 300 else WARN if status < 400 else BAD
        told = f"  {visible(outcome)}" if outcome not in {"", "ok"} else ""
        _line(console, Text().append("< ", DIM).append(str(status), f"{HEADING} {style}").append(told))
    _headers(console, "<", response_headers)
    _body(console, body)
    known = [f"{visible(name)} {duration(value)}" for name, value in timings_s.items() if value is not None]
    if known:
        _line(console, Text(f"  {'  '.join(known)}", ACCENT))
    console.print()


def _headers(console: Console, mark: str, headers: Iterable[tuple[str, str]]) -> None:
    for name, value in headers:
        _line(console, Text().append(f"{mark} {visible(name)}: ", DIM).append(visible(value, _LINE_LIMIT)))


def _body(console: Console, body: str) -> None:
    lines = body.splitlines()
    for line in lines[:_BODY_LINES]:
        _line(console, Text(f"  {visible(line, _LINE_LIMIT)}"))
    if len(lines) > _BODY_LINES:
        _line(console, Text(f"  and {len(lines) - _BODY_LINES:,} more lines", DIM))


def _line(console: Console, line: Text) -> None:
    console.print(line, soft_wrap=True)
