"""Operations on accounts: register, verify the e-mail, rename, look up, administer."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from tengen.accounts import mails
from tengen.accounts.models import AccountRow, MailTokenRow, RoleRow
from tengen.accounts.names import DisplayName, Email, LoginName
from tengen.core.database import among, violates
from tengen.core.errors import Conflict, Forbidden, Invalid, NotFound, TooManyRequests
from tengen.core.events import Event
from tengen.core.rows import BulkInsert, NewIds
from tengen.core.security import new_secret
from tengen.core.values import AccountId, name_key

if TYPE_CHECKING:
    from sqlalchemy import ColumnExpressionArgument, Row, Select
    from sqlalchemy.orm import InstrumentedAttribute

    from tengen.core.database import Connection, Transaction


class Role(StrEnum):
    """What an account may do beyond playing."""

    ADMIN = "admin"
    MODERATOR = "moderator"
    HOST = "host"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Account:
    """A person or a bot, without the secrets."""

    id: AccountId
    email: str
    display_name: str
    generation: int
    created_at: datetime
    last_online_at: datetime | None
    verified_at: datetime | None
    deleted_at: datetime | None
    owner_id: AccountId | None

    @property
    def may_be_proved(self) -> bool:
        """Whether a user proof of this account may hold: its e-mail is verified and it is not deleted."""
        return self.verified_at is not None and self.deleted_at is None

    @property
    def login_keys(self) -> frozenset[str]:
        """The keys of the names by which it logs in, address and display name (`LoginName.key`)."""
        return frozenset({self.email.lower(), name_key(self.display_name)})


@dataclass(frozen=True, kw_only=True)
class AccountRegistered(Event):
    """There is a new account, of somebody who has come: of others `StandInsAdded` tells."""

    account_id: int
    display_name: str
    at: str


@dataclass(frozen=True, kw_only=True)
class StandInsAdded(Event):
    """There are new accounts that nobody signs in by: the id and display name of each."""

    accounts: Sequence[tuple[int, str]]
    at: str


@dataclass(frozen=True, kw_only=True)
class AccountRenamed(Event):
    """An account shows another name from now on."""

    account_id: int
    display_name: str


@dataclass(frozen=True, kw_only=True)
class AccountClosed(Event):
    """An account is deleted: nobody is to act for it any more."""

    account_id: int


class NameTaken(Conflict):
    """Another account has this display name, or one that reads the same."""

    code = "display_name_taken"


class EmailTaken(Conflict):
    """Another account has this e-mail address."""

    code = "username_taken"


class DisposableEmail(Invalid):
    """The address is of a throw-away mail service."""

    code = "disposable_email"


class AccountNotFound(NotFound):
    """There is no such account."""

    code = "account_not_found"


class AlreadyVerified(Forbidden):
    """The e-mail address was verified before."""

    code = "already_verified"


class WrongMailToken(Forbidden):
    """That is not the token that was mailed."""

    code = "wrong_mail_token"


class NoMailToken(Forbidden):
    """No token is open: none was sent, it is too old, or it was guessed at too often."""

    code = "no_mail_token"


class RenewalTooSoon(TooManyRequests):
    """A token was sent only just now."""

    code = "renewal_too_soon"


@dataclass(frozen=True, slots=True)
class MailTokens:
    """The rules for mailed tokens: how long one holds, how often it may be tried, how soon it may be renewed."""

    key: bytes
    lifetime: timedelta
    tries: int
    renewal: timedelta

    def mac(self, account_id: int, token: str) -> bytes:
        """The form in which a token is stored."""
        return hmac.digest(self.key, b"%d\0%b" % (account_id, token.encode()), hashlib.sha256)


STAND_IN_DOMAIN = "stand-ins.invalid"
"""Where the addresses of stand-ins lead: nowhere (RFC 2606)."""

# No password has this hash, for it is none.
_NO_PASSWORD = "!"  # noqa: S105  # as in /etc/shadow

# Upper case without I and L, which are taken for each other and for 1.
_CODE_LETTERS = "ABCDEFGHJKMNOPQRSTUVWXYZ"
_CODE_LENGTH = 6

ACCOUNT_COLUMNS = (
    AccountRow.id,
    AccountRow.email,
    AccountRow.display_name,
    AccountRow.generation,
    AccountRow.created_at,
    AccountRow.last_online_at,
    AccountRow.verified_at,
    AccountRow.deleted_at,
    AccountRow.owner_id,
)


def _account(
    row: "Row[int, str, str, int, datetime, datetime | None, datetime | None, datetime | None, int | None]",
) -> Account:
    return Account(AccountId(row[0]), *row[1:8], owner_id=None if row[8] is None else AccountId(row[8]))


async def register(
    transaction: "Transaction",
    *,
    email: Email,
    display_name: DisplayName,
    password_hash: str,
    now: datetime,
    mail_tokens: MailTokens | None,
    owner_id: AccountId | None = None,
    roles: Collection[Role] = (),
) -> Account:
    """Make an account. With `mail_tokens` it is mailed a token to verify its address; without, it counts as verified.

    Raises `NameTaken` (first) or `EmailTaken`.
    """
    taken = await transaction.all(
        select(AccountRow.name_key, AccountRow.email_key).where(
            or_(AccountRow.name_key == display_name.key, AccountRow.email_key == email.key)
        )
    )
    if any(row.name_key == display_name.key for row in taken):
        raise NameTaken("Display name taken")
    if taken:
        raise EmailTaken("Username taken")
    try:
        row = await transaction.one(
            insert(AccountRow)
            .values(
                email=email.address,
                email_key=email.key,
                display_name=display_name.text,
                name_key=display_name.key,
                password_hash=password_hash,
                generation=0,
                created_at=now,
                verified_at=now if mail_tokens is None else None,
                owner_id=owner_id,
            )
            .returning(*ACCOUNT_COLUMNS)
        )
    except IntegrityError as error:  # somebody else was faster by a moment
        if violates(error, "accounts", "name_key"):
            raise NameTaken("Display name taken") from error
        raise EmailTaken("Username taken") from error
    account = _account(row)
    await grant_roles(transaction, account.id, roles)
    if mail_tokens is not None:
        await _send_token(transaction, account, mail_tokens, now)
    await transaction.announce(
        AccountRegistered(account_id=account.id, display_name=account.display_name, at=now.isoformat())
    )
    return account


_NEW_IDS = NewIds(AccountRow.id)
_STAND_INS = BulkInsert(
    AccountRow,
    (
        AccountRow.id,
        AccountRow.email,
        AccountRow.email_key,
        AccountRow.display_name,
        AccountRow.name_key,
        AccountRow.password_hash,
        AccountRow.generation,
        AccountRow.created_at,
    ),
)


async def add_stand_ins(
    transaction: "Transaction", names: Sequence[DisplayName], *, now: datetime
) -> dict[DisplayName, AccountId]:
    """Make accounts for people who have not come yet: nobody signs in by them, and no mail is sent to them.

    Names that are taken, be it by one before them, are left out. There must be at least one. Two transactions that make
    some of the same names wait for each other, and never both for the other, if both give them in the same order.
    """
    ids = await _NEW_IDS.draw(transaction, len(names))
    emails = [f"{new_secret()}@{STAND_IN_DOMAIN}" for _ in names]
    rows = [
        (account_id, email, email, name.text, name.key, _NO_PASSWORD, 0, now)
        for account_id, email, name in zip(ids, emails, names, strict=True)
    ]
    inserted = await _STAND_INS.run(transaction, rows)
    made = set(ids) if inserted == len(rows) else await _NEW_IDS.present(transaction, ids)
    added = {name: AccountId(account_id) for account_id, name in zip(ids, names, strict=True) if account_id in made}
    if added:
        accounts = [(account_id, name.text) for name, account_id in added.items()]
        await transaction.announce(StandInsAdded(accounts=accounts, at=now.isoformat()))
    return added


def refuse_disposable(email: Email) -> None:
    """Raises `DisposableEmail` if the address belongs to a known throw-away mail service, or a subdomain of one."""
    from disposable_email_domains import blocklist  # thousands of names, needed at registration only

    labels = email.domain.split(".")
    if any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1)):
        raise DisposableEmail(f"Addresses of {email.domain} are not accepted: it is a disposable mail service.")


async def verify_mail(
    transaction: "Transaction", account: Account, token: str, *, now: datetime, mail_tokens: MailTokens
) -> bool:
    """Check the mailed token and mark the address as verified. A token works once.

    Returns False for a wrong token: the try has been counted and must be committed, so the caller raises
    `WrongMailToken` (`wrong_mail_token()`) outside the transaction. Raises `AlreadyVerified` and `NoMailToken`.
    """
    if account.verified_at is not None:
        raise AlreadyVerified("User already verified mail")
    row = await transaction.first(
        select(MailTokenRow.token_mac, MailTokenRow.created_at, MailTokenRow.tries)
        .where(MailTokenRow.account_id == account.id)
        .with_for_update()
    )
    if row is None or now >= row.created_at + mail_tokens.lifetime or row.tries >= mail_tokens.tries:
        raise NoMailToken("No mail verification token found for user (request a new one)")
    if not hmac.compare_digest(row.token_mac, mail_tokens.mac(account.id, token)):
        await transaction.run(
            update(MailTokenRow).where(MailTokenRow.account_id == account.id).values(tries=MailTokenRow.tries + 1)
        )
        return False
    await transaction.run(delete(MailTokenRow).where(MailTokenRow.account_id == account.id))
    await transaction.run(
        update(AccountRow).where(AccountRow.id == account.id).values(verified_at=now, last_online_at=now)
    )
    return True


def wrong_mail_token() -> WrongMailToken:
    """The refusal for a token that `verify_mail` found wrong."""
    return WrongMailToken("Incorrect mail verification token")


async def renew_mail_token(
    transaction: "Transaction", account: Account, *, now: datetime, mail_tokens: MailTokens
) -> None:
    """Mail a new token; the old one is void. Raises `AlreadyVerified` and `RenewalTooSoon`."""
    if account.verified_at is not None:
        raise AlreadyVerified("User already verified mail")
    # The account and not its token, which is about to be another row: requests at the same moment send one mail.
    await hold_account(transaction, account.id)
    row = await transaction.first(select(MailTokenRow.created_at).where(MailTokenRow.account_id == account.id))
    if row is not None and now < row.created_at + mail_tokens.renewal:
        seconds = int(mail_tokens.renewal.total_seconds())
        raise RenewalTooSoon(
            f"Wait at least {seconds} seconds before requesting a new token",
            retry_after=row.created_at + mail_tokens.renewal - now,
        )
    await transaction.run(delete(MailTokenRow).where(MailTokenRow.account_id == account.id))
    await _send_token(transaction, account, mail_tokens, now)


async def _send_token(transaction: "Transaction", account: Account, mail_tokens: MailTokens, now: datetime) -> None:
    token = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
    await transaction.run(
        insert(MailTokenRow).values(
            account_id=account.id, token_mac=mail_tokens.mac(account.id, token), created_at=now, tries=0
        )
    )
    await transaction.announce(mails.verification(account.email, account.display_name, token, mail_tokens.lifetime))


async def change_display_name(transaction: "Transaction", account_id: AccountId, display_name: DisplayName) -> Account:
    """Give the account another name. Raises `NameTaken`, and `AccountNotFound`."""
    try:
        row = await transaction.first(
            update(AccountRow)
            .where(AccountRow.id == account_id)
            .values(display_name=display_name.text, name_key=display_name.key)
            .returning(*ACCOUNT_COLUMNS)
        )
    except IntegrityError as error:
        raise NameTaken("Display name taken") from error
    if row is None:
        raise AccountNotFound("User not found")
    await transaction.announce(AccountRenamed(account_id=account_id, display_name=display_name.text))
    return _account(row)


async def set_password(transaction: "Transaction", account_id: AccountId, password_hash: str) -> None:
    """Set a new password: remembered credentials and proofs of the old one are void from the commit on."""
    await transaction.run(
        update(AccountRow)
        .where(AccountRow.id == account_id)
        .values(password_hash=password_hash, generation=AccountRow.generation + 1)
    )


async def replace_hash(connection: "Connection", account_id: AccountId, old_hash: str, new_hash: str) -> None:
    """Store the same password's hash under newer parameters, unless the password was changed meanwhile."""
    await connection.run(
        update(AccountRow)
        .where(AccountRow.id == account_id, AccountRow.password_hash == old_hash)
        .values(password_hash=new_hash)
    )


