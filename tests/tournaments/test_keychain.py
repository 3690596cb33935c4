"""Keys as they are kept: who gets one when, that a leaked database gives none away, and how a replay's key is found."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tengen.accounts.service import Account
from tengen.core.database import Database, Table
from tengen.core.errors import TengenError
from tengen.core.platform import Platform
from tengen.core.security import MasterKey, Unsealable
from tengen.tournaments import service
from tengen.tournaments.entries import EntryState
from tengen.tournaments.keychain import HeldKey, Keychain
from tengen.tournaments.keys import KeyExists, KeyNotGeneratedYet, TooEarly, TournamentId, TournamentKey
from tengen.tournaments.models import KeyRow
from tengen.tournaments.service import Tournament, TournamentNotFound
from tengen.tournaments.submissions import IssuedKey
from tests.support.builders import an_account
from tests.tournaments.builders import (
    CUP,
    HOUR,
    MICROSECOND,
    MINUTE,
    NOON,
    SECOND,
    Counted,
    a_held_key,
    a_key,
    a_keychain,
    a_player,
    a_stored_submission,
    a_tournament,
    an_entry,
    now_of,
)

EVE = NOON - 24 * HOUR
END = NOON + 2 * HOUR


async def make(platform: Platform, tournament: Tournament, account: Account, now: datetime) -> HeldKey | TengenError:
    """The key that is made, or the refusal."""
    try:
        async with platform.database.write() as transaction:
            return await a_keychain(platform).make(transaction, tournament.id, account.id, now)
    except TengenError as refusal:
        return refusal


async def fetch(platform: Platform, tournament: Tournament, account: Account, now: datetime) -> HeldKey | TengenError:
    """The key that is fetched, or the refusal."""
    try:
        async with platform.database.read() as connection:
            return await a_keychain(platform).fetch(connection, tournament.id, account.id, now)
    except TengenError as refusal:
        return refusal


async def find(platform: Platform, *keys: TournamentKey) -> dict[TournamentKey, IssuedKey]:
    async with platform.database.read() as connection:
        return await a_keychain(platform).find(connection, keys)


def said(answer: HeldKey | TengenError) -> str:
    return answer.code if isinstance(answer, TengenError) else "ok"


async def number_of_keys(database: Database) -> int:
    async with database.read() as connection:
        return len(await connection.all(select(KeyRow.digest)))


async def cancel(database: Database, tournament: Tournament, now: datetime) -> None:
    async with database.write() as transaction:
        await service.cancel(transaction, tournament.id, "rain", None, now)


# ── who gets one when ──


@pytest.mark.parametrize(
    ("now", "made", "fetched"),
    [
        (EVE, "too_early", "not_generated_yet"),
        (NOON - MICROSECOND, "too_early", "not_generated_yet"),
        (NOON, "ok", "not_generated"),
        (END - MICROSECOND, "ok", "not_generated"),
        (END, "tournament_over", "never_generated"),
        (END + 1000 * HOUR, "tournament_over", "never_generated"),
    ],
)
async def test_who_takes_part_makes_a_key_from_the_start_to_the_end(
    platform: Platform, now: datetime, made: str, fetched: str
) -> None:
    tournament = await a_tournament(platform.database)
    player = await an_entry(platform.database, tournament)
    assert said(await fetch(platform, tournament, player, now)) == fetched
    assert said(await make(platform, tournament, player, now)) == made
    assert await number_of_keys(platform.database) == (made == "ok")


@pytest.mark.parametrize("now", [NOON - MICROSECOND, NOON, END - MICROSECOND, END, END + 1000 * HOUR])
async def test_who_has_a_key_fetches_it_always_and_makes_no_other(platform: Platform, now: datetime) -> None:
    tournament = await a_tournament(platform.database)
    player = await an_entry(platform.database, tournament)
    held = await a_held_key(platform, tournament, player)
    assert said(await make(platform, tournament, player, now)) == "key_exists"
    assert await fetch(platform, tournament, player, now) == held
    assert await number_of_keys(platform.database) == 1


@pytest.mark.parametrize("state", [state for state in EntryState if state is not EntryState.PARTICIPATING])
async def test_who_does_not_take_part_hears_so_before_any_wait(platform: Platform, state: EntryState) -> None:
    tournament = await a_tournament(platform.database, open_entry=False)
    account = await an_entry(platform.database, tournament, state)
    for now in (EVE, NOON - MICROSECOND, NOON, END - MICROSECOND):
        assert said(await make(platform, tournament, account, now)) == "not_participating"
        assert said(await fetch(platform, tournament, account, now)) == "not_participating"
    assert said(await make(platform, tournament, account, END)) == "tournament_over"
    assert said(await fetch(platform, tournament, account, END)) == "never_generated"
    assert await number_of_keys(platform.database) == 0


async def test_a_host_who_does_not_play_has_no_key(platform: Platform) -> None:
    host = await an_account(platform.database)
    tournament = await a_tournament(platform.database, host=host)
    assert said(await make(platform, tournament, host, NOON)) == "not_participating"
    await an_entry(platform.database, tournament, account=host)
    assert said(await make(platform, tournament, host, NOON)) == "ok"


@pytest.mark.parametrize("cancelled_at", [EVE, NOON + HOUR])
async def test_a_cancelled_tournament_is_over(platform: Platform, cancelled_at: datetime) -> None:
    tournament = await a_tournament(platform.database)
    late = await an_entry(platform.database, tournament)
    early = await a_player(platform, tournament) if cancelled_at > NOON else None
    await cancel(platform.database, tournament, cancelled_at)
    assert said(await make(platform, tournament, late, cancelled_at)) == "tournament_over"
    assert said(await fetch(platform, tournament, late, cancelled_at)) == "never_generated"
    if early is not None:
        assert said(await make(platform, tournament, early, cancelled_at)) == "key_exists"
        assert said(await fetch(platform, tournament, early, cancelled_at)) == "ok"


@pytest.mark.parametrize(
    ("before", "seconds"),
    [
        (MICROSECOND, 0.2),
        (SECOND / 5, 0.2),
        (SECOND / 5 + MICROSECOND, 0.3),
        (41 * SECOND + SECOND / 2, 41.5),
        (24 * HOUR, 86400.0),
        (24 * HOUR - MICROSECOND, 86400.0),
    ],
)
async def test_who_asks_too_early_is_told_how_long_to_wait(
    platform: Platform, before: timedelta, seconds: float
) -> None:
    tournament = await a_tournament(platform.database)
    player = await an_entry(platform.database, tournament)
    made = await make(platform, tournament, player, NOON - before)
    fetched = await fetch(platform, tournament, player, NOON - before)
    assert isinstance(made, TooEarly)
    assert isinstance(fetched, KeyNotGeneratedYet)
    assert made.facts == fetched.facts == {"wait": seconds}


async def test_other_refusals_tell_no_wait(platform: Platform) -> None:
    tournament = await a_tournament(platform.database)
    player, stranger = await a_player(platform, tournament), await an_account(platform.database)
    late = await an_entry(platform.database, tournament)
    refusals = [
        *[await fetch(platform, tournament, late, now) for now in (NOON, END)],
        *[await make(platform, tournament, account, now) for account, now in ((late, END), (player, NOON))],
        *[await make(platform, tournament, stranger, now) for now in (EVE, NOON)],
    ]
    assert len({said(refusal) for refusal in refusals}) == 5
    for refusal in refusals:
        assert isinstance(refusal, TengenError)
        assert "wait" not in refusal.facts


@pytest.mark.parametrize("unknown", [0, 404, 2**63 - 1])
async def test_there_are_no_keys_of_a_tournament_that_is_none(platform: Platform, unknown: int) -> None:
    tournament = await a_tournament(platform.database)
    player = await an_entry(platform.database, tournament)
    nowhere = replace(tournament, id=TournamentId(unknown))
    assert isinstance(await make(platform, nowhere, player, NOON), TournamentNotFound)
    assert isinstance(await fetch(platform, nowhere, player, NOON), TournamentNotFound)


# ── what a key is ──


async def test_a_key_names_its_account_and_its_tournament_and_is_no_others(platform: Platform) -> None:
    database = platform.database
    one, other = await a_tournament(database), await a_tournament(database)
    ann, bob = await an_account(database), await an_account(database)
    made = []
    for tournament in (one, other):
        for account in (ann, bob):
            await an_entry(database, tournament, account=account)
            held = await a_held_key(platform, tournament, account)
            assert (held.key.account_id, held.key.tournament_id) == (account.id, tournament.id)
            made.append(held.key.secret)
    assert len(set(made)) == 4


@pytest.mark.parametrize(
    ("mode", "parameters", "made_at", "expires_at"),
    [
        ("sum", "1+1+1", NOON, None),
        ("best", "expert", NOON, None),
        ("sum_timelimit", "1+1+1;600", NOON + MICROSECOND, NOON + 10 * MINUTE + MICROSECOND),
        ("sum_timelimit", "1+1+1;600", END - MINUTE, END),
        ("sum_timelimit", "1+1+1;31622400", NOON, END),
    ],
)
async def test_a_key_expires_where_the_mode_limits_the_time(
    platform: Platform, mode: str, parameters: str, made_at: datetime, expires_at: datetime | None
) -> None:
    tournament = await a_tournament(platform.database, mode=mode, parameters=parameters)
    player = await an_entry(platform.database, tournament)
    held = await a_held_key(platform, tournament, player, made_at=made_at)
    assert held.expires_at == expires_at
    assert await fetch(platform, tournament, player, END) == held


async def test_a_key_costs_two_statements_to_make_one_to_fetch_and_one_to_find(platform: Platform) -> None:
    tournament = await a_tournament(platform.database)
    player = await an_entry(platform.database, tournament)
    with Counted() as counted:
        held = await a_held_key(platform, tournament, player)
    assert counted == [2]
    with Counted() as counted:
        await fetch(platform, tournament, player, NOON)
    assert counted == [1]
    with Counted() as counted:
        await find(platform, held.key)
    assert counted == [1]


async def test_a_key_changes_nothing_in_the_tournament(platform: Platform) -> None:
    tournament = await a_tournament(platform.database)
    player = await an_entry(platform.database, tournament)
    before = await now_of(platform.database, tournament)
    await a_held_key(platform, tournament, player)
    assert await now_of(platform.database, tournament) == before


async def test_of_twenty_requests_at_once_one_makes_the_key(platform: Platform) -> None:
    tournament = await a_tournament(platform.database)
    player = await an_entry(platform.database, tournament)
    answers = await asyncio.gather(*[make(platform, tournament, player, NOON) for _ in range(20)])
    (held,) = [answer for answer in answers if isinstance(answer, HeldKey)]
    assert [type(answer) for answer in answers if answer is not held] == [KeyExists] * 19
    assert await fetch(platform, tournament, player, NOON) == held
    assert await number_of_keys(platform.database) == 1


# ── a leaked database ──


async def everything_stored(platform: Platform) -> bytes:
    """All that anybody finds who gets hold of the database: every value of every row, and an embedded one's files."""
    found = []
    async with platform.database.read() as connection:
        for table in Table.metadata.sorted_tables:
            for row in await connection.all(select(table)):
                found += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    if platform.settings.is_sqlite:
        path = Path(platform.settings.database.partition(":///")[2])
        found += [file.read_bytes() for file in path.parent.glob(f"{path.name}*")]
    return b"\n".join(found)


