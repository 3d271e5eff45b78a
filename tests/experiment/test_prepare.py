"""From settings to a plan: shapes, seeds, how the client speaks; and what is refused before anything happens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loadsim.errors import UsageError
from loadsim.experiment.machine import Cpus
from loadsim.experiment.prepare import Shape, drawn_seed, find_scenario, http_settings, make_plan, shape_of
from loadsim.profiles import parse_profile
from loadsim.scenarios import SCENARIOS
from loadsim.settings import RunSettings


def settings(scenario: str = "spiky", **given: Any) -> RunSettings:
    return RunSettings(scenario=scenario, name=scenario, **given)


def shape(scenario: str = "spiky", **given: Any) -> Shape:
    return shape_of(settings(scenario, **given), SCENARIOS.get(scenario))


def test_a_scenario_is_a_built_in_name_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("")
    assert find_scenario(settings("spiky")) is SCENARIOS["spiky"]
    assert find_scenario(settings(f"{tmp_path}/shop.py")) is None
    assert find_scenario(settings(f"{tmp_path}/shop.py:Buyer")) is None
    with pytest.raises(UsageError, match="unknown scenario 'spikey'") as caught:
        find_scenario(settings("spikey"))
    assert caught.value.hint == "Did you mean 'spiky'? Or give a Python file."
    for path in ("none.py", "none.py:Buyer"):
        with pytest.raises(UsageError, match=r"there is no scenario file 'none\.py'") as caught:
            find_scenario(settings(path))
        assert str(Path.cwd()) in caught.value.hint


def test_an_unknown_scenario_may_be_a_misspelt_one_of_loadsim_toml() -> None:
    with pytest.raises(UsageError, match="unknown scenario 'chekout'") as caught:
        find_scenario(settings("chekout", own_scenarios=("checkout",)))
    assert caught.value.hint == "Did you mean 'checkout'? Or give a Python file."


def test_an_unknown_base_is_told_with_its_place() -> None:
    given = RunSettings(scenario="spikky", name="shop", own_scenarios=("shop",), config=Path("/a/loadsim.toml"))
    with pytest.raises(UsageError) as caught:
        find_scenario(given)
    assert caught.value.message == "/a/loadsim.toml: [scenarios.shop] base: unknown scenario 'spikky'"
    assert caught.value.hint == "Did you mean 'spiky'? Or give a Python file."


def test_a_scenario_brings_its_own_shape_length_and_warm_up() -> None:
    own = shape("spiky")
    assert own.profile.spec() == parse_profile(SCENARIOS["spiky"].profile).spec()
    assert (own.duration_s, own.warmup_s) == (45.0, 5.0)
    assert [phase.name for phase in own.phases] == ["base", "spike", "recovery"]


def test_flags_stand_before_the_scenarios_own() -> None:
    given = shape("spiky", profile="constant(7/s)", duration_s=3.0, warmup_s=0.0)
    assert (given.profile.spec(), given.duration_s, given.warmup_s) == (parse_profile("constant(7/s)").spec(), 3.0, 0.0)


def test_a_profile_without_an_end_runs_half_a_minute_and_one_with_an_end_as_long_as_it_is() -> None:
    assert shape(profile="constant(7/s)").duration_s == 30.0
    assert shape(profile="ramp(1/s,9/s,12s)").duration_s == 12.0
    assert shape("shop.py").duration_s == 30.0


def test_a_rate_scales_a_shape_to_its_peak_and_is_a_constant_without_one() -> None:
    scaled = shape("spiky", rate=600.0)
    assert scaled.profile.peak(45.0) == pytest.approx(600.0)
    assert float(scaled.profile.rate(0.0)) == pytest.approx(60.0)
    plain = shape("shop.py", rate=12.5)
    assert plain.profile.peak(30.0) == float(plain.profile.rate(1.0)) == 12.5
    ramp = shape("shop.py", rate=50.0, profile="ramp(0/s,10/s,10s)")
    assert ramp.profile.peak(10.0) == pytest.approx(50.0)


def test_a_shape_that_brings_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match=r"brings less than one arrival in 5 s"):
        shape(profile="constant(0.1/s)", duration_s=5.0)
    with pytest.raises(UsageError, match="no rate that --rate could scale"):
        shape(profile="constant(0/s)", rate=5.0)
    assert shape(profile="constant(0.1/s)", duration_s=5.0, model="closed").duration_s == 5.0


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("rate", [None, 33.3])
def test_the_profile_in_the_plan_is_the_one_of_the_shape(name: str, rate: float | None) -> None:
    made = shape(name, rate=rate)
    again = parse_profile(made.profile.spec())
    for time_s in (0.0, 7.5, made.duration_s * 0.9):
        assert float(again.expected(time_s)) == pytest.approx(float(made.profile.expected(time_s)), rel=1e-9)


def test_a_seed_is_given_or_drawn() -> None:
    assert drawn_seed(settings(seed=0)) == 0
    assert len({drawn_seed(settings()) for _ in range(5)}) > 1
    assert 0 <= drawn_seed(settings()) < 1 << 32


def test_the_clients_settings_are_those_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    given = settings(
        timeout_s=4.0, headers=(("A", "b"),), insecure=True, cacert="ca", resolve=(("h", "::1"),), connections="visitor"
    )
    http = http_settings(given, "http://h", stranger=True)
    assert (http.url, http.timeout_s, http.connect_timeout_s, http.insecure) == ("http://h", 4.0, 4.0, True)
    assert (http.headers, http.cacert, http.resolve, http.connections) == (
        (("A", "b"),), "ca", (("h", "::1"),), "visitor",
    )  # fmt: skip
    assert http.proxy == "http://proxy:3128"
    assert "x-backend" in http.backend_headers
    assert http_settings(given, "http://h", stranger=False).proxy is None
    named = http_settings(settings(backend_headers=("X-Mine",)), "http://h", stranger=False)
    assert (named.backend_headers, named.connect_timeout_s) == (("X-Mine",), 10.0)


def test_the_plan_holds_what_the_engine_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = settings(max_in_flight=7, iterations=3, env=(("K", "v"),), give_up_s=1.0, drain_s=2.0, arrivals="uniform")
    http = http_settings(given, "http://h", stranger=False)
    plan = make_plan(given, shape(), 5, http, Cpus((0,), (1,)), bundled=True)
    assert (plan.users, plan.iterations, plan.env, plan.cpus, plan.seed) == (7, 3, {"K": "v"}, (0,), 5)
    assert (plan.give_up_s, plan.drain_s, plan.arrivals, plan.bundled) == (1.0, 2.0, "uniform", True)
    assert (plan.duration_s, plan.warmup_s, plan.profile_dir) == (45.0, 5.0, str(tmp_path))
    closed = make_plan(settings(model="closed", users=4), shape(), 5, http, Cpus((), ()), bundled=False)
    assert (closed.model, closed.users) == ("closed", 4)
