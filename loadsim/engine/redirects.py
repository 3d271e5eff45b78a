"""Where a redirect leads, and with which method: within the origin, as browsers do it."""

from __future__ import annotations

from urllib.parse import urljoin

from loadsim.engine.address import TargetUrl
from loadsim.engine.compose import plain_path, request_target
from loadsim.errors import UsageError

MAX_REDIRECTS = 10
CODES = frozenset({301, 302, 303, 307, 308})


class RedirectError(Exception):
    """A redirect that is not followed; says why."""


def redirected_path(url: TargetUrl, path: str, location: str) -> str:
    """Return the path (from the root, with query, safe to send) that ``location`` means in an answer to ``path``.

    Raises RedirectError when it leads to another origin or nowhere.
    """
    if plain_path(location) and not location.startswith("//") and "/." not in location:
        return location  # the usual case, at a tenth of the cost
    try:
        absolute = urljoin(url.origin + path, location.encode("latin-1").decode("utf-8", "replace"))
        place = TargetUrl.parse(absolute.partition("#")[0].replace(" ", "%20"), what="Location")
        target = request_target(place.path)
    except (UsageError, ValueError) as error:
        raise RedirectError(f"redirected to a place that is no URL: {error}") from None
    if not _same_origin(place, url):
        raise RedirectError(f"redirected to another origin, {place.origin}: give that as the target if it is meant")
    return target


def same_origin_path(url: TargetUrl, text: str) -> str:
    """Return path and query of the URL ``text``; raises ValueError when it is not of the target's origin."""
    place = TargetUrl.parse(text, what="the request")
    if not _same_origin(place, url):
        raise ValueError(f"{place.origin} is not the target: every request of a run goes to {url.origin}")
    return place.path


def _same_origin(one: TargetUrl, other: TargetUrl) -> bool:
    return (one.scheme, one.host.lower(), one.port) == (other.scheme, other.host.lower(), other.port)


def redirected_method(status: int, method: str) -> str:
    """Return the method of the next request (Fetch standard, HTTP-redirect fetch, step 12)."""
    if (status in (301, 302) and method == "POST") or (status == 303 and method != "HEAD"):
        return "GET"
    return method
