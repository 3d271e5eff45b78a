from __future__ import annotations

import io
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from loadsim.record import Balance, ErrorKind, Quantiles, Recovery, Requests, RunRecord
from loadsim.report.terminal import print_summary
from loadsim.report.terminal.next_step import next_step
from loadsim.report.terminal.summary import share_out, summary_lines
from loadsim.report.terminal.words import ASCII, UNICODE

from .moments import HOSTILE, backend, load, manifest, objective, record, times
from .vt import Terminal

FULL: dict[str, Any] = {
    "verdict": "fail",
    "reasons": ["p99 < 100ms: 128 ms", "error_rate < 0.01%: 0.033 %", "a third"],
    "objectives": [
        objective("p99 < 1s", 0.128, "pass"),
        objective("p99 < 100ms", 0.128, "fail"),
        objective("error_rate < 0.01%", 0.00033, "fail"),
        objective('p99.9[route="GET /rare"] < 1s', None, "inconclusive", reason="500 samples, 10,000 are needed"),
    ],
    "warnings": ["the schedule is coarser", "another"],
    "errors": [ErrorKind(outcome=f"http_5{n:02d}", count=n, first="GET /" + "x" * 300) for n in range(1, 12)],
    "backends": {f"web-{n}": backend(8000, 0.05, failed=n) for n in range(20)},
}


def screen(what: RunRecord, width: int = 80, height: int = 24, seen: tuple[str, ...] = (), **given: Any) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=True, _environ={"TERM": "xterm"} | given)
    print_summary(console, what, Path("reports/one"), Path("reports/one/report.html"), seen)
    terminal = Terminal(width, height)
    terminal.feed(out.getvalue())
    assert terminal.scrolled == 0
    return terminal.lines


def page(what: RunRecord, seen: tuple[str, ...] = ()) -> str:
    out = io.StringIO()
    print_summary(Console(file=out, width=120), what, Path("reports/one"), None, seen)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100, 140, 200])
@pytest.mark.parametrize("given", [{}, FULL])
def test_a_summary_fits_a_screen_with_the_prompt(width: int, given: dict[str, Any]) -> None:
    lines = screen(record(**given), width, seen=("one sentence. " * 20, "another.", "a third."))
    assert lines[-1] == ""
    assert "report     reports/one/report.html" in "\n".join(lines)


def test_the_figures_stand_under_their_names() -> None:
    lines = screen(record())
    names = next(index for index, line in enumerate(lines) if line.startswith(" arrivals"))
    for name, number in [
        ("scheduled", "24,000"),
        ("completed", "23,985"),
        ("failed", "8"),
        ("dropped", "7"),
        ("lost", "0"),
    ]:
        end = lines[names].index(name) + len(name)
        assert lines[names + 1][:end].split()[-1] == number
    assert "offered 400/s   achieved 400/s   errors 0.03 %   fairness 0.998" in "\n".join(lines)


def test_response_and_service_time_stand_side_by_side() -> None:
    text = page(record(response_time_s=times(0.016, p99_9=None, unanswered=50)))
    assert "response       16.0 ms    48.0 ms     128 ms  no answer" in text
    assert "service        12.0 ms    36.0 ms    96.0 ms     144 ms" in text


def test_the_closed_model_has_no_response_time_and_shows_none() -> None:
    text = page(record(response_time_s=None))
    assert re.search(r"response +– +– +– +– +–\n", text)
    assert "p99(service) < " in text


@pytest.mark.parametrize(
    ("verdict", "mark"),
    [("pass", "✔ PASS"), ("fail", "✘ FAIL"), ("invalid", "▲ INVALID"), ("inconclusive", "▲ INCONCLUSIVE")],
)
def test_the_verdict_is_a_word_and_a_mark(verdict: Any, mark: str) -> None:
    text = page(record(verdict=verdict, reasons=["because of this"]))
    assert f" {mark}" in text
    assert "because of this" in text


def test_without_objectives_no_verdict_is_claimed() -> None:
    assert "no objective was set, so there is no verdict" in page(record())
    assert "PASS" not in page(record())


def test_sentences_are_wrapped_and_reasons_bounded() -> None:
    sentence = "The spike at 0:20 raised p99 from 12 ms to 1.2 s, of which waiting in the balancer made 90 %."
    lines = screen(record(verdict="invalid", reasons=["because " * 60]), seen=(sentence,))
    assert sentence in re.sub(r"\s+", " ", " ".join(lines))
    assert sum("because" in line for line in lines) == 3
    assert lines[4].endswith(" …")


def test_a_run_cut_short_says_so() -> None:
    assert "cut short: this is what ran until then" in page(record(complete=False))
    assert "PASS  cut short" in page(record(complete=False, verdict="pass"))


