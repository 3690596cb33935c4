"""The parts of this feature that live as long as the process: the hub, the commands, and who is connected."""

import platform as machine
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from tengen.core.errors import TooManyRequests, Unavailable
from tengen.core.limits import is_local
from tengen.core.metrics import SOCKETS
from tengen.realtime.commands import Commands
from tengen.realtime.hub import Hub

if TYPE_CHECKING:
    from tengen.core.platform import Platform
    from tengen.core.settings import Settings
    from tengen.realtime.clients import Client, Identity

K = TypeVar("K", str, int)

_PAUSE = timedelta(seconds=30)


class TooManySockets(TooManyRequests):
    """As many clients are connected from the address as may be."""

    code = "too_many_sockets"


class SocketsFull(Unavailable):
    """As many clients are connected as the process serves."""

    code = "sockets_full"


class Realtime:
    """Everybody who is connected to this process, and what they share."""

    def __init__(
        self, hub: Hub, *, per_address: int, in_all: int, messages_per_second: float, site: str = "tengen"
    ) -> None:
        """`per_address`, `in_all`: how many may be connected at once; addresses of this machine are not limited.
        `messages_per_second`: what each may send for ever. `site`: the name by which the platform introduces itself.
        """
        self.hub = hub
        self.commands = Commands()
        self.messages_per_second = messages_per_second
        self.site = site
        self.clients: set[Client] = set()
        self.started_at = time.monotonic()
        self._per_address = per_address
        self._in_all = in_all
        self._addresses: Counter[str] = Counter()
        self._accounts: Counter[int] = Counter()

    @classmethod
    def of(cls, platform: "Platform") -> "Realtime":
        """Built once, from the platform's settings."""
        return cls.with_settings(platform.settings)

    @classmethod
    def with_settings(cls, settings: "Settings") -> "Realtime":
        """What the settings describe."""
        return cls(
            Hub.of(settings),
            per_address=settings.sockets_per_address,
            in_all=settings.sockets_per_worker,
            messages_per_second=settings.socket_messages_per_second,
            site=settings.public_url.partition("://")[2] or machine.node(),
        )

    @property
    def uptime(self) -> timedelta:
        """Since the process has begun to serve."""
        return timedelta(seconds=time.monotonic() - self.started_at)

    def is_present(self, account_id: int) -> bool:
        """Whether the account has a client at this process."""
        return account_id in self._accounts

    @contextmanager
    def seat(self, address: str) -> Iterator[None]:
        """A place for one connection from `address`. Raises `TooManySockets` and `SocketsFull`."""
        if self._addresses[address] >= self._per_address and not is_local(address):
            raise TooManySockets(
                f"{self._per_address} sockets are open from your address, which is as many as may be: close one.",
                retry_after=_PAUSE,
            )
        if self._addresses.total() >= self._in_all:
            raise SocketsFull("Too many are connected at the moment. Try again later.")
        self._addresses[address] += 1
        SOCKETS.inc()
        try:
            yield
        finally:
            SOCKETS.dec()
            _count_down(self._addresses, address)

    @contextmanager
    def present(self, client: "Client") -> Iterator[None]:
        """Count a client as connected while the block lasts; then it leaves."""
        client.on_identity = self._on_identity
        self.clients.add(client)
        try:
            yield
        finally:
            self.clients.discard(client)
            client.leave()

    def _on_identity(self, before: "Identity | None", now: "Identity | None") -> None:
        if before is not None:
            _count_down(self._accounts, before.account_id)
        if now is not None:
            self._accounts[now.account_id] += 1


def _count_down(counter: Counter[K], key: K) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
