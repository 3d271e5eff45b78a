"""The numbers that a run changes, read before it and after it."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import msgspec

from loadsim.measure.updates import Counter, Update, Updates
from loadsim.redact import redact_text
from loadsim.wire import CounterSettings, HttpSettings

SETTLE_S = 5.0
"""An update that its number does not show so long after the end is lost: replicas and caches have had their time."""
LOOK_EVERY_S = 0.25


class Counters:
    """The numbers of one run. Made before any traffic: it reads them then, and again in :meth:`held_against`."""

    def __init__(self, settings: CounterSettings, http: HttpSettings) -> None:
        self._settings, self._http = settings, http
        self.warnings: list[str] = []
        self._before = self._read(settings.paths)

    def held_against(self, updates: Updates, is_hurried: Callable[[], bool]) -> list[Counter]:
        """Return what each number came to; ``is_hurried`` says whether there is no time to wait for late updates."""
        until = time.monotonic() + SETTLE_S
        found = self._counters(updates, self._read(self._before))
        while (late := [each.name for each in found if each.lost]) and time.monotonic() < until and not is_hurried():
            time.sleep(LOOK_EVERY_S)
            after = {each.name: each.after for each in found if each.after is not None}
            found = self._counters(updates, after | self._read(late))
        if any(each.unexplained for each in found):
            self._warn("somebody else changes what is counted: more updates happened than this run sent")
        return found

    def _counters(self, updates: Updates, after: dict[str, float]) -> list[Counter]:
        return [
            Counter(
                name=path,
                before=self._before.get(path),
                after=after.get(path),
                adds=self._settings.adds,
                sent=updates.count(number, Update.SENT),
                acknowledged=updates.count(number, Update.ACKNOWLEDGED),
                refused=updates.count(number, Update.REFUSED),
            )
            for number, path in enumerate(self._settings.paths)
        ]

    def _read(self, paths: Iterable[str]) -> dict[str, float]:
        """Return the numbers that can be read; warn of the first that cannot."""
        found: dict[str, float] = {}
        with _client(self._http) as client:
            for path in paths:
                try:
                    answer = client.send(_request(client, self._http, path, self._settings.headers))
                    found[path] = number_in(answer.raise_for_status().content, self._settings.number)
                except (httpx.HTTPError, ValueError) as error:
                    self._warn(f"what updates came to is not known: GET {path}: {redact_text(str(error))}")
        return found

    def _warn(self, text: str) -> None:
        if not self.warnings:
            self.warnings.append(text)


def number_in(body: bytes, place: str) -> float:
    """Return the number at ``place`` of a JSON text: ``stock.0.available``, or ``.`` for all of it. Raises ValueError.

    >>> number_in(b'{"stock": [{"available": 3}]}', "stock.0.available")
    3.0
    """
    try:
        value = msgspec.json.decode(body)
        for name in place.split(".") if place != "." else ():
            value = value[int(name) if isinstance(value, list) else name]
    except msgspec.DecodeError as error:
        raise ValueError(f"answers what is no JSON: {error}") from None
    except (LookupError, TypeError, ValueError):
        raise ValueError(f"answers nothing at '{place}'") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"answers no number at '{place}'")
    return float(value)


def _client(http: HttpSettings) -> httpx.Client:
    """Return a client that goes where the engine goes, and is taken for who it is."""
    context: ssl.SSLContext | bool = False  # of no use, and dear to make
    if http.url.startswith("https:"):
        context = ssl.create_default_context(cafile=http.cacert)
        if http.insecure:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if http.cert:
            context.load_cert_chain(http.cert, http.key)
    transport = httpx.HTTPTransport(verify=context, proxy=http.proxy)
    return httpx.Client(transport=transport, timeout=http.timeout_s, follow_redirects=True, headers=list(http.headers))


def _request(client: httpx.Client, http: HttpSettings, path: str, headers: dict[str, str]) -> httpx.Request:
    url = httpx.URL(http.url.rstrip("/") + path)
    named: dict[str, Any] = {}
    address = dict(http.resolve).get(url.host)
    if address:
        headers = {"Host": url.netloc.decode(), **headers}
        url, named = url.copy_with(host=address), {"sni_hostname": url.host}
    return client.build_request("GET", url, headers=headers, extensions=named)


def counters_of(settings: CounterSettings | None, http: HttpSettings) -> Counters | None:
    """Return the numbers of a run, read; None if it changes none."""
    return Counters(settings, http) if settings is not None else None
