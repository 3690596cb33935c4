"""What the application and the server that runs it agree on."""

END_STREAMS = "tengen.end_streams"
"""In the state of the lifespan: what the server calls when it begins to stop, any number of times.

Answers that have no end of their own come to one then. The server waits for all answers before it tells the
application that it stops.
"""

LINK = "tengen.link"
"""Among the extensions of a WebSocket's scope: the connection below it (`tengen.realtime.link.Link`)."""