async def delete_account(transaction: "Transaction", account_id: AccountId, now: datetime) -> None:
    """Close an account: nobody signs in by it or is proved to be it any more. Its games and its name remain."""
    touched = await transaction.run(
        update(AccountRow)
        .where(AccountRow.id == account_id, AccountRow.deleted_at.is_(None))
        .values(deleted_at=now, generation=AccountRow.generation + 1)
    )
    if touched:
        await transaction.announce(AccountClosed(account_id=account_id))


async def mark_verified(transaction: "Transaction", account_id: AccountId, now: datetime) -> None:
    """Count the account's address as its own, on an administrator's word."""
    await transaction.run(delete(MailTokenRow).where(MailTokenRow.account_id == account_id))
    await transaction.run(
        update(AccountRow).where(AccountRow.id == account_id, AccountRow.verified_at.is_(None)).values(verified_at=now)
    )


async def grant_roles(transaction: "Transaction", account_id: AccountId, roles: Collection[Role]) -> None:
    """Give the account these roles, none of which it may have yet."""
    if roles:
        await transaction.run(
            insert(RoleRow), [{"account_id": account_id, "role": role.value} for role in sorted(set(roles))]
        )


async def roles_of(connection: "Connection", account_ids: Collection[AccountId]) -> Mapping[AccountId, list[Role]]:
    """The roles of each account that has any."""
    rows = await connection.all(
        select(RoleRow.account_id, RoleRow.role).where(RoleRow.account_id.in_(account_ids)).order_by(RoleRow.role)
    )
    found: dict[AccountId, list[Role]] = {}
    for account_id, role in rows:
        found.setdefault(AccountId(account_id), []).append(Role(role))
    return found