async def test_a_key_is_nowhere_in_the_database(platform: Platform) -> None:
    tournament = await a_tournament(platform.database)
    player = await an_entry(platform.database, tournament)
    held = await a_held_key(platform, tournament, player)
    await a_stored_submission(platform.database, tournament, player)
    stored = await everything_stored(platform)
    assert player.display_name.encode() in stored  # or nothing would be in it
    secret = held.key.secret
    for trace in (str(held.key).encode(), secret.encode(), secret.upper().encode(), bytes.fromhex(secret)):
        assert trace not in stored


async def test_without_the_platforms_secret_a_key_cannot_be_read(platform: Platform) -> None:
    tournament = await a_tournament(platform.database)
    player = await a_player(platform, tournament)
    thief = Keychain(MasterKey(b"another master secret").sealer("tournament keys"))
    async with platform.database.read() as connection:
        with pytest.raises(Unsealable):
            await thief.fetch(connection, tournament.id, player.id, NOON)


async def test_a_key_is_not_in_what_is_logged_of_it(platform: Platform) -> None:
    tournament = await a_tournament(platform.database)
    held = await a_held_key(platform, tournament, await an_entry(platform.database, tournament))
    assert held.key.secret not in f"{held!r} {await find(platform, held.key)!r}"


# ── the key in a replay ──


