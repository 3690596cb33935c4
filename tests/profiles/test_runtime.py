"""Profiles and leaderboards for many requests at once, and finding players by their tokens."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tengen.core.database import Database, statements_executed
from tengen.core.errors import TengenError, TooManyRequests
from tengen.core.limits import RateLimiter
from tengen.core.platform import Platform
from tengen.core.values import PlayerId
from tengen.players.service import PlayerNotFound
from tengen.profiles.runtime import Profiles
from tengen.profiles.schemas import PlayerRead
from tengen.profiles.service import BoardPage, NotRated
from tengen.profiles.tokens import TokenReader
from tengen.ratings.glicko2 import Glicko2
from tengen.ratings.leaderboards import Board
from tengen.ratings.systems import Strength, day_of
from tests.players.builders import a_new_player
from tests.profiles.builders import GO, TODAY, a_strength, rate
from tests.support.builders import an_account

MIDNIGHT = datetime(2026, 5, 2, tzinfo=UTC)
BOARD = Board(GO)
ELSEWHERE = "198.51.100.7"
WRONG, WAIT = PlayerNotFound.code, TooManyRequests.code


@pytest.fixture
async def profiles(platform: Platform) -> Profiles:
    """They know already that ratings are as the operator wants them."""
    found = at(platform, MIDNIGHT)
    await found.pool("go")
    return found


def at(platform: Platform, now: datetime) -> Profiles:
    """The profiles as they are at this time."""
    tokens = TokenReader(platform.database, platform.limiter, platform.settings)
    return Profiles(platform.database, tokens, Profiles.of(platform).shown_pools.configured, clock=lambda: now)


# ── profiles ──


async def test_requests_at_the_same_moment_share_their_statements(profiles: Profiles, database: Database) -> None:
    made = [(await a_new_player(database)).player for _ in range(5)]
    counter = [0]
    statements_executed.set(counter)
    found = await asyncio.gather(*[profiles.get(player.id) for player in made], profiles.get(PlayerId(2**62)))
    assert counter == [5]
    assert [profile and profile.player for profile in found] == [*made, None]


async def test_many_profiles_are_had_at_once(profiles: Profiles, database: Database) -> None:
    first, second = [(await a_new_player(database)).player.id for _ in range(2)]
    counter = [0]
    statements_executed.set(counter)
    found = await profiles.all([second, PlayerId(2**62), first, second])
    assert (list(found), counter) == ([second, first], [5])
    assert await profiles.all([]) == {}


async def test_an_accounts_player_here_is_looked_up_for_many_at_once(profiles: Profiles, database: Database) -> None:
    people = [await an_account(database) for _ in range(4)]
    counter = [0]
    statements_executed.set(counter)
    found = await asyncio.gather(*[profiles.player_of(account.id) for account in people])
    assert counter == [1]
    assert [(player.account_id, player.server_id) for player in found] == [(account.id, 1) for account in people]
    assert [profile.player for profile in await profiles.of_accounts([account.id for account in people])] == found
    assert (await profiles.of_account(people[0].id)).player == found[0]
    assert await profiles.of_accounts([]) == []


async def test_uncertainty_grows_at_midnight_and_not_from_one_answer_to_the_next(
    platform: Platform, database: Database
) -> None:
    account = await an_account(database)
    await rate(database, {account.id: a_strength(days_ago=30.0)})
    player_id = (await a_new_player(database, account=account)).player.id

    async def deviation(now: datetime) -> float:
        profile = await at(platform, now).get(player_id)
        assert profile is not None
        assert profile.strength is not None
        return profile.strength.deviation

    first = await deviation(MIDNIGHT)
    assert await deviation(MIDNIGHT + timedelta(hours=23, minutes=59)) == first
    assert await deviation(MIDNIGHT + timedelta(days=1)) > first
    assert at(platform, MIDNIGHT + timedelta(hours=5)).today == day_of(MIDNIGHT)


async def test_a_pool_is_rated_by_the_rule_that_the_operator_chose(platform: Platform) -> None:
    settings = platform.settings.model_copy(update={"team_rating_rule": "original"})
    chosen = Platform(settings, platform.master_key, platform.events, platform.database, platform.limiter)
    assert Profiles.of(chosen).shown_pools.configured.team_rule == "original"
    assert Profiles.of(platform).shown_pools.configured.team_rule == "opponents"


async def test_a_strength_is_looked_into_by_the_system_that_the_operator_chose(platform: Platform) -> None:
    (platform.settings.data_dir / "pools.toml").write_text("[go]\nsystem = 'glicko2'\n")
    profiles = Profiles.of(platform)
    made = await a_new_player(platform.database)
    pool = profiles.shown_pools.configured.go
    await rate(platform.database, {made.player.account_id: Strength(1700.0, 80.0**2, 0.06, 30, TODAY)}, pool=pool)
    profile = await profiles.get(made.player.id)
    assert profile is not None
    assert profile.system == Glicko2()
    shown = PlayerRead.with_owner(profile, None)
    assert (shown.rank, shown.ratings.overall.rating) == ("3k", 1700.0)


# ── leaderboards ──


async def ladder(database: Database, *means: float) -> list[PlayerId]:
    """Players of a game server with these ratings."""
    people = [await an_account(database) for _ in means]
    await rate(database, {account.id: a_strength(mean) for account, mean in zip(people, means, strict=True)})
    return [(await a_new_player(database, account=account)).player.id for account in people]


def names(page: BoardPage) -> list[tuple[int | None, str]]:
    return [(placing.position, player.name) for placing, player in page.places]


async def test_everybody_who_asks_for_the_top_shares_two_statements(profiles: Profiles, database: Database) -> None:
    await ladder(database, 30.0, 31.0)
    counter = [0]
    statements_executed.set(counter)
    pages = await asyncio.gather(*[profiles.top(BOARD, 1) for _ in range(6)])
    assert counter == [2]
    assert [len(page.places) for page in pages] == [1] * 6
    counter[0] = 0
    one, two, other = await asyncio.gather(
        profiles.top(BOARD, 1), profiles.top(BOARD, 2), profiles.top(Board(GO, provisional=True), 2)
    )
    assert counter == [6]
    assert (len(one.places), len(two.places), len(other.places)) == (1, 2, 2)
    assert one.end is not None
    assert two.end is None


async def test_each_page_takes_at_most_three_statements(profiles: Profiles, database: Database) -> None:
    *_, last = await ladder(database, 33.0, 32.0, 31.0, 30.0)
    counter = [0]
    statements_executed.set(counter)
    first = await profiles.top(BOARD, 2)
    assert counter == [2]
    assert first.end is not None
    second = await profiles.after(BOARD, first.end, 2)
    assert counter == [4]
    near = await profiles.around(BOARD, last, 2)
    assert counter == [7]
    assert names(near) == names(second)


async def test_the_page_around_a_player_has_it_in_its_middle_and_leads_on(
    profiles: Profiles, database: Database
) -> None:
    players = await ladder(database, *[35.0 - number for number in range(7)])
    whole = names(await profiles.top(BOARD, 10))
    middle = await profiles.around(BOARD, players[3], 3)
    assert names(middle) == whole[2:5]
    assert middle.end is not None
    assert names(await profiles.after(BOARD, middle.end, 10)) == whole[5:]
    assert names(await profiles.around(BOARD, players[0], 3)) == whole[:3]
    last = await profiles.around(BOARD, players[6], 3)
    assert (names(last), last.end) == (whole[5:], None)
    alone = await profiles.around(BOARD, players[4], 1)
    assert names(alone) == whole[4:5]
    assert alone.end is not None
    assert names(await profiles.after(BOARD, alone.end, 1)) == whole[5:6]


async def test_many_who_look_for_themselves_at_once_are_counted_together(
    profiles: Profiles, database: Database
) -> None:
    players = await ladder(database, *[35.0 - number for number in range(8)])
    found = await asyncio.gather(*[profiles.around(BOARD, player, 1) for player in players])
    assert [names(page)[0][0] for page in found] == list(range(1, 9))


async def test_nobody_is_looked_for_who_is_not_there(profiles: Profiles, database: Database) -> None:
    unrated = (await a_new_player(database)).player.id
    with pytest.raises(NotRated):
        await profiles.around(BOARD, unrated, 3)
    with pytest.raises(PlayerNotFound):
        await profiles.around(BOARD, PlayerId(2**62), 3)


# ── tokens ──


def strict_reader(platform: Platform, *, tries: int) -> TokenReader:
    strict = platform.settings.model_copy(update={"login_failures_per_address": tries})
    return TokenReader(platform.database, RateLimiter(strict), strict)


async def outcome(reader: TokenReader, token: str, address: str = ELSEWHERE) -> int | str:
    """The id of the player who is found, or the code of the refusal."""
    try:
        return (await reader.player(token, address)).id
    except TengenError as refusal:
        return refusal.code


async def test_guessing_from_one_address_is_slowed_and_keeps_nobody_out(platform: Platform) -> None:
    reader = strict_reader(platform, tries=3)
    made = await a_new_player(platform.database)
    assert [await outcome(reader, f"{number:032}") for number in range(5)] == [WRONG, WRONG, WRONG, WAIT, WAIT]
    assert await outcome(reader, made.token) == made.player.id
    assert await outcome(reader, "0" * 32, "198.51.100.99") == WRONG
    assert await outcome(reader, "0" * 32, "127.0.0.1") == WRONG