async def has_role(connection: "Connection", account_id: AccountId, role: Role) -> bool:
    """Whether the account has this role."""
    return role in (await roles_of(connection, [account_id])).get(account_id, [])


_BY_IDS = select(*ACCOUNT_COLUMNS).where(among(AccountRow.id, "ids")).order_by(AccountRow.id)


async def accounts_by_ids(connection: "Connection", ids: Collection[int]) -> dict[AccountId, Account]:
    """The accounts that exist among `ids`, deleted ones included, in the order of their ids."""
    rows = await connection.all(_BY_IDS, {"ids": list(ids)})
    return {AccountId(row[0]): _account(row) for row in rows}


_NAMES = select(AccountRow.id, AccountRow.display_name).where(among(AccountRow.id, "ids")).order_by(AccountRow.id)


async def names_of(connection: "Connection", ids: Collection[int]) -> dict[AccountId, str]:
    """The display names of the accounts that exist among `ids`, in the order of their ids."""
    rows = await connection.all(_NAMES, {"ids": list(ids)})
    return {AccountId(row[0]): row[1] for row in rows}


_BY_NAME_KEYS = select(AccountRow.display_name, AccountRow.id).where(among(AccountRow.name_key, "keys"))


async def accounts_named(connection: "Connection", names: Collection[str]) -> dict[str, AccountId]:
    """The accounts with these very display names; names that are nobody's are left out."""
    rows = await connection.all(_BY_NAME_KEYS, {"keys": list({name_key(name) for name in names})})
    wanted = set(names)
    return {row[0]: AccountId(row[1]) for row in rows if row[0] in wanted}