def test_broken_objectives_come_first_with_what_was_observed_in_the_unit_of_the_bound() -> None:
    text = page(record(**FULL))
    shown = [line for line in text.splitlines() if "observed" in line]
    assert [line[12] for line in shown] == ["✘", "✘", "▲", "✔"]
    assert "p99 < 100ms" in shown[0]
    assert "observed 128 ms" in shown[0]
    assert "observed 0.03 %" in shown[1]
    assert "no answer  500 samples, 10,000 are needed" in shown[2]


@pytest.mark.parametrize(
    ("expression", "observed", "said"),
    [
        ("rate >= 480/s", 478.2, "478/s"),
        ("jain[pool=web] >= 0.98", 0.97512, "0.9751"),
        ("abort p99 < 2s over 10s", 0.5, "500 ms"),
        ("started >= 99%", 0.5, "50.00 %"),
        ("recovery < 10 s", 3.2, "3.20 s"),
    ],
)
def test_what_was_observed_has_the_unit_of_the_bound(expression: str, observed: float, said: str) -> None:
    text = page(record(verdict="fail", objectives=[objective(expression, observed, "fail")]))
    assert re.search(rf"observed {re.escape(said)}\s", text)


def test_errors_come_with_their_first_example_the_most_frequent_first() -> None:
    text = page(record())
    assert text.index("http_503") < text.index("timeout")
    assert "GET /items/3: 503 Service Unavailable" in text


def test_a_list_that_is_cut_says_how_much_is_missing() -> None:
    lines = screen(record(**FULL))
    assert any(re.search(r"^ errors .* and \d+ more$", line) or re.search(r"and 9 more$", line) for line in lines)


def test_a_recovery_that_did_not_happen_is_said() -> None:
    text = page(record(recoveries=[Recovery(cause="spike", start_s=20.0, recovery_s=None)]))
    assert "spike at 0:20: not back before the end" in text


def test_the_least_fair_pool_is_named_when_there_are_several() -> None:
    even = Balance(backends=3, jain=0.999, cv=0.0, chi2_p=1.0, expected="uniform")
    skewed = Balance(backends=2, jain=0.71, cv=0.6, chi2_p=0.0, expected="uniform")
    text = page(record(balance={"all": even, "api": skewed, "web": even}))
    assert "fairness of api 0.710" in text


def test_answers_that_named_no_backend_make_no_list() -> None:
    assert " backends " not in page(record(backends={"(none)": backend(100, None, pool=None)}))


def test_the_report_is_a_link_where_the_terminal_takes_it_and_text_elsewhere() -> None:
    out = io.StringIO()
    print_summary(Console(file=out, width=80, force_terminal=True), record(), Path("r"), Path("r/report.html"))
    assert "\x1b]8;id=" in out.getvalue()
    assert Path("r/report.html").resolve().as_uri() in out.getvalue()
    assert "\x1b" not in page(record())
    assert " record     reports/one/run.json" in page(record())


def test_no_color_leaves_words_and_marks() -> None:
    assert any("✘ FAIL" in line for line in screen(record(**FULL), NO_COLOR="1"))


def test_ascii_terminals_get_ascii_marks() -> None:
    text = "\n".join(line.plain for line in summary_lines(record(**FULL), 80, 40, ASCII))
    assert "x FAIL" in text
    assert "█" not in text


def test_hostile_texts_are_shown_and_not_obeyed() -> None:
    what = record(
        manifest=manifest(scenario=HOSTILE, target=HOSTILE, topology=None, argv=["loadsim", "run", HOSTILE]),
        verdict="fail",
        reasons=[HOSTILE] * 3,
        warnings=[HOSTILE],
        errors=[ErrorKind(outcome=HOSTILE, count=1, first=HOSTILE)],
        backends={HOSTILE: backend(10, 1.0, pool=HOSTILE), "b": backend(10, 1.0)},
        recoveries=[Recovery(cause=HOSTILE, start_s=0.0, recovery_s=1.0)],
        objectives=[objective(HOSTILE, 1.0, "fail", reason=HOSTILE)],
    )
    text = "\n".join(screen(what, 140, 50, seen=(HOSTILE,)))
    assert text.count("[bold red]web[/]") >= 9
    assert "\u202e" not in text


@settings(max_examples=50, deadline=None)
@given(
    st.integers(80, 220),
    st.integers(22, 90),
    st.lists(st.text(max_size=400), max_size=6),
    st.text(max_size=80),
    st.integers(0, 10**10),
)
def test_any_record_fits(width: int, height: int, sentences: list[str], name: str, count: int) -> None:
    what = record(**FULL | {"warnings": sentences, "reasons": sentences}, manifest=manifest(scenario=name))
    what.load.scheduled = what.load.completed = count
    lines = summary_lines(what, width, height, UNICODE, sentences)
    assert len(lines) <= height
    assert all(line.cell_len <= width and "\n" not in line.plain for line in lines)


