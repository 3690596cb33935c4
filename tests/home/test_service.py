"""What the home page is made of, and what it costs."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tengen.accounts.service import Account
from tengen.core.database import Database, statements_executed
from tengen.core.values import ServerId
from tengen.games import corrections, team_matches
from tengen.games.team_match import Race, Team, TeamMatch
from tengen.home import service
from tengen.servers import service as servers
from tengen.servers.hosts import HostName
from tengen.servers.listing import Listing
from tests.games.builders import a_club, a_game, report, with_record
from tests.support.builders import NOON, an_account, unique

WINDOW = timedelta(minutes=1)
LISTING = Listing(host_name=HostName.parse("203.0.113.20"), port=11235, display_name="Quiet Valley")


async def a_server(database: Database, owner: Account, *, heard_at: datetime | None = None) -> ServerId:
    async with database.write() as transaction:
        made = await servers.register(transaction, owner.id, LISTING, limit=None, now=NOON)
        if heard_at is not None:
            await servers.heartbeat(
                transaction, made.id, LISTING, current_map="eden2", current_player_count=2, now=heard_at
            )
    return made.id


async def a_duel(database: Database, server_id: ServerId, users: Sequence[int], *, winner: int | None = 0) -> None:
    teams = [Team(0, Race.HUMAN, [users[0]], 0), Team(1, Race.BEAST, [users[1]], 0)]
    async with database.write() as transaction:
        await team_matches.report_team_match(transaction, server_id, TeamMatch(teams, winner), now=NOON)


async def test_the_overview_costs_nine_statements_however_much_it_shows(database: Database) -> None:
    people = [await an_account(database) for _ in range(6)]
    club = await a_club(database, players=4)
    for number in range(30):
        await report(database, a_game(club, number % 4, (number + 1 + number // 4 % 3) % 4, after=number * WINDOW))
    for number in range(5):
        server_id = await a_server(database, people[0], heard_at=NOON)
        for other in people[1 : 2 + number]:
            await a_duel(database, server_id, [people[0].id, other.id])
    counter = [0]
    statements_executed.set(counter)
    async with database.read() as connection:
        overview = await service.overview(connection, now=NOON, heartbeat_window=WINDOW)
    assert len(overview.online) == 5
    assert len(overview.matches) == 8
    assert len(overview.games) == 6
    assert len(overview.go_places) == 4
    assert counter == [9]


async def test_a_crowd_of_servers_is_listed_and_the_busiest_show_their_best(database: Database) -> None:
    people = [await an_account(database) for _ in range(2)]
    crowd = [await a_server(database, people[0], heard_at=NOON) for _ in range(30)]
    for server_id in crowd[-6:]:
        await a_duel(database, server_id, [person.id for person in people])
    async with database.read() as connection:
        overview = await service.overview(connection, now=NOON, heartbeat_window=WINDOW)
    assert len(overview.online) == 30
    assert [board.server.id for board in overview.boards] == crowd[:-5:-1]
    assert overview.boards[0].places == [
        service.Place(people[0].display_name, 832, 1),
        service.Place(people[1].display_name, 768, 1),
    ]


async def test_a_server_is_online_within_the_window_and_its_page_stays_after_it(database: Database) -> None:
    owner = await an_account(database)
    server_id = await a_server(database, owner, heard_at=NOON)
    for passed, is_online in ((WINDOW - timedelta(seconds=1), True), (WINDOW, False)):
        async with database.read() as connection:
            report = await service.server_report(connection, server_id, now=NOON + passed, heartbeat_window=WINDOW)
            overview = await service.overview(connection, now=NOON + passed, heartbeat_window=WINDOW)
        assert report.is_online is is_online
        assert (server_id in [server.id for server in overview.online]) is is_online


async def test_a_draw_between_equals_is_shown_as_one_that_moved_nothing(database: Database) -> None:
    one, other = await an_account(database), await an_account(database, display_name=unique("Ada"))
    server_id = await a_server(database, one)
    await a_duel(database, server_id, [one.id, other.id], winner=None)
    async with database.read() as connection:
        report = await service.server_report(connection, server_id, now=NOON, heartbeat_window=WINDOW)
    sides = report.matches[0].sides
    assert [(side.verdict, side.has_won) for side in sides] == [("draw", False), ("draw", False)]
    assert sides[1].field == [service.Participant(other.display_name, 0)]


async def test_a_match_of_a_server_that_left_the_directory_is_still_shown(database: Database) -> None:
    one, other = await an_account(database), await an_account(database)
    server_id = await a_server(database, one, heard_at=NOON)
    await a_duel(database, server_id, [one.id, other.id])
    async with database.write() as transaction:
        await servers.delete_server(transaction, server_id, NOON)
    async with database.read() as connection:
        overview = await service.overview(connection, now=NOON, heartbeat_window=WINDOW)
    assert overview.online == []
    assert [match.server for match in overview.matches] == [None]


async def test_the_latest_games_of_go_are_shown_with_what_they_did_to_the_ranks(database: Database) -> None:
    club = await a_club(database)
    await report(database, a_game(club))
    last = await report(database, with_record(a_game(club, 1, 0, result="W+3.5", komi=7.5, after=WINDOW)))
    async with database.read() as connection:
        overview = await service.overview(connection, now=NOON, heartbeat_window=WINDOW)
    game, earlier = overview.games
    assert (game.id, game.size, game.result, game.has_record, game.unrated) == (
        last.game.id,
        "19×19",
        "W+3.5",
        True,
        None,
    )
    assert game.server is not None
    assert game.server.id == club.server_id
    black, white = game.sides
    assert (black.color, black.name, black.has_won) == ("Black", club.players[1].name, False)
    assert (white.color, white.name, white.has_won) == ("White", club.players[0].name, True)
    assert black.change is not None
    assert white.change is not None
    assert black.change < 0 < white.change
    assert (earlier.sides[0].rank, white.rank) == ("3k", "2k")


async def test_a_game_that_rates_nothing_says_why(database: Database) -> None:
    club = await a_club(database)
    reported = await report(database, a_game(club))
    async with database.write() as transaction:
        await corrections.annul(transaction, reported.game.id, reason="White had help.", account_id=None, now=NOON)
    async with database.read() as connection:
        found = await service.server_report(connection, club.server_id, now=NOON, heartbeat_window=WINDOW)
    (game,) = found.games
    assert (game.unrated, game.result) == ("The game was annulled.", "B+R")
    assert [(side.rank, side.change) for side in game.sides] == [(None, None)] * 2


async def test_the_best_at_go_are_those_whose_rank_one_can_count_on(database: Database) -> None:
    club = await a_club(database, players=3)
    for number in range(20):
        await report(database, a_game(club, 0, 1, after=number * WINDOW, result="B+R" if number % 4 else "W+R"))
    await report(database, a_game(club, 2, 1, after=21 * WINDOW))
    async with database.read() as connection:
        overview = await service.overview(connection, now=NOON, heartbeat_window=WINDOW)
        names = {player.id: player.name for player in club.players}
    assert [(place.name, place.games) for place in overview.go_places] == [
        (names[club.players[0].id], 20),
        (names[club.players[1].id], 21),
    ]
    assert overview.go_places[0].rating > overview.go_places[1].rating
