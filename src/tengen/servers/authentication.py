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
from tengen.core.values import MAX_ID, ServerId
from tengen.servers import service
from tengen.servers.listing import InvalidListing, parse_name
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
        self._namesakes: Batcher[str, list[ServerKey]] = Batcher(self._load_named)

    async def recognise(self, credentials: "Credentials") -> Server | None:
        """The server of these credentials, deleted or not; None if they are no server's. Counts nothing."""
        key = await self._keys.get(ServerId(int(credentials.login))) if _ID.fullmatch(credentials.login) else None
        is_right = matches(credentials.password, _NO_DIGEST if key is None else key.secret_digest)
        return key.server if is_right and key is not None else None

    async def by_token(self, server_id: ServerId | None, name: str | None, token: str) -> Server | None:
        """The server with this id, or without an id the one with this name, whose secret `token` is; or None.

        Several servers may bear a name: the token says which is meant. Deleted servers are not found. Counts nothing.
        """
        found: Server | None = None
        for key in await self._keys_of(server_id, name):
            # All are compared, the deleted too, so that the time taken tells nothing about the secrets.
            if _is_secret(token, key) and key.server.deleted_at is None:
                found = key.server
        return found

    async def _keys_of(self, server_id: ServerId | None, name: str | None) -> list[ServerKey]:
        if server_id is not None:
            key = await self._keys.get(server_id) if 0 < server_id <= MAX_ID else None
            return [] if key is None else [key]
        try:
            listed = parse_name(name or "")
        except InvalidListing:
            return []  # no server is listed by that
        return await self._namesakes.get(listed) or []

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

    async def _load_named(self, names: Sequence[str]) -> dict[str, list[ServerKey]]:
        async with self._database.read() as connection:
            return await service.server_keys_named(connection, names)


def _is_secret(token: str, key: ServerKey) -> bool:
    # What comes from outside may hold what cannot be encoded; a secret has only hexadecimal digits.
    return token.isascii() and matches(token, key.secret_digest)
