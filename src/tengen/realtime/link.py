"""The connection below a WebSocket: what ASGI has no words for."""

from collections.abc import Callable, Sequence
from typing import Protocol

MAX_FRAME_BYTES = 131_072
"""Of one message from a client. Analyses in chat are the longest: some thousand moves in two letters each."""


class Link(Protocol):
    """What the server offers beside ASGI's `receive` (`tengen.cli.protocol.RealtimeWebSocket`).

    With `send` of ASGI every frame is a task's turn, a client that reads nothing makes its task wait for ever, and its
    connection cannot be cut.
    """

    is_writable: bool
    """Whether the network takes what is written; if not, it would only be kept in memory."""
    on_writable: Callable[[], None]
    """Called when `is_writable` has become true again."""
    on_round_trip: Callable[[float], None]
    """Called with the seconds that a ping of the server took to be answered: once at the start, then regularly."""

    def write(self, frames: Sequence[bytes]) -> None:
        """Write text frames, each given as UTF-8. Nothing happens if the connection is being closed."""

    def end(self, code: int, reason: str) -> None:
        """Close the connection in the way of the protocol; `receive` says that it is over."""

    def cut(self) -> None:
        """Drop the connection with all that is not sent yet."""
