"""Lines of long-polls against a real server that answers as its path says: how they open, and keep calm."""

from __future__ import annotations

from urllib.parse import urlsplit

from loadsim.measure.websockets import SocketRecorder
from loadsim.wire import SocketSettings

from .loopback import Loopback
from .playing import plan, play
from .test_websocket import watched


def polled(url: str, duration_s: float) -> SocketRecorder:
    """Have two lines of polls at ``url``, and return what became of them."""
    settings = SocketSettings(over="long-polls", heartbeat_s=0.5)
    played = play(plan(url, "sockets", sockets=settings, model="closed", users=2, duration_s=duration_s))
    assert played.routes == [f"GET {urlsplit(url).path}"]
    return watched(played, duration_s)


def test_a_page_that_does_not_wait_for_news_is_not_hammered() -> None:
    with Loopback() as server:
        sockets = polled(f"{server.url}/ok", 2.5)
    assert sockets.open_at_end == 2
    assert 2 <= len(server.paths) <= 2 * 4 + 1  # to open, at once, a poll a second; and the look before the traffic


def test_a_line_whose_first_poll_is_refused_never_opened() -> None:
    with Loopback() as server:
        sockets = polled(f"{server.url}/status/503", 0.5)
    assert sockets.causes["never_opened"].keys() == {"http_503"}
    assert sockets.open_at_end == 0
