from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadsim.errors import SpecError
from loadsim.measure.selection import Selection
from loadsim.objectives import METRIC_NAMES, Objective, Unit, parse_objective
from loadsim.objectives.metrics import KEYS, find_metric

OPERATORS = ("<", "<=", ">", ">=")
SAMPLE_BOUND = {Unit.DURATION: "250ms", Unit.SHARE: "25%", Unit.RATE: "15/m"}


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("p99 < 250ms", 0.25),
        ("mean <= 1h30m", 5400.0),
        ("p99(service) < 200ms", 0.2),
        ("p99(iteration) < 2s", 2.0),
        ("error_rate < 1%", 0.01),
        ("iteration_error_rate < 1%", 0.01),
        ("started >= 99%", 0.99),
        ("goodput >= 0.99", 0.99),
        ("rate >= 480/s", 480.0),
        ("rate >= 90/m", 1.5),
        ('p95[route="GET /items/:id"] < 100ms', 0.1),
        ("p99[backend=web-1] < 1s", 1.0),
        ("p99[phase=spike,class=light] < 1s", 1.0),
        ("jain[pool=web] >= 0.98", 0.98),
        ("max_share < 40%", 0.4),
        ("recovery < 10s", 10.0),
        ("p99 < 500ms over 10s", 0.5),
        ("abort p99 < 2s over 10s", 2.0),
    ],
)
def test_every_form_that_is_promised_is_read(text: str, bound: float) -> None:
    objective = parse_objective(text)
    assert objective.bound == pytest.approx(bound)
    assert objective.expression == text


def test_selectors_and_window_make_the_selection() -> None:
    objective = parse_objective("""abort p99[route="GET /a,]b", backend='web *', pool=web, phase=sp*,
        class=light, outcome=ok] < 1s over 10s""")
    assert objective.abort
    assert objective.selection() == Selection("GET /a,]b", "web *", "web", "sp*", "light", "ok", 10.0)


def test_a_value_without_quotes_may_hold_spaces() -> None:
    assert parse_objective("p50[ route = GET /items/:id ] < 1s").selection().route == "GET /items/:id"


def test_without_selectors_everything_is_selected() -> None:
    assert parse_objective("p99 < 1s").selection() == Selection()


