"""The tokens of programs: issued, refreshed, recognised, revoked.

Stored are the digests of both tokens of a log-in, and the generation of the account's credentials at the time: a change
of password, or the end of the account, makes them void. Whoever refreshes gets a new pair, and the old one holds no
more. A refresh token that comes a second time was stolen, from the program or by it: all that came from the log-in is
revoked (RFC 9700, section 4.14.2).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, or_, select, update

from tengen.accounts import service as accounts
from tengen.accounts.service import Account
from tengen.core.batch import Batcher
from tengen.core.security import digest, new_secret
from tengen.oauth.models import OAuthTokenRow
from tengen.oauth.refusals import InvalidGrant, InvalidScope
from tengen.oauth.scopes import Scopes, parse_scopes, scope_text

if TYPE_CHECKING:
    from tengen.core.database import Database, Transaction
    from tengen.core.values import AccountId


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """A pair of tokens, told here and never again."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    scopes: Scopes
    lifetime: timedelta
    """Of the access token."""


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token that holds says: who asks by which program, and what that may do."""

    account: Account
    client_id: str
    scopes: Scopes
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenPeriods:
    """How long tokens hold."""

    access: timedelta
    refresh: timedelta


@dataclass(frozen=True, slots=True)
class _Stored:
    """What is stored of a pair of tokens, beside their digests."""

    id: int
    access: Access
    generation: int
    family: bytes
    refresh_expires_at: datetime
    replaced_at: datetime | None

    @property
    def is_void(self) -> bool:
        """Whether the password has changed since, or the account may not log in any more."""
        return self.generation != self.access.account.generation or not self.access.account.may_be_proved


_TOKEN = re.compile(r"[0-9a-f]{64}")
_COLUMNS = [
    OAuthTokenRow.access_digest,
    OAuthTokenRow.id,
    OAuthTokenRow.client_id,
    OAuthTokenRow.scope,
    OAuthTokenRow.created_at,
    OAuthTokenRow.expires_at,
    OAuthTokenRow.generation,
    OAuthTokenRow.family,
    OAuthTokenRow.refresh_expires_at,
    OAuthTokenRow.replaced_at,
]
_STORED = accounts.with_account(_COLUMNS, OAuthTokenRow.account_id)
_BY_ACCESS_DIGESTS = _STORED.where(OAuthTokenRow.access_digest.in_(bindparam("digests", expanding=True)))
_BY_REFRESH_DIGEST = _STORED.where(OAuthTokenRow.refresh_digest == bindparam("sent")).with_for_update(of=OAuthTokenRow)
_MOST_TOGETHER = 64
"""Tokens that are looked for in one statement at most."""
_INSERT = insert(OAuthTokenRow)
_REPLACE = update(OAuthTokenRow).where(OAuthTokenRow.id == bindparam("old")).values(replaced_at=bindparam("at"))
_REVOKE_FAMILY = delete(OAuthTokenRow).where(OAuthTokenRow.family == bindparam("revoked"))
_REVOKE = delete(OAuthTokenRow).where(
    OAuthTokenRow.family.in_(
        select(OAuthTokenRow.family).where(
            OAuthTokenRow.client_id == bindparam("program"),
            or_(OAuthTokenRow.access_digest == bindparam("sent"), OAuthTokenRow.refresh_digest == bindparam("sent")),
        )
    )
)
_OLDEST_KEPT = (
    select(OAuthTokenRow.id)
    .where(OAuthTokenRow.account_id == bindparam("owner"))
    .order_by(OAuthTokenRow.id.desc())
    .offset(bindparam("kept"))
    .limit(1)
    .scalar_subquery()
)
_MAKE_ROOM = delete(OAuthTokenRow).where(
    OAuthTokenRow.account_id == bindparam("owner"),
    or_(OAuthTokenRow.refresh_expires_at <= bindparam("now"), OAuthTokenRow.id <= _OLDEST_KEPT),
)


class Tokens:
    """Issues, refreshes, recognises and revokes tokens."""

    def __init__(self, database: "Database", periods: TokenPeriods, *, most: int) -> None:
        """`most`: how many pairs are kept for an account; beyond that the oldest are forgotten."""
        self._database = database
        self._periods = periods
        self._most = most
        self._stored: Batcher[bytes, _Stored] = Batcher(self._load, largest=_MOST_TOGETHER)

    async def access(self, token: str, *, now: datetime) -> Access | None:
        """What the access token says; None if it does not hold. One statement, which requests at a moment share."""
        sent = _digest_of(token)
        found = None if sent is None else await self._stored.get(sent)
        if found is None or found.is_void or found.replaced_at is not None or now >= found.access.expires_at:
            return None
        return found.access

    async def issue(
        self,
        transaction: "Transaction",
        account_id: "AccountId",
        *,
        generation: int,
        client_id: str,
        scopes: Scopes,
        family: bytes,
        now: datetime,
    ) -> IssuedTokens:
        """New tokens for a log-in of this generation of the account's credentials. Expired ones are forgotten."""
        issued = IssuedTokens(_new_token(), _new_token(), scopes, self._periods.access)
        await transaction.run(_MAKE_ROOM, {"owner": account_id, "now": now, "kept": self._most - 1})
        await transaction.run(
            _INSERT,
            {
                "client_id": client_id,
                "account_id": account_id,
                "scope": scope_text(scopes),
                "generation": generation,
                "family": family,
                "access_digest": digest(issued.access_token),
                "expires_at": now + self._periods.access,
                "refresh_digest": digest(issued.refresh_token),
                "refresh_expires_at": now + self._periods.refresh,
                "created_at": now,
            },
        )
        return issued

    async def refresh(self, token: str, *, client_id: str, scope: str, now: datetime) -> IssuedTokens:
        """New tokens for a refresh token, which this program has; the old pair holds no more.

        `scope` may ask for less than was granted. Raises `InvalidGrant` and `InvalidScope`.
        """
        sent = _digest_of(token)
        if sent is None:
            raise _not_refreshable()
        async with self._database.write() as transaction:
            row = await transaction.first(_BY_REFRESH_DIGEST, {"sent": sent})
            found = None if row is None else _stored(row)
            if found is None or found.access.client_id != client_id:
                raise _not_refreshable()
            if found.replaced_at is None:
                return await self._replace(transaction, found, scope=scope, now=now)
            await revoke_family(transaction, found.family)
        # Outside of the transaction: what was revoked stays so.
        raise InvalidGrant(
            "The refresh token was used before: the tokens that came from this log-in are revoked. Log in again."
        )

    async def _replace(self, transaction: "Transaction", found: _Stored, *, scope: str, now: datetime) -> IssuedTokens:
        if found.is_void or now >= found.refresh_expires_at:
            raise _not_refreshable()
        granted = found.access.scopes
        scopes = parse_scopes(scope, otherwise=granted)
        if not scopes <= granted:
            raise InvalidScope(f"A refreshed token can have no more scopes than it had: {scope_text(granted)}.")
        await transaction.run(_REPLACE, {"old": found.id, "at": now})
        return await self.issue(
            transaction,
            found.access.account.id,
            # Of the old one's generation: a password that is changed at this moment makes both void.
            generation=found.generation,
            client_id=found.access.client_id,
            scopes=scopes,
            family=found.family,
            now=now,
        )

    async def revoke(self, token: str, *, client_id: str) -> None:
        """End the log-in that either of its tokens came from, if it is this program's. Any text will do."""
        sent = _digest_of(token)
        if sent is not None:
            async with self._database.write_one() as connection:
                await connection.run(_REVOKE, {"sent": sent, "program": client_id})

    async def _load(self, digests: Sequence[bytes]) -> dict[bytes, _Stored]:
        async with self._database.read() as connection:
            rows = await connection.all(_BY_ACCESS_DIGESTS, {"digests": list(digests)})
        return {row[0]: _stored(row) for row in rows}


async def revoke_family(transaction: "Transaction", family: bytes) -> None:
    """Revoke all tokens that came from one log-in."""
    await transaction.run(_REVOKE_FAMILY, {"revoked": family})


def _new_token() -> str:
    return new_secret() + new_secret()


def _digest_of(token: str) -> bytes | None:
    """The digest by which a token is found; None if it is none of ours: some texts could not even be looked up."""
    return digest(token) if _TOKEN.fullmatch(token) else None


def _stored(row: Any) -> _Stored:
    _, number, client_id, scope, issued_at, expires_at, generation, family, refresh_expires_at, replaced_at = row[:10]
    access = Access(accounts.account_in(row), client_id, parse_scopes(scope), issued_at, expires_at)
    return _Stored(number, access, generation, family, refresh_expires_at, replaced_at)


def _not_refreshable() -> InvalidGrant:
    return InvalidGrant("The refresh token is not known, has expired, or was revoked: log in again.")
