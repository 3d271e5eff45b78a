"""The next command that makes sense after a run, derived from its record."""

from __future__ import annotations

import shlex
from pathlib import Path

from loadsim.measure.saturation import is_idle
from loadsim.record import RunRecord
from loadsim.report.terminal.rates import round_up

_OTHERS = {"monolith": "balanced", "sockets": "sockets(servers=1)"}
"""Another shape of what a topology serves; of all that are not here the monolith is one."""
_MANY_FAILURES = 0.05


def next_step(record: RunRecord) -> tuple[str, str]:
    """Return (what for, command). The command is the one of the run with one thing changed, so that it fits any run."""
    manifest, load = record.manifest, record.load
    again = _argv(record)
    if record.verdict == "invalid" and _saturated(record):
        if is_idle(load.generator_cpu if load.generator_cpu is not None else 1.0):
            return "again, when the machine is quiet", shlex.join(again)
        slower = round_up((load.achieved_rate or load.offered_rate or 2.0) / 2)
        return "within what the generator can", _with(again, "--rate", f"{slower:.12g}/s")
    if not record.complete or record.verdict == "invalid":
        return "the whole of it again", shlex.join(again)
    if record.requests.count and record.requests.failed / record.requests.count >= _MANY_FAILURES:
        return "look at one exchange", shlex.join(_try_argv(record))
    if record.verdict == "inconclusive":
        return "more samples", _with(again, "--duration", f"{manifest.duration_s * 4:.12g}s")
    if record.verdict is None:
        return "hold it to this", shlex.join([*again, "--objective", objective_that_held(record)])
    if manifest.topology is not None:
        same = shlex.split(_with(again, "--topology", _OTHERS.get(manifest.topology, "monolith")))
        return "the same traffic on another shape", _with(same, "--seed", str(manifest.seed))
    factor = 0.5 if record.verdict == "fail" else 1.5
    wanted = round_up((load.offered_rate or 1.0) * factor)
    return "less of it" if factor < 1 else "more of it", _with(again, "--rate", f"{wanted:.12g}/s")


def _saturated(record: RunRecord) -> bool:
    """Tell whether the generator itself was late or out of CPU (the bounds of a valid run)."""
    late = record.load.late_start_s.p99
    usual = record.response_time_s.p50 if record.response_time_s else None
    too_late = late is not None and late > max(0.001, 0.05 * (usual or 0.0))
    return too_late or (record.load.generator_cpu or 0.0) > 0.9


def _argv(record: RunRecord) -> list[str]:
    """Return the command that made the record; where another program did, one that makes the same traffic."""
    argv = record.manifest.argv
    if len(argv) > 1 and argv[1] == "run":
        return ["loadsim", *_without(argv[1:], "--out")]  # this run is what the next one will be held against
    manifest = record.manifest
    where = ["--topology", manifest.topology] if manifest.topology is not None else ["--target", manifest.target]
    return ["loadsim", "run", manifest.scenario, *where]


def _try_argv(record: RunRecord) -> list[str]:
    manifest = record.manifest
    argv = ["loadsim", "try", manifest.scenario]
    if manifest.topology is not None:
        return [*argv, "--topology", manifest.topology]
    argv += ["--target", manifest.target]
    given = manifest.argv
    for index, part in enumerate(given):
        name = part.partition("=")[0]
        if name in {"--request", "--config"}:
            argv += [part] if "=" in part and part != name else given[index : index + 2]
    return argv


def _with(argv: list[str], name: str, value: str) -> str:
    """Return the command with the option ``name`` set to ``value``, at the end."""
    return shlex.join([*_without(argv, name), name, value])


def _without(argv: list[str], name: str) -> list[str]:
    """Return the command without an option and its value."""
    kept: list[str] = []
    skip = False
    for part in argv:
        if skip:
            skip = False
        elif part == name:
            skip = True
        elif not part.startswith(f"{name}="):
            kept.append(part)
    return kept


def objective_that_held(record: RunRecord) -> str:
    """Return an objective that this run would have held, with some room."""
    times, metric = (
        (record.response_time_s, "p99") if record.response_time_s else (record.service_time_s, "p99(service)")
    )
    if times.p99 is None:
        return "error_rate < 1%"
    return f"{metric} < {round_up(times.p99 * 1.2 * 1e3):.12g}ms"


def shown_path(path: Path) -> str:
    """Return a path as the user would type it: relative where it lies under the working directory."""
    resolved = path.resolve()
    here = Path.cwd().resolve()
    return str(resolved.relative_to(here)) if resolved.is_relative_to(here) else str(resolved)
