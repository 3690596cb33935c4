"""Browsers in which somebody is logged in.

A session is a random token in a cookie, which no script can read. Stored is its digest, with the generation of the
account's credentials: a change of password, or the end of the account, ends all of its sessions.

Browsers send cookies whichever page has made them ask. So what changes something must come with the session's second
token, which is derived from the first and which only our own pages know (a CSRF token).
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, or_, select

from tengen.accounts import service as accounts
from tengen.accounts.service import Account
from tengen.core.batch import Batcher
from tengen.core.security import digest, new_secret
from tengen.oauth.models import SessionRow

if TYPE_CHECKING:
    from tengen.core.database import Database


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as it begins: its tokens are told here and never again."""

    token: str = field(repr=False)
    csrf_token: str = field(repr=False)
    lifetime: timedelta


# Others are none of ours. They need not be looked up, and some of them could not be.
_TOKEN = re.compile(r"[0-9a-f]{64}")

_BY_DIGESTS = accounts.with_account(
    [SessionRow.digest, SessionRow.generation, SessionRow.expires_at], SessionRow.account_id
).where(SessionRow.digest.in_(bindparam("digests", expanding=True)))
_MOST_TOGETHER = 64
"""Sessions that are looked for in one statement at most."""
_INSERT = insert(SessionRow)
_CLOSE = delete(SessionRow).where(SessionRow.digest == bindparam("closed"))
_OLDEST_KEPT = (
    select(SessionRow.created_at)
    .where(SessionRow.account_id == bindparam("owner"))
    .order_by(SessionRow.created_at.desc())
    .offset(bindparam("kept"))
    .limit(1)
    .scalar_subquery()
)
_MAKE_ROOM = delete(SessionRow).where(
    SessionRow.account_id == bindparam("owner"),
    or_(SessionRow.expires_at <= bindparam("now"), SessionRow.created_at <= _OLDEST_KEPT),
)


class Sessions:
    """Opens, recognises and closes sessions."""

    def __init__(self, database: "Database", *, csrf_key: bytes, lifetime: timedelta, most: int) -> None:
        """`csrf_key` is shared by all workers; `most`: how many sessions an account has at once."""
        self._database = database
        self._csrf_key = csrf_key
        self._lifetime = lifetime
        self._most = most
        self._accounts: Batcher[bytes, tuple[Account, datetime]] = Batcher(self._load, largest=_MOST_TOGETHER)

    async def open(self, account: Account, *, now: datetime) -> OpenSession:
        """Log a browser in, for an account whose password was just verified. Its expired sessions are forgotten."""
        token = new_secret() + new_secret()
        async with self._database.write() as transaction:
            await transaction.run(_MAKE_ROOM, {"owner": account.id, "now": now, "kept": self._most - 1})
            await transaction.run(
                _INSERT,
                {
                    "digest": digest(token),
                    "account_id": account.id,
                    "generation": account.generation,
                    "created_at": now,
                    "expires_at": now + self._lifetime,
                },
            )
        return OpenSession(token, self.csrf_token(token), self._lifetime)

    async def close(self, token: str | None) -> None:
        """Log the browser out that has this token. Any text will do, and none."""
        if token is not None and _TOKEN.fullmatch(token):
            async with self._database.write_one() as connection:
                await connection.run(_CLOSE, {"closed": digest(token)})

    async def account(self, token: str | None, *, now: datetime) -> Account | None:
        """Who is logged in where this token was sent from; None for any other text, and when the session is over.

        One statement, which requests at the same moment share.
        """
        if token is None or _TOKEN.fullmatch(token) is None:
            return None
        found = await self._accounts.get(digest(token))
        if found is None:
            return None
        account, expires_at = found
        return account if now < expires_at else None

    def csrf_token(self, token: str) -> str:
        """The second token of the session with this token."""
        return hmac.digest(self._csrf_key, token.encode(), hashlib.sha256).hex()

    def is_csrf_token(self, token: str, sent: str | None) -> bool:
        """Whether the text that was sent is the second token of this session."""
        given = (sent or "").encode("utf-8", "surrogatepass")
        return hmac.compare_digest(self.csrf_token(token).encode(), given)

    async def _load(self, digests: Sequence[bytes]) -> dict[bytes, tuple[Account, datetime]]:
        async with self._database.read() as connection:
            rows: Sequence[Any] = await connection.all(_BY_DIGESTS, {"digests": list(digests)})
        found = {row.digest: (accounts.account_in(row), row[1], row[2]) for row in rows}
        return {
            key: (account, expires_at)
            for key, (account, generation, expires_at) in found.items()
            if generation == account.generation and account.may_be_proved
        }
