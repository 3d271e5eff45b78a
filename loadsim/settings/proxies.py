"""The proxy variables, by the rules that curl and Python's urllib share."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """Return the proxy for ``url``: ``http_proxy``, ``https_proxy``, ``all_proxy``, unless ``no_proxy`` names the host.

    Lower case stands before upper case; ``HTTP_PROXY`` in capitals is not read, since a CGI script's caller can set it.
    """
    parts = urlsplit(url)
    if not parts.hostname or _bypassed(parts.hostname, _port(url), _variable(environ, "no_proxy")):
        return None
    own = environ.get("http_proxy", "") if parts.scheme == "http" else _variable(environ, f"{parts.scheme}_proxy")
    proxy = own or _variable(environ, "all_proxy")
    if not proxy:
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _variable(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, "") or environ.get(name.upper(), "")


def _port(url: str) -> int | None:
    parts = urlsplit(url)
    try:
        return parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None


def _bypassed(host: str, port: int | None, no_proxy: str) -> bool:
    for entry in (item.strip().lower() for item in no_proxy.split(",")):
        if not entry:
            continue
        if entry == "*" or _in_network(host, entry):
            return True
        has_port = entry.count(":") == 1 or "]:" in entry
        name, _, entry_port = entry.rpartition(":") if has_port else (entry, "", "")
        if entry_port and entry_port != str(port):
            continue
        name = name.removeprefix("*").lstrip(".").strip("[]")
        if host.lower() == name or host.lower().endswith(f".{name}"):
            return True
    return False


def _in_network(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
