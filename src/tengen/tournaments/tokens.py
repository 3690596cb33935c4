"""The tokens by which Scoreganizer's clients stay logged in, and the header that they come in. Pure.

    issued ──> ok ──(fresh)──> ok_stale ──(lifetime)──> expired
                └── replaced ──> ok_stale ──(grace)──> expired

A token is obtained with a password, and refreshed before it expires. The old one is honoured for a short while after
it was replaced, and may be refreshed again, because an answer that is lost must log nobody out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tengen.accounts.names import LoginName
from tengen.core.errors import Forbidden, TooManyRequests

HEADER = "X-Scoreganizer-Authorization"

_NO_NAME = frozenset({"", "None"})


class NotLoggedIn(Forbidden):
    """The request carries no token that holds."""

    code = "not_logged_in"


class TokenTooRecent(TooManyRequests):
    """The token is too young to be refreshed: `retry_after` is the time until it will not be."""

    code = "token_too_recent"


class TokenStatus(StrEnum):
    """What becomes of a token; the value is the word on the wire. Clients ask whether it starts with `ok`."""

    OK = "ok"
    OK_STALE = "ok_stale"
    EXPIRED = "expired"
    NONEXISTENT = "nonexistent"
    NOT_SENT = "not_sent"

    @property
    def is_valid(self) -> bool:
        """Whether it says who asks."""
        return self in {TokenStatus.OK, TokenStatus.OK_STALE}


@dataclass(frozen=True, slots=True)
class TokenPeriods:
    """How long tokens hold. Raises `ValueError` for periods by which no token could be refreshed in time."""

    fresh: timedelta = timedelta(days=7)
    """Until this age it need not be refreshed."""
    lifetime: timedelta = timedelta(days=30)
    """From this age on it is void."""
    refresh_after: timedelta = timedelta(hours=1)
    """Before this age it cannot be refreshed."""
    grace: timedelta = timedelta(minutes=5)
    """For so long it is honoured after it was replaced."""

    def __post_init__(self) -> None:
        if not timedelta() <= self.refresh_after <= self.fresh < self.lifetime or self.grace < timedelta():
            raise ValueError("Tokens are refreshed once they are stale and before they expire.")


STANDARD = TokenPeriods()


@dataclass(frozen=True, slots=True)
class SentToken:
    """What a request says about its sender: a token, and perhaps a login name."""

    name: str | None
    token: str = field(repr=False)

    @classmethod
    def parse(cls, header: str | None) -> "SentToken | None":
        """Read the header, `<name>:<token>`, whose name may hold colons; None if there is no token in it.

        `header` is text as HTTP libraries give it, a character a byte; bytes that are UTF-8 are read as such. The name
        `None` is what clients send that have restored their token from a file, and not their name: it is no name, and
        neither is an empty one. With no name at all, clients send an empty header.
        """
        name, _, token = _decoded(header or "").rpartition(":")
        name, token = name.strip(), token.strip()
        if not token:
            return None
        return cls(None if name in _NO_NAME else name, token)


def _decoded(header: str) -> str:
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


@dataclass(frozen=True, slots=True)
class Token:
    """What is stored of a token beside its digest."""

    issued_at: datetime
    owner_logins: frozenset[str]
    """The keys of the names by which its owner logs in: address and display name (`LoginName.key`)."""
    replaced_at: datetime | None = None
    is_revoked: bool = False
    """Whether the password has changed since, or the account is closed."""

    def replaced(self, now: datetime) -> "Token":
        """The token after another was issued for it. Repeated, it changes nothing: the grace is given once."""
        return self if self.replaced_at is not None else replace(self, replaced_at=now)


def token_status(
    sent: SentToken | None, token: Token | None, now: datetime, periods: TokenPeriods = STANDARD
) -> TokenStatus:
    """The status of the token that was sent. `token`: the one found by its digest, None if there is none.

    The name is not needed to find the owner; one that is sent nevertheless, and is not the owner's, makes it void.
    """
    if sent is None:
        return TokenStatus.NOT_SENT
    if token is None or token.is_revoked or not _is_owners(sent, token):
        return TokenStatus.NONEXISTENT
    age = now - token.issued_at
    if age >= periods.lifetime or (token.replaced_at is not None and now - token.replaced_at >= periods.grace):
        return TokenStatus.EXPIRED
    if age >= periods.fresh or token.replaced_at is not None:
        return TokenStatus.OK_STALE
    return TokenStatus.OK


def _is_owners(sent: SentToken, token: Token) -> bool:
    return sent.name is None or LoginName.parse(sent.name).key in token.owner_logins


_WHY: Mapping[TokenStatus, str] = {
    TokenStatus.EXPIRED: "The token has expired: obtain a new one with user name and password.",
    TokenStatus.NONEXISTENT: "The token is not known, or not this user's: obtain one with user name and password.",
    TokenStatus.NOT_SENT: f"The request carries no token: send '<user name>:<token>' in {HEADER}.",
}


def check_logged_in(status: TokenStatus) -> None:
    """Raises `NotLoggedIn`, which says why, unless the token holds."""
    if not status.is_valid:
        raise NotLoggedIn(_WHY[status])


def check_may_refresh(
    sent: SentToken | None, token: Token | None, now: datetime, periods: TokenPeriods = STANDARD
) -> None:
    """Whether a new token may be issued for the one that was sent. Raises `NotLoggedIn` or `TokenTooRecent`."""
    check_logged_in(token_status(sent, token, now, periods))
    assert token is not None  # or its status would not be valid
    left = token.issued_at + periods.refresh_after - now
    if left > timedelta():
        raise TokenTooRecent("The token is too recent to be refreshed: keep using it.", retry_after=left)
