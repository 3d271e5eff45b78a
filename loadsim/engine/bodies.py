"""Request bodies from what scripts give: JSON, forms, multipart, bytes."""

from __future__ import annotations

import hashlib
import json as stdlib_json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

FORM = "application/x-www-form-urlencoded"


def encode_body(data: object, json: object, files: object) -> tuple[bytes | None, str | None]:
    """Return (body, content type) as requests does it: ``files`` make multipart, else ``data``, else ``json``.

    (None, None) without any of them.
    """
    if files:
        return _multipart(_pairs(data) if data else [], files)
    if data is not None:
        return _from_data(data)
    if json is not None:
        return encode_json(json), "application/json"
    return None, None


def encode_json(value: object) -> bytes:
    """Return ``value`` as compact JSON. Raises TypeError for what JSON cannot hold."""
    try:
        return msgspec.json.encode(value)
    except (TypeError, msgspec.MsgspecError):  # subclasses of str and dict, keys that are numbers in disguise
        return stdlib_json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def _from_data(data: object) -> tuple[bytes, str | None]:
    if isinstance(data, str):
        return data.encode(), None
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data), None
    if hasattr(data, "read"):
        return _content(data), None
    return urlencode([(key, value) for key, value in _pairs(data) if value is not None], doseq=True).encode(), FORM


def _pairs(data: object) -> list[tuple[Any, Any]]:
    if isinstance(data, Mapping):
        return list(data.items())
    if isinstance(data, (list, tuple)) and all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in data):
        return [(pair[0], pair[1]) for pair in data]
    raise TypeError(
        f"data: {type(data).__name__} cannot be sent: expected bytes, text, a mapping, a list of pairs or a file"
    )


def _content(source: Any) -> bytes:
    content = source.read() if hasattr(source, "read") else source
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, (bytes, bytearray, memoryview)):
        return bytes(content)
    raise TypeError(f"{type(content).__name__} cannot be sent: expected bytes, text or a file")


def _multipart(fields: list[tuple[Any, Any]], files: object) -> tuple[bytes, str]:
    """Write RFC 7578's form. Its boundary is a digest of the contents: equal requests are equal bytes."""
    parts: list[tuple[bytes, bytes]] = []
    for name, value in fields:
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if item is not None:
                text = item if isinstance(item, bytes) else str(item).encode()
                parts.append((f'Content-Disposition: form-data; name="{_quoted(name)}"'.encode(), text))
    for name, value in _pairs(files):
        parts.append(_file_part(str(name), value))
    digest = hashlib.blake2b(digest_size=16)
    for head, content in parts:
        digest.update(head)
        digest.update(content)
    boundary = b"loadsim-" + digest.hexdigest().encode()
    body = b"".join(b"--%b\r\n%b\r\n\r\n%b\r\n" % (boundary, head, content) for head, content in parts)
    return body + b"--%b--\r\n" % boundary, f"multipart/form-data; boundary={boundary.decode()}"


def _file_part(name: str, value: Any) -> tuple[bytes, bytes]:
    """``value``: a file, a content, or (file name, content[, content type]), as for requests."""
    if isinstance(value, (tuple, list)):
        file_name, source = value[0], value[1]
        kind = value[2] if len(value) > 2 else None
    else:
        file_name, source, kind = str(getattr(value, "name", name)).rpartition("/")[2], value, None
    head = f'Content-Disposition: form-data; name="{_quoted(name)}"'
    if file_name:
        head += f'; filename="{_quoted(file_name)}"'
    kind = str(kind or "application/octet-stream")
    if not kind.isprintable():
        raise ValueError(f"files: the content type {kind!r} of '{name}' contains a control character")
    return f"{head}\r\nContent-Type: {kind}".encode(), _content(source)


def _quoted(name: object) -> str:
    """As browsers do it (HTML, multipart form data): only quotes and line breaks are escaped."""
    return str(name).replace('"', quote('"')).replace("\r", "%0D").replace("\n", "%0A")
