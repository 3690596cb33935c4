"""Who is asking: what a request costs, who is braked, and what a change of password voids."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from tengen.accounts import service
from tengen.accounts.authentication import (
    AccountDeleted,
    Authenticator,
    EmailUnverified,
    Passwords,
    WrongCredentials,
)
from tengen.accounts.basic import CHALLENGE, Credentials
from tengen.accounts.names import DisplayName, LoginName
from tengen.accounts.runtime import Accounts
from tengen.accounts.service import Account
from tengen.core.database import statements_executed
from tengen.core.errors import TooManyRequests
from tengen.core.limits import RateLimiter
from tengen.core.metrics import HASH_RUNS
from tengen.core.platform import Platform
from tengen.core.values import utc_now
from tests.support.builders import PASSWORD, an_account

LOCAL, AFAR = "127.0.0.1", "203.0.113.9"


@pytest.fixture
def accounts(platform: Platform) -> Accounts:
    """Log-in as the application has it."""
    return Accounts.of(platform)


@pytest.fixture
def authenticator(accounts: Accounts) -> Authenticator:
    """What finds the account of some credentials."""
    return accounts.authenticator


async def somebody(platform: Platform, accounts: Accounts, *, password: str = PASSWORD, **how: Any) -> Account:
    """An account with a real password."""
    return await an_account(platform.database, password_hash=await accounts.passwords.hash(password), **how)


def hash_runs() -> float:
    return sum(sample.value for metric in HASH_RUNS.collect() for sample in metric.samples if "total" in sample.name)


async def cost(request: Callable[[], Awaitable[object]]) -> tuple[int, int]:
    """How many hash runs and statements a request costs, whether it is refused or not."""
    before, counter = hash_runs(), [0]
    statements_executed.set(counter)
    with suppress(WrongCredentials):
        await request()
    return int(hash_runs() - before), counter[0]


async def test_email_and_display_name_both_sign_in(
    platform: Platform, accounts: Accounts, authenticator: Authenticator
) -> None:
    mira = await somebody(platform, accounts, email="Mira@tengen.example", display_name="Mira von Tengen")

    for login in ("Mira@tengen.example", "mira@TENGEN.example", "Mira von Tengen", "mira VON tengen"):
        assert await authenticator.authenticate(Credentials(login, PASSWORD), LOCAL) == mira


@pytest.mark.parametrize("login", ["nobody", "nobody@tengen.example", "", "57", "Mi\x00ra"])
async def test_an_unknown_name_is_refused(authenticator: Authenticator, login: str) -> None:
    with pytest.raises(WrongCredentials, match="Incorrect username or password") as refusal:
        await authenticator.authenticate(Credentials(login, PASSWORD), LOCAL)
    assert refusal.value.headers == CHALLENGE


@pytest.mark.parametrize("password", ["", "Correct horse", "correct horse ", "correct hors", "correct horse\x00"])
async def test_a_wrong_password_is_refused(
    platform: Platform, accounts: Accounts, authenticator: Authenticator, password: str
) -> None:
    mira = await somebody(platform, accounts)

    with pytest.raises(WrongCredentials, match="Incorrect username or password"):
        await authenticator.authenticate(Credentials(mira.email, password), LOCAL)


@pytest.mark.parametrize("password", ["пароль, длинный", "correct horse" * 50, "\ud800 alone", " blanks "])
async def test_every_password_that_can_be_set_can_be_used(
    platform: Platform, accounts: Accounts, authenticator: Authenticator, password: str
) -> None:
    mira = await somebody(platform, accounts, password=password)

    assert await authenticator.authenticate(Credentials(mira.email, password), LOCAL) == mira


async def test_the_password_is_looked_at_before_the_state_and_verification_before_deletion(
    platform: Platform, accounts: Accounts, authenticator: Authenticator
) -> None:
    mira = await somebody(platform, accounts, mail_tokens=accounts.mail_tokens)
    right, wrong = Credentials(mira.email, PASSWORD), Credentials(mira.email, "wrong password")

    async def refusals() -> list[type[BaseException] | None]:
        found: list[type[BaseException] | None] = []
        for ask in (authenticator.authenticate_active, authenticator.authenticate_any):
            for credentials in (right, wrong):
                try:
                    await ask(credentials, LOCAL)
                    found.append(None)
                except Exception as error:  # whichever it is, is what the test is about
                    found.append(type(error))
        return found

    assert await refusals() == [EmailUnverified, WrongCredentials, None, WrongCredentials]
    async with platform.database.write() as transaction:
        await service.delete_account(transaction, mira.id, utc_now())
    assert await refusals() == [EmailUnverified, WrongCredentials, AccountDeleted, WrongCredentials]
    async with platform.database.write() as transaction:
        await service.mark_verified(transaction, mira.id, utc_now())
    assert await refusals() == [AccountDeleted, WrongCredentials, AccountDeleted, WrongCredentials]


# ── what it costs ──


async def test_the_second_request_costs_no_hash_run(
    platform: Platform, accounts: Accounts, authenticator: Authenticator
) -> None:
    mira = await somebody(platform, accounts)
    right = Credentials(mira.email, PASSWORD)

    assert await cost(lambda: authenticator.authenticate_active(right, AFAR)) == (1, 1)
    for _ in range(3):
        assert await cost(lambda: authenticator.authenticate_active(right, AFAR)) == (0, 1)


async def test_a_wrong_password_and_an_unknown_name_both_cost_one_hash_run(
    platform: Platform, accounts: Accounts, authenticator: Authenticator
) -> None:
    mira = await somebody(platform, accounts)
    await cost(lambda: authenticator.authenticate(Credentials("nobody", PASSWORD), LOCAL))  # makes a hash to compare

    wrong = await cost(lambda: authenticator.authenticate(Credentials(mira.email, "wrong password"), LOCAL))
    unknown = await cost(lambda: authenticator.authenticate(Credentials("nobody@tengen.example", PASSWORD), LOCAL))

    assert wrong == unknown == (1, 1)


async def test_a_remembered_password_does_not_let_another_one_in(
    platform: Platform, accounts: Accounts, authenticator: Authenticator
) -> None:
    mira = await somebody(platform, accounts)
    tom = await somebody(platform, accounts, password="another password")
    await authenticator.authenticate(Credentials(mira.email, PASSWORD), LOCAL)

    for credentials in (Credentials(mira.email, "wrong password"), Credentials(tom.email, PASSWORD)):
        with pytest.raises(WrongCredentials):
            await authenticator.authenticate(credentials, LOCAL)


async def test_requests_of_one_moment_share_a_hash_run(
    platform: Platform, accounts: Accounts, authenticator: Authenticator
) -> None:
    mira = await somebody(platform, accounts)
    right = Credentials(mira.email, PASSWORD)

    async def crowd() -> None:
        assert await asyncio.gather(*(authenticator.authenticate(right, LOCAL) for _ in range(10))) == [mira] * 10

    assert (await cost(crowd))[0] == 1


async def test_a_password_is_remembered_for_a_while_only(platform: Platform, accounts: Accounts) -> None:
    mira = await somebody(platform, accounts)
    settings = platform.settings.model_copy(update={"credential_memory_seconds": 0.05})
    authenticator = Authenticator(platform.database, accounts.passwords, platform.limiter, settings)
    right = Credentials(mira.email, PASSWORD)
    await authenticator.authenticate(right, LOCAL)

    await asyncio.sleep(0.06)

    assert (await cost(lambda: authenticator.authenticate(right, LOCAL)))[0] == 1


async def test_a_hash_of_older_parameters_is_renewed_when_its_password_is_used(
    platform: Platform, accounts: Accounts, authenticator: Authenticator
) -> None:
    older = Passwords(platform.settings.model_copy(update={"password_hash_passes": 3}))
    mira = await an_account(platform.database, password_hash=await older.hash(PASSWORD))
    right = Credentials(mira.email, PASSWORD)

    async def stored() -> str:
        async with platform.database.read() as connection:
            found = await service.account_by_login(connection, LoginName.parse(mira.email))
        assert found is not None
        return found[1]

    assert accounts.passwords.is_outdated(await stored())
    assert await authenticator.authenticate(right, LOCAL) == mira
    assert not accounts.passwords.is_outdated(await stored())
    assert await authenticator.authenticate(right, LOCAL) == mira


async def test_a_stored_hash_that_is_none_lets_nobody_in(platform: Platform, authenticator: Authenticator) -> None:
    mira = await an_account(platform.database, password_hash="no password")

    with pytest.raises(WrongCredentials):
        await authenticator.authenticate(Credentials(mira.email, "no password"), LOCAL)


# ── what voids it ──


async def test_a_change_of_password_is_in_force_at_once_in_every_worker(platform: Platform, accounts: Accounts) -> None:
    mira = await somebody(platform, accounts)
    workers = [accounts.authenticator, Accounts.of(platform).authenticator]
    old, new = Credentials(mira.email, PASSWORD), Credentials(mira.email, "another password")
    for worker in workers:
        await worker.authenticate(old, LOCAL)

    async with platform.database.write() as transaction:
        await service.set_password(transaction, mira.id, await accounts.passwords.hash("another password"))

    for worker in workers:
        with pytest.raises(WrongCredentials):
            await worker.authenticate(old, LOCAL)
        assert (await worker.authenticate(new, LOCAL)).generation == mira.generation + 1


async def test_a_name_that_was_given_up_signs_in_nobody(
    platform: Platform, accounts: Accounts, authenticator: Authenticator
) -> None:
    mira = await somebody(platform, accounts, display_name="Mira")
    await authenticator.authenticate(Credentials("mira", PASSWORD), LOCAL)

    async with platform.database.write() as transaction:
        await service.change_display_name(transaction, mira.id, DisplayName.parse("Jonas"))

    with pytest.raises(WrongCredentials):
        await authenticator.authenticate(Credentials("mira", PASSWORD), LOCAL)
    assert (await authenticator.authenticate(Credentials("jonas", PASSWORD), LOCAL)).id == mira.id


async def test_both_forms_of_a_proof_die_with_the_password_and_with_the_account(
    platform: Platform, accounts: Accounts, authenticator: Authenticator
) -> None:
    mira = await somebody(platform, accounts)
    pair = await accounts.prover.issue(mira, now=utc_now())

    async def hold() -> list[bool]:
        account = await authenticator.account(mira.id)
        return [await accounts.prover.holds(account, form, now=utc_now()) for form in (pair.proof, pair.signed_proof)]

    assert await hold() == [True, True]
    async with platform.database.write() as transaction:
        await service.set_password(transaction, mira.id, "another hash")
    assert await hold() == [False, False]
    pair = await accounts.prover.issue(await account_now(authenticator, mira), now=utc_now())
    assert await hold() == [True, True]
    async with platform.database.write() as transaction:
        await service.delete_account(transaction, mira.id, utc_now())
    assert await hold() == [False, False]


async def account_now(authenticator: Authenticator, account: Account) -> Account:
    found = await authenticator.account(account.id)
    assert found is not None
    return found


async def test_neither_form_of_a_proof_holds_before_the_address_is_verified(
    platform: Platform, accounts: Accounts, authenticator: Authenticator
) -> None:
    mira = await somebody(platform, accounts, mail_tokens=accounts.mail_tokens)
    pair = await accounts.prover.issue(mira, now=utc_now())
    for form in (pair.proof, pair.signed_proof):
        assert not await accounts.prover.holds(mira, form, now=utc_now())
    # And the signed one not afterwards, either: whoever verifies offline cannot ask whether it is verified by now.
    async with platform.database.write() as transaction:
        await service.mark_verified(transaction, mira.id, utc_now())
    verified = await account_now(authenticator, mira)
    assert not await accounts.prover.holds(verified, pair.signed_proof, now=utc_now())


# ── the brake ──


async def guess(authenticator: Authenticator, login: str, address: str, *, times: int) -> None:
    for number in range(times):
        with pytest.raises(WrongCredentials):
            await authenticator.authenticate(Credentials(login, f"guess number {number}"), address)


@pytest.fixture
def braked(platform: Platform, accounts: Accounts) -> Authenticator:
    """Log-in that lets five wrong passwords pass an account, and eight an address."""
    settings = platform.settings.model_copy(update={"login_failures_per_account": 5, "login_failures_per_address": 8})
    return Authenticator(platform.database, accounts.passwords, platform.limiter, settings)


async def test_an_account_that_is_guessed_at_must_be_left_alone_for_a_while(
    platform: Platform, accounts: Accounts, braked: Authenticator
) -> None:
    mira = await somebody(platform, accounts, display_name="Mira")
    await guess(braked, mira.email, LOCAL, times=5)

    with pytest.raises(TooManyRequests, match="Too many failed attempts") as refusal:
        await braked.authenticate(Credentials(mira.email.upper(), PASSWORD), LOCAL)
    assert timedelta(0) < refusal.value.retry_after <= timedelta(minutes=10)
    await guess(braked, "somebody else", LOCAL, times=1)


async def test_whoever_is_signed_in_already_is_not_locked_out_by_guesses(
    platform: Platform, accounts: Accounts, braked: Authenticator
) -> None:
    mira = await somebody(platform, accounts)
    await braked.authenticate(Credentials(mira.email, PASSWORD), LOCAL)
    await guess(braked, mira.email, AFAR, times=5)

    assert await braked.authenticate(Credentials(mira.email, PASSWORD), LOCAL) == mira


async def test_guesses_at_names_that_nobody_has_are_braked_alike(braked: Authenticator) -> None:
    await guess(braked, "nobody", LOCAL, times=5)

    with pytest.raises(TooManyRequests):
        await guess(braked, "NOBODY", LOCAL, times=1)


async def test_an_address_that_guesses_at_many_accounts_is_braked(
    platform: Platform, accounts: Accounts, braked: Authenticator
) -> None:
    mira = await somebody(platform, accounts)
    for number in range(8):
        await guess(braked, f"nobody {number}", AFAR, times=1)

    with pytest.raises(TooManyRequests):
        await braked.authenticate(Credentials(mira.email, PASSWORD), AFAR)
    assert await braked.authenticate(Credentials(mira.email, PASSWORD), "203.0.113.10") == mira


async def test_programs_of_this_machine_are_not_braked_by_address(braked: Authenticator) -> None:
    for number in range(20):
        await guess(braked, f"nobody {number}", LOCAL, times=1)


async def test_guesses_of_one_moment_are_all_counted_for_their_address(platform: Platform, accounts: Accounts) -> None:
    settings = platform.settings.model_copy(update={"login_failures_per_address": 8})
    authenticator = Authenticator(platform.database, accounts.passwords, platform.limiter, settings)

    guesses = (authenticator.authenticate(Credentials(f"nobody {n}", PASSWORD), "198.51.100.7") for n in range(30))
    refusals = await asyncio.gather(*guesses, return_exceptions=True)

    assert sum(isinstance(refusal, WrongCredentials) for refusal in refusals) == 8
    assert sum(isinstance(refusal, TooManyRequests) for refusal in refusals) == 22


async def test_guesses_of_one_moment_are_all_counted(
    platform: Platform, accounts: Accounts, braked: Authenticator
) -> None:
    mira = await somebody(platform, accounts)

    results = await asyncio.gather(
        *(braked.authenticate(Credentials(mira.email, f"guess number {number}"), AFAR) for number in range(30)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, WrongCredentials) for result in results) == 5
    assert sum(isinstance(result, TooManyRequests) for result in results) == 25


async def test_right_passwords_are_not_counted(platform: Platform, accounts: Accounts, braked: Authenticator) -> None:
    mira = await somebody(platform, accounts)
    forgetful = platform.settings.model_copy(
        update={"login_failures_per_account": 2, "credential_memory_seconds": 0.000_001}
    )
    authenticator = Authenticator(platform.database, accounts.passwords, RateLimiter(forgetful), forgetful)
    for _ in range(6):
        assert await authenticator.authenticate(Credentials(mira.email, PASSWORD), AFAR) == mira


# ── being heard from ──


async def test_being_heard_from_is_stored_before_it_is_answered_or_soon_after(
    platform: Platform, accounts: Accounts, authenticator: Authenticator
) -> None:
    mira, tom = await somebody(platform, accounts), await somebody(platform, accounts)

    heard_at = await authenticator.touch(mira.id)
    assert (await account_now(authenticator, mira)).last_online_at == heard_at
    for _ in range(3):
        authenticator.touch_soon(tom.id)
        authenticator.touch_soon(mira.id)
    await authenticator.finish()

    for account in (mira, tom):
        last = (await account_now(authenticator, account)).last_online_at
        assert last is not None
        assert heard_at <= last <= utc_now()
