"""From names and files to user classes. Loading imports Locust, so another process tries all cases and tells."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

LOADER = """
import sys, json
from loadsim.engine import load
from loadsim.engine.tasks import iterations
from loadsim.errors import UsageError
from loadsim.scenarios import SCENARIOS
from loadsim.wire import HttpSettings, Plan
told = {}
for scenario in json.loads(sys.argv[1]):
    bundled = scenario in SCENARIOS
    plan = Plan(scenario=scenario, profile="constant(1/s)", seed=1, duration_s=1.0, bundled=bundled,
                http=HttpSettings(url="http://127.0.0.1:1"))
    try:
        chosen = load.user_class(plan)
        told[scenario] = f"{chosen.__name__} {len(iterations(chosen))}"
    except UsageError as error:
        told[scenario] = str(error)
print(json.dumps(told))
"""

FILES = {
    "one.py": """
        from loadsim import LoadUser, task
        class Base(LoadUser):
            abstract = True
        class Shopper(Base):
            @task(3)
            def look(self): ...
            @task
            def buy(self): ...
        """,
    "several.py": """
        from locust import HttpUser, FastHttpUser, task
        class Buyer(HttpUser):
            @task
            def buy(self): ...
        class Seller(FastHttpUser):
            @task
            def sell(self): ...
        """,
    "borrowed.py": "from one import Shopper",
    "empty.py": "from locust import HttpUser",
    "raises.py": "\n\nimport os\nos.environ['NOT_THERE_AT_ALL']\n",
    "typo.py": "class A:\n    def f(self:\n        pass\n",
    "uses_typo.py": "import json\nimport typo\n",
    "uses_nothing.py": "import json\nimport no_such_module\n",
    "leaves.py": "raise SystemExit('set TOKEN first')",
    "locust.py": """
        from locust import User, task
        class Own(User):
            @task
            def look(self): ...
        """,
    "text.txt": "class A: ...",
    "ärger und so.py": """
        from loadsim import LoadUser, task
        class Visitor(LoadUser):
            @task
            def look(self): ...
        """,
}
CASES = (*FILES, "several.py:Seller", "several.py:Sellr", "no_such_file.py", "read-heavy", "write-heavy", "predictable",
         "spiky", "chatty")  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    directory = tmp_path_factory.mktemp("scenarios")
    for name, text in FILES.items():
        (directory / name).write_text(textwrap.dedent(text), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-P", "-c", LOADER, json.dumps(CASES)],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answers: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return answers


@pytest.mark.parametrize(
    ("scenario", "what"),
    [
        ("one.py", "Shopper 4"),
        ("several.py:Seller", "Seller 1"),
        ("borrowed.py", "Shopper 4"),
        ("locust.py", "Own 1"),
        ("ärger und so.py", "Visitor 1"),
        ("read-heavy", "Visitor 100"),
        ("write-heavy", "Visitor 100"),
        ("predictable", "Visitor 100"),
        ("spiky", "Visitor 100"),
        ("chatty", "Visitor 2"),
    ],
)
def test_a_scenario_becomes_a_class_with_its_tasks(told: dict[str, str], scenario: str, what: str) -> None:
    assert told[scenario] == what


@pytest.mark.parametrize(
    ("scenario", "pieces"),
    [
        ("several.py", ["'several.py' defines 2 user classes: Buyer, Seller", "Name the one to run: several.py:Buyer"]),
        ("several.py:Sellr", ["'several.py' has no user class 'Sellr'", "Did you mean 'Seller'?"]),
        ("empty.py", ["'empty.py' defines no Locust user", "class Shopper(LoadUser)"]),
        ("raises.py", ["'raises.py' cannot be imported: KeyError: 'NOT_THERE_AT_ALL'", "raises.py, line 4)"]),
        ("typo.py", ["SyntaxError", "typo.py, line 2)"]),
        ("uses_typo.py", ["SyntaxError", "(uses_typo.py, line 2)", "/typo.py, line 2)"]),
        ("uses_nothing.py", ["ModuleNotFoundError: No module named 'no_such_module' (uses_nothing.py, line 2)"]),
        ("leaves.py", ["SystemExit: set TOKEN first (leaves.py, line 1)"]),
        ("no_such_file.py", ["'no_such_file.py' is neither a built-in scenario nor a Python file"]),
        ("text.txt", ["'text.txt' is no Python file"]),
    ],
)
def test_what_cannot_be_loaded_is_told_with_file_line_and_remedy(
    told: dict[str, str], scenario: str, pieces: list[str]
) -> None:
    for piece in pieces:
        assert piece in told[scenario]
    assert "Traceback" not in told[scenario]
