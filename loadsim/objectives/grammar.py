"""The text form of objectives, read.

    objective = [ "abort" ] metric OPERATOR BOUND [ "over" DURATION ]
    metric    = statistic [ "(" TIMES ")" ] [ "[" selector { "," selector } "]" ]
    statistic = "p" NUMBER | NAME                (metrics.py)
    selector  = KEY "=" GLOB                     (in quotes where it holds , or ])

Every error points at the character that cannot be taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NoReturn, cast

from loadsim.errors import SpecError, nearest
from loadsim.measure.selection import Selection
from loadsim.objectives.metrics import KEYS, METRIC_NAMES, Metric, Times, Unit, find_metric
from loadsim.units import parse_duration, parse_rate, parse_share

Operator = Literal["<", "<=", ">", ">="]

_SPACE = re.compile(r"\s*")
_ABORT = re.compile(r"abort(?=\s)")
_NAME = re.compile(r"[^\W\d][\w.]*")
_OPERATOR = re.compile(r"[<>]=?(?!=)")
_OVER = re.compile(r"\bover\b")
_VALUE = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^,\]"'][^,\]]*))\s*""")
_EXAMPLE = "For example: p99 < 250ms"
_PARSERS: dict[Unit, Callable[[str], float]] = {
    Unit.DURATION: parse_duration,
    Unit.SHARE: parse_share,
    Unit.RATE: parse_rate,
}


@dataclass(frozen=True, slots=True)
class Objective:
    """A bound on a metric of a part of the traffic. ``bound`` is in seconds, 1/s, or a share of one.

    ``expression`` is the text it was read from. ``where`` holds the selectors, and the window when there is one.
    """

    expression: str
    metric: Metric
    operator: Operator
    bound: float
    where: Selection = field(default_factory=Selection)
    abort: bool = False

    def selection(self) -> Selection:
        """Return what has to be tallied to judge it."""
        return self.where

    @property
    def is_upper(self) -> bool:
        """Whether the metric must stay below the bound."""
        return self.operator in ("<", "<=")

    def holds(self, value: float) -> bool:
        """Return whether ``value`` is on the right side of the bound; inf stands for work without an answer."""
        if self.operator == "<":
            return value < self.bound
        if self.operator == "<=":
            return value <= self.bound
        return value > self.bound if self.operator == ">" else value >= self.bound


def parse_objective(text: str) -> Objective:
    """Read an objective from its text form.

    Raises :class:`~loadsim.errors.SpecError`, which points at the character that cannot be taken.
    """
    return _Parser(text).whole()


