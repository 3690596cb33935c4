"""Registering an account, the same in every dialect: what is refused, how it is slowed down, what is mailed."""

from typing import TYPE_CHECKING

from tengen.accounts import service
from tengen.accounts.names import DisplayName, Email
from tengen.core.limits import is_local

if TYPE_CHECKING:
    from datetime import datetime

    from tengen.accounts.runtime import Accounts
    from tengen.accounts.service import Account
    from tengen.core.platform import Platform

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 32
"""Characters."""


async def register(
    platform: "Platform",
    accounts: "Accounts",
    *,
    email: str,
    display_name: str,
    password: str,
    address: str,
    now: "datetime",
) -> "Account":
    """Make an account for somebody at this network address, and mail a token to verify the e-mail.

    Raises `InvalidEmail`, `InvalidDisplayName`, `DisposableEmail`, `TooManyRequests`, `NameTaken` and `EmailTaken`.
    """
    wanted, name = Email.parse(email), DisplayName.parse(display_name)
    if platform.settings.refuse_disposable_email:
        service.refuse_disposable(wanted)
    if not is_local(address):
        await platform.limiter.spend(
            accounts.registrations, address, "Too many registrations from your address. Try again later."
        )
    password_hash = await accounts.passwords.hash(password)
    async with platform.database.write() as transaction:
        return await service.register(
            transaction,
            email=wanted,
            display_name=name,
            password_hash=password_hash,
            now=now,
            mail_tokens=accounts.mail_tokens,
        )
