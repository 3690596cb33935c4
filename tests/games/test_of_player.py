"""The games of one player by their numbers."""

from tengen.core.database import Database
from tengen.games.of_player import count_of_player, ids_of_player
from tests.games.builders import a_club, a_game, report


async def test_a_players_games_in_their_order_and_the_other_way_round(database: Database) -> None:
    club = await a_club(database, players=3)
    made = [(await report(database, a_game(club, *seats))).game.id for seats in ((0, 1), (1, 2), (2, 0), (1, 0))]
    player = club.players[0].id
    async with database.read() as connection:
        assert await ids_of_player(connection, player, newest_first=True, limit=9) == [made[3], made[2], made[0]]
        assert await ids_of_player(connection, player, newest_first=False, limit=2) == [made[0], made[2]]


async def test_they_are_counted_as_far_as_anybody_wants_to_know(database: Database) -> None:
    club = await a_club(database, players=3)
    for _ in range(3):
        await report(database, a_game(club))
    async with database.read() as connection:
        counts = [await count_of_player(connection, club.players[0].id, most=most) for most in (9, 3, 2)]
        nobodys = await count_of_player(connection, club.players[2].id, most=9)
    assert (counts, nobodys) == ([3, 3, 2], 0)
