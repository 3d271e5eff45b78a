"""JUnit XML as servers read it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import msgspec

from loadsim.report.junit import junit, write_junit

from .gated import BROKEN, HELD, NO_ANSWER, UNTOLD, against, gate_of, gated
from .runs import HOSTILE


def test_every_objective_is_a_case_and_so_is_the_run_itself() -> None:
    root = ElementTree.fromstring(junit(gate_of(gated(HELD, BROKEN, UNTOLD))))
    cases = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert cases == {
        "the run is sound": [],
        "error_rate < 1%": [],
        "p99 < 250ms": ["failure"],
        "p99.9 < 1s": ["error"],
    }
    for element in (root, root[0]):
        counts = {name: element.get(name) for name in ("tests", "failures", "errors", "skipped")}
        assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "0"}
    assert (root[0].get("timestamp"), root[0].get("time")) == ("2026-11-24T19:02:11", "45.000")


def test_a_failure_says_what_was_observed() -> None:
    root = ElementTree.fromstring(junit(gate_of(gated(BROKEN, NO_ANSWER))))
    said = [failure.get("message") for failure in root.iter("failure")]
    assert said == ["p99 < 250ms: observed 312 ms", "max < 1s: observed no answer"]


def test_a_run_that_was_not_sound_is_an_error_of_its_own() -> None:
    run = gated(HELD, problems=("the generator was saturated",), verdict="invalid")
    (error,) = ElementTree.fromstring(junit(gate_of(run))).iter("error")
    assert (error.get("type"), error.text) == ("invalid", "the generator was saturated")


def test_cases_of_several_runs_of_one_scenario_are_told_apart_and_keep_their_names_otherwise() -> None:
    both = junit(gate_of(gated(HELD, path="reports/1"), gated(HELD, path="reports/2")))
    names = [case.get("name") for case in ElementTree.fromstring(both).iter("testcase")]
    assert names[1::2] == ["error_rate < 1% (reports/1)", "error_rate < 1% (reports/2)"]
    apart = junit(gate_of(gated(HELD), gated(HELD, path="reports/2", topology="split")))
    assert len({case.get("classname") for case in ElementTree.fromstring(apart).iter("testcase")}) == 2


def test_whatever_a_target_says_the_document_is_xml(tmp_path: Path) -> None:
    nasty = f"a\x00b\x08\x1b[31m\ud800\uffff]]>&{HOSTILE}"
    run = gated(msgspec.structs.replace(BROKEN, reason=nasty), problems=(nasty,), path=nasty, id=nasty, scenario=nasty)
    write_junit(gate_of(run, run), tmp_path / "not" / "there" / "gate.xml")
    document = (tmp_path / "not" / "there" / "gate.xml").read_bytes()
    text = document.decode()
    assert not [c for c in text if (ord(c) < 32 and c not in "\t\n\r") or c == "\uffff"]
    failure = next(ElementTree.fromstring(document)[0].iter("failure"))
    assert f"]]>&{HOSTILE.replace(chr(27), chr(0xFFFD))}" in (failure.text or "")


def test_the_baseline_is_a_suite_in_which_what_cannot_be_told_is_an_error_and_never_a_failure(tmp_path: Path) -> None:
    suite = ElementTree.fromstring(junit(against(tmp_path, machine=1.6)))[-1]
    assert (suite.get("name"), suite.get("failures"), suite.get("errors")) == ("against the baseline", "0", "4")
    names = [case.get("name") for case in suite]
    assert names[:2] == ["it can be set against the baseline", "error_rate is not worse than the baseline's"]