@given(st.lists(st.integers(0, 30), max_size=8), st.integers(-3, 60))
def test_lines_are_shared_out_evenly_and_wholly(wanted: list[int], room: int) -> None:
    given_lines = share_out(wanted, room)
    assert sum(given_lines) == min(sum(wanted), max(0, room))
    assert all(part <= most for part, most in zip(given_lines, wanted, strict=True))
    cut = [part for part, most in zip(given_lines, wanted, strict=True) if part < most]
    assert not cut or max(given_lines) - min(cut) <= 1 or max(cut) - min(cut) <= 1


def command(**given: Any) -> list[str]:
    return shlex.split(next_step(record(**given))[1])


def test_a_saturated_generator_is_asked_for_less() -> None:
    assert command(verdict="invalid", load=load(generator_cpu=0.97)) == ["loadsim", "run", "spiky", "--rate", "200/s"]
    assert "--rate" in command(verdict="invalid", load=load(late_start_s=times(0.01), generator_cpu=0.6))
    assert command(verdict="invalid", load=load(lost=5)) == ["loadsim", "run", "spiky"]


def test_a_generator_that_was_late_and_idle_is_tried_again_as_it_was() -> None:
    assert command(verdict="invalid", load=load(late_start_s=times(0.01), generator_cpu=0.02)) == [
        "loadsim",
        "run",
        "spiky",
    ]


def test_the_next_run_does_not_take_the_place_of_this_one() -> None:
    for out in (["--out", "reports/a"], ["--out=reports/a"]):
        argv = ["loadsim", "run", "spiky", *out, "--seed", "1"]
        assert command(complete=False, manifest=manifest(argv=argv)) == ["loadsim", "run", "spiky", "--seed", "1"]


def test_a_run_cut_short_is_run_again_as_it_was() -> None:
    argv = ["loadsim", "run", "spiky", "--request", "GET /a b"]
    assert command(complete=False, manifest=manifest(argv=argv)) == argv


def test_many_failures_are_looked_at_one_by_one() -> None:
    argv = [
        "loadsim",
        "run",
        "spiky",
        "--target",
        "http://t",
        "--request",
        "GET /a",
        "--request=GET /b",
        "--rate",
        "5/s",
    ]
    given = manifest(topology=None, target="http://t", argv=argv)
    failing = Requests(count=100, failed=50, sent_bytes=0, received_bytes=0)
    assert command(manifest=given, requests=failing) == [
        *("loadsim", "try", "spiky", "--target", "http://t", "--request", "GET /a", "--request=GET /b"),
    ]
    assert command(requests=failing) == ["loadsim", "try", "spiky", "--topology", "balanced"]


def test_too_few_samples_ask_for_a_longer_run() -> None:
    argv = ["loadsim", "run", "spiky", "--duration", "60s"]
    assert command(verdict="inconclusive", manifest=manifest(argv=argv))[-2:] == ["--duration", "240s"]
    assert command(verdict="inconclusive", manifest=manifest(argv=argv)).count("--duration") == 1


def test_a_run_without_objectives_is_offered_one_that_it_would_have_held() -> None:
    assert command()[-2:] == ["--objective", "p99 < 200ms"]
    assert command(response_time_s=Quantiles(count=5, unanswered=5))[-1] == "error_rate < 1%"


def test_a_verdict_on_the_bundled_target_leads_to_the_same_traffic_on_another_shape() -> None:
    argv = ["loadsim", "run", "spiky", "--topology=balanced", "--seed", "1"]
    assert command(verdict="pass", manifest=manifest(argv=argv)) == [
        *("loadsim", "run", "spiky", "--topology", "monolith", "--seed", "42"),
    ]
    assert command(verdict="fail", manifest=manifest(topology="monolith"))[3:5] == ["--topology", "balanced"]
    assert command(verdict="fail", manifest=manifest(topology="sockets"))[3:5] == ["--topology", "sockets(servers=1)"]


def test_a_target_of_ones_own_is_asked_for_more_or_less() -> None:
    own = manifest(topology=None, target="http://t", argv=["pytest"])
    assert command(verdict="pass", manifest=own) == [
        "loadsim",
        "run",
        "spiky",
        "--target",
        "http://t",
        "--rate",
        "600/s",
    ]
    assert command(verdict="fail", manifest=own)[-1] == "200/s"
