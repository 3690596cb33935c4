"""The parts of this feature that live as long as the process: tokens, codes, sessions, and what sockets show."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tengen.accounts.keyring import published
from tengen.accounts.runtime import Accounts
from tengen.core.platform import Platform
from tengen.core.values import utc_now
from tengen.oauth import chat_auth, user_jwt
from tengen.oauth.codes import Codes
from tengen.oauth.cookies import Cookies
from tengen.oauth.grants import Grants
from tengen.oauth.sessions import Sessions
from tengen.oauth.tokens import TokenPeriods, Tokens
from tengen.oauth.user_jwt import UserClaims

if TYPE_CHECKING:
    from tengen.accounts.service import Account


@dataclass(frozen=True, slots=True)
class OAuth:
    """Log-ins that go on, of one process."""

    accounts: Accounts
    tokens: Tokens
    codes: Codes
    grants: Grants
    sessions: Sessions
    cookies: Cookies
    issuer: str
    user_jwt_lifetime: timedelta
    chat_auth_key: bytes

    @classmethod
    def of(cls, platform: Platform, accounts: Accounts) -> "OAuth":
        """Built once, from the platform and its log-in by password."""
        settings = platform.settings
        tokens = Tokens(
            platform.database,
            TokenPeriods(
                access=timedelta(seconds=settings.access_token_lifetime_seconds),
                refresh=timedelta(seconds=settings.refresh_token_lifetime_seconds),
            ),
            most=settings.logins_per_account,
        )
        codes = Codes(
            platform.database, tokens, lifetime=timedelta(seconds=settings.authorization_code_lifetime_seconds)
        )
        return cls(
            accounts=accounts,
            tokens=tokens,
            codes=codes,
            grants=Grants(platform.database, accounts.authenticator, tokens, codes),
            sessions=Sessions(
                platform.database,
                csrf_key=platform.master_key.derive("csrf tokens"),
                lifetime=timedelta(seconds=settings.session_lifetime_seconds),
                most=settings.logins_per_account,
            ),
            cookies=Cookies(is_secure=settings.public_url.startswith("https://")),
            issuer=settings.public_url,
            user_jwt_lifetime=timedelta(seconds=settings.user_jwt_lifetime_seconds),
            chat_auth_key=platform.master_key.derive("chat auth"),
        )

    async def user_jwt(self, account: "Account") -> str:
        """The signed text by which this account's sockets say whose they are, for some hours."""
        now = utc_now()
        key = await self.accounts.keyring.signer(now)
        claims = UserClaims(account.id, account.generation, now + self.user_jwt_lifetime)
        return user_jwt.sign(claims, issuer=self.issuer, now=now, key=key.private_key, key_id=key.id)

    async def account_of_jwt(self, text: str) -> "Account | None":
        """Whose `user_jwt` this is; None if it does not hold: any other text, expired, or the password has changed."""
        now = utc_now()
        keys = published(await self.accounts.keyring.keys(now), now)
        claims = user_jwt.read(text, keys=keys, issuer=self.issuer, now=now)
        return None if claims is None else await self._account(claims.account_id, claims.generation)

    def chat_auth(self, account: "Account") -> str:
        """The text by which this account's sockets say whose they are, until its password changes."""
        return chat_auth.issue(account_id=account.id, generation=account.generation, key=self.chat_auth_key)

    async def account_of_chat_auth(self, text: str) -> "Account | None":
        """Whose `chat_auth` this is; None if it does not hold. Any text may be asked about."""
        account_id = chat_auth.account_in(text)
        account = None if account_id is None else await self.accounts.authenticator.account(account_id)
        if account is None or not account.may_be_proved:
            return None
        is_right = chat_auth.holds(text, account_id=account.id, generation=account.generation, key=self.chat_auth_key)
        return account if is_right else None

    async def _account(self, account_id: int, generation: int) -> "Account | None":
        """The account, if it still has this generation of credentials and may log in."""
        account = await self.accounts.authenticator.account(account_id)
        if account is None or account.generation != generation or not account.may_be_proved:
            return None
        return account
