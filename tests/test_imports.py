"""What importing costs: Locust and gevent come into the load-generating process, and nowhere else."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

LOOK = """
import json, sys
print(json.dumps([name for name in ("gevent", "locust", "zmq", "flask") if name in sys.modules]))
"""


def loaded_after(statement: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\n{LOOK}"], capture_output=True, text=True, timeout=60, check=True
    )
    names: list[str] = json.loads(done.stdout)
    return names


@pytest.mark.parametrize(
    "statement",
    [
        "import loadsim; loadsim.__version__",
        "from loadsim.experiment import session, prepare, trial, engine_process, collect",
        "import loadsim.experiment, loadsim.cli.main, loadsim.cli.run, loadsim.settings, loadsim.scenarios",
    ],
)
def test_the_command_line_never_loads_locust_or_gevent(statement: str) -> None:
    assert loaded_after(statement) == []


def test_scenario_files_get_their_classes_from_the_package_itself() -> None:
    statement = (
        "from loadsim import LoadUser, task\n"
        "import locust, loadsim.engine.users\n"
        "assert LoadUser is loadsim.engine.users.LoadUser and task is locust.task"
    )
    assert {"gevent", "locust"} <= set(loaded_after(statement))


def test_a_name_that_is_not_there_is_an_attribute_error_as_anywhere() -> None:
    import loadsim

    with pytest.raises(AttributeError, match="module 'loadsim' has no attribute 'LoadUsr'"):
        _ = loadsim.LoadUsr
