"""Authorization codes: what a browser carries to a program, which exchanges it for tokens.

A code is random, stored as its digest, and works once, for the program, the address and the verifier that it was asked
with. Used again it was stolen: then the tokens it was exchanged for are revoked, too (RFC 6749, section 4.1.2).
"""

import os
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, update

from tengen.accounts import service as accounts
from tengen.accounts.service import Account
from tengen.core.security import digest, new_secret
from tengen.oauth import pkce
from tengen.oauth.models import OAuthCodeRow
from tengen.oauth.refusals import InvalidGrant
from tengen.oauth.scopes import Scopes, parse_scopes, scope_text
from tengen.oauth.tokens import revoke_family

if TYPE_CHECKING:
    from tengen.core.database import Database, Transaction
    from tengen.oauth.tokens import IssuedTokens, Tokens


@dataclass(frozen=True, slots=True)
class Consent:
    """What an account has agreed to: this program, these scopes, sent back to this address."""

    client_id: str
    redirect_uri: str
    scopes: Scopes
    challenge: str | None
    """Of the program's verifier; None if it keeps a secret and has sent none (`tengen.oauth.pkce`)."""


@dataclass(frozen=True, slots=True)
class _Stored:
    consent: Consent
    account: Account
    generation: int
    expires_at: datetime
    family: bytes
    used_at: datetime | None


_CODE = re.compile(r"[0-9a-f]{64}")
_BY_DIGEST = (
    accounts.with_account(
        [
            OAuthCodeRow.client_id,
            OAuthCodeRow.redirect_uri,
            OAuthCodeRow.scope,
            OAuthCodeRow.challenge,
            OAuthCodeRow.generation,
            OAuthCodeRow.expires_at,
            OAuthCodeRow.family,
            OAuthCodeRow.used_at,
        ],
        OAuthCodeRow.account_id,
    )
    .where(OAuthCodeRow.digest == bindparam("sent"))
    .with_for_update(of=OAuthCodeRow)
)
_INSERT = insert(OAuthCodeRow)
_USE = update(OAuthCodeRow).where(OAuthCodeRow.digest == bindparam("sent")).values(used_at=bindparam("at"))
_FORGET = delete(OAuthCodeRow).where(
    OAuthCodeRow.account_id == bindparam("owner"), OAuthCodeRow.expires_at <= bindparam("before")
)
_KEPT = timedelta(days=1)
"""After a code's end its second use is still noticed for so long."""
_FAMILY_BYTES = 16


def new_family() -> bytes:
    """What ties together all tokens of one log-in."""
    return os.urandom(_FAMILY_BYTES)


class Codes:
    """Issues codes, and exchanges them."""

    def __init__(self, database: "Database", tokens: "Tokens", *, lifetime: timedelta) -> None:
        self._database = database
        self._tokens = tokens
        self._lifetime = lifetime

    async def issue(self, account: Account, consent: Consent, *, now: datetime) -> str:
        """A code for what the account has agreed to. Old ones of the account are forgotten."""
        code = new_secret() + new_secret()
        async with self._database.write() as transaction:
            await transaction.run(_FORGET, {"owner": account.id, "before": now - _KEPT})
            await transaction.run(
                _INSERT,
                {
                    "digest": digest(code),
                    "client_id": consent.client_id,
                    "account_id": account.id,
                    "redirect_uri": consent.redirect_uri,
                    "scope": scope_text(consent.scopes),
                    "challenge": consent.challenge,
                    "generation": account.generation,
                    "expires_at": now + self._lifetime,
                    "family": new_family(),
                },
            )
        return code

    async def exchange(
        self, code: str, *, client_id: str, redirect_uri: str, verifier: str, now: datetime
    ) -> "IssuedTokens":
        """The tokens for a code that this program was given. Raises `InvalidGrant`."""
        if _CODE.fullmatch(code) is None:
            raise _not_exchangeable()
        async with self._database.write() as transaction:
            row = await transaction.first(_BY_DIGEST, {"sent": digest(code)})
            found = None if row is None else _stored(row)
            if found is None or found.consent.client_id != client_id:
                raise _not_exchangeable()
            if found.used_at is None:
                _check(found, redirect_uri=redirect_uri, verifier=verifier, now=now)
                return await self._use(transaction, code, found, now)
            await revoke_family(transaction, found.family)
        # Outside of the transaction: what was revoked stays so.
        raise InvalidGrant("The code was used before: the tokens it was exchanged for are revoked. Ask for another.")

    async def _use(self, transaction: "Transaction", code: str, found: _Stored, now: datetime) -> "IssuedTokens":
        await transaction.run(_USE, {"sent": digest(code), "at": now})
        return await self._tokens.issue(
            transaction,
            found.account.id,
            generation=found.generation,
            client_id=found.consent.client_id,
            scopes=found.consent.scopes,
            family=found.family,
            now=now,
        )


def _check(found: _Stored, *, redirect_uri: str, verifier: str, now: datetime) -> None:
    """Raises `InvalidGrant` if the code has run out, or was asked for otherwise than it is exchanged."""
    if now >= found.expires_at or found.generation != found.account.generation or not found.account.may_be_proved:
        raise _not_exchangeable()
    if found.consent.redirect_uri != redirect_uri:
        raise InvalidGrant("The redirect_uri is another than that of the request for this code: send the same.")
    challenge = found.consent.challenge
    if challenge is None and verifier:
        # Somebody has taken the challenge out of the program's request (RFC 9700, section 4.8.2).
        raise InvalidGrant("The code was asked for without a code_challenge: there is nothing to verify.")
    if challenge is not None and not pkce.fits(verifier, challenge):
        raise InvalidGrant("The code_verifier is not the one of the code_challenge that the code was asked for with.")


def _stored(row: Any) -> _Stored:
    client_id, redirect_uri, scope, challenge, generation, expires_at, family, used_at = row[:8]
    consent = Consent(client_id, redirect_uri, parse_scopes(scope), challenge)
    return _Stored(consent, accounts.account_in(row), generation, expires_at, family, used_at)


def _not_exchangeable() -> InvalidGrant:
    return InvalidGrant("The code is not known, or has expired: ask for another.")
