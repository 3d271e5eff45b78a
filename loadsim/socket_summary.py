"""From the recorder of WebSockets to their part of the run record."""

from __future__ import annotations

from loadsim.measure.socket_event import Event
from loadsim.measure.websockets import FAILURES, SocketRecorder
from loadsim.record import Reconnects, SocketFailures, SocketMessages, WebSockets
from loadsim.summary import quantiles


def summarise_sockets(recorder: SocketRecorder | None) -> WebSockets | None:
    """Return what a closed recorder says of a run's WebSockets; None where there were none."""
    if recorder is None or not recorder.used:
        return None
    counts, messages = recorder.counts, recorder.messages
    open_then = recorder.open_by_backend(recorder.seconds).sum(axis=1)
    events = recorder.events.rows(recorder.seconds)
    opened, never_opened = int(counts[Event.OPENED]), int(counts[Event.NEVER_OPENED])
    return WebSockets(
        attempts=opened + never_opened,
        opened=opened,
        open_at_start=recorder.open_at_start,
        open_at_end=recorder.open_at_end,
        open_max=max(int(open_then.max(initial=0)), recorder.open_at_end),
        peak_opening_rate=float(events[:, Event.OPENED].max(initial=0)),
        finished=int(counts[Event.FINISHED]),
        failures={
            name: SocketFailures(count=int(counts[event]), causes=dict(recorder.causes[name].most_common()))
            for name, event in FAILURES.items()
        },
        messages=SocketMessages(
            sent=messages.sent,
            received=messages.received,
            unanswered=messages.unanswered,
            lost=messages.lost,
            duplicated=messages.duplicated,
            corrupt=messages.corrupt,
            out_of_order=messages.out_of_order,
            late=messages.late,
        ),
        close_codes={
            by: {str(code): count for code, count in codes.most_common()} for by, codes in recorder.close_codes.items()
        },
        connect_s=quantiles(recorder.times("connect")),
        upgrade_s=quantiles(recorder.times("upgrade")),
        first_message_s=quantiles(recorder.times("first_message")),
        echo_s=quantiles(recorder.times("echo")),
        broadcast_s=quantiles(recorder.times("broadcast")),
        lifetime_s=quantiles(recorder.times("lifetime")),
        detection_s=quantiles(recorder.times("detection")),
        reconnects=Reconnects(
            count=int(counts[Event.RECOVERED]),
            peak_rate=float(events[:, Event.RECOVERED].max(initial=0)) if counts[Event.RECOVERED] else None,
            recovered_s=quantiles(recorder.times("recovered")),
            reopened=messages.reopened,
            http_reads=messages.http_reads,
            http_reads_each=messages.http_reads / messages.reopened if messages.reopened else None,
            missed=messages.missed,
            recovered=messages.recovered,
        ),
        survival=recorder.survival.curve(),
        ages=recorder.survival.ages(),
    )
