"""Socket.IO over WebSocket: Engine.IO 4 with Socket.IO 5, and Engine.IO 3 with Socket.IO 4, as `ogsapi` speaks it.

A text frame is one packet: a digit for Engine.IO (ping, pong, message), and in a message one for Socket.IO (connect,
event, acknowledgement), then JSON. There is one namespace, `/`. Of the two pairs of protocols, the newer has the server
ping, and the client ask to be connected to the namespace; in the older one the client pings, and is connected at once.

Sources: the protocols' documents at socket.io (engine.io-protocol 3 and 4, socket.io-protocol 4 and 5).
"""

import asyncio
import re
from abc import abstractmethod
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse

from tengen.realtime.clients import POLICY, Client, Outgoing
from tengen.realtime.link import MAX_FRAME_BYTES
from tengen.realtime.messages import BrokenMessage, Json, decode, encode
from tengen.realtime.websocket import PROTOCOL_ERROR, TEXT_ONLY, Conversation, WebSocketApp

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from tengen.realtime.commands import Answer
    from tengen.realtime.runtime import Realtime

PING_INTERVAL_SECONDS = 25.0
PING_TIMEOUT_SECONDS = 20.0

_PACKET = re.compile(r"4(?P<kind>\d)(?:(?P<namespace>/[^,]*)(?:,|$))?(?P<id>\d{1,15})?(?P<data>.*)", re.DOTALL)
"""A message, where it holds no binary data."""

# Errors of Engine.IO, as its first implementation numbers them.
_UNKNOWN_TRANSPORT = (0, "Only the transport websocket is served here: choose it instead of polling.")
_UNKNOWN_SESSION = (1, "There is no such session to upgrade: connect by websocket at once, without a sid.")
_UNSUPPORTED_VERSION = (5, "The versions 3 and 4 of the protocol are served here: say so by EIO=3 or EIO=4.")


def encode_event(event: str, payload: Json) -> bytes:
    """An event with its one argument: clients expect just one, also of events that have nothing to say."""
    return b"42" + encode([event, payload])


