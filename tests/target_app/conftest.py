"""The target in this process, over its real WSGI application and a real database; no server, no socket."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

SIZES = {"ITEMS": "40", "USERS": "10", "COMMENTS": "120", "STOCK": "1000", "PAYMENT_MEDIAN_S": "0.002"}
SETTINGS = {f"LOADSIM_TARGET_{name}": value for name, value in SIZES.items()} | {
    "LOADSIM_TARGET_BACKEND": "web-7",
    "LOADSIM_TARGET_EXPORT_HOLD_S": "0.05",
}


def seed(database: Path, *flags: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m target_app seed`` as a user would."""
    env = os.environ | SETTINGS | {"LOADSIM_TARGET_DATABASE": str(database)} | changed
    argv = [sys.executable, "-m", "target_app", "seed", *flags]
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    database = tmp_path_factory.mktemp("target") / "shop.sqlite3"
    assert seed(database).returncode == 0
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        patch.setenv("LOADSIM_TARGET_DATABASE", str(database))
        patch.setenv("DJANGO_SETTINGS_MODULE", "target_app.settings")
        from target_app.wsgi import application as wsgi_application
    yield wsgi_application
    from django.db import connections

    connections.close_all()


@pytest.fixture
def client(application: object) -> Iterator[httpx.Client]:
    transport = httpx.WSGITransport(app=application)  # type: ignore[arg-type] - it is one
    with httpx.Client(transport=transport, base_url="http://target") as client:
        yield client


def timings(response: httpx.Response) -> dict[str, float]:
    """Read Server-Timing: milliseconds by name."""
    parts = [part.strip().split(";") for part in response.headers["server-timing"].split(",")]
    return {part[0]: float(part[1].removeprefix("dur=")) for part in parts}
