"""How late iterations start, what the target seems to take, and what an iteration costs, at given rates.

Late start is the generator's doing; the bound is a p99 of 0.4 ms on a quiet machine. Turns alternate between loadsim
and the prototype, when the environment names one: then late start and response time p99 may be at most 0.3 ms worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from benchmarks import others
from benchmarks.engine_run import plan, play
from benchmarks.results import Report, progress
from benchmarks.target import Cores, Target, nginx, take_cores

RATES = (10_000, 20_000, 50_000)
SECONDS = 5.0
TURNS = 3
COLUMNS = ("late start p50", "late start p99", "response p50", "response p99", "CPU an iteration", "of the core")
Figures = Sequence[float]


def loadsim(target: Target, where: Cores, rate: float) -> Figures:
    """Return the figures of one run, in microseconds; the last is a share."""
    run = play(plan(target, where, rate, SECONDS))
    return (*run.late_start_us(0.5, 0.99), *run.response_us(0.5, 0.99), run.cpu_us, run.cpu_us * rate / 1e6)


def prototype(target: Target, where: Cores, rate: float) -> Figures:
    """Return the same of the prototype."""
    run = others.prototype(target, where, rate, SECONDS)
    late, response = run.late_start_us, run.response_us
    return (late["p50"], late["p99"], response["p50"], response["p99"], run.cpu_us, run.cpu_us * run.rate / 1e6)


def main() -> None:
    """Measure in turns, print, write results/lateness.md."""
    where = take_cores()
    report = Report("lateness", (__doc__ or "").strip())
    engines = {"loadsim": loadsim} | ({"prototype": prototype} if others.has_prototype() else {})
    turns = TURNS if len(engines) == 1 else TURNS - 1
    table = report.table(f"Microseconds, medians of {turns} runs of {SECONDS:g} s", "engine and rate", *COLUMNS)
    with nginx(where.target) as target:
        for rate in RATES:
            seen: dict[str, list[Figures]] = {name: [] for name in engines}
            for _ in range(turns):
                for name, run in engines.items():
                    seen[name].append(run(target, where, rate))
                    progress(f"{name} at {rate:,}/s: " + ", ".join(f"{value:.4g}" for value in seen[name][-1]))
            middle = {name: [median(column) for column in zip(*runs, strict=True)] for name, runs in seen.items()}
            for name, values in middle.items():
                table.add(
                    f"{name}, {rate:,}/s", *(f"{v:,.0f}" for v in values[:4]), f"{values[4]:.1f}", f"{values[5]:.2f}"
                )
            late = middle["loadsim"][1]
            report.remark(
                f"{rate:,}/s: late start p99 {late:,.0f} us, bound 400: {'held' if late <= 400 else 'not held'}"
            )
            if "prototype" in middle:
                worse = [middle["loadsim"][n] - middle["prototype"][n] for n in (1, 3)]
                held = "held" if max(worse) <= 300 else "not held"
                report.remark(
                    f"{rate:,}/s: p99 of late start {worse[0]:+,.0f}, of response {worse[1]:+,.0f} us "
                    f"to the prototype, bound +300: {held}"
                )
    report.finish()


if __name__ == "__main__":
    main()
