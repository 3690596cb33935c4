"""HTTP and WebSocket as the platform's processes speak them: uvicorn's, with bounds that it has not."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from tengen.core.lifespan import END_STREAMS, LINK

if TYPE_CHECKING:
    from asyncio import BaseTransport

    from websockets.frames import Frame
    from websockets.http11 import Request

MOST_FRAMING_BYTES = 65_536
"""Of one request: its first line, its headers, its trailers, and what stands between the chunks of its body."""


class BoundedHttp(HttpToolsProtocol):
    """Refuses a request whose headers go on and on.

    The parser has no limit of its own. It joins the parts of a long header anew with each read, so that a single one
    of some dozens of megabytes would keep the whole process busy for seconds; the application's own limit is for
    bodies, and comes too late.
    """

    _framing_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Read on, unless the request has become too large."""
        self._framing_bytes += len(data)
        super().data_received(data)
        if self._framing_bytes > MOST_FRAMING_BYTES and not self.transport.is_closing():
            self.send_400_response("The request's headers are too large.")

    def shutdown(self) -> None:
        """The server begins to stop, and will wait for this connection if it has an answer under way."""
        end_streams = self.app_state.get(END_STREAMS)
        if end_streams is not None:
            end_streams()
        super().shutdown()

    def on_message_begin(self) -> None:
        """A request begins. What else this read holds is not counted, for it may be others; it has 256 KiB at most."""
        self._framing_bytes = 0
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        """A part of the body has come; its size is the application's business."""
        self._framing_bytes -= len(body)
        super().on_body(body)


_SLICE_BYTES = 8_192
"""What is parsed before another look at the bounds: a read has 256 KiB at most, which may be 43,000 frames."""
_MOST_EVENTS = 2_000
"""Frames and pings of one read."""
_MOST_PARTS = 1_000
"""Frames of one message."""
_PATIENCE_SECONDS = 5.0
"""How long a connection that is being closed may take to send what is left, and the client to agree."""
_PATIENCE_AT_SHUTDOWN_SECONDS = 1.0
"""The same when the server stops."""
_POLICY, _NOT_UTF8, _TOO_BIG = 1008, 1007, 1009
_HEADERS = [bytes((0x81, length)) for length in range(126)]
"""Of text frames of these lengths."""


def _header(length: int) -> bytes:
    """What stands before the text of a frame (RFC 6455, section 5.2)."""
    if length < 126:
        return _HEADERS[length]
    if length < 65_536:
        return b"\x81\x7e" + length.to_bytes(2)
    return b"\x81\x7f" + length.to_bytes(8)


class RealtimeWebSocket(WebSocketsSansIOProtocol):
    """A WebSocket that its application can write to without waiting, and cut: the `Link` of `tengen.realtime`.

    What comes goes the way of ASGI, one read at a time. Pings go out from the start, so that it is known how long the
    way is; whoever does not answer them is gone. A client that sends nonsense, or only sends and never reads, costs
    nobody but itself.
    """

    is_writable = True
    _events = 0
    _was_busy = False

    def connection_made(self, transport: "BaseTransport") -> None:
        """The request to become a WebSocket has come over this connection."""
        super().connection_made(transport)
        self.on_writable: Callable[[], None] = _nothing
        self.on_round_trip: Callable[[float], None] = _nobody

    # What the application asks for.

    def write(self, frames: Sequence[bytes]) -> None:
        """Write text frames, all at once."""
        if self.close_sent or self.transport.is_closing():
            return
        parts: list[bytes] = []
        for frame in frames:
            parts.append(_header(len(frame)))
            parts.append(frame)
        self.transport.write(b"".join(parts))

    def end(self, code: int, reason: str) -> None:
        """Close the connection in the way of the protocol."""
        if self.close_sent or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:  # the client's own word is waited for
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(_PATIENCE_SECONDS, self.transport.abort)

    def cut(self) -> None:
        """Drop the connection."""
        self.transport.abort()

    # What uvicorn calls.

    def handle_connect(self, event: "Request") -> None:
        """Tell the application of the connection below the WebSocket that is asked for."""
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[str, Any] | None = self.scope["extensions"]
            assert extensions is not None, "uvicorn has one of its own"
            extensions[LINK] = self

    def pause_writing(self) -> None:
        """The network does not take what was written."""
        super().pause_writing()
        self.is_writable = False

    def resume_writing(self) -> None:
        """The network takes more."""
        super().resume_writing()
        self.is_writable = True
        self.on_writable()

    def data_received(self, data: bytes) -> None:
        """Read on, a little at a time, and no more than anybody needs."""
        self._events = 0
        if len(data) <= _SLICE_BYTES:
            super().data_received(data)
            return
        for start in range(0, len(data), _SLICE_BYTES):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + _SLICE_BYTES])

    def handle_events(self) -> None:
        """Go on with what a slice has brought."""
        self._events += len(self.conn.events)
        if self._events > _MOST_EVENTS:
            self.conn.events_received()
            self.end(_POLICY, "These are too many frames at once.")
        else:
            super().handle_events()

    def handle_cont(self, event: "Frame") -> None:
        """Take another part of a message."""
        if len(self.frames) >= _MOST_PARTS:
            self.frames = []
            self.end(_TOO_BIG, "The message has too many parts.")
        elif not self.close_sent:
            super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer, unless the client does not read the answers."""
        if self.is_writable:
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def send_receive_event_to_app(self) -> None:
        """A message is complete."""
        self._was_busy = True
        if self.curr_msg_data_type == "text" and not _is_utf8(self.frames):
            self.frames = []
            self.end(_NOT_UTF8, "The text is not in UTF-8.")
        else:
            super().send_receive_event_to_app()

    def start_keepalive(self) -> None:
        """Ping, now and from time to time."""
        if self.ping_interval:
            self.send_keepalive_ping()

    def send_keepalive_ping(self) -> None:
        """Ping, and see how long the answer takes."""
        self._was_busy = False
        super().send_keepalive_ping()

    def handle_pong(self, event: "Frame") -> None:
        """Take the time, unless the answer may have waited behind a message that was at work."""
        was_awaited = self.pending_ping_payload is not None
        super().handle_pong(event)
        if was_awaited and self.pending_ping_payload is None and not self._was_busy:
            self.on_round_trip(self.last_ping_rtt)

    def keepalive_timeout(self) -> None:
        """No answer has come: the client is gone, unless it is this side that does not read."""
        if self.read_paused:
            self.pong_timer = None
            self.schedule_ping()
        else:
            super().keepalive_timeout()

    def shutdown(self) -> None:
        """The server begins to stop: the client is told to come again, and not waited for."""
        super().shutdown()
        self.loop.call_later(_PATIENCE_AT_SHUTDOWN_SECONDS, self.transport.abort)


def _is_utf8(parts: list[bytes]) -> bool:
    try:
        b"".join(parts).decode()
    except UnicodeDecodeError:
        return False
    return True


def _nothing() -> None:
    pass


def _nobody(_seconds: float) -> None:
    pass
