"""TLS between the armed read watcher and the parser: one shared context, one memory buffer each way.

The stdlib's ``SSLObject`` does the cryptography on bytes, so the socket stays a plain non-blocking one.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from loadsim.engine.failures import describe
from loadsim.errors import UsageError
from loadsim.wire import HttpSettings

_PIECE_BYTES = 1 << 17
"""How much plain text is encrypted at once: bounds what a large upload holds twice."""


def build_context(settings: HttpSettings) -> ssl.SSLContext:
    """Return the context every connection shares. Raises UsageError for files that cannot be used."""
    for flag, path in (("--cacert", settings.cacert), ("--cert", settings.cert), ("--key", settings.key)):
        _check_readable(flag, path)
    if settings.key and not settings.cert:
        raise UsageError("--key was given without --cert: expected the certificate that belongs to the key")
    try:
        context = ssl.create_default_context(cafile=settings.cacert)
    except ssl.SSLError as error:
        raise UsageError(f"--cacert {settings.cacert}: no certificate in PEM form ({describe(error)})") from None
    if settings.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    if settings.cert:
        try:
            context.load_cert_chain(settings.cert, settings.key, password=_no_password)
        except ssl.SSLError as error:
            where = f"--cert {settings.cert}" + (f" --key {settings.key}" if settings.key else "")
            raise UsageError(
                f"{where}: not a certificate with its unencrypted key in PEM form ({describe(error)})"
            ) from None
    return context


def _no_password() -> str:
    return ""  # or OpenSSL would ask on the terminal, in a process that has none


def _check_readable(flag: str, path: str | None) -> None:
    if path is not None:
        try:
            Path(path).read_bytes()
        except OSError as error:
            raise UsageError(f"{flag} {path}: {error.strerror}") from None


class TlsStream:
    """``recv`` and ``send`` of one TLS connection, with the meaning they have on a non-blocking socket."""

    __slots__ = ("_accepted", "_incoming", "_outgoing", "_recv", "_send", "_ssl", "_unsent", "ended")

    def __init__(
        self,
        recv: Callable[[int], bytes],
        send: Callable[[bytes], int],
        context: ssl.SSLContext,
        host: str,
    ) -> None:
        self._recv = recv
        self._send = send
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._ssl = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._unsent = b""
        self._accepted = 0
        self.ended = False
        """The other side said that nothing more comes; what came before may still be unread by the caller."""

    def handshake(self, wait_readable: Callable[[], None], wait_writable: Callable[[], None]) -> None:
        """Shake hands, or raise ssl.SSLError. The two functions block the caller until the socket is ready."""
        while True:
            try:
                self._ssl.do_handshake()
            except ssl.SSLWantReadError:
                self._flush(wait_writable)
                data = self._recv_now(wait_readable)
                if not data:
                    raise ssl.SSLError(1, "the server closed the connection during the handshake") from None
                self._incoming.write(data)
            except ssl.SSLError:
                self._try_flush()  # the alert, so that the server's log tells why
                raise
            else:
                return self._flush(wait_writable)

    def recv(self, size: int) -> bytes:
        """Return decrypted bytes, ``b""`` at the end; BlockingIOError while no whole record is there."""
        if self.ended:
            return b""
        data = self._recv(size)
        if data:
            self._incoming.write(data)
            data = self._decrypt(size)
            if not data and not self.ended:
                raise BlockingIOError
        else:
            self.ended = True
        return data

    def send(self, data: bytes | memoryview) -> int:
        """Send, and return how many bytes of ``data`` are on their way; BlockingIOError: call with the same again."""
        if not self._accepted:
            piece = data[:_PIECE_BYTES]
            self._ssl.write(piece)
            self._unsent += self._outgoing.read()
            self._accepted = len(piece)
        sent = self._send(self._unsent)
        self._unsent = self._unsent[sent:]
        if self._unsent:
            raise BlockingIOError
        accepted, self._accepted = self._accepted, 0
        return accepted

    def close(self) -> None:
        """Say goodbye if that needs no waiting."""
        try:
            self._ssl.unwrap()
        except (OSError, ValueError):
            pass  # nobody answers a goodbye at once
        self._try_flush()

    def _decrypt(self, size: int) -> bytes:
        pieces = []
        try:
            while True:
                piece = self._ssl.read(size)
                if not piece:  # the other side's goodbye
                    self.ended = True
                    break
                pieces.append(piece)
                if not self._incoming.pending and not self._ssl.pending():
                    break
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        if self._outgoing.pending:  # a key update's answer
            self._try_flush()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _recv_now(self, wait_readable: Callable[[], None]) -> bytes:
        while True:
            try:
                return self._recv(1 << 16)
            except BlockingIOError:
                wait_readable()

    def _flush(self, wait_writable: Callable[[], None]) -> None:
        self._unsent += self._outgoing.read()
        while self._unsent:
            try:
                self._unsent = self._unsent[self._send(self._unsent) :]
            except BlockingIOError:
                wait_writable()

    def _try_flush(self) -> None:
        self._unsent += self._outgoing.read()
        try:
            self._unsent = self._unsent[self._send(self._unsent) :] if self._unsent else b""
        except OSError:
            pass  # full or gone: what is left goes out with the next record, or never
