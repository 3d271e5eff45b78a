"""A comparison in plain words: what it comes to, effect by effect, and why where it comes to nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from loadsim.compare import CompareRecord, EffectRecord, Scale, metric
from loadsim.record import RunRecord
from loadsim.report.text import UNKNOWN, counted, listed, seconds, share, visible

_PART = re.compile(r"(?P<name>[\w.]+)(?P<service>\(service\))?(?:\[(?P<key>\w+)=\"?(?P<value>.+?)\"?\])?")
_NAMES = {
    "error_rate": "error rate",
    "goodput": "share of completed arrivals",
    "jain": "fairness (Jain)",
    "max_share": "largest share of a backend",
    "stale_reads": "share of stale reads",
    "recovery": "time to recover",
    "lost_updates": "share of lost updates",
    "oversold": "share of what was sold without being there",
    "mean": "mean response time",
}
_SOCKETS = {
    "never_opened": "share of sockets that never opened",
    "closed_on_us": "share of sockets closed on us",
    "vanished": "share of sockets that vanished",
    "dead": "share of sockets that died",
    "recovered": "the time until lost sockets were back",
}
_MOST = 5
"""Sentences on exploratory metrics: what is most striking; the table has the rest."""


def metric_name(name: str) -> str:
    """Write a metric as people say it: ``'p99 of GET /items/:id'``."""
    match = _PART.fullmatch(name)
    if match is None:
        return visible(name, 80)
    if match["name"].startswith("ws."):
        return _socket_metric_name(*match["name"].removeprefix("ws.").partition(".")[::2])
    words = _NAMES.get(match["name"], match["name"])
    if match["service"]:
        words = "mean service time" if match["name"] == "mean" else f"{words} of the service time"
    if match["value"]:
        value = visible(match["value"], 60)
        words += {
            "class": f" of {value} visitors",
            "phase": f" in the {value}",
            "pool": f" of the pool {value}",
            "backend": f" of {value}",
        }.get(match["key"], f" of {value}")
    return words


def _socket_metric_name(of: str, statistic: str) -> str:
    words = _SOCKETS.get(of, f"the sockets' {of.replace('_', ' ')} time")
    return f"{statistic} of {words}" if statistic else words


def effect_value(effect: EffectRecord, value: float | None) -> str:
    """Write a value of the effect's own scale: ``'0.31'`` times, ``'+1.2 points'``, ``'+2.0 s'``."""
    if value is None:
        return "unknown"
    return _WRITERS[effect.scale](value)


def writer(effect: EffectRecord) -> Callable[[float | None], str]:
    """Return how a side's own value is written: a time, a share, or an index that is no share of anything."""
    if effect.metric.startswith("jain"):
        return lambda value: UNKNOWN if value is None else f"{value:.3f}"
    return share if effect.scale == "difference" else seconds


def ratio(value: float) -> str:
    """Write how many times as much: ``'0.310'``, ``'1.02'``, ``'12.4'``."""
    return f"{value:.3g}" if value < 0.1 or value >= 10 else f"{value:.2f}"


def points(value: float, unit: str = " points") -> str:
    """Write a difference of shares in points of per cent, to two digits."""
    size = abs(value) * 100
    text = f"{size:.0f}" if size >= 10 else f"{size:.1f}" if size >= 1 else f"{size:.2g}"
    sign = "+" if value > 0 else "-" if value < 0 else ""
    return f"{sign}{text}{unit}"


def longer(value: float, unit: str = " s") -> str:
    """Write how many seconds longer: ``'+2.0 s'``."""
    return f"{value:+.1f}{unit}" if value else f"0{unit}"


_WRITERS: dict[str, Callable[[float], str]] = {"ratio": ratio, "difference": points, "seconds": longer}
_BRIEFLY: dict[str, tuple[Callable[[float], str], str]] = {
    "ratio": (ratio, ""),
    "difference": (lambda value: points(value, ""), " pt"),
    "seconds": (lambda value: longer(value, ""), " s"),
}


def in_brief(effect: EffectRecord) -> str:
    """Write an effect and its interval in as few characters as it takes: ``'1.31 (1.22 to 1.40)'``."""
    if effect.effect is None:
        silent = "never" if effect.scale == "seconds" else "no answer"
        return silent if effect.unanswered_a + effect.unanswered_b else "no value"
    write, unit = _BRIEFLY[effect.scale]
    if effect.low is None and effect.high is None:
        return write(effect.effect) + unit
    low, high = ("?" if end is None else write(end) for end in (effect.low, effect.high))
    return f"{write(effect.effect)}{unit} ({low} to {high})"


def interval_text(effect: EffectRecord) -> str:
    """Write the interval: ``'1.22 to 1.40'``; an end without a bound is said."""
    if effect.low is None and effect.high is None:
        return "no interval"
    low = "without a lower bound" if effect.low is None else effect_value(effect, effect.low)
    high = "without an upper bound" if effect.high is None else effect_value(effect, effect.high)
    if effect.low is not None and effect.high is not None:
        return f"{low.removesuffix(' points').removesuffix(' s')} to {high}"
    return f"{low}, {high}" if effect.low is None else f"from {low}, {high}"