class SocketIo:
    """Serves `/socket.io/`, as an ASGI application."""

    def __init__(self) -> None:
        self._sockets = WebSocketApp(encode_event, _converse)

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serve a WebSocket; tell whoever polls to use one."""
        error = _UNKNOWN_TRANSPORT if scope["type"] == "http" else _error_of(scope)
        if error is None:
            await self._sockets(scope, receive, send)
        else:
            code, message = error
            await JSONResponse({"code": code, "message": message}, 400)(scope, receive, send)


def _query(scope: "Scope") -> dict[str, str]:
    # Clients send EIO twice: as in the address that they were given, and behind it as their library means it.
    return dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))


def _error_of(scope: "Scope") -> tuple[int, str] | None:
    query = _query(scope)
    if query.get("transport", "websocket") != "websocket":
        return _UNKNOWN_TRANSPORT
    if query.get("sid"):
        return _UNKNOWN_SESSION
    return None if query.get("EIO", "4") in {"3", "4"} else _UNSUPPORTED_VERSION


def _converse(realtime: "Realtime", client: Client, outgoing: Outgoing, scope: "Scope") -> "SocketIoConversation":
    kind = OlderConversation if _query(scope).get("EIO") == "3" else NewerConversation
    return kind(realtime, client, outgoing)


class SocketIoConversation(Conversation):
    """What both pairs of protocols have in common."""

    _is_connected = False
    """Whether the client is connected to the namespace: before that it neither gets events nor sends any."""
    _timer: asyncio.TimerHandle | None = None
    """When something is due if nothing is heard until then."""

    def begin(self) -> None:
        """Say how the connection is kept alive."""
        opening: Json = {
            "sid": self.client.id,
            "upgrades": [],
            "pingInterval": int(PING_INTERVAL_SECONDS * 1000),
            "pingTimeout": int(PING_TIMEOUT_SECONDS * 1000),
            "maxPayload": MAX_FRAME_BYTES,
        }
        self.outgoing.put(b"0" + encode(opening))

    async def hear(self, text: str) -> None:
        """A packet has come."""
        if text.startswith("42[") and self._is_connected:  # nearly all are so
            await self._event(text[2:], None)
            return
        match text[:1]:
            case "4":
                await self._message(text)
            case "2":
                self._ping(text[1:])
            case "3":
                self._pong()
            case "1":
                self.outgoing.end()
            case "5" | "6":
                pass  # an upgrade that is none, and nothing at all
            case _:
                self.outgoing.end(PROTOCOL_ERROR, "This is no packet of Engine.IO.")

    def end(self) -> None:
        """Nothing is due any more."""
        if self._timer is not None:
            self._timer.cancel()

    # Engine.IO

    def _ping(self, probe: str) -> None:
        """The client pings."""

    def _pong(self) -> None:
        """The client has answered a ping."""

    def _due(self, seconds: float, what: "Callable[[], None]") -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, what)

    def _give_up(self) -> None:
        self.outgoing.end(POLICY, "Nothing was heard of you for too long.")

    # Socket.IO

    async def _message(self, text: str) -> None:
        packet = _PACKET.fullmatch(text)
        if packet is None:
            self.outgoing.end(PROTOCOL_ERROR, "This is no packet of Socket.IO.")
            return
        is_here = packet["namespace"] in {None, "/"}
        match packet["kind"]:
            case "0" if is_here:
                self._connect()
            case "0":
                self._refuse_namespace(packet["namespace"])
            case "1" if is_here:
                self.outgoing.end()
            case "2" if is_here and self._is_connected:
                await self._event(packet["data"], packet["id"])
            case "5" | "6":
                self.outgoing.end(TEXT_ONLY, "Events with binary data are not understood.")
            case "1" | "2" | "3" | "4":
                pass  # of another namespace, or too early; an acknowledgement that nobody asked for
            case _:
                self.outgoing.end(PROTOCOL_ERROR, "This is no packet of Socket.IO.")

    def _connect(self) -> None:
        """The client asks to be connected to the namespace."""

    def _refuse_namespace(self, namespace: str) -> None:
        """The client asks for another one."""
        self.outgoing.put(b"44%b,%b" % (namespace.encode(), encode(self._refusal())))

    @abstractmethod
    def _refusal(self) -> Json:
        """What an error holds, in the words of the version."""

    async def _event(self, data: str, acknowledgement: str | None) -> None:
        match decode(data):
            case [str() as name, *arguments]:
                payload: Any = arguments[0] if arguments else None
            case _:
                raise BrokenMessage('An event is a list that begins with its name: ["name", payload].')
        answer = await self.realtime.commands.carry_out(self.client, name, payload)
        if acknowledgement is not None:
            self.outgoing.put(b"43%b%b" % (acknowledgement.encode(), encode(_acknowledging(answer))))


def _acknowledging(answer: "Answer") -> Json:
    """What acknowledges a command: one value, and of one that was refused a second, which says so to programs."""
    if answer.refusal is None:
        return [answer.value]
    return [None, {"code": answer.refusal.code, "message": answer.refusal.message}]


_NO_SUCH_NAMESPACE = "Invalid namespace"


class NewerConversation(SocketIoConversation):
    """Engine.IO 4 and Socket.IO 5."""

    _is_awaited = False
    """Whether a ping is not answered yet."""

    def begin(self) -> None:
        """Open, and ping from time to time."""
        super().begin()
        self._due(PING_INTERVAL_SECONDS, self._send_ping)

    def _send_ping(self) -> None:
        if not self._is_connected:
            self._give_up()
            return
        self._is_awaited = True
        self.outgoing.put(b"2")
        self._due(PING_TIMEOUT_SECONDS, self._give_up)

    def _pong(self) -> None:
        if self._is_awaited:
            self._is_awaited = False
            self._due(PING_INTERVAL_SECONDS, self._send_ping)

    def _connect(self) -> None:
        if not self._is_connected:
            self._is_connected = True
            self.outgoing.put(b"40" + encode({"sid": self.client.id}))

    def _refusal(self) -> Json:
        return {"message": _NO_SUCH_NAMESPACE}


class OlderConversation(SocketIoConversation):
    """Engine.IO 3 and Socket.IO 4."""

    def begin(self) -> None:
        """Open and connect, and expect pings."""
        super().begin()
        self._is_connected = True
        self.outgoing.put(b"40")
        self._expect_ping()

    def _expect_ping(self) -> None:
        self._due(PING_INTERVAL_SECONDS + PING_TIMEOUT_SECONDS, self._give_up)

    def _ping(self, probe: str) -> None:
        self.outgoing.put(b"3" + probe.encode())
        self._expect_ping()

    def _refusal(self) -> Json:
        return _NO_SUCH_NAMESPACE
