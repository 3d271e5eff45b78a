"""What a request says, checked: query parameters and JSON bodies. What cannot be taken raises BadInput."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpRequest

from target_app.errors import BadInput

_WHOLE = re.compile(r"[0-9]{1,15}")
_LARGEST = 10**15


def whole(request: HttpRequest, name: str, default: int | None = None) -> int:
    """Return the query parameter ``name`` as a whole number; without a default it must be there."""
    text = request.GET.get(name)
    if text is None and default is not None:
        return default
    if text is None or not _WHOLE.fullmatch(text):
        raise BadInput(f"{name}={text or ''}: expected a whole number")
    return int(text)


def fields(request: HttpRequest, **kinds: type) -> tuple[Any, ...]:
    """Return the members named in ``kinds`` of the JSON object that is the body, each of its kind."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise BadInput("body: expected a JSON object") from None
    if not isinstance(body, dict):
        raise BadInput("body: expected a JSON object")
    for name, kind in kinds.items():
        value = body.get(name)
        # In Python, true is a whole number; in JSON it is not.
        if type(value) is not kind or (isinstance(value, int) and not 0 <= value < _LARGEST):
            raise BadInput(f"{name}: expected a {'whole number' if kind is int else 'text'}")
    return tuple(body[name] for name in kinds)