def margin_text(effect: EffectRecord, margin: float | None) -> str:
    """Write a least effect: ``'5 %'`` of a time, ``'1 point'`` of a share, ``'1 s'``."""
    if margin is None:
        return "unknown"
    return share(margin) if effect.scale == "ratio" else _WRITERS[effect.scale](margin).removeprefix("+")


def sentences(record: CompareRecord) -> list[str]:
    """Return the conclusion: the verdict, each primary metric, and what else stands out."""
    a, b = visible(record.manifest.a.name, 60), visible(record.manifest.b.name, 60)
    primary = [effect for effect in record.effects if effect.primary]
    others = [effect for effect in record.effects if not effect.primary and effect.verdict in ("better", "worse")]
    others.sort(key=lambda effect: (effect.p_adjusted or 0.0, -_size(effect)))
    if record.conclusion.verdict == "invalid":
        return [_headline(record, a, b)]
    found = [_headline(record, a, b), *(sentence(effect, a, b) for effect in primary)]
    found += [f"Also: {sentence(effect, a, b)}" for effect in others[:_MOST]]
    return found


def _headline(record: CompareRecord, a: str, b: str) -> str:
    verdict = record.conclusion.verdict
    made = counted(sum(each.counted for each in record.rounds), "round")
    primary = [effect for effect in record.effects if effect.primary]
    if verdict == "invalid":
        return "Invalid: the experiment itself was not sound, so nothing is said of either side."
    if verdict == "worse":
        worse = listed([metric_name(effect.metric) for effect in primary if effect.verdict == "worse"])
        return f"{b} is worse than {a} by its {worse}, in {made}."
    if verdict == "better":
        better = listed([metric_name(effect.metric) for effect in primary if effect.verdict == "better"])
        return f"{b} is better than {a} by its {better}, and worse in no primary metric, in {made}."
    if verdict == "equivalent":
        return f"{b} and {a} are equivalent in every primary metric, in {made}."
    return f"Inconclusive after {made}: what was seen does not decide between {b} and {a}."


def sentence(effect: EffectRecord, a: str, b: str) -> str:
    """Say what an effect comes to, B against A."""
    name = metric_name(effect.metric)
    if effect.verdict == "inconclusive":
        seen = f" ({interval_text(effect)})" if effect.low is not None or effect.high is not None else ""
        value = f", seen {effect_value(effect, effect.effect)}{seen}" if effect.effect is not None else ""
        return f"{name}: not decided{value}: {visible(effect.reason)}."
    if effect.effect is None:
        silent = max(effect.unanswered_a, effect.unanswered_b)
        side = b if effect.unanswered_b >= effect.unanswered_a else a
        if effect.scale == "seconds":
            return f"{name}: {side} never was as before in {counted(silent, 'round')}, which ranks above any time."
        return (
            f"{name}: {side} gave no answer at this quantile in {counted(silent, 'round')}, which ranks above any time."
        )
    at = f"({interval_text(effect)})"
    if effect.verdict == "equivalent":
        return f"{name}: no difference of {margin_text(effect, effect.margin)} or more, {_against(effect, a, b)} {at}."
    return f"{name}: {effect.verdict}, {_against(effect, a, b)} {at}."


def _against(effect: EffectRecord, a: str, b: str) -> str:
    assert effect.effect is not None  # noqa: S101 - the caller looked
    if effect.scale == "ratio":
        return f"{b} at {ratio(effect.effect)} of {a}"
    return f"{b} {effect_value(effect, effect.effect)} from {a}" if effect.effect else f"{b} and {a} alike"


def _size(effect: EffectRecord) -> float:
    if effect.effect is None:
        return float("inf")
    return abs(effect.effect - 1) if effect.scale == "ratio" else abs(effect.effect) * 10


def in_short(played: Mapping[str, RunRecord]) -> str:
    """Return one round in a line: side -> its run."""
    return " · ".join(f"{visible(name, 30)} {_short(record)}" for name, record in played.items())


def _short(record: RunRecord) -> str:
    times = record.response_time_s or record.service_time_s
    errors = record.requests.failed / record.requests.count if record.requests.count else None
    words = f"p50 {seconds(times.p50)}, p99 {seconds(times.p99)}"
    return words + (f", {share(errors)} failed" if errors else "")


def _reach(scale: Scale, value: float) -> str:
    return share(value) if scale is Scale.RATIO else _WRITERS[scale.value](value).removeprefix("+")


def foreseen(reach: Mapping[str, float], rounds: int) -> str:
    """Say what the rounds can detect, from the noise seen so far: metric -> effect."""
    parts = [f"{metric_name(name)} {_reach(metric(name).scale, value)}" for name, value in reach.items()]
    return f"By the noise so far, {rounds} rounds find 4 in 5 differences of: {', '.join(parts)}"