class _Parser:
    """Reads one text from left to right; ``at`` is the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def whole(self) -> Objective:
        self._skip()
        abort = self._abort()
        metric_at = self.at
        metric = self._times(self._metric())
        selectors = self._selectors(metric)
        operator = self._operator()
        over = _OVER.search(self.text, self.at)
        bound = self._bound(metric, over.start() if over else len(self.text))
        window_s = self._window(metric, over) if over else None
        if abort and not metric.windowed:
            self._fail(f"{metric.name} is known only at the end of a run, so it cannot abort one", metric_at)
        where = Selection(
            **{("visitor_class" if key == "class" else key): glob for key, glob in selectors.items()},
            window_s=window_s,
        )
        return Objective(self.text.strip(), metric, operator, bound, where, abort)

    def _abort(self) -> bool:
        word = _ABORT.match(self.text, self.at)
        if word:
            self._move_to(word.end())
        return word is not None

    def _metric(self) -> Metric:
        word = _NAME.match(self.text, self.at)
        if not word:
            what = f"'{self.text[self.at]}' cannot stand here" if self.at < len(self.text) else "there is no metric"
            self._fail(f"{what}: expected the name of a metric", hint=f"{_EXAMPLE}. Known: {', '.join(METRIC_NAMES)}.")
        metric = find_metric(word[0])
        if metric is None:
            if re.fullmatch(r"p[\d.]+", word[0]):
                self._fail(f"'{word[0]}' is no quantile: expected above p0 and below p100", hint="Ends: min, max.")
            self._fail(f"unknown metric '{word[0]}'", hint=nearest(word[0], METRIC_NAMES))
        self._move_to(word.end())
        return metric

    def _times(self, metric: Metric) -> Metric:
        if not self.text.startswith("(", self.at):
            return metric
        if metric.times is None:
            self._fail(f"{metric.name} takes no '(...)': only mean, min, max and quantiles do")
        self._move_to(self.at + 1)
        word = _NAME.match(self.text, self.at)
        if not word or word[0] not in ("service", "iteration"):
            given = f"unknown times '{word[0]}'" if word else "no times"
            hint = nearest(word[0] if word else "", ("service", "iteration"))
            self._fail(f"{given}: expected (service) or (iteration); without, response times are meant", hint=hint)
        self._move_to(word.end())
        self._expect(")")
        return metric.about(cast(Times, word[0]))

    def _selectors(self, metric: Metric) -> dict[str, str]:
        selectors: dict[str, str] = {}
        if not self.text.startswith("[", self.at):
            return selectors
        opened = self.at
        while not selectors or self.text.startswith(",", self.at):
            self._move_to(self.at + 1)
            key = self._key(metric, selectors)
            self._expect("=")
            selectors[key] = self._glob(key)
        if self.at == len(self.text):
            self._fail("this '[' is never closed", opened)
        self._expect("]", hint="A value that holds , or ] goes in quotes.")
        return selectors

    def _key(self, metric: Metric, given: dict[str, str]) -> str:
        word = _NAME.match(self.text, self.at)
        key = word[0] if word else ""
        takes = f"{_called(metric)} takes {', '.join(metric.keys) or 'no selector'}"
        if not word:
            self._fail(f"expected a selector such as route='GET /': {takes}")
        if key not in KEYS:
            self._fail(f"unknown selector '{key}': {takes}", hint=nearest(key, metric.keys or KEYS))
        if key not in metric.keys:
            self._fail(f"{_called(metric)} cannot be told by {key}: {takes}")
        if key in given:
            self._fail(f"'{key}' is given twice", hint="A glob matches several names: route='GET /items*'.")
        self._move_to(word.end())
        return key

    def _glob(self, key: str) -> str:
        match = _VALUE.match(self.text, self.at)
        glob = next((group for group in match.groups() if group is not None), "").strip() if match else ""
        if not match or not glob:
            quote = self.text[self.at : self.at + 1]
            unclosed = quote in ("'", '"') and self.text.find(quote, self.at + 1) < 0
            self._fail("this quote is never closed" if unclosed else f"'{key}' has no value: expected a name or a glob")
        self._move_to(match.end())
        return glob

    def _operator(self) -> Operator:
        match = _OPERATOR.match(self.text, self.at)
        if not match:
            found = re.match(r"[<>=!~]+|[^\s<>=!~]*", self.text[self.at :])
            given = f"'{found[0]}' cannot stand here" if found and found[0] else "there is no bound"
            self._fail(f"{given}: expected one of < <= > >=", hint=_EXAMPLE)
        self._move_to(match.end())
        return cast(Operator, match[0])

    def _bound(self, metric: Metric, end: int) -> float:
        start = self.at
        if not self.text[start:end].strip():
            self._fail(f"there is no bound: expected {metric.unit.value}", hint=_EXAMPLE)
        # 56 % is read as 56 * 0.01, which is above 56 / 100: 15 digits are what was written, and all a float keeps.
        value = float(f"{self._quantity(_PARSERS[metric.unit], start, end):.15g}")
        if metric.unit is Unit.SHARE and value > 1:
            written = self.text[start:end].strip()
            hint = "" if written.endswith("%") else f"Write {written}% for {written} per cent."
            self._fail(f"'{written}' is more than the whole: {metric.name} lies between 0 and 1", start, hint=hint)
        return value

    def _window(self, metric: Metric, over: re.Match[str]) -> float:
        if not metric.windowed:
            self._fail(f"{metric.name} is of the whole run and takes no 'over'", over.start())
        self.at = over.start()
        self._move_to(over.end())
        if self.at == len(self.text):
            self._fail("'over' has no length: expected a duration such as '10s'")
        window_s = self._quantity(parse_duration, self.at, len(self.text))
        if window_s <= 0:
            self._fail("a window must be longer than nothing: expected a duration such as '10s'")
        return window_s

    def _quantity(self, parse: Callable[[str], float], start: int, end: int) -> float:
        part = self.text[start:end].rstrip()
        try:
            return parse(part)
        except SpecError as error:
            # The error may be about a piece of what was given: the 'x' in '1h30x'.
            self._fail(error.problem, start + max(part.find(error.text), 0) + error.position, hint=error.hint)

    def _expect(self, character: str, *, hint: str = "") -> None:
        if not self.text.startswith(character, self.at):
            found = f"'{self.text[self.at]}' cannot stand here" if self.at < len(self.text) else "the text ends"
            self._fail(f"{found}: expected '{character}'", hint=hint)
        self._move_to(self.at + 1)

    def _move_to(self, position: int) -> None:
        self.at = position
        self._skip()

    def _skip(self) -> None:
        space = _SPACE.match(self.text, self.at)
        self.at = space.end() if space else self.at

    def _fail(self, problem: str, position: int | None = None, *, hint: str = "") -> NoReturn:
        raise SpecError(self.text, self.at if position is None else position, problem, hint=hint)


def _called(metric: Metric) -> str:
    return f"{metric.name}({metric.times})" if metric.times in ("service", "iteration") else metric.name
