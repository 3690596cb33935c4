"""HTTP as the platform's processes speak it: uvicorn's, with a bound on what is not body."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tengen.core.lifespan import END_STREAMS

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
