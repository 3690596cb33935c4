"""Profiles in the database: what everybody may know of players."""

from dataclasses import replace

import pytest

from tengen.accounts import service as accounts
from tengen.accounts.public import Order
from tengen.accounts.service import Role
from tengen.associations import service as associations
from tengen.associations.numbers import MemberNumber
from tengen.core.database import Database, statements_executed
from tengen.core.values import AccountId, PlayerId
from tengen.players import service as players
from tengen.players.service import HOME, PlayerNotFound
from tengen.profiles import service
from tengen.profiles.service import Profile
from tests.associations.builders import a_number
from tests.players.builders import a_new_player
from tests.profiles.builders import TODAY, a_name, a_strength, delete, play, rate
from tests.support.builders import NOON, an_account


async def profiles(database: Database, *player_ids: PlayerId, day: float = TODAY) -> dict[PlayerId, Profile]:
    async with database.read() as connection:
        return await service.profiles_of(connection, player_ids, day=day)


async def home_player_of(database: Database, account_id: AccountId) -> PlayerId:
    async with database.read() as connection:
        return (await players.players_on(connection, HOME, [account_id]))[account_id]


async def test_a_profile_has_the_player_and_what_is_public_of_its_account(database: Database) -> None:
    account = await an_account(database)
    made = await a_new_player(database, account=account, name="mossy_stone")
    (profile,) = (await profiles(database, made.player.id)).values()
    assert profile.player == made.player
    assert (profile.player.name, profile.account.display_name) == ("mossy_stone", account.display_name)
    assert (profile.account.id, profile.account.registered_at) == (account.id, NOON)
    assert profile.account.is_verified
    assert not profile.account.is_deleted
    assert not profile.account.is_bot
    assert (profile.account.roles, profile.account.owner_id) == (frozenset(), None)
    assert (profile.strength, profile.aga_id) == (None, None)


async def test_a_profile_tells_roles_bots_and_their_owners_and_deleted_accounts(database: Database) -> None:
    owner = await an_account(database, roles=(Role.ADMIN, Role.MODERATOR))
    bot = await an_account(database, owner_id=owner.id, roles=(Role.BOT,))
    await delete(database, bot.id)
    owner_player, bot_player = [await home_player_of(database, account.id) for account in (owner, bot)]
    found = await profiles(database, owner_player, bot_player)
    assert found[owner_player].account.roles == {Role.ADMIN, Role.MODERATOR}
    assert found[bot_player].account.is_bot
    assert found[bot_player].account.is_deleted
    async with database.read() as connection:
        assert await service.owner_of(connection, found[bot_player]) == owner_player
        assert await service.owner_of(connection, found[owner_player]) is None


async def test_an_account_has_one_rating_whatever_the_server(database: Database) -> None:
    account = await an_account(database)
    here = await home_player_of(database, account.id)
    elsewhere = (await a_new_player(database, account=account)).player.id
    strength = a_strength(31.0, deviation=1.0, days_ago=0.0)
    await rate(database, {account.id: strength})
    found = await profiles(database, here, elsewhere)
    assert found[here].strength == found[elsewhere].strength == strength


async def test_a_rating_is_as_uncertain_as_it_is_on_the_day(database: Database) -> None:
    account = await an_account(database)
    here = await home_player_of(database, account.id)
    await rate(database, {account.id: a_strength(deviation=1.0, days_ago=100.0)})
    then, now = [(await profiles(database, here, day=day))[here].strength for day in (TODAY - 100, TODAY)]
    assert then is not None
    assert now is not None
    assert then.deviation == 1.0 < now.deviation < 1.1
    assert then.mean == now.mean


async def test_before_the_first_rated_game_there_is_no_rating(database: Database) -> None:
    account = await an_account(database)
    await rate(database, {account.id: replace(a_strength(), games=0)})
    here = await home_player_of(database, account.id)
    assert (await profiles(database, here))[here].strength is None


async def test_a_member_of_the_aga_shows_the_number(database: Database) -> None:
    account = await an_account(database)
    number = MemberNumber.parse("aga", a_number())
    async with database.write() as transaction:
        await associations.link_account(transaction, number, account.id, now=NOON)
    here = await home_player_of(database, account.id)
    assert (await profiles(database, here))[here].aga_id == number.number


