"""The machine: CPUs shared out, and described as far as is known."""

from __future__ import annotations

import os
import sys

import pytest

from loadsim.experiment.machine import Cpus, describe_host, kept_off, share_out_cpus

linux_only = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="CPUs can be chosen on Linux only")


@linux_only
def test_the_engine_gets_one_cpu_and_the_target_the_others() -> None:
    before = os.sched_getaffinity(0)
    cpus = share_out_cpus()
    if len(before) > 1:
        assert len(cpus.engine) == 1
        assert sorted(cpus.engine + cpus.target) == sorted(before)
        with kept_off(cpus):
            assert os.sched_getaffinity(0) == set(cpus.target)
        assert os.sched_getaffinity(0) == before
    only = min(before)
    try:
        os.sched_setaffinity(0, {only})
        assert share_out_cpus() == Cpus((only,), (only,))
        with kept_off(share_out_cpus()):
            assert os.sched_getaffinity(0) == {only}
    finally:
        os.sched_setaffinity(0, before)


def test_a_system_that_cannot_choose_cpus_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert share_out_cpus() == Cpus((), ())
    with kept_off(Cpus((), ())):
        pass


def test_the_host_is_described_and_the_unknown_is_none() -> None:
    host = describe_host()
    assert set(host) == {"system", "release", "machine", "python", "processor", "cpu_count", "memory_bytes"}
    assert host["python"] == ".".join(map(str, sys.version_info[:3]))
    assert "" not in host.values()
