"""What a request or a handshake asks for behind the ``?``."""

from __future__ import annotations

import math
from urllib.parse import parse_qs

from target_app.sockets.conduct import Scope


def number_in_query(scope: Scope, name: str) -> float | None:
    """Return a number of the query; None if there is none."""
    values = parse_qs(scope["query_string"].decode("latin-1")).get(name)
    try:
        number = float(values[0]) if values else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
