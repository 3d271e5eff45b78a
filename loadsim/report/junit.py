"""A gate's verdict as JUnit XML, in the form that Jenkins, GitLab, Azure Pipelines and GitHub's readers share.

A suite a run, a case an objective, and one for the run itself: that it was sound and came to its end; and a suite for
the baseline, where there is one. What is broken is a failure; what is invalid or inconclusive an error, for a skipped
case counts as good with all of them.
Format: https://github.com/testmoapp/junitxml, https://docs.gitlab.com/ci/testing/unit_test_reports/
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from loadsim.baseline import VERDICTS, BaselineRecord
from loadsim.gate import GatedRun, GateRecord
from loadsim.objectives import sentence
from loadsim.record import Verdict
from loadsim.report.gate_words import effect_sentence, primary

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for, escaped or not."""
_KINDS: dict[Verdict, str] = {"fail": "failure", "invalid": "error", "inconclusive": "error"}


def write_junit(record: GateRecord, path: Path) -> None:
    """Write the file, and the directories above it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(junit(record))


def junit(record: GateRecord) -> bytes:
    """Return the document."""
    several = len({(run.scenario, run.topology, run.target) for run in record.runs}) < len(record.runs)
    root = Element("testsuites", name="loadsim gate")
    for run in record.runs:
        _add_suite(root, run, f" ({run.run})" if several else "")
    if record.baseline is not None:
        _add_baseline(root, record.baseline, record.runs)
    _count(root)
    indent(root)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _add_suite(root: Element, run: GatedRun, which: str) -> None:
    suite = SubElement(
        root,
        "testsuite",
        name=clean(run.id),
        timestamp=run.started_at.removesuffix("Z")[:19],
        time=f"{run.duration_s:.3f}",
    )
    # Names of the same objective stay the same from pipeline to pipeline, so that servers can show its history.
    of = f"loadsim.{_word(run.scenario)}.{_word(run.topology or run.target)}"
    _add_case(suite, of, f"the run is sound{which}", run.verdict if run.problems else "pass", "; ".join(run.problems))
    for objective in run.objectives:
        _add_case(suite, of, f"{objective.expression}{which}", objective.verdict, sentence(objective))
    _count(suite)


def _add_baseline(root: Element, baseline: BaselineRecord, runs: Sequence[GatedRun]) -> None:
    """Add a suite with a case a primary metric, and one for whether the two can be set against each other."""
    suite = SubElement(root, "testsuite", name="against the baseline")
    of = f"loadsim.{_word(runs[0].scenario)}.baseline" if runs else "loadsim.baseline"
    able: Verdict = "inconclusive" if baseline.reasons else "pass"
    _add_case(suite, of, "it can be set against the baseline", able, " ".join(baseline.reasons))
    for effect in primary(baseline):
        verdict = VERDICTS.get(effect.verdict, "pass")
        _add_case(suite, of, f"{effect.metric} is not worse than the baseline's", verdict, effect_sentence(effect))
    _count(suite)


def _add_case(suite: Element, of: str, name: str, verdict: Verdict, text: str) -> None:
    case = SubElement(suite, "testcase", classname=of, name=clean(name), time="0")
    if verdict in _KINDS:
        problem = SubElement(case, _KINDS[verdict], type=verdict, message=clean(text))
        problem.text = clean(text)


def _count(element: Element) -> None:
    cases = list(element.iter("testcase"))
    found = {kind: sum(case.find(kind) is not None for case in cases) for kind in ("failure", "error")}
    element.attrib |= {
        "tests": str(len(cases)),
        "failures": str(found["failure"]),
        "errors": str(found["error"]),
        "skipped": "0",
    }


def _word(text: str) -> str:
    """Return a name without the dots at which servers cut it into packages."""
    return re.sub(r"[^\w-]+", "_", text, flags=re.ASCII)


def clean(text: str) -> str:
    """Return text without what XML, and a log, have no place for."""
    return _NOT_XML.sub("\ufffd", text)
