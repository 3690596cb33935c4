"""Who is asking: passwords, what is remembered of them, and the brake on guessing.

A password is hashed with argon2id, which is slow on purpose, and Basic authentication sends it with every request. So
a verified one is remembered in memory for some minutes, as a keyed hash of login name and password; it counts only
while the account still has the credential generation it was verified under, which every request reads afresh. A
change of password is thus in force at once, in every worker.
"""

import asyncio
import base64
import hashlib
import os
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy.exc import SQLAlchemyError

from tengen.accounts import service
from tengen.accounts.basic import CHALLENGE
from tengen.accounts.names import LoginName
from tengen.accounts.service import Account
from tengen.core.batch import Batcher
from tengen.core.errors import Unauthenticated
from tengen.core.limits import Limit, RateLimiter, is_local
from tengen.core.metrics import HASH_RUNS, LOGIN_FAILURES
from tengen.core.values import AccountId, name_key, utc_now

if TYPE_CHECKING:
    from tengen.accounts.basic import Credentials
    from tengen.core.database import Database
    from tengen.core.settings import Settings


log = structlog.get_logger(__name__)


class WrongCredentials(Unauthenticated):
    """No account has this name and this password."""

    code = "wrong_credentials"


class EmailUnverified(Unauthenticated):
    """The password is right; the e-mail has not been verified yet."""

    code = "email_unverified"


class AccountDeleted(Unauthenticated):
    """The password is right; the account has been deleted."""

    code = "account_deleted"


@dataclass(frozen=True, slots=True)
class _Remembered:
    account_id: AccountId
    generation: int
    until: float


_MOST_REMEMBERED = 50_000
# What is noted without anybody waiting for it is written at most so often.
_NOTE_PAUSE_SECONDS = 0.02
_FAILURES = timedelta(minutes=10)


