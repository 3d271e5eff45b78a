"""WebSockets: how many are open, how they end, and how long they live."""

from __future__ import annotations

import numpy as np

from loadsim.record import WebSockets
from loadsim.report import ticks
from loadsim.report.chart import Axis, Chart, FloatArray, Series
from loadsim.report.drawings.common import bands, few, highest
from loadsim.report.rundata import RunData, spread
from loadsim.report.text import amount, clock, counted, seconds, share
from loadsim.units import spell_duration

FAILURES = {
    "never_opened": ("never opened", "c4"),
    "closed_on_us": ("closed on us", "c2"),
    "vanished": ("vanished", "c3"),
    "dead": ("open but dead", "c5"),
}
"""The four ways to fail: how each is called, and the role that colours it."""


def open_sockets(run: RunData) -> Chart | None:
    """How many sockets are open, by backend."""
    found = run.record.websockets
    if found is None or run.open_sockets is None or not len(run.open_sockets):
        return None
    times_s = _times(run)
    columns = {
        name: np.nan_to_num(column) for name, column in spread(run.open_sockets, "backend", "open", times_s).items()
    }
    series = few(columns, {name: float(column.sum()) for name, column in columns.items()}, "other backends")
    together = np.sum(np.vstack([s.values for s in series]), axis=0)
    at = float(times_s[int(np.argmax(together))])
    last = ", ".join(f"{s.label} {s.values[-1]:,.0f}" for s in series[:4])
    return Chart(
        key="sockets-open",
        section="sockets",
        title="Open sockets",
        reading="At the end of each second, by the backend that took the handshake; a balancer moves no open socket.",
        alt=f"At most {found.open_max:,} were open, at {clock(at)}; in the last second {last}.",
        kind="stack",
        x=ticks.clocked(float(times_s[-1]) + 1),
        y=ticks.linear("sockets", "count", together),
        xs=times_s,
        series=tuple(Series(s.key, s.label, s.role, s.values, "area") for s in series),
        bands=bands(run),
        wide=True,
    )


def socket_failures(run: RunData) -> Chart | None:
    """How sockets failed, in the second in which that was noticed."""
    found, table = run.record.websockets, run.sockets
    if found is None or table is None or not len(table) or not any(f.count for f in found.failures.values()):
        return None
    times_s = _times(run)
    series = tuple(
        Series(name, label, role, table.numbers(name), "area")
        for name, (label, role) in FAILURES.items()
        if found.failures[name].count
    )
    causes = "; ".join(f"{s.label} {found.failures[s.key].count:,}{_causes(found, s.key)}" for s in series)
    return Chart(
        key="sockets-failures",
        section="sockets",
        title="Sockets that failed",
        reading="The height of all bands together is how many sockets were found to have failed in that second.",
        alt=f"{causes}.",
        kind="stack",
        x=ticks.clocked(float(times_s[-1]) + 1),
        y=ticks.linear("sockets a second", "rate", np.sum(np.vstack([s.values for s in series]), axis=0)),
        xs=times_s,
        series=series,
        bands=bands(run),
        wide=True,
    )


def socket_turnover(run: RunData) -> Chart | None:
    """How many sockets opened, ended as planned, and were opened again, a second."""
    found, table = run.record.websockets, run.sockets
    if found is None or table is None or not len(table):
        return None
    times_s, opened, reopened = _times(run), table.numbers("opened"), table.numbers("reconnected")
    series = [Series("opened", "opened", "good", opened, width=1.8)]
    series += [Series("reconnected", "of these after a loss", "event", reopened)] if reopened.any() else []
    series.append(Series("finished", "closed as planned", "offered", table.numbers("finished")))
    again = f", of these {found.reconnects.count:,} after a loss" if found.reconnects.count else ""
    return Chart(
        key="sockets-turnover",
        section="sockets",
        title="Sockets opened and closed",
        reading="A peak of openings after a loss is a stampede: everyone comes back at once.",
        alt=f"{found.opened:,} opened{again}, {found.finished:,} were closed as planned; at most "
        f"{amount(highest(opened))} opened in one second.",
        kind="time",
        x=ticks.clocked(float(times_s[-1]) + 1),
        y=ticks.linear("sockets a second", "rate", np.concatenate([s.values for s in series])),
        xs=times_s,
        series=tuple(series),
        bands=bands(run),
        wide=True,
    )


def socket_survival(run: RunData) -> Chart | None:
    """Which share of sockets has not failed at an age."""
    found = run.record.websockets
    if found is None or len(found.survival) < 2:
        return None
    ages, shares = _steps(found.survival)
    half = next((age for age, alive in found.survival if alive <= 0.5), None)
    until = f"half of them had failed at {seconds(half)}" if half else "fewer than half of them failed"
    censored = found.open_at_end + found.finished
    return Chart(
        key="sockets-survival",
        section="sockets",
        title="Survival of sockets",
        reading="The share that has not failed at an age. Sockets that we closed, or that were open at the end, count "
        "as alive for as long as they were seen.",
        alt=f"At {seconds(float(ages[-1]))}, the highest age seen, {share(float(shares[-1]))} were alive; {until}. "
        f"{counted(censored, 'socket')} did not fail while watched.",
        kind="curve",
        x=_ages(float(ages[-1])),
        y=Axis("alive", "share", "linear", 0.0, 1.0, tuple((n / 4, f"{n * 25} %") for n in range(5))),
        xs=ages,
        series=(Series("alive", "alive", "good", shares, width=1.8),),
    )


def socket_ages(run: RunData) -> Chart | None:
    """How old sockets were when they failed, and when they were last seen without."""
    found = run.record.websockets
    if found is None or not found.ages:
        return None
    bounds, failed, others = (np.array(column, np.float64) for column in zip(*found.ages, strict=True))
    names = tuple(f"up to {spell_duration(float(bound))}" for bound in bounds)
    most = int(np.argmax(failed + others))
    return Chart(
        key="sockets-ages",
        section="sockets",
        title="Ages of sockets",
        reading="At which age sockets failed, and how old the others were when we closed them or the run ended.",
        alt=f"Most were {names[most]} old: {failed[most]:,.0f} failed and {others[most]:,.0f} did not. In all "
        f"{failed.sum():,.0f} failed and {others.sum():,.0f} did not.",
        kind="bars",
        x=ticks.linear("sockets", "count", np.concatenate([failed, others])),
        y=ticks.category(names),
        series=(Series("failed", "failed", "bad", failed, "bar"), Series("others", "did not", "good", others, "bar")),
        categories=names,
    )


def _times(run: RunData) -> FloatArray:
    return run.sockets.numbers("time_s") if run.sockets is not None else np.zeros(0)


def _causes(found: WebSockets, name: str) -> str:
    causes = sorted(found.failures[name].causes.items(), key=lambda item: -item[1])
    return f" ({', '.join(f'{cause} {count:,}' for cause, count in causes[:3])})" if causes else ""


def _steps(curve: list[tuple[float, float]]) -> tuple[FloatArray, FloatArray]:
    """Return the corners of a curve that stays level until each next age."""
    ages, shares = np.array(curve, np.float64).T
    return np.repeat(ages, 2)[1:], np.repeat(shares, 2)[:-1]


def _ages(highest_s: float) -> Axis:
    axis = ticks.linear("age", "seconds", np.array([highest_s]))
    return Axis(axis.title, axis.unit, axis.scale, 0.0, axis.high, axis.ticks)
