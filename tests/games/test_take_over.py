"""A member who has come: the games that were imported for his number become his, and so do their ratings."""

from datetime import timedelta

from tengen.associations import service as associations
from tengen.associations.numbers import MemberNumber
from tengen.core.database import Database
from tengen.core.platform import Platform
from tengen.core.values import AccountId, ServerId
from tengen.games import service
from tengen.games.service import Game, GameFilter
from tengen.players import service as players
from tengen.players.service import Player
from tengen.ratings import service as ratings
from tengen.ratings.pools import STANDARD
from tests.games.builders import Club, a_club, a_game, report
from tests.games.test_recompute import deliver
from tests.support.builders import NOON, an_account

GO = STANDARD.go.name


async def a_stand_in(database: Database, server_id: ServerId, number: str) -> Player:
    """The player by which an unclaimed member's history is kept on a server."""
    async with database.write() as transaction:
        account_id = (await associations.ensure_stand_ins(transaction, "aga", [number], now=NOON))[number]
        player_id = (await players.ensure_players(transaction, server_id, [account_id], NOON))[account_id]
        return (await players.players_by_ids(transaction, [player_id]))[player_id]


async def claim(platform: Platform, number: str, account_id: AccountId) -> None:
    """The member has followed the link that was mailed to him."""
    async with platform.database.write() as transaction:
        await associations.link_account(transaction, MemberNumber.parse("aga", number), account_id, now=NOON)
    await deliver(platform)


async def games_of(database: Database, player: Player) -> list[Game]:
    async with database.read() as connection:
        return await service.list_games(connection, GameFilter(player_ids=[player.id]))


async def test_a_claimed_members_games_and_ratings_become_the_accounts(platform: Platform) -> None:
    database = platform.database
    club = await a_club(database)
    member = await a_stand_in(database, club.server_id, "10")
    await report(database, a_game(Club(club.server_id, [member, club.players[1]])))
    account = await an_account(database)
    await claim(platform, "10", account.id)
    async with database.read() as connection:
        (moved,) = (await players.players_by_ids(connection, [member.id])).values()
        found = await ratings.strengths_of(connection, GO, [account.id, member.account_id])
    assert moved.account_id == account.id
    assert found.keys() == {account.id}
    assert found[account.id].games == 1
    assert len(await games_of(database, member)) == 1


async def test_where_the_account_plays_already_the_games_go_to_its_player(platform: Platform) -> None:
    database = platform.database
    club = await a_club(database, players=3)
    member = await a_stand_in(database, club.server_id, "11")
    own = club.players[0]
    await report(database, a_game(club, 0, 1))
    await report(database, a_game(Club(club.server_id, [club.players[2], member]), after=timedelta(days=1)))
    await claim(platform, "11", own.account_id)
    assert await games_of(database, member) == []
    assert [(game.black, game.white) for game in await games_of(database, own)] == [
        (club.players[2].id, own.id),
        (own.id, club.players[1].id),
    ]
    async with database.read() as connection:
        found = await ratings.strengths_of(connection, GO, [own.account_id, member.account_id])
    assert found.keys() == {own.account_id}
    assert found[own.account_id].games == 2


async def test_games_between_a_member_and_the_account_he_turns_out_to_be_rate_nothing(platform: Platform) -> None:
    database = platform.database
    club = await a_club(database)
    member = await a_stand_in(database, club.server_id, "12")
    own = club.players[0]
    await report(database, a_game(Club(club.server_id, [own, member])))
    await claim(platform, "12", own.account_id)
    async with database.read() as connection:
        assert await ratings.strengths_of(connection, GO, [own.account_id, member.account_id]) == {}
    (game,) = await games_of(database, own)
    assert (game.black, game.white) == (own.id, own.id)
