"""uvicorn's WebSockets with one thing more: the application can let the connection go without a close frame."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

DROP = "loadsim.drop"
"""The extension of the ASGI scope under which that is found."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """Named to uvicorn by ``--ws``."""

    def handle_connect(self, event: Any) -> None:
        """Begin with a handshake."""
        super().handle_connect(event)  # the application begins when this has returned
        scope: Any = getattr(self, "scope", None)
        if scope is not None:  # None where it was no handshake
            scope["extensions"][DROP] = {"drop": self.transport.abort}
