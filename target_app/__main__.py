"""``python -m target_app seed`` makes the data, ``settings`` prints what may be set and what is."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import fields
from pathlib import Path

from target_app.config import PREFIX, Config, ConfigError


def main() -> int:
    """Do one of the commands; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m target_app", description=__doc__)
    parser.add_argument("command", choices=["seed", "settings"])
    parser.add_argument("--replace", action="store_true", help="seed: delete the SQLite file that is there")
    given = parser.parse_args()
    try:
        config = Config.from_environment()
    except ConfigError as error:
        return _fail(str(error))
    if given.command == "settings":
        for item in fields(config):
            line = f"{PREFIX}{item.name.upper()}={getattr(config, item.name)}  # {item.metadata['about']}\n"
            sys.stdout.write(line)
        return 0
    return _seed(config, replace=given.replace)


def _seed(config: Config, *, replace: bool) -> int:
    if config.databases == "single":
        database = Path(config.database)
        if database.exists() and not replace:
            return _fail(f"{database} is there already: give --replace to make it anew, or set {PREFIX}DATABASE")
        for suffix in ("", "-wal", "-shm"):
            Path(f"{database}{suffix}").unlink(missing_ok=True)
        database.absolute().parent.mkdir(parents=True, exist_ok=True)
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "target_app.settings"
    django.setup()
    from target_app.seed import seed

    seed(config)
    return 0


def _fail(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
