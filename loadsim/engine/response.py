"""An answer, with the attributes scripts know from requests, worked out when they are asked for."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from loadsim.engine.cookies import CookieJar
from loadsim.engine.decoding import BodyDamagedError, BodyTooLargeError, decode
from loadsim.engine.headers import Headers
from loadsim.measure.sample import Outcome, outcome_name

if TYPE_CHECKING:
    from loadsim.engine.connection import Connection
    from loadsim.engine.origin import Origin

Report = Callable[[int, str], None]
"""Records the request under a code (as in a sample's key), with a text for people when it is a failure."""


_coding = re.compile(rb"\n(?:\r\n|(?i:content-encoding:([^\r]*)))").search


class RequestFailedError(Exception):
    """Raised by :meth:`Response.raise_for_status`. ``response`` is the answer, or what stands for the missing one."""

    def __init__(self, message: str, response: Response) -> None:
        super().__init__(message)
        self.response = response


class Response:
    """The answer to one request, its redirects followed.

    Without an answer ``status_code`` is 0 and ``outcome`` says why. ``code`` is the outcome as in a sample's key: 0 for
    a good answer, one of ``Outcome``, or the HTTP status from 400 on.
    """

    __slots__ = (
        "_body", "_headers", "_origin", "_parts", "_raw", "code", "ended", "history", "request_path", "started",
        "status_code",
    )  # fmt: skip

    def __init__(self, origin: Origin, connection: Connection, code: int, started: float, path: str) -> None:
        """Take what ``connection`` holds; ``path`` is from the root, ``started`` in seconds (``perf_counter``)."""
        self._origin = origin
        self.status_code = connection.status
        self._raw = connection.raw
        self._parts = connection.parts
        self.ended = connection.ended
        self.code = code
        self.started = started
        self.request_path = path
        self.history: tuple[Response, ...] = ()
        self._body: bytes | None = None
        self._headers: Headers | None = None

    def __repr__(self) -> str:
        return f"<Response [{self.status_code or self.outcome}]>"

    def __bool__(self) -> bool:
        return self.ok

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return None

    @property
    def outcome(self) -> str:
        """The name used in the record: ``'ok'``, ``'timeout'``, ``'http_503'``."""
        return outcome_name(self.code)

    @property
    def ok(self) -> bool:
        """Whether there is an answer, with a status below 400."""
        return self.code == 0 and 0 < self.status_code < 400

    @property
    def reason(self) -> str:
        """The words after the status code, often empty."""
        return self._raw.partition(b"\r\n")[0].decode("latin-1").partition(" ")[2].partition(" ")[2]

    @property
    def headers(self) -> Headers:
        """The fields of the answer's head."""
        if self._headers is None:
            self._headers = Headers.parse(self._raw.partition(b"\r\n\r\n")[0])
        return self._headers

    @property
    def content(self) -> bytes:
        """The body, decompressed. Raises BodyTooLargeError or BodyDamagedError (both ValueErrors)."""
        if self._body is None:
            body = b"".join(self._parts)
            if body and (codings := _codings(self._raw)):
                body = decode(body, codings, self._origin.max_body_bytes)
            self._body = body
        return self._body

    @property
    def encoding(self) -> str:
        """The charset the answer names, or UTF-8."""
        for parameter in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                return value.strip(" \t\"'") or "utf-8"
        return "utf-8"

    @property
    def text(self) -> str:
        """The body as text; bytes that do not decode are replaced."""
        try:
            return self.content.decode(self.encoding, "replace")
        except (LookupError, UnicodeError):  # a charset nobody knows, or one that is no text encoding
            return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body's JSON value. Raises json.JSONDecodeError (a ValueError)."""
        try:
            return msgspec.json.decode(self.content)
        except msgspec.DecodeError:
            return json.loads(self.content.decode("utf-8", "replace"))  # other limits; and the error scripts expect

    @property
    def elapsed(self) -> timedelta:
        """From the start of the request to the last byte of the answer."""
        return timedelta(seconds=self.ended - self.started)

    @property
    def url(self) -> str:
        """The URL that was asked for last, without user and password."""
        return self._origin.url.origin + self.request_path

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies this answer set."""
        url = self._origin.url
        jar = CookieJar(url.host, secure=url.scheme == "https")
        for field in self.headers.get_all("set-cookie"):
            jar.keep(field, self.request_path)
        return dict(jar)

    def raise_for_status(self) -> None:
        """Raise RequestFailedError unless the answer is good."""
        if not self.ok:
            raise RequestFailedError(
                f"{self.status_code or self.outcome} {self.reason}".strip() + f" for {self.url}", self
            )


class CaughtResponse(Response):
    """The answer under ``catch_response=True``: the script says whether it was good, and then it is recorded.

    Used as ``with client.get(..., catch_response=True) as response``. Without a verdict the status decides; an
    exception in the block is a failed check. One that is never entered is recorded when it is let go.
    """

    __slots__ = ("_report", "_verdict", "_why")

    def bind(self, report: Report) -> None:
        """Give the function that records the request; it is called exactly once."""
        self._report: Report | None = report
        self._verdict = self.code
        self._why = ""

    def success(self) -> None:
        """Count the request as good, whatever its status."""
        self._verdict = Outcome.OK

    def failure(self, why: object) -> None:
        """Count the request as a failed check; ``why`` is text or an exception."""
        self._verdict = Outcome.CHECK_FAILED
        self._why = str(why)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        failed = self._verdict == Outcome.CHECK_FAILED
        if isinstance(error, Exception) and not failed and not _is_control_flow(error):
            self.failure(f"{type(error).__name__}: {error}")
            if isinstance(error, BodyTooLargeError):
                self._verdict = Outcome.TOO_LARGE
            elif isinstance(error, BodyDamagedError):
                self._verdict = Outcome.BAD_RESPONSE
        self._settle()
        return error is not None and _is_response_error(error)

    def __del__(self) -> None:
        self._settle()

    def _settle(self) -> None:
        report = getattr(self, "_report", None)
        if report is not None:
            self._report = None
            report(int(self._verdict), self._why)


def _codings(raw: bytes) -> str:
    """Return the value of Content-Encoding in a head, ``""`` without one: most have none, and a body is often read."""
    match = _coding(raw)
    return match[1].decode("latin-1") if match is not None and match[1] is not None else ""


def _locust_exception(error: BaseException, *names: str) -> bool:
    """Whether ``error`` is one of Locust's; without importing Locust, which patches the process it is imported in."""
    module = sys.modules.get("locust.exception")
    return module is not None and isinstance(error, tuple(getattr(module, name) for name in names))


def _is_response_error(error: BaseException) -> bool:
    return _locust_exception(error, "ResponseError", "CatchResponseError")


def _is_control_flow(error: BaseException) -> bool:
    return _locust_exception(
        error, "InterruptTaskSet", "RescheduleTask", "RescheduleTaskImmediately", "StopUser", "StopTest"
    )
