"""The first example of each outcome, in words for people: bounded, printable, without secrets."""

from __future__ import annotations

from collections.abc import Iterable

from loadsim.measure.sample import outcome_name
from loadsim.redact import HIDDEN, plain_text, redact_text

MAX_NOTE_CHARS = 300


class ErrorNotes:
    """Keeps the first text of each outcome. ``secrets`` are values that must never be shown, whatever they stand in."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self.errors: list[tuple[str, str]] = []
        """Pairs (outcome name, text), in order of appearance."""
        self.seen: set[int] = set()
        """Outcome codes that have their example; ask before making a text."""
        self._secrets = sorted({secret for secret in secrets if len(secret) >= 4}, key=len, reverse=True)
        self._asked = 0

    def add(self, outcome: int, text: str) -> None:
        """Keep ``text`` as the example of ``outcome`` (a code as in a sample's key) unless there is one."""
        if outcome not in self.seen:
            self.seen.add(outcome)
            self.errors.append((outcome_name(outcome), self.clean(text)))

    def clean(self, text: str) -> str:
        """Return ``text`` without secrets, on one line, at most ``MAX_NOTE_CHARS`` long."""
        text = text[: 4 * MAX_NOTE_CHARS]
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return plain_text(redact_text(text), MAX_NOTE_CHARS)

    def fresh(self) -> tuple[tuple[str, str], ...]:
        """Return the pairs added since this was last called."""
        pairs = tuple(self.errors[self._asked :])
        self._asked += len(pairs)
        return pairs