def test_a_quantile_is_the_decimal_that_was_written() -> None:
    assert parse_objective("p99.9 < 1s").metric.quantile == 0.999
    assert parse_objective("p7 < 1s").metric.quantile == 0.07


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 0, "no metric"),
        ("  < 3s", 2, "'<' cannot stand here"),
        ("p99", 3, "expected one of < <= > >="),
        ("p99 == 3s", 4, "'=='"),
        ("p99 =< 3s", 4, "'=<'"),
        ("p99 <", 5, "no bound"),
        ("p99 < over 10s", 6, "no bound"),
        ("p99 < 250", 9, "no unit"),
        ("p99 < 5%", 7, "unknown unit '%'"),
        ("p99 < 1h30x", 10, "unknown unit 'x'"),
        ("p99 < 1s over 10", 16, "no unit"),
        ("p99 < 1s over", 13, "no length"),
        ("p99 < 1s over 0s", 14, "longer than nothing"),
        ("rate > 5", 8, "no unit"),
        ("error_rate < 5", 13, "more than the whole"),
        ("p0 < 1s", 0, "no quantile"),
        ("p100 < 1s", 0, "no quantile"),
        ("p99.9.9 < 1s", 0, "no quantile"),
        ("p99.99999999999999999999 < 1s", 0, "no quantile"),
        ("abort recovery < 1s", 6, "only at the end"),
        ("jain > 0.9 over 10s", 11, "takes no 'over'"),
        ("goodput(service) > 1%", 7, "takes no '(...)'"),
        ("p99(servic) < 1s", 4, "Did you mean 'service'?"),
        ("p99(service < 1s", 12, "expected ')'"),
        ("p99[rout=x] < 1s", 4, "Did you mean 'route'?"),
        ("p99[] < 1s", 4, "expected a selector"),
        ("p99[route] < 1s", 9, "expected '='"),
        ("p99[route=] < 1s", 10, "has no value"),
        ("p99[route=''] < 1s", 10, "has no value"),
        ("p99[route='x] < 1s", 10, "quote is never closed"),
        ("p99[route=x < 1s", 3, "'[' is never closed"),
        ("p99[route='x' y] < 1s", 14, "expected ']'"),
        ("p99[route=a,route=b] < 1s", 12, "given twice"),
        ("rate[route=a] > 3/s", 5, "rate takes class"),
        ("jain[phase=a] > 0.9", 5, "jain takes pool"),
        ("recovery[phase=a] < 1s", 9, "recovery takes no selector"),
        ("goodput[outcome=ok] > 1%", 8, "takes phase, class"),
        ("error_rate[outcome=ok] > 1%", 11, "cannot be told by outcome"),
        ("p99(iteration)[route=a] < 1s", 15, "p99(iteration) takes phase, class"),
        ("eror_rate < 1%", 0, "Did you mean 'error_rate'?"),
        ("p99_9 < 1s", 0, "Did you mean 'p99.9'?"),
        ("ws.soon.p99 < 1s", 0, "unknown metric 'ws.soon.p99'"),
        ("stale_read < 1%", 0, "unknown metric 'stale_read'"),
    ],
)
def test_an_error_points_at_the_character_and_says_what_to_write(text: str, position: int, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_objective(text)
    assert (caught.value.position, caught.value.text) == (position, text)
    assert words in str(caught.value)


@given(
    name=st.sampled_from(METRIC_NAMES),
    operator=st.sampled_from(OPERATORS),
    selectors=st.dictionaries(st.sampled_from(KEYS), st.text(st.characters(exclude_characters='"'), min_size=1)),
    abort=st.booleans(),
    window=st.booleans(),
    space=st.sampled_from(["", " ", "  "]),
)
def test_whatever_a_metric_takes_is_read_back(
    name: str, operator: str, selectors: dict[str, str], abort: bool, window: bool, space: str
) -> None:
    metric = find_metric(name)
    assert metric
    taken = {key: glob for key, glob in selectors.items() if key in metric.keys and glob.strip()}
    inside = f",{space}".join(f'{key}{space}={space}"{glob}"' for key, glob in taken.items())
    text = f"{name}{space}[{inside}]" if taken else name
    text = f"{text}{space}{operator}{space}{SAMPLE_BOUND[metric.unit]}"
    if metric.windowed:
        text = ("abort " if abort else "") + text + (" over 10s" if window else "")
    objective = parse_objective(text)
    assert objective.metric == metric
    assert objective.operator == operator
    assert objective.bound == 0.25
    assert objective.abort == (abort and metric.windowed)
    where = objective.selection()
    found = {key: getattr(where, "visitor_class" if key == "class" else key) for key in KEYS}
    assert {key: glob for key, glob in found.items() if glob is not None} == {k: v.strip() for k, v in taken.items()}
    assert where.window_s == (10.0 if window and metric.windowed else None)


@given(st.text("p9.abort([route='\"])<>=1s%/ overmx,", max_size=40) | st.text(max_size=40))
def test_any_text_is_read_or_refused_at_a_place_within_it(text: str) -> None:
    try:
        place = parse_objective(text).expression
    except SpecError as error:
        place = error.text[: error.position]
    assert place in text


@given(value=st.floats(0, 1), bound=st.floats(0, 1))
def test_an_operator_and_its_opposite_never_agree(value: float, bound: float) -> None:
    def holds(operator: str) -> bool:
        return Objective("", parse_objective("jain > 1").metric, operator, bound).holds(value)  # type: ignore[arg-type] # one of the four

    assert holds("<") != holds(">=")
    assert holds("<=") != holds(">")
    assert holds("<=") >= holds("<")