class Passwords:
    """Hashes and verifies passwords, off the event loop and a few at a time."""

    def __init__(self, settings: "Settings") -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.password_hash_passes,
            memory_cost=settings.password_hash_memory_kib,
            parallelism=1,
        )
        self._slots = asyncio.Semaphore(max(2, os.cpu_count() or 1))
        # What an unknown login name is compared with, so that it takes as long as a known one: no password's hash.
        salt, noise = (base64.b64encode(os.urandom(size)).decode().rstrip("=") for size in (16, 32))
        self._nobody = (
            f"$argon2id$v=19$m={settings.password_hash_memory_kib},t={settings.password_hash_passes},p=1${salt}${noise}"
        )

    async def hash(self, password: str) -> str:
        """The hash to store. Lone surrogates, which JSON can carry and UTF-8 cannot, count as text, too."""
        HASH_RUNS.inc()
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, _bytes(password))

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether `password` has this hash. With None it never has, which takes as long to find out."""
        HASH_RUNS.inc()
        async with self._slots:
            found = await asyncio.to_thread(self._verify, stored or self._nobody, _bytes(password))
        return found and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than are set now."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


class Authenticator:
    """Finds the account of some credentials, or refuses."""

    def __init__(self, database: "Database", passwords: Passwords, limiter: RateLimiter, settings: "Settings") -> None:
        self._database = database
        self._passwords = passwords
        self._limiter = limiter
        self._memory_seconds = settings.credential_memory_seconds
        self._memory_key = os.urandom(32)
        self._memory: OrderedDict[bytes, _Remembered] = OrderedDict()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._per_account = Limit("login/account", settings.login_failures_per_account, _FAILURES)
        self._per_address = Limit("login/address", settings.login_failures_per_address, _FAILURES)
        self._accounts: Batcher[AccountId, Account] = Batcher(self._load)
        self._seen: Batcher[AccountId, datetime] = Batcher(self._touch)
        self._to_note: set[AccountId] = set()
        self._noting: asyncio.Task[None] | None = None

    async def account(self, account_id: int) -> Account | None:
        """The account of this id as it is now, or None. Requests at the same moment share a statement."""
        return await self._accounts.get(AccountId(account_id))

    async def authenticate(self, credentials: "Credentials", address: str) -> Account:
        """The account of these credentials, whatever its state; `address` is where they come from.

        Raises `WrongCredentials`, and `TooManyRequests` after too many of those for the account or from the address.
        """
        key = self._memory_index(credentials)
        account = await self._recall(key, credentials)
        if account is not None:
            return account
        login = LoginName.parse(credentials.login)
        # One at a time: what the first has verified the others remember, and guesses of one moment are all counted, for
        # the account and for the address.
        async with self._turn(f"account {login.key}"):
            account = await self._recall(key, credentials)
            if account is not None:
                return account
            async with nullcontext() if is_local(address) else self._turn(f"address {address}"):
                return await self._verify(key, login, credentials, address)

    async def authenticate_any(self, credentials: "Credentials", address: str) -> Account:
        """`authenticate`, verified or not. Raises `AccountDeleted`, too."""
        account = await self.authenticate(credentials, address)
        if account.deleted_at is not None:
            raise AccountDeleted("User is deleted", headers=CHALLENGE)
        return account

    async def authenticate_active(self, credentials: "Credentials", address: str) -> Account:
        """`authenticate`, for an account in good standing. Raises `EmailUnverified` and `AccountDeleted`, too."""
        account = await self.authenticate(credentials, address)
        if account.verified_at is None:
            raise EmailUnverified("User email is unverified", headers=CHALLENGE)
        if account.deleted_at is not None:
            raise AccountDeleted("User is deleted", headers=CHALLENGE)
        return account

    async def touch(self, account_id: AccountId) -> datetime:
        """Note that the account was heard from; returns when, once it is stored."""
        seen = await self._seen.get(account_id)
        assert seen is not None
        return seen

    def touch_soon(self, account_id: AccountId) -> None:
        """`touch`, without waiting for it."""
        self._to_note.add(account_id)
        if self._noting is None:
            self._noting = asyncio.create_task(self._note())

    async def finish(self) -> None:
        """Wait until everything that was to be noted is stored."""
        if self._noting is not None:
            await asyncio.gather(self._noting, return_exceptions=True)

    async def _note(self) -> None:
        try:
            while self._to_note:
                await asyncio.sleep(0)  # let this turn's other requests join
                ids, self._to_note = sorted(self._to_note), set()
                try:
                    await self._touch(ids)
                except SQLAlchemyError:
                    log.warning("last_online_not_stored", accounts=len(ids), exc_info=True)
                await asyncio.sleep(_NOTE_PAUSE_SECONDS)
        finally:
            self._noting = None

    async def _load(self, ids: Sequence[AccountId]) -> dict[AccountId, Account]:
        async with self._database.read() as connection:
            return await service.accounts_by_ids(connection, ids)

    async def _touch(self, ids: Sequence[AccountId]) -> dict[AccountId, datetime]:
        async with self._database.write_one() as connection:
            now = utc_now()
            await service.touch(connection, ids, now)
        return dict.fromkeys(ids, now)

    def _turn(self, whose: str) -> asyncio.Lock:
        return self._turns.setdefault(whose, asyncio.Lock())

    def _memory_index(self, credentials: "Credentials") -> bytes:
        text = f"{credentials.login}\0{credentials.password}"
        return hashlib.blake2b(_bytes(text), key=self._memory_key, digest_size=16).digest()

    async def _recall(self, key: bytes, credentials: "Credentials") -> Account | None:
        remembered = self._memory.get(key)
        if remembered is None or remembered.until < time.monotonic():
            return None
        account = await self.account(remembered.account_id)
        if account is None or account.generation != remembered.generation or not _answers_to(account, credentials):
            self._memory.pop(key, None)
            return None
        return account

    async def _verify(self, key: bytes, login: LoginName, credentials: "Credentials", address: str) -> Account:
        await self._refuse_guessers(login, address)
        async with self._database.read() as connection:
            found = await service.account_by_login(connection, login)
        account, stored = found or (None, None)
        is_right = await self._passwords.matches(credentials.password, stored)
        if not is_right or account is None or stored is None:
            LOGIN_FAILURES.inc()
            await self._limiter.count(self._per_account, login.key)
            if not is_local(address):
                await self._limiter.count(self._per_address, address)
            raise WrongCredentials("Incorrect username or password", headers=CHALLENGE)
        if self._passwords.is_outdated(stored):
            renewed = await self._passwords.hash(credentials.password)
            async with self._database.write_one() as connection:
                await service.replace_hash(connection, account.id, stored, renewed)
        self._memory[key] = _Remembered(account.id, account.generation, time.monotonic() + self._memory_seconds)
        if len(self._memory) > _MOST_REMEMBERED:
            self._memory.popitem(last=False)
        return account

    async def _refuse_guessers(self, login: LoginName, address: str) -> None:
        message = "Too many failed attempts. Wait before trying again."
        await self._limiter.check(self._per_account, login.key, message)
        if not is_local(address):
            await self._limiter.check(self._per_address, address, message)


def _answers_to(account: Account, credentials: "Credentials") -> bool:
    """Whether the account still has the login name: it may have been renamed since its password was verified."""
    login = credentials.login
    if login == account.email or login == account.display_name:
        return True
    parsed = LoginName.parse(login)
    return parsed.key == (account.email.lower() if parsed.is_email else name_key(account.display_name))
