"""From a scenario's name or file to the Locust user class that plays it."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from typing import Any

from loadsim.engine.users import ArrivalDriven
from loadsim.errors import UsageError, nearest
from loadsim.scenarios import SCENARIOS
from loadsim.wire import Plan


def user_class(plan: Plan) -> Any:
    """Return the class whose users run the plan. Raises UsageError."""
    if plan.scenario in SCENARIOS:
        return _built_in(plan)
    path, _, name = plan.scenario.partition(".py:")
    return _from_file(Path(path if not name else f"{path}.py"), name)


def _built_in(plan: Plan) -> Any:
    if plan.sockets is not None:
        from loadsim.scenarios import sockets

        return sockets.visitor_for(plan)
    if plan.bundled and not plan.routes:
        return importlib.import_module(SCENARIOS[plan.scenario].module).Visitor
    if plan.scenario == "consistency":
        from loadsim.scenarios import consistency

        return consistency.visitor_for(plan)
    from loadsim.scenarios.declared import visitor_for

    return visitor_for(plan)


def _from_file(path: Path, name: str) -> Any:
    module = _import(path)
    found = _users_in(module)
    if not found:
        raise UsageError(
            f"'{path}' defines no Locust user",
            hint="Define a class such as: class Shopper(LoadUser): ... with 'from loadsim import LoadUser, task'.",
        )
    if name and name not in found:
        raise UsageError(f"'{path}' has no user class '{name}'", hint=nearest(name, found))
    if not name and len(found) > 1:
        raise UsageError(
            f"'{path}' defines {len(found)} user classes: {', '.join(sorted(found))}",
            hint=f"Name the one to run: {path}:{sorted(found)[0]}",
        )
    chosen = found[name] if name else next(iter(found.values()))
    if issubclass(chosen, ArrivalDriven):
        return chosen
    from loadsim.engine.locustfile import driven_by_arrivals

    return driven_by_arrivals(chosen)


def _users_in(module: Any) -> dict[str, Any]:
    """Return the user classes that the module defines, or those it imports if it defines none."""
    from locust import User

    users = {
        key: value
        for key, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, User) and not value.__dict__.get("abstract", False)
    }
    own = {key: value for key, value in users.items() if value.__module__ == module.__name__}
    return own or users


def _import(path: Path) -> Any:
    if not path.is_file():
        raise UsageError(
            f"'{path}' is neither a built-in scenario nor a Python file", hint=nearest(str(path), SCENARIOS)
        )
    name = path.stem if path.stem not in sys.modules else f"loadsim_scenario_{path.stem}"  # locust.py, say
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"'{path}' is no Python file: its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path[:0] = [str(path.parent.resolve()), str(Path.cwd())]  # as Locust does
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise UsageError(f"'{path}' cannot be imported: {type(error).__name__}: {error}{_place(error, path)}") from None
    return module


def _place(error: BaseException, path: Path) -> str:
    """Return where an import failed: the line of the user's file, and that of a helper beside it."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno))
    script, beside = str(path.absolute()), str(path.parent.absolute())
    own = [(str(path), line) for file, line in frames if file == script][-1:]
    helper = [(file, line) for file, line in frames if file.startswith(beside) and file != script][-1:]
    return "".join(f" ({file}, line {line})" for file, line in own + helper)