async def test_any_number_of_profiles_takes_five_statements_and_unknown_players_have_none(database: Database) -> None:
    made = [await a_new_player(database) for _ in range(5)]
    counter = [0]
    statements_executed.set(counter)
    found = await profiles(database, *[one.player.id for one in made], PlayerId(2**62))
    assert counter == [5]
    assert list(found) == [one.player.id for one in made]
    assert await profiles(database) == {}


# ── lists ──


async def test_all_players_are_those_of_this_platform_without_the_deleted(database: Database) -> None:
    names = ["bo", "Ada", "cy"]
    people = [await an_account(database, display_name=name) for name in names]
    gone = await an_account(database)
    await delete(database, gone.id)
    await a_new_player(database, account=people[0])
    (host,) = set(await all_names(database, Order.ID)) - set(names)
    assert await all_names(database, Order.ID) == [*names, host]
    assert await all_names(database, Order.ID_DOWN) == [host, *reversed(names)]
    by_name = await all_names(database, Order.NAME)
    assert by_name == sorted([*names, host], key=str.casefold)
    assert await all_names(database, Order.NAME_DOWN) == by_name[::-1]


async def all_names(database: Database, order: Order) -> list[str]:
    async with database.read() as connection:
        count, found = await service.page_of_players(connection, order=order, offset=0, limit=100, day=TODAY)
    assert count == len(found)
    assert {profile.player.server_id for profile in found} == {HOME}
    return [profile.account.display_name for profile in found]


async def test_a_page_of_players_takes_seven_statements(database: Database) -> None:
    people = [await an_account(database) for _ in range(5)]
    counter = [0]
    statements_executed.set(counter)
    async with database.read() as connection:
        count, found = await service.page_of_players(connection, order=Order.ID, offset=1, limit=3, day=TODAY)
    assert (count, counter) == (5, [7])
    assert [profile.account.id for profile in found] == [account.id for account in people[1:4]]


async def test_a_player_is_found_by_the_name_of_the_account(database: Database) -> None:
    account = await an_account(database, display_name=a_name())
    async with database.read() as connection:
        for spelling in (account.display_name, account.display_name.upper(), f"  {account.display_name} "):
            (found,) = await service.players_named(connection, spelling, day=TODAY)
            assert (found.account.id, found.player.server_id) == (account.id, HOME)
        for other in ("", account.display_name[:-1], account.email, "\0", "\ud800"):
            assert await service.players_named(connection, other, day=TODAY) == []
    async with database.write() as transaction:
        await accounts.delete_account(transaction, account.id, NOON)
    async with database.read() as connection:
        assert await service.players_named(connection, account.display_name, day=TODAY) == []


# ── histories ──


async def test_a_history_is_the_accounts_in_three_statements(database: Database) -> None:
    me, other = await an_account(database), await an_account(database)
    elsewhere = (await a_new_player(database, account=me)).player.id
    games = [(await play(database, me.id, other.id))[0] for _ in range(3)]
    counter = [0]
    statements_executed.set(counter)
    async with database.read() as connection:
        first = await service.rating_history(connection, elsewhere, "go", limit=2)
        assert counter == [3]
        rest = await service.rating_history(connection, elsewhere, "go", before=first.end, limit=2)
        whole = await service.rating_history(connection, elsewhere, "go", limit=3)
    assert [game.game_id for game in first.games + rest.games] == games[::-1]
    assert (rest.end, whole.end) == (None, None)
    assert first.strength is not None
    assert (first.strength.games, first.strength.mean) == (3, first.games[0].change.after.mean)


async def test_who_has_not_played_has_an_empty_history_and_who_is_nobody_has_none(database: Database) -> None:
    here = await home_player_of(database, (await an_account(database)).id)
    async with database.read() as connection:
        history = await service.rating_history(connection, here, "go", limit=2)
        assert (history.strength, history.games, history.end) == (None, [], None)
        with pytest.raises(PlayerNotFound):
            await service.rating_history(connection, PlayerId(2**62), "go", limit=2)