def with_account(
    columns: "Sequence[InstrumentedAttribute[Any]]", account_id: "ColumnExpressionArgument[int]"
) -> "Select[*tuple[Any, ...]]":
    """For other features' statements: select `columns`, and after them the account of this id for `account_in`."""
    return select(*columns, *ACCOUNT_COLUMNS).where(AccountRow.id == account_id)


def account_in(row: Sequence[Any]) -> Account:
    """The account at the end of a row that a statement of `with_account` found."""
    return _account(row[-len(ACCOUNT_COLUMNS) :])  # type: ignore[arg-type]  # a slice loses the types


async def account_by_login(connection: "Connection", login: LoginName) -> tuple[Account, str] | None:
    """The account of this login name and its password hash, or None."""
    column = AccountRow.email_key if login.is_email else AccountRow.name_key
    row = await connection.first(select(*ACCOUNT_COLUMNS, AccountRow.password_hash).where(column == login.key))
    return None if row is None else (_account(row[:9]), row[9])  # type: ignore[arg-type]  # a slice loses the types


async def find_account(connection: "Connection", who: str) -> Account:
    """The account that an administrator names by id, e-mail or display name. Raises `AccountNotFound`."""
    if who.isdecimal() and len(who) < 19:
        by_id = await accounts_by_ids(connection, [int(who)])
        if by_id:
            return by_id[AccountId(int(who))]
    found = await account_by_login(connection, LoginName.parse(who))
    if found is None:
        raise AccountNotFound(f"There is no account {who!r}: give its e-mail, display name or id.")
    return found[0]


async def find_active_account(connection: "Connection", who: str) -> Account:
    """`find_account` for an account that is to get something. Raises `AccountNotFound` for deleted ones, too."""
    account = await find_account(connection, who)
    if account.deleted_at is not None:
        raise AccountNotFound(f"Account {account.id} ({account.display_name}) is deleted.")
    return account


async def hold_account(transaction: "Transaction", account_id: AccountId) -> None:
    """Let nobody else hold this account until the transaction ends: for whoever counts what it has before adding."""
    await transaction.first(select(AccountRow.id).where(AccountRow.id == account_id).with_for_update(key_share=True))


async def list_accounts(connection: "Connection", *, after_id: int = 0, limit: int = 100) -> list[Account]:
    """Accounts in the order of their ids, from the first after `after_id`."""
    rows = await connection.all(
        select(*ACCOUNT_COLUMNS).where(AccountRow.id > after_id).order_by(AccountRow.id).limit(limit)
    )
    return [_account(row) for row in rows]


async def has_accounts(connection: "Connection") -> bool:
    """Whether there is any account yet."""
    return (await connection.first(select(literal(1)).select_from(AccountRow).limit(1))) is not None


_TOUCH = update(AccountRow).where(among(AccountRow.id, "ids")).values(last_online_at=bindparam("seen_at"))


async def touch(connection: "Connection", account_ids: Sequence[AccountId], now: datetime) -> None:
    """Note that these accounts were heard from at `now`."""
    await connection.run(_TOUCH, {"ids": account_ids, "seen_at": now})
