"""The verdict in words, and the five figures of a report's first screen."""

from __future__ import annotations

from dataclasses import dataclass

from loadsim.record import RunRecord
from loadsim.report.rundata import RunData
from loadsim.report.text import UNKNOWN, counted, rate, seconds, share, visible


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the run is to be taken: a word, its tone (pass, fail, invalid, inconclusive, none), and why."""

    word: str
    tone: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, its value, and what belongs beside it."""

    name: str
    value: str
    beside: str
    tone: str = ""


_WORDS = {"pass": "Passed", "fail": "Failed", "invalid": "Invalid", "inconclusive": "Inconclusive"}


def verdict(record: RunRecord) -> Verdict:
    """Return the verdict with its reasons; a run without objectives has none, and says so."""
    why = [visible(reason) for reason in record.reasons]
    if record.verdict is None:
        why = why or ["No objectives were set, so nothing was judged."]
    elif record.verdict == "pass" and not why:
        held = len(record.objectives)
        why = [f"{'The objective' if held == 1 else f'All {held} objectives'} held."] if held else []
    if not record.complete:
        why.append("The run was cut short: this is what had happened until then.")
    return Verdict(_WORDS.get(record.verdict or "", "No verdict"), record.verdict or "none", tuple(why))


def all_good(record: RunRecord) -> str:
    """Say that every request was good, where failures would be shown; empty if one was not, or there was none."""
    count = record.requests.count
    if not count or any(n for outcome, n in record.outcomes.items() if outcome != "ok"):
        return ""
    return "The one request was good." if count == 1 else f"Every one of the {count:,} requests was good."


def figures(run: RunData) -> list[Figure]:
    """Return the figures that matter: rates, p50, p99, error rate, fairness."""
    record, main = run.record, run.main_time
    load, requests = record.load, record.requests
    word = run.time_word
    other = "" if run.closed else f"service {seconds(record.service_time_s.p50)}"
    tail = "" if run.closed else f"service {seconds(record.service_time_s.p99)}"
    errors = requests.failed / requests.count if requests.count else None
    kept_up = load.offered_rate and load.achieved_rate is not None and load.achieved_rate >= 0.99 * load.offered_rate
    return [
        Figure(
            "Achieved rate",
            rate(load.achieved_rate),
            f"of {rate(load.offered_rate)} {'started' if run.closed else 'offered'}",
            "" if kept_up or not load.offered_rate else "warn",
        ),
        Figure(f"{word.capitalize()} time p50", _time(main.p50, main.unanswered), other),
        Figure(f"{word.capitalize()} time p99", _time(main.p99, main.unanswered), tail),
        Figure(
            "Error rate",
            share(errors),
            f"{requests.failed:,} of {counted(requests.count, 'request')}",
            "fail" if requests.failed else "",
        ),
        _fairness(record),
    ]


def _time(value: float | None, unanswered: int) -> str:
    return "no answer" if value is None and unanswered else seconds(value)


def _fairness(record: RunRecord) -> Figure:
    entry = record.balance.get("all")
    if entry is None or entry.jain is None or entry.backends < 2:
        return Figure("Fairness (Jain)", UNKNOWN, "no backend named itself" if not record.backends else "one backend")
    shares = [b.share for b in record.backends.values() if b.share is not None]
    largest = f", {share(max(shares))} at most" if shares else ""
    return Figure("Fairness (Jain)", f"{entry.jain:.3f}", f"{counted(entry.backends, 'backend')}{largest}")
