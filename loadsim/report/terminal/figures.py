"""The figures of a run that stand in every summary."""

from __future__ import annotations

from rich.text import Text

from loadsim.record import ConsistencyRecord, Quantiles, Reconnects, RunRecord
from loadsim.report.terminal.words import (
    BAD,
    DIM,
    GOOD,
    HEADING,
    WARN,
    Glyphs,
    duration,
    fit,
    percent,
    short_clock,
    width_of,
    wrapped,
)
from loadsim.report.text import UNKNOWN, amount, rate, visible

LABEL = 12
"""Cells of the column of labels, its margin included."""

_REASON_LINES = 3
_VERDICTS = {"pass": GOOD, "fail": BAD, "invalid": WARN, "inconclusive": WARN}
_PARTS = ("completed", "failed", "dropped", "aborted", "lost")
_QUANTILES = (("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("p99.9", "p99_9"), ("max", "max"))


def labelled(label: str, line: Text) -> Text:
    """Return a line with its label in the first column."""
    return Text().append(f" {label:<{LABEL - 1}}", DIM).append_text(line)


def head_lines(record: RunRecord, width: int, glyphs: Glyphs) -> list[Text]:
    """Return what was run against what, the verdict, and up to three lines of reasons."""
    manifest = record.manifest
    subject = " · " if glyphs.braille else " - "
    what = subject.join(part for part in (manifest.scenario, manifest.topology, manifest.target) if part)
    how = f"{short_clock(manifest.duration_s)}, seed {manifest.seed}"
    title = Text(" ").append(fit(what, max(8, width - width_of(how) - 4)), HEADING).append(f"  {how}", DIM)
    return [title, *_verdict_lines(record, width, glyphs)]


def _verdict_lines(record: RunRecord, width: int, glyphs: Glyphs) -> list[Text]:
    mark = {"pass": glyphs.ok, "fail": glyphs.bad}.get(record.verdict or "", glyphs.warn)
    cut = "" if record.complete else "cut short: this is what ran until then"
    if record.verdict is None:
        said = cut or "done; no objective was set, so there is no verdict"
        return [Text().append(f" {glyphs.warn} " if cut else f" {glyphs.ok} ", WARN if cut else GOOD).append(said)]
    line = Text().append(f" {mark} {record.verdict.upper()}", f"bold {_VERDICTS[record.verdict]}")
    held = sum(objective.verdict == "pass" for objective in record.objectives)
    told = f"{held} of {len(record.objectives)} objectives held" if record.objectives else ""
    line.append("  " + ", ".join(part for part in (told, cut) if part))
    return [line, *_reasons(record.reasons, width)]


def _reasons(reasons: list[str], width: int) -> list[Text]:
    lines = [Text(f"   {line}") for reason in reasons for line in wrapped(reason, width - 3)]
    if len(lines) > _REASON_LINES:
        lines = lines[:_REASON_LINES]
        lines[-1].truncate(width - 3, overflow="ellipsis")
        lines[-1].append(" …", DIM)
    return lines


def figure_lines(record: RunRecord, width: int) -> list[Text]:
    """Return seven lines: arrivals and their fates, rates, times, the generator's health; more where there is more."""
    return [
        *_arrivals(record),
        labelled("rates", _joined(_rates(record), width - LABEL)),
        *_times(record),
        *_sockets(record, width),
        *_consistency(record, width),
        labelled("generator", _joined(_health(record), width - LABEL)),
    ]


def _sockets(record: RunRecord, width: int) -> list[Text]:
    """Return what became of WebSockets, in a run that had any: two lines, three where any came back."""
    found = record.websockets
    if found is None:
        return []
    failed = [
        _figure(name.replace("_", " "), f"{failure.count:,}", f"bold {BAD}" if failure.count else HEADING)
        for name, failure in found.failures.items()
    ]
    sockets = [
        _figure("opened", f"{found.opened:,}"),
        _figure("at most", f"{found.peak_opening_rate:.0f}/s"),
        _figure("most open", f"{found.open_max:,}"),
        *failed,
    ]
    messages = [
        _figure("sent", f"{found.messages.sent:,}"),
        _figure("received", f"{found.messages.received:,}"),
        _figure("lost", amount(found.messages.lost), f"bold {BAD}" if found.messages.lost else HEADING),
        _figure("echo p50", duration(found.echo_s.p50)),
        _figure("p99", duration(found.echo_s.p99)),
    ]
    return [
        labelled("sockets", _joined(sockets, width - LABEL)),
        labelled("messages", _joined(messages, width - LABEL)),
        *_came_back(found.reconnects, width),
    ]


def _came_back(found: Reconnects, width: int) -> list[Text]:
    """Return how sockets that followed another one found the feed, where there were any."""
    if not found.reopened:
        return []
    parts = [_figure("sockets", f"{found.reopened:,}")]
    parts += [_figure("messages missed", amount(found.missed)), _figure("sent again", amount(found.recovered))]
    parts += [_figure("HTTP reads each", f"{found.http_reads_each:.2f}")] if found.http_reads else []
    return [labelled("came back", _joined(parts, width - LABEL))]


def _consistency(record: RunRecord, width: int) -> list[Text]:
    """Return what reads showed of writes, and what became of updates, in a run that looked: a line each."""
    found = record.consistency
    if found is None:
        return []
    return [*_reads(found, width), *_updates(found, width)]


def _reads(found: ConsistencyRecord, width: int) -> list[Text]:
    if not found.reads:
        return []
    reads = [
        _figure("after a write", f"{found.reads:,}"),
        _figure("stale", percent(found.stale_share, 2), f"bold {BAD}" if found.stale else HEADING),
        _figure("visible after p50", duration(found.visible_after_s.p50)),
        _figure("p99", duration(found.visible_after_s.p99)),
        _figure("never", f"{found.never_seen:,}", f"bold {BAD}" if found.never_seen else HEADING),
    ]
    return [labelled("reads", _joined(reads, width - LABEL))]


def _updates(found: ConsistencyRecord, width: int) -> list[Text]:
    if found.updates is None:
        return []
    updates = [
        _figure("acknowledged", f"{found.updates:,}"),
        _figure("lost", amount(found.lost_updates), f"bold {BAD}" if found.lost_updates else HEADING),
    ]
    if found.sold is not None:
        updates += [
            _figure("stock", amount(found.stock)),
            _figure("sold", amount(found.sold)),
            _figure("oversold", amount(found.oversold), f"bold {BAD}" if found.oversold else HEADING),
        ]
    if found.uncertain_updates:
        updates.append(_figure("uncertain", f"{found.uncertain_updates:,}"))
    return [labelled("updates", _joined(updates, width - LABEL))]


def _joined(parts: list[Text], width: int) -> Text:
    """Return as many of the parts as fit, the first ones first."""
    line = parts[0].copy()
    for part in parts[1:]:
        if line.cell_len + 3 + part.cell_len <= width:
            line.append("   ").append_text(part)
    return line


def _arrivals(record: RunRecord) -> list[Text]:
    """Return ``scheduled = completed + ...`` as two lines, each number under its name."""
    names, numbers = Text(), Text()
    for index, name in enumerate(("scheduled", *_PARTS)):
        count: int = getattr(record.load, name)
        text = f"{count:,}"
        cells = max(len(name), len(text))
        joint = "" if index == 0 else " = " if index == 1 else " + "
        names.append(f"{joint}{name:>{cells}}", DIM)
        troubled = index > 1 and count > 0
        numbers.append(" " * len(joint)).append(f"{text:>{cells}}", f"bold {BAD}" if troubled else HEADING)
    return [labelled("arrivals", names), labelled("", numbers)]


def _rates(record: RunRecord) -> list[Text]:
    load, requests = record.load, record.requests
    failed = requests.failed / requests.count if requests.count else None
    parts = [
        _figure("offered", rate(load.offered_rate)),
        _figure("achieved", rate(load.achieved_rate)),
        _figure("errors", percent(failed, 2), f"bold {BAD}" if requests.failed else HEADING),
    ]
    fairness = [(pool, b.jain) for pool, b in record.balance.items() if b.jain is not None and b.backends > 1]
    pools = [(pool, jain) for pool, jain in fairness if pool != "all"] or fairness
    for pool, jain in sorted(pools, key=lambda item: item[1])[:1]:
        parts.append(_figure(f"fairness of {visible(pool, 12)}" if len(pools) > 1 else "fairness", f"{jain:.3f}"))
    return [*parts, _figure("requests", f"{requests.count:,}")]


def _figure(name: str, value: str, style: str = HEADING) -> Text:
    return Text().append(f"{name} ", DIM).append(value, style)


def _times(record: RunRecord) -> list[Text]:
    head = Text("".join(f"{name:>11}" for name, _ in _QUANTILES), DIM)
    lines = [labelled("", head)]
    for label, times in (("response", record.response_time_s), ("service", record.service_time_s)):
        cells = "".join(f"{_quantile(times, field):>11}" for _, field in _QUANTILES)
        lines.append(labelled(label, Text(cells, HEADING if label == "response" else "")))
    return lines


def _quantile(times: Quantiles | None, field: str) -> str:
    if times is None:
        return UNKNOWN
    value: float | None = getattr(times, field)
    # Work without an answer ranks above every measured value, so the quantile is not unknown: it never came.
    return duration(value, "no answer" if times.unanswered else UNKNOWN)


def _health(record: RunRecord) -> list[Text]:
    load = record.load
    cpu = "unknown" if load.generator_cpu is None else f"{load.generator_cpu * 100:.0f} % of a core"
    return [
        _figure("CPU", cpu, ""),
        _figure("late start p99", duration(load.late_start_s.p99), ""),
        _figure("most in flight", amount(load.max_in_flight), ""),
        _figure("most waiting", amount(load.max_backlog), ""),
    ]
