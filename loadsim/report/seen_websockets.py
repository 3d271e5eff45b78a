"""What can be said of WebSockets: how they failed, how they came back, and what became of their messages."""

from __future__ import annotations

from loadsim.measure.sample import NO_BACKEND
from loadsim.report.finding import Finding
from loadsim.report.rundata import RunData
from loadsim.report.text import counted, listed, seconds, visible

UNEVEN = 0.5
"""A server stands out that holds less than so much of an even share."""
_ENOUGH = 20
_WAYS = {
    "never_opened": "never opened",
    "closed_on_us": "were closed on us",
    "vanished": "vanished",
    "dead": "were open but dead",
}
_FAULTS = {
    "lost": "lost",
    "duplicated": "came twice",
    "corrupt": "were damaged",
    "out_of_order": "came out of order",
    "late": "came more than 1 s late",
}


def lost_sockets(run: RunData) -> list[Finding]:
    """How many sockets failed in which way, and how they came back."""
    found = run.record.websockets
    if found is None:
        return []
    said = []
    for name, words in _WAYS.items():
        failure = found.failures[name]
        if failure.count:
            cause, count = max(failure.causes.items(), key=lambda item: item[1])
            words = words.replace("were", "was") if failure.count == 1 else words
            most = "" if count == failure.count else f"{count:,} "
            said.append(f"{failure.count:,} {words} ({most}{visible(cause, 40)})")
    if not said:
        return []
    text = f"Of {counted(found.attempts, 'socket')} that we asked for, {listed(said)}."
    again = found.reconnects
    if again.count and again.recovered_s.p50 is not None:
        most = f", {seconds(again.recovered_s.p95)} for 95 %" if again.recovered_s.p95 is not None else ""
        text += f" {again.count:,} were opened again, after {seconds(again.recovered_s.p50)} at the median{most}."
    if again.missed:
        text += f" They missed {counted(again.missed, 'message')} in between"
        text += f", of which {again.recovered:,} were sent again." if again.recovered else "."
    return [Finding(text, "sockets-failures", "bad")]


def uneven_sockets(run: RunData) -> list[Finding]:
    """Which server holds far fewer sockets than an even share when the run ends: a balancer moves none."""
    table = run.open_sockets
    if table is None or not len(table):
        return []
    last = table.numbers("time_s").max()
    rows = zip(table.numbers("time_s").tolist(), table.texts("backend"), table.numbers("open").tolist(), strict=True)
    held = {name: int(count) for time_s, name, count in rows if time_s == last and name != NO_BACKEND}
    total = sum(held.values())
    if len(held) < 2 or total < _ENOUGH:
        return []
    least, most = min(held, key=held.__getitem__), max(held, key=held.__getitem__)
    if held[least] >= UNEVEN * total / len(held):
        return []
    text = f"At the end {visible(least, 40)} held {held[least]:,} of {total:,} open sockets and {visible(most, 40)} "
    text += f"{held[most]:,}: those that were opened again stayed where they went."
    return [Finding(text, "sockets-open", "bad")]


def lost_messages(run: RunData) -> list[Finding]:
    """Say what was wrong with messages."""
    found = run.record.websockets
    if found is None:
        return []
    counts = {words: getattr(found.messages, name) for name, words in _FAULTS.items()}
    said = [f"{count:,} {words}" for words, count in counts.items() if count]
    if not said:
        return []
    received = counted(found.messages.received, "message")
    return [Finding(f"{received} came; {listed(said)}.", "sockets-turnover", "bad")]
