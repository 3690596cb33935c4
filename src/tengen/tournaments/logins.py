"""Logging in as Scoreganizer's clients do: tokens are issued for a password, refreshed, and tell who asks.

Stored is the digest of a token, with whose it is and the generation of the account's credentials at the time: a change
of password, or the end of the account, makes all of its tokens void. What holds, and for how long, is said in `tokens`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, update

from tengen.accounts import service as accounts
from tengen.accounts.service import Account
from tengen.core.batch import Batcher
from tengen.core.errors import Forbidden
from tengen.core.security import digest, new_secret
from tengen.core.values import AccountId
from tengen.tournaments.digests import among_digests
from tengen.tournaments.models import TokenRow
from tengen.tournaments.tokens import (
    SentToken,
    Token,
    TokenPeriods,
    TokenStatus,
    check_logged_in,
    check_may_refresh,
    token_status,
)

if TYPE_CHECKING:
    from tengen.core.database import Connection, Database, Transaction


class InvalidLoginData(Forbidden):
    """User name and password do not log in: they are wrong, or missing, or the account may not log in now."""

    code = "invalid_login_data"


@dataclass(frozen=True, slots=True)
class Login:
    """What a token says of the request that it was sent with."""

    status: TokenStatus
    account: Account | None
    """Whose the token is, if it holds."""


@dataclass(frozen=True, slots=True)
class _Stored:
    token: Token
    account: Account
    generation: int
    """Of the account's credentials when the token was issued."""


# Others are none of ours. They need not be looked up, and some of them could not be.
_TOKEN = re.compile(r"[0-9a-f]{64}")

_BY_DIGESTS = accounts.with_account(
    [TokenRow.digest, TokenRow.issued_at, TokenRow.replaced_at, TokenRow.generation], TokenRow.account_id
).where(among_digests(TokenRow.digest, "digests"))
_MOST_TOGETHER = 64
"""Tokens that are looked for in one statement at most."""
_INSERT = insert(TokenRow)
_REPLACE = update(TokenRow).where(TokenRow.digest == bindparam("old"), TokenRow.replaced_at.is_(None))
_FORGET = delete(TokenRow).where(TokenRow.account_id == bindparam("owner"), TokenRow.issued_at < bindparam("before"))


class Logins:
    """Issues, refreshes and recognises tokens."""

    def __init__(self, database: "Database", periods: TokenPeriods) -> None:
        self._database = database
        self._periods = periods
        self._stored: Batcher[bytes, _Stored] = Batcher(self._load, largest=_MOST_TOGETHER)

    async def _load(self, digests: Sequence[bytes]) -> dict[bytes, _Stored]:
        async with self._database.read() as connection:
            return await _find(connection, digests)

    async def look_up(self, sent: SentToken | None, now: datetime) -> Login:
        """What becomes of the token that was sent. One statement, which requests at the same moment share."""
        asked = _digest_of(sent)
        found = None if asked is None else await self._stored.get(asked)
        status = token_status(sent, None if found is None else found.token, now, self._periods)
        return Login(status, found.account if found is not None and status.is_valid else None)

    async def account(self, sent: SentToken | None, now: datetime) -> Account:
        """Whose the token is. Raises `NotLoggedIn`, which says why."""
        login = await self.look_up(sent, now)
        check_logged_in(login.status)
        assert login.account is not None  # or its status would not be valid
        return login.account

    async def obtain(self, account: Account, now: datetime) -> str:
        """A new token for an account whose password was just verified; the others that it has still hold.

        Raises `InvalidLoginData` if its e-mail is not verified, or it is deleted.
        """
        if account.deleted_at is not None:
            raise InvalidLoginData("This account is deleted.")
        if account.verified_at is None:
            raise InvalidLoginData(
                "The e-mail of this account is not verified yet: enter the token mailed to it first."
            )
        async with self._database.write() as transaction:
            return await self._issue(transaction, account.id, account.generation, now)

    async def refresh(self, sent: SentToken | None, now: datetime) -> str:
        """A new token for the one that was sent. Raises `NotLoggedIn` or `TokenTooRecent`.

        The old one holds a little longer, and may be sent again in that time, so of two requests that refresh one token
        at the same moment each gets a new one.
        """
        async with self._database.write() as transaction:
            asked = _digest_of(sent)
            found = None if asked is None else (await _find(transaction, [asked])).get(asked)
            check_may_refresh(sent, None if found is None else found.token, now, self._periods)
            assert sent is not None  # or there would be nothing to refresh
            assert found is not None
            replaced_at = found.token.replaced(now).replaced_at
            await transaction.run(_REPLACE, {"old": digest(sent.token), "replaced_at": replaced_at})
            # Of the old one's generation: a password that is changed at this moment makes both void.
            return await self._issue(transaction, found.account.id, found.generation, now)

    async def _issue(self, transaction: "Transaction", owner: AccountId, generation: int, now: datetime) -> str:
        # So long after their end nobody need be told any more that they have expired.
        await transaction.run(_FORGET, {"owner": owner, "before": now - 2 * self._periods.lifetime})
        token = new_secret() + new_secret()
        await transaction.run(
            _INSERT,
            {"digest": digest(token), "account_id": owner, "generation": generation, "issued_at": now},
        )
        return token


def _digest_of(sent: SentToken | None) -> bytes | None:
    """The digest by which the token that was sent is found; None if it is none of ours."""
    return None if sent is None or _TOKEN.fullmatch(sent.token) is None else digest(sent.token)


async def _find(connection: "Connection", digests: Sequence[bytes]) -> dict[bytes, _Stored]:
    rows = await connection.all(_BY_DIGESTS, {"digests": list(digests)})
    return {row.digest: _stored(row) for row in rows}


def _stored(row: Any) -> _Stored:
    _, issued_at, replaced_at, generation = row[:4]
    account = accounts.account_in(row)
    is_revoked = generation != account.generation or not account.may_be_proved
    token = Token(issued_at, account.login_keys, replaced_at, is_revoked)
    return _Stored(token, account, generation)
