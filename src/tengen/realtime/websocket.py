"""What the transports over WebSockets have in common: who gets in, how much may be sent, and how it ends."""

import asyncio
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

import structlog
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match

from tengen.core.errors import TengenError, TooManyRequests, Unavailable
from tengen.core.lifespan import LINK
from tengen.core.limits import counted_address
from tengen.core.metrics import SOCKETS_CUT
from tengen.realtime.allowance import Allowance, Verdict
from tengen.realtime.clients import POLICY, Client, Encoder, Outgoing
from tengen.realtime.commands import tell
from tengen.realtime.messages import BrokenMessage

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from tengen.realtime.link import Link
    from tengen.realtime.runtime import Realtime

log = structlog.get_logger(__name__)

# Codes of WebSocket's close frame, beside those of `clients`.
PROTOCOL_ERROR = 1002
TEXT_ONLY = 1003
FAILED = 1011


class TooManyMessages(TooManyRequests):
    """The client sends faster than it may."""

    code = "too_many_messages"


class NoLink(Unavailable):
    """The ASGI server lacks what the transports need (`tengen.realtime.link`)."""

    code = "sockets_unavailable"


class Conversation(ABC):
    """One client's connection, in the words of its transport."""

    def __init__(self, realtime: "Realtime", client: Client, outgoing: Outgoing) -> None:
        self.realtime = realtime
        self.client = client
        self.outgoing = outgoing

    @abstractmethod
    def begin(self) -> None:
        """The connection is open."""

    @abstractmethod
    async def hear(self, text: str) -> None:
        """A frame has come. Raises `BrokenMessage` for one that makes no sense, which the client is told of."""

    @abstractmethod
    def end(self) -> None:
        """The connection is over."""


Converse: TypeAlias = Callable[["Realtime", Client, Outgoing, "Scope"], Conversation]


class WebSocketApp:
    """Serves the WebSockets of one transport, as an ASGI application. Expects `Realtime` in the state of the app."""

    def __init__(self, encode: Encoder, converse: Converse) -> None:
        """`encode`: the transport's form of an event. `converse` begins a conversation on a connection."""
        self._encode = encode
        self._converse = converse

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serve one connection until it ends, or say why not. Nothing that comes over it harms another."""
        await receive()  # that it wants to be accepted
        realtime: Realtime = scope["app"].state.realtime
        link: Link | None = scope.get("extensions", {}).get(LINK)
        address = counted_address(scope["client"][0]) if scope.get("client") else "unknown"
        try:
            if link is None:
                raise NoLink("Sockets are not served here: the platform was not started by `tengen serve`.")
            with realtime.seat(address):
                await send({"type": "websocket.accept"})
                outgoing = Outgoing(link)
                client = Client(secrets.token_urlsafe(15), self._encode, outgoing, address=address)
                link.on_round_trip = client.measured
                structlog.contextvars.clear_contextvars()
                structlog.contextvars.bind_contextvars(client=client.id)
                began_at = time.monotonic()
                with realtime.present(client):
                    await self._talk(self._converse(realtime, client, outgoing, scope), receive)
                log.info("socket", path=scope["path"], address=address, seconds=round(time.monotonic() - began_at, 3))
        except TengenError as refusal:
            await refuse(refusal, scope, receive, send)

    async def _talk(self, conversation: Conversation, receive: "Receive") -> None:
        try:
            conversation.begin()
            await _listen(conversation, receive)
        except Exception:
            log.exception("socket_failed")
            conversation.outgoing.end(FAILED, "Something went wrong here, and we have noted it.")
        finally:
            conversation.end()


async def _listen(conversation: Conversation, receive: "Receive") -> None:
    client, outgoing = conversation.client, conversation.outgoing
    now = asyncio.get_running_loop().time
    allowance = Allowance(conversation.realtime.messages_per_second, now())
    while not outgoing.is_over:
        message = await receive()
        if message["type"] != "websocket.receive":
            return
        text = message.get("text")
        if text is None:
            outgoing.end(TEXT_ONLY, "Send text frames.")
            return
        match allowance.spend(now()):
            case Verdict.FINE:
                try:
                    await conversation.hear(text)
                except BrokenMessage as refusal:
                    tell(client, refusal)
            case Verdict.WARN:
                tell(client, TooManyMessages(_SLOWER, retry_after=timedelta(seconds=1)))
            case Verdict.ABUSE:
                SOCKETS_CUT.labels("sends too much").inc()
                outgoing.end(POLICY, "You sent far too many messages.")


_SLOWER = "You send more messages than you may: this one and some others were not looked at. Send them more slowly."


async def refuse(refusal: TengenError, scope: "Scope", receive: "Receive", send: "Send") -> None:
    """Answer the request for a connection with a refusal instead."""
    body = {"error": refusal.code, "detail": refusal.message}
    await JSONResponse(body, refusal.status, headers=refusal.headers)(scope, receive, send)


class SocketRoute(BaseRoute):
    """Leaves all requests for one path, those for a WebSocket and others, to an application of its own."""

    def __init__(self, path: str, app: "ASGIApp") -> None:
        """`path` as the platform has it, without a slash at its end."""
        self.path = path
        self._app = app

    def matches(self, scope: "Scope") -> tuple[Match, "Scope"]:
        """Whether it is this path."""
        is_ours = scope["type"] in {"http", "websocket"} and scope["path"] == self.path
        return (Match.FULL, {"route": self}) if is_ours else (Match.NONE, {})

    async def handle(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serve the request."""
        await self._app(scope, receive, send)
