"""What tests of several parts share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def short_path() -> Iterator[Path]:
    """Return a directory whose path leaves room for the sockets of a target below it, as ``tmp_path`` may not."""
    with tempfile.TemporaryDirectory(prefix="t-") as path:
        yield Path(path)