async def test_a_replays_key_is_found_with_its_tournament_as_it_is_now(platform: Platform) -> None:
    tournament = await a_tournament(platform.database, mode="sum_timelimit", parameters="1+1+1;600")
    player = await an_entry(platform.database, tournament)
    held = await a_held_key(platform, tournament, player, made_at=NOON + MICROSECOND)
    await cancel(platform.database, tournament, NOON + HOUR)
    cancelled = await now_of(platform.database, tournament)
    issued = IssuedKey(held.key, NOON + MICROSECOND, cancelled.schedule, tournament.mode)
    assert await find(platform, held.key) == {held.key: issued}


async def test_a_key_is_found_as_a_whole_or_not_at_all(platform: Platform) -> None:
    one, other = await a_tournament(platform.database), await a_tournament(platform.database)
    player = await an_entry(platform.database, one)
    key = (await a_held_key(platform, one, player)).key
    stranger = await a_player(platform, one)
    forged = (
        a_key(random=b"a guess of ours."),
        replace(key, secret="0" * 32),
        replace(key, secret=key.secret[::-1]),
        replace(key, account_id=stranger.id),
        replace(key, tournament_id=other.id),
        replace(key, tournament_id=CUP),
    )
    assert await find(platform, *forged) == await find(platform) == {}
    assert list(await find(platform, *forged, key)) == [key]
