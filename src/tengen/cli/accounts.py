"""`tengen account`: accounts, on an administrator's word."""

import getpass
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tengen.accounts import service
from tengen.accounts.names import DisplayName, Email, InvalidEmail
from tengen.accounts.runtime import Accounts
from tengen.accounts.service import Account, Role
from tengen.cli.answers import Answer, listing, thing
from tengen.cli.commands import new_group
from tengen.cli.options import After, Limit, Who
from tengen.cli.platforms import platform_command
from tengen.core.database import Connection
from tengen.core.errors import Invalid
from tengen.core.platform import Platform
from tengen.core.values import utc_now

app = new_group("Accounts: make them, look at them, close them.")

# Longer than game clients can send, for those who sign in by other means.
_SHORTEST, _LONGEST = 8, 128
_COLUMNS = ("id", "email", "display_name", "roles", "verified_at", "last_online_at", "deleted_at")

Password = Annotated[
    str | None,
    typer.Option(
        show_default=False,
        help="8 to 128 characters. Not given, it is asked for, or read from standard input if that is no terminal.",
    ),
]


@platform_command(app, "create")
async def create(
    platform: Platform,
    email: Annotated[str, typer.Option(help="E-mail address, by which the account signs in.")],
    display_name: Annotated[str, typer.Option(help="Name by which others know the account.")],
    password: Password = None,
    verified: Annotated[
        bool, typer.Option("--verified", help="Count the address as verified, instead of mailing a token to it.")
    ] = False,
    role: Annotated[list[Role] | None, typer.Option(help="What the account may do beyond playing; repeatable.")] = None,
) -> Answer:
    """Make an account."""
    address, name = _email(email), DisplayName.parse(display_name)
    accounts = Accounts.of(platform)
    password_hash = await accounts.passwords.hash(_password(password))
    async with platform.database.write() as transaction:
        account = await service.register(
            transaction,
            email=address,
            display_name=name,
            password_hash=password_hash,
            now=utc_now(),
            mail_tokens=None if verified else accounts.mail_tokens,
            roles=role or (),
        )
        item = await _described(transaction, account)
    return thing(item, "" if verified else f"A token was mailed to {account.email}: it verifies the address.")


@platform_command(app, "list")
async def list_(platform: Platform, after: After = 0, limit: Limit = 100) -> Answer:
    """List accounts in the order of their ids."""
    async with platform.database.read() as connection:
        accounts = await service.list_accounts(connection, after_id=after, limit=limit)
        roles = await service.roles_of(connection, [account.id for account in accounts])
    items = [_item(account, roles.get(account.id, [])) for account in accounts]
    return listing(items, _COLUMNS, empty="There are no accounts.")


@platform_command(app, "show")
async def show(platform: Platform, who: Who) -> Answer:
    """Show one account."""
    async with platform.database.read() as connection:
        return thing(await _described(connection, await service.find_account(connection, who)))


@platform_command(app, "verify")
async def verify(platform: Platform, who: Who) -> Answer:
    """Count the account's e-mail address as verified."""
    async with platform.database.write() as transaction:
        account = await service.find_account(transaction, who)
        await service.mark_verified(transaction, account.id, utc_now())
        item = await _described_anew(transaction, account)
    return Answer(item, f"The address of account {account.id} ({account.display_name}) counts as verified.")


@platform_command(app, "set-password")
async def set_password(platform: Platform, who: Who, password: Password = None) -> Answer:
    """Give an account another password. What was proved with the old one is void at once."""
    async with platform.database.read() as connection:
        account = await service.find_account(connection, who)
    password_hash = await Accounts.of(platform).passwords.hash(_password(password))
    async with platform.database.write() as transaction:
        await service.set_password(transaction, account.id, password_hash)
        item = await _described_anew(transaction, account)
    return Answer(item, f"Account {account.id} ({account.display_name}) has a new password.")


@platform_command(app, "delete")
async def delete(platform: Platform, who: Who) -> Answer:
    """Close an account: nobody signs in by it any more. Its games and its name remain."""
    async with platform.database.write() as transaction:
        account = await service.find_account(transaction, who)
        await service.delete_account(transaction, account.id, utc_now())
        item = await _described_anew(transaction, account)
    return Answer(item, f"Account {account.id} ({account.display_name}) is deleted.")


async def _described(connection: Connection, account: Account) -> dict[str, Any]:
    roles: Mapping[Any, list[Role]] = await service.roles_of(connection, [account.id])
    return _item(account, roles.get(account.id, []))


async def _described_anew(connection: Connection, account: Account) -> dict[str, Any]:
    return await _described(connection, (await service.accounts_by_ids(connection, [account.id]))[account.id])


def _item(account: Account, roles: list[Role]) -> dict[str, Any]:
    return {
        "id": account.id,
        "email": account.email,
        "display_name": account.display_name,
        "roles": [role.value for role in roles],
        "owner_id": account.owner_id,
        "created_at": account.created_at,
        "verified_at": account.verified_at,
        "last_online_at": account.last_online_at,
        "deleted_at": account.deleted_at,
    }


def _email(text: str) -> Email:
    try:
        return Email.parse(text)
    except InvalidEmail as error:
        raise InvalidEmail(f"{text!r} is no e-mail address.") from error


def _password(given: str | None) -> str:
    password = _asked_for() if given is None else given
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise Invalid(f"The password must have {_SHORTEST} to {_LONGEST} characters.")
    return password


def _asked_for() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise Invalid("The two passwords differ.")
    return password
