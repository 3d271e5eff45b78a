"""The system under test: a stranger's, the bundled one of a run, or the one that was left standing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from loadsim.deploy import bring_up, topology
from loadsim.deploy.state import standing_target, state_path
from loadsim.experiment.machine import Cpus
from loadsim.experiment.subject import Subject, subject_of
from loadsim.report.terminal import Steps
from loadsim.settings import load_settings

from ..deploy.test_keeper import eventually


def subject(url: str) -> Subject:
    with subject_of(
        load_settings("spiky", {"target": url}), "balanced", Cpus((), ()), Steps(Console(quiet=True))
    ) as found:
        return found


@pytest.fixture
def standing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name, value in {"ITEMS": "40", "USERS": "10", "COMMENTS": "20"}.items():
        monkeypatch.setenv(f"LOADSIM_TARGET_{name}", value)
    deployment = bring_up(topology("monolith"))
    deployment.detach(state_path())
    yield deployment.url
    target = standing_target()
    assert target is not None
    target.stop()


def test_a_target_left_standing_is_known_by_its_address_with_its_pools_and_what_it_uses(standing: str) -> None:
    found = subject(f"{standing}/")
    assert (found.bundled, found.topology, found.pools) == (True, "monolith", {"web": ("web-1",)})
    assert eventually(lambda: set(found.usage()) == {"web-1"})
    assert found.failures() == []
    assert found.balancer_sent() is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://localhost:9/shop", "http://[::1]:9"])
def test_any_other_address_is_a_strangers_of_whom_nothing_is_known(standing: str, url: str) -> None:
    del standing
    assert subject(url) == Subject(url=url)
