"""What clients are sent when they have said who they are: features add to it, and none knows the others."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog

from tengen.realtime.clients import TRY_AGAIN

if TYPE_CHECKING:
    from tengen.realtime.clients import Client

log = structlog.get_logger(__name__)

Welcome: TypeAlias = Callable[["Client"], Awaitable[None]]


class Sessions:
    """Welcomes clients. Filled once, when the application starts; then only read."""

    def __init__(self) -> None:
        self._welcomes: list[Welcome] = []

    def when_authenticated(self, welcome: Welcome) -> None:
        """Call this with each client that has said who it is (`Client.identity`), after what was added before."""
        self._welcomes.append(welcome)

    def authenticated(self, client: "Client") -> None:
        """Welcome this client, which is somebody from now on, or somebody else.

        It begins once the command under way is acknowledged: bots learn from that who they are, and would not
        understand before which games are theirs. A client that cannot be told everything is let go, and comes again.
        """
        welcome = client.get(_Ongoing)
        if welcome is None:
            welcome = _Ongoing()
            client.put(welcome)
            client.when_gone(welcome.end)
        welcome.begin(self._welcome(client))

    async def _welcome(self, client: "Client") -> None:
        try:
            for welcome in self._welcomes:
                await welcome(client)
        except Exception:
            log.exception("welcome_failed", client=client.id)
            client.close(TRY_AGAIN, "The platform is not ready. Try again.")


class _Ongoing:
    """The welcome of one client, which another one replaces."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def begin(self, welcome: Coroutine[Any, Any, None]) -> None:
        self.end()
        self._task = asyncio.create_task(welcome)

    def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
