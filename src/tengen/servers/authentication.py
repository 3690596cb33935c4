"""Which game server is asking, and the brake on guessing.

A server's secret is 128 random bits: nobody guesses it, so a right one is always let in, and wrong ones, by whomever,
cannot keep a server out of the directory. They are counted all the same, and after too many answered with 429.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from tengen.accounts.authentication import WrongCredentials
from tengen.accounts.basic import CHALLENGE
from tengen.core.batch import Batcher
from tengen.core.errors import Unauthenticated
from tengen.core.limits import Limit, RateLimiter, is_local
from tengen.core.metrics import LOGIN_FAILURES
from tengen.core.security import matches
from tengen.core.values import ServerId
from tengen.servers import service
from tengen.servers.service import Server, ServerKey

if TYPE_CHECKING:
    from tengen.accounts.basic import Credentials
    from tengen.core.database import Database
    from tengen.core.settings import Settings


class ServerDeleted(Unauthenticated):
    """The password is right; the game server has been deleted."""

    code = "server_deleted"


_FAILURES = timedelta(minutes=10)
_TOO_MANY = "Too many failed attempts. Wait before trying again."
# A server's user name is its id as text, as the directory writes it.
_ID = re.compile(r"[1-9][0-9]{0,17}")
_NO_DIGEST = bytes(32)


class ServerAuthenticator:
    """Finds the game server of some credentials, or refuses."""

    def __init__(self, database: "Database", limiter: RateLimiter, settings: "Settings") -> None:
        self._database = database
        self._limiter = limiter
        self._per_server = Limit("login/server", settings.login_failures_per_account, _FAILURES)
        self._per_address = Limit("login/address", settings.login_failures_per_address, _FAILURES)
        self._keys: Batcher[ServerId, ServerKey] = Batcher(self._load)

    async def recognise(self, credentials: "Credentials") -> Server | None:
        """The server of these credentials, deleted or not; None if they are no server's. Counts nothing."""
        key = await self._keys.get(ServerId(int(credentials.login))) if _ID.fullmatch(credentials.login) else None
        is_right = matches(credentials.password, _NO_DIGEST if key is None else key.secret_digest)
        return key.server if is_right and key is not None else None

    async def authenticate(self, credentials: "Credentials", address: str) -> Server:
        """The server of these credentials; `address` is where they come from.

        Raises `WrongCredentials`, `ServerDeleted`, and `TooManyRequests` after too many wrong ones.
        """
        server = await self.recognise(credentials)
        if server is None:
            await self._refuse(credentials, address)
        elif server.deleted_at is None:
            return server
        raise ServerDeleted("Server is deleted", headers=CHALLENGE)

    async def _refuse(self, credentials: "Credentials", address: str) -> None:
        LOGIN_FAILURES.inc()
        if _ID.fullmatch(credentials.login):
            await self._limiter.spend(self._per_server, credentials.login, _TOO_MANY)
        if not is_local(address):
            await self._limiter.spend(self._per_address, address, _TOO_MANY)
        raise WrongCredentials("Incorrect username or password", headers=CHALLENGE)

    async def _load(self, ids: Sequence[ServerId]) -> dict[ServerId, ServerKey]:
        async with self._database.read() as connection:
            return await service.server_keys(connection, ids)
