"""The highest rate of arrivals one core holds, beside k6, FastHttpUser and wrk on the same core against the same nginx.

"Holds" for loadsim: late start p99 below 1 ms, every arrival served; "valid" also at most 0.9 of the core, as a run's
verdict asks. For k6: no dropped iteration. Closed loops have no rate to hold: theirs is the rate reached.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from benchmarks import others
from benchmarks.engine_run import SATURATING_RATE, EngineRun, plan, play, saturating_plan
from benchmarks.others import CLOSED_LOOP_USERS
from benchmarks.results import Report, Table, progress
from benchmarks.target import Cores, MissingToolError, Target, nginx, take_cores

SECONDS = 4.0
K6_USERS = 400
GROWTH = 1.4
CLOSE_ENOUGH = 1.07
TURNS = 2


def highest(holds: Callable[[float], bool], start: float) -> float:
    """Return the highest rate that holds, to 7 %: up from ``start`` in steps until one fails twice, then between."""
    low, high = 0.0, start
    while holds(high) or holds(high):
        low, high = high, high * GROWTH
    while low and high / low > CLOSE_ENOUGH:
        middle = (low * high) ** 0.5
        if holds(middle) or holds(middle):
            low = middle
        else:
            high = middle
    return low


def loadsim_rates(target: Target, where: Cores) -> tuple[EngineRun | None, EngineRun | None]:
    """Return the fastest run that was on time, and the fastest that was also valid."""
    runs: list[EngineRun] = []

    def on_time(rate: float) -> bool:
        run = play(plan(target, where, rate, SECONDS))
        runs.append(run)
        late = run.late_start_us(0.99)[0]
        progress(
            f"loadsim at {rate:,.0f}/s: late start p99 {late:,.0f} us, {run.cpu_share:.2f} of the core, "
            f"{run.cpu_us:.1f} us of CPU"
        )
        return run.on_time

    def valid(rate: float) -> bool:
        return on_time(rate) and runs[-1].valid

    highest(on_time, 20_000)
    held = [run for run in runs if run.on_time]
    start = max((run.last.scheduled / SECONDS for run in held if run.valid), default=15_000.0)
    highest(valid, start * CLOSE_ENOUGH)
    fastest = sorted((run for run in runs if run.on_time), key=lambda run: run.last.scheduled)
    return (fastest or [None])[-1], ([run for run in fastest if run.valid] or [None])[-1]


def k6_rate(target: Target, where: Cores) -> float:
    """Return the highest rate at which k6 drops nothing."""

    def holds(rate: float) -> bool:
        seen = others.k6(target, where, SECONDS, rate=rate, users=K6_USERS)
        progress(f"k6 at {rate:,.0f}/s: {seen.dropped} dropped, p99 {seen.p99_ms:.1f} ms")
        return seen.dropped == 0 and seen.rate > 0.98 * rate

    return highest(holds, 2_000)


def closed_loops(target: Target, where: Cores) -> dict[str, float]:
    """Return the rate each closed loop reaches; what is not installed is left out."""
    loops: dict[str, Callable[[], others.Seen]] = {
        f"k6, closed loop of {CLOSED_LOOP_USERS}": lambda: others.k6(target, where, SECONDS, users=CLOSED_LOOP_USERS),
        f"Locust FastHttpUser, closed loop of {CLOSED_LOOP_USERS}": lambda: others.fast_http_user(
            target, where, SECONDS
        ),
        f"wrk (C), closed loop of {CLOSED_LOOP_USERS}": lambda: others.wrk(target, where, SECONDS),
    }
    found = {}
    for name, run in loops.items():
        try:
            found[name] = run().rate
        except MissingToolError as error:
            progress(f"left out: {error}")
        else:
            progress(f"{name}: {found[name]:,.0f}/s")
    return found


def against_the_prototype(report: Report, target: Target, where: Cores) -> None:
    """Offer both more than they can start, in turns, and compare the CPU time an iteration takes."""
    ours, theirs = [], []
    for _ in range(TURNS):
        ours.append(play(saturating_plan(target, where)).cpu_us)
        theirs.append(others.prototype(target, where, SATURATING_RATE / 2, 3.0).cpu_us)
        progress(f"saturated: loadsim {ours[-1]:.1f} us, prototype {theirs[-1]:.1f} us of CPU")
    table = report.table(
        f"CPU time an iteration when more is offered than can be started, {TURNS} turns", "engine", "us", "ratio"
    )
    table.add("loadsim", f"{median(ours):.1f}", f"{median(ours) / median(theirs):.2f}")
    table.add("prototype", f"{median(theirs):.1f}", "1.00")


def main() -> None:
    """Measure, print, write results/speed.md."""
    where = take_cores()
    report = Report("speed", (__doc__ or "").strip())
    with nginx(where.target) as target:
        on_time, valid = loadsim_rates(target, where)
        rates = {} if on_time is None else {"loadsim, open model, schedule held": on_time.last.scheduled / SECONDS}
        if valid is not None:
            rates["loadsim, open model, verdict valid"] = valid.last.scheduled / SECONDS
        try:
            rates["k6, open model, nothing dropped"] = k6_rate(target, where)
        except MissingToolError as error:
            report.remark(f"left out: {error}")
        rates |= closed_loops(target, where)
        if others.has_prototype():
            against_the_prototype(report, target, where)
    _rate_table(report.table("Requests a second on one core", "generator", "rate", "loadsim's highest / this"), rates)
    for run in filter(None, (on_time, valid)):
        report.remark(
            f"loadsim at {run.last.scheduled / SECONDS:,.0f}/s: "
            f"late start p50/p99 {_us(run.late_start_us(0.5, 0.99))}, "
            f"response time p50/p99 {_us(run.response_us(0.5, 0.99))}, "
            f"{run.cpu_us:.1f} us of CPU an iteration, {run.cpu_share:.2f} of the core"
        )
    report.finish()


def _rate_table(table: Table, rates: dict[str, float]) -> None:
    best = next(iter(rates.values()), 0.0)
    for name, rate in rates.items():
        table.add(name, f"{rate:,.0f}", f"{best / rate:.1f}" if rate else "-")


def _us(values: list[float]) -> str:
    return "/".join(f"{value:,.0f}" for value in values) + " us"


if __name__ == "__main__":
    main()
