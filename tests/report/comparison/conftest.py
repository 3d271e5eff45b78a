"""One comparison in which the second side is slower, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.experiment.replaying import Replay

from .compared import write_compared


@pytest.fixture(scope="session")
def slower(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of six rounds, the second side taking 1.5 times as long."""
    directory = tmp_path_factory.mktemp("compared")
    write_compared(directory, Replay(balanced=1.5))
    return directory
