from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields

import pytest

from target_app.config import Config, ConfigError


def test_the_settings_command_tells_every_setting_as_it_stands_and_what_it_is_for() -> None:
    env = os.environ | {"LOADSIM_TARGET_ITEMS": "7"}
    argv = [sys.executable, "-m", "target_app", "settings"]
    lines = subprocess.run(argv, env=env, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split("=")[0] for line in lines] == [f"LOADSIM_TARGET_{each.name.upper()}" for each in fields(Config)]
    assert any(line.startswith("LOADSIM_TARGET_ITEMS=7  # items, each with an image") for line in lines)


def test_settings_come_from_the_environment_with_their_types() -> None:
    given = {"LOADSIM_TARGET_ITEMS": "7", "LOADSIM_TARGET_EXPORT_HOLD_S": "1.5", "LOADSIM_TARGET_BACKEND": "web-3"}
    config = Config.from_environment(given | {"PATH": "/bin"})
    assert (config.items, config.export_hold_s, config.backend) == (7, 1.5, "web-3")
    assert config.users == Config().users


def test_the_apps_that_run_elsewhere_are_told_with_their_services() -> None:
    given = {"LOADSIM_TARGET_REMOTE": "users=inventory,payments=payments", "LOADSIM_TARGET_SERVICES_SOCKET": "/s"}
    assert Config.from_environment(given).services == {"users": "inventory", "payments": "payments"}
    assert Config().services == {}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ITEMS", "many", "expected a whole number"),
        ("ITEMS", "0", "from 1 to 1,000,000"),
        ("ITEMS", "1.5", "expected a whole number"),
        ("DECLINE_SHARE", "1.01", "from 0 to 1"),
        ("EXPORT_HOLD_S", "nan", "from 0 to 3,600"),
        ("EXPORT_HOLD_S", "inf", "from 0 to 3,600"),
        ("BACKEND", "", "is empty"),
        ("CALLS", "sometimes", "expected serial, parallel, batched"),
        ("REMOTE", "users", "expected APP=SERVICE,..."),
        ("REMOTE", "users=inventory", "needs LOADSIM_TARGET_SERVICES_SOCKET"),
        ("TRANSPORT", "bus", "needs LOADSIM_TARGET_REDIS"),
        ("CONFIRMATION", "bus", "needs LOADSIM_TARGET_REDIS"),
        ("CONFIRMATION", "later", "expected none, inline, bus"),
        ("ITEM", "5", "unknown setting LOADSIM_TARGET_ITEM: known are"),
    ],
)
def test_a_setting_that_cannot_be_taken_is_named_with_what_was_expected(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        Config.from_environment({f"LOADSIM_TARGET_{name}": value})
    assert f"LOADSIM_TARGET_{name}" in str(caught.value)
