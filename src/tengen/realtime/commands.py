"""The commands that clients send, and who handles them."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog

from tengen.core.errors import TengenError
from tengen.core.metrics import SOCKET_COMMANDS

if TYPE_CHECKING:
    from prometheus_client import Counter

    from tengen.realtime.clients import Client
    from tengen.realtime.messages import Json

log = structlog.get_logger(__name__)

Handler: TypeAlias = Callable[["Client", Any], Awaitable["Json"]]
"""Takes the client and the command's payload, as JSON has it and unchecked; None if there was none.

Raises `TengenError` to refuse. What it returns is the acknowledgement, for a client that asked for one.
"""
Teller: TypeAlias = Callable[[Any], str | None]
"""From a command's payload, the event by which its refusal is told, the sentence being the payload; None: `ERROR`."""

ERROR = "ERROR"
"""The event by which clients are told of what went wrong with no game of theirs."""

_FAILED = "Something went wrong here, and we have noted it. The command was not carried out."


@dataclass(frozen=True, slots=True)
class _Known:
    handler: Handler
    refusals_to: Teller | None
    counter: "Counter"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended: what acknowledges it, or the refusal."""

    value: "Json" = None
    refusal: TengenError | None = None


class Commands:
    """All commands by their names. Filled once, when the application starts; then only read."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def on(self, name: str, handler: Handler, *, refusals_to: Teller | None = None) -> None:
        """Let `handler` carry out the commands of this name, those of one client in order and one at a time.

        `refusals_to` says by which event a refusal is told to the sender, its sentence as a bare string; without it,
        or where it says None, `ERROR` tells it. It is given the payload unchecked, and may return None for nonsense.

        `{id}` in a name stands for a number, `game/{id}/gamedata`: the payload is then an object with it as `id`.
        """
        if name in self._known:
            raise ValueError(f"{name!r} has two handlers")
        self._known[name] = _Known(handler, refusals_to, SOCKET_COMMANDS.labels(name))

    def ignore(self, *names: str) -> None:
        """Know these commands, and do nothing."""
        for name in names:
            self.on(name, _nothing)

    def __contains__(self, name: str) -> bool:
        return name in self._known

    async def carry_out(self, client: "Client", name: str, payload: Any) -> Answer:
        """Handle one command of a client, and tell the client of a refusal. An unknown command is ignored.

        Never raises but for cancellation: a handler that fails is logged, and the client told that it did.
        """
        known = self._known.get(name)
        if known is None:
            known, payload = self._with_id(name, payload)
        if known is None:
            return _IGNORED
        known.counter.inc()
        try:
            return Answer(await known.handler(client, payload))
        except TengenError as error:
            refusal = error
        except Exception:
            log.exception("command_failed", command=name, client=client.id)
            refusal = CommandFailed(_FAILED)
        event = None if known.refusals_to is None else known.refusals_to(payload)
        if event is None:
            tell(client, refusal)
        else:
            client.send(event, refusal.message)
        return Answer(refusal=refusal)

    def _with_id(self, name: str, payload: Any) -> tuple[_Known | None, Any]:
        """The command that has a number where `{id}` stands, and the payload with it."""
        number = _ID.search(name)
        if number is None:
            return None, payload
        members = payload if isinstance(payload, dict) else {}
        known = self._known.get(f"{name[: number.start()]}/{{id}}{name[number.end() :]}")
        return known, {**members, "id": int(number[1])}


_ID = re.compile(r"/(\d{1,18})(?=/|$)")


def tell(client: "Client", refusal: TengenError) -> None:
    """Tell a client of a refusal that concerns no game of its own."""
    client.send(ERROR, {"errcode": refusal.code, "message": refusal.message})


class CommandFailed(TengenError):
    """The platform has an error of its own."""

    code, status = "internal_error", 500


_IGNORED = Answer()


async def _nothing(_client: "Client", _payload: Any) -> None:
    return None
