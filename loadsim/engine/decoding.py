"""Content codings of an answer's body (gzip, deflate, br), undone piece by piece so that a bomb stops at the bound."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

import brotli

_MAX_CODINGS = 4
_PIECE_BYTES = 1 << 16


class BodyTooLargeError(ValueError):
    """The body grows beyond the bound when decompressed."""


class BodyDamagedError(ValueError):
    """The body is not what its Content-Encoding says."""


def decode(body: bytes, codings: str, most_bytes: int) -> bytes:
    """Return ``body`` with every coding of the Content-Encoding value ``codings`` undone, last one first.

    Raises BodyTooLargeError beyond ``most_bytes``, BodyDamagedError for data that do not decode or an unknown coding.
    """
    names = [name.strip().lower() for name in codings.split(",")]
    names = [name for name in names if name and name != "identity"]
    if len(names) > _MAX_CODINGS:
        raise BodyDamagedError(f"{len(names)} content codings on top of each other")
    for name in reversed(names):
        if not body:
            break
        decoder = _DECODERS.get(name)
        if decoder is None:
            raise BodyDamagedError(f"Content-Encoding '{name[:40]}' was not asked for")
        try:
            body = _bounded(decoder(body), most_bytes)
        except (zlib.error, brotli.error) as error:
            raise BodyDamagedError(f"the body is not {name}: {error}") from None
    return body


def _bounded(pieces: Iterator[bytes], most_bytes: int) -> bytes:
    kept, size = [], 0
    for piece in pieces:
        kept.append(piece)
        size += len(piece)
        if size > most_bytes:
            raise BodyTooLargeError(f"a body of more than {most_bytes} bytes after decompression")
    return b"".join(kept)


def _inflate(body: bytes, window_bits: int) -> Iterator[bytes]:
    while body:
        decoder = zlib.decompressobj(window_bits)
        while not decoder.eof:
            piece = decoder.decompress(body, _PIECE_BYTES)
            body = decoder.unconsumed_tail
            if not piece and not body and not decoder.eof:
                raise BodyDamagedError("the compressed body ends early")
            yield piece
        body = decoder.unused_data.lstrip(b"\0")  # gzip files may follow each other, padded with zeros


def _gzip(body: bytes) -> Iterator[bytes]:
    return _inflate(body, 31)


def _deflate(body: bytes) -> Iterator[bytes]:
    """Undo zlib, as the standard says, or bare deflate, as some servers send: the first bytes tell (RFC 1950, 2.2)."""
    wrapped = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _inflate(body, 15 if wrapped else -15)


def _brotli(body: bytes) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    yield decoder.process(body, output_buffer_limit=_PIECE_BYTES)
    while not decoder.is_finished():
        piece = decoder.process(b"", output_buffer_limit=_PIECE_BYTES)
        if not piece and decoder.can_accept_more_data():
            raise BodyDamagedError("the compressed body ends early")
        yield piece


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
}
