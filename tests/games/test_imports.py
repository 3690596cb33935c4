"""Storing the AGA's games, on both databases: for whom, how, once, and what it does to ratings."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import Double, literal_column, make_url, select, table, text

from tengen.associations import service as associations
from tengen.associations.numbers import MemberNumber
from tengen.core.database import Database, statements_executed
from tengen.core.platform import Platform
from tengen.core.values import AccountId, PlayerId, ServerId
from tengen.games import service
from tengen.games.agagd import read_games
from tengen.games.imports import NoOwner, ServerOfAnother, aga_server, import_games
from tengen.games.models import GameRow, SeatRow
from tengen.games.past_games import Imported
from tengen.games.rated_games import UNKNOWN_DATE, Unrated
from tengen.games.service import Game, GameFilter
from tengen.players import service as players
from tengen.ratings import service as ratings
from tengen.ratings.pools import STANDARD
from tengen.servers import service as servers
from tengen.servers.service import SeveralServersNamed
from tests.games.agagd_dumps import a_round, a_row
from tests.games.builders import a_club, a_game, report
from tests.games.test_recompute import books, deliver, replayed
from tests.servers.builders import a_new_server
from tests.support.builders import NOON, an_account

GO = STANDARD.go.name


@dataclass(frozen=True)
class Archive:
    """A database with the AGA's game server."""

    database: Database
    server_id: ServerId
    wrong: list[str] = field(default_factory=list)
    """What was found wrong in the lines."""

    async def load(self, lines: Sequence[str], pins: dict[int, int] | None = None, *, chunk: int = 1_000) -> Imported:
        """Import these lines of a dump."""
        games = read_games(lines, reject=self.wrong.append)
        return await import_games(self.database, self.server_id, games, pins or {}, now=NOON, chunk=chunk)

    async def games(self) -> list[Game]:
        """Those that are stored, in the order in which they were."""
        async with self.database.read() as connection:
            found = await service.list_games(connection, GameFilter(server_id=self.server_id), limit=1_000)
        return sorted(found, key=lambda game: game.id)

    async def account(self, pin: int) -> AccountId:
        """Who has the PIN."""
        async with self.database.read() as connection:
            return (await associations.find_membership(connection, MemberNumber("aga", str(pin)))).account_id

    async def player(self, pin: int) -> PlayerId:
        """By which player the member of this PIN plays here."""
        account_id = await self.account(pin)
        async with self.database.read() as connection:
            return (await players.players_on(connection, self.server_id, [account_id]))[account_id]


@pytest.fixture
async def archive(database: Database) -> Archive:
    return Archive(database, (await a_new_server(database, display_name="AGA")).id)


async def test_a_game_is_stored_as_it_was_played(archive: Archive) -> None:
    assert await archive.load([a_row(Handicap=2, Komi=-3, Sgf_Code="'x1'")]) == Imported(read=1, stored=1, players=2)
    (game,) = await archive.games()
    assert (game.black, game.white) == (await archive.player(7101), await archive.player(7102))
    assert game.result == "W"
    assert (game.handicap, game.komi, game.rules, game.width, game.height) == (2, -3.0, None, 19, 19)
    assert game.played_at == game.reported_at == datetime(2008, 10, 4, tzinfo=UTC)
    assert (game.ranked, game.pool, game.unrated) == (True, GO, None)
    assert (game.record_hash, game.url, game.warnings) == (None, None, ())
    async with archive.database.read() as connection:
        seats = await connection.all(select(SeatRow.number, SeatRow.team, SeatRow.outcome).order_by(SeatRow.number))
        assert await service.record_of(connection, game.id) == b""
    assert [tuple(seat) for seat in seats] == [(0, 0, 0.0), (1, 1, 1.0)]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"Rated": 0}, Unrated.UNRANKED),
        ({"Game_Date": "'0000-00-00'"}, Unrated.UNKNOWN_DATE),
        ({"Game_Date": "'2107-04-01'"}, Unrated.UNKNOWN_DATE),
        ({"Handicap": 382}, Unrated.HANDICAP),
        ({"Komi": 75}, Unrated.KOMI),
    ],
)
async def test_games_that_do_not_rate_are_stored_with_the_reason(
    archive: Archive, values: dict[str, object], reason: Unrated
) -> None:
    assert (await archive.load([a_row(**values)])).stored == 1
    (game,) = await archive.games()
    assert (game.pool, game.unrated) == (None, reason)
    if reason is Unrated.UNKNOWN_DATE:
        assert game.played_at == game.reported_at == UNKNOWN_DATE
    async with archive.database.read() as connection:
        assert not await ratings.is_stale(connection, GO)


async def test_games_online_and_excluded_ones_are_games_like_others(archive: Archive) -> None:
    await archive.load([a_row(Online=1, Exclude=1, Handicap=-4, Game_Date="'1846-09-11'")])
    (game,) = await archive.games()
    assert (game.pool, game.handicap, game.played_at.year) == (GO, 0, 1846)


async def test_members_are_stand_ins_named_after_their_number_and_play_at_home_too(archive: Archive) -> None:
    await archive.load(a_round(1, (7201, 7202), (7202, 7201), (7203, 7201)))
    stand_in = await archive.account(7201)
    async with archive.database.read() as connection:
        (here,) = (await players.players_by_ids(connection, [await archive.player(7201)])).values()
        home = await players.home_players(connection, [stand_in])
        everybody = await players.list_players(connection, server_id=archive.server_id)
    assert here.name == home[stand_in].name == "AGA 7201"
    assert len(everybody) == 3
    assert not any(player.has_token for player in everybody)


async def test_a_second_import_adds_nothing(archive: Archive) -> None:
    lines = a_round(1, (7201, 7202), (7202, 7203), (7203, 7201))
    assert await archive.load(lines, chunk=2) == Imported(read=3, stored=3, players=3)
    before = await archive.games()
    again = await archive.load(lines, chunk=2)
    assert (again, again.known) == (Imported(read=3), 3)
    more = await archive.load(lines + a_round(4, (7204, 7201)))
    assert (more, more.known) == (Imported(read=4, stored=1, players=1), 3)
    assert (await archive.games())[:3] == before


async def test_a_game_that_stands_in_the_dump_twice_is_stored_once(archive: Archive) -> None:
    lines = [a_row(), a_row(), a_row(Game_ID=63), a_row()]
    done = await archive.load(lines, chunk=2)
    assert (done.stored, done.known) == (2, 2)
    assert len(await archive.games()) == 2


async def test_a_wrong_line_is_told_of_and_all_others_are_stored(archive: Archive) -> None:
    lines = a_round(1, (7201, 7202), (7202, 7203), (7203, 7201), (7201, 7203))
    done = await archive.load([*lines[:3], a_row(Color_1="'X'"), lines[3]], chunk=2)
    assert (done.read, done.stored) == (4, 4)
    (reason,) = archive.wrong
    assert reason.startswith("Color_1 must be 'B' or 'W'")


async def test_an_import_that_was_interrupted_goes_on_where_it_stopped(platform: Platform, archive: Archive) -> None:
    lines = a_round(1, (7201, 7202), (7202, 7203), (7203, 7201), (7201, 7203), (7204, 7201))

    def interrupted() -> Iterator[str]:
        yield from lines[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_games(
            archive.database,
            archive.server_id,
            read_games(interrupted(), reject=archive.wrong.append),
            {},
            now=NOON,
            chunk=2,
        )
    assert len(await archive.games()) == 2
    done = await archive.load(lines, chunk=2)
    assert (done.read, done.stored, done.known, done.players) == (5, 3, 2, 1)
    await deliver(platform)
    async with archive.database.read() as connection:
        strengths = await ratings.strengths_of(connection, GO, [await archive.account(7201)])
    assert [strength.games for strength in strengths.values()] == [4]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_where_writers_wait_for_each_other_chunks_are_large_only_as_long_as_nobody_else_writes(
    platform: Platform, archive: Archive
) -> None:
    path = make_url(platform.settings.database).database
    assert path is not None
    steps = [0]

    def others_write() -> None:
        with closing(sqlite3.connect(path, timeout=10)) as other, other:
            other.execute("UPDATE accounts SET generation = generation + 1 WHERE id = 1")

    async def load(first_id: int, *, until: int) -> list[int]:
        steps[:] = [0]

        def progress(games: int) -> None:
            steps.append(games)
            if games < until:
                others_write()

        games = read_games(a_round(first_id, *[(7201, 7202)] * 7_500), reject=archive.wrong.append)
        await import_games(archive.database, archive.server_id, games, {}, now=NOON, progress=progress)
        return [after - before for before, after in pairwise(steps)]

    assert await load(1, until=0) == [1_000, 2_000, 4_000, 500]
    # Two thousand are always read ahead; what others do by then cuts them in two.
    assert await load(10_001, until=4_000) == [1_000, 1_000, 1_000, 1_000, 1_000, 2_500]


async def test_what_an_interrupted_import_has_stored_is_rated(platform: Platform, archive: Archive) -> None:
    def interrupted() -> Iterator[str]:
        yield a_row()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_games(
            archive.database,
            archive.server_id,
            read_games(interrupted(), reject=archive.wrong.append),
            {},
            now=NOON,
            chunk=1,
        )
    await deliver(platform)
    async with archive.database.read() as connection:
        assert len(await ratings.strengths_of(connection, GO, [await archive.account(7101)])) == 1


async def test_games_of_given_up_pins_are_their_members(archive: Archive) -> None:
    done = await archive.load(a_round(1, (7201, 7202), (7301, 7202)), {7201: 7301})
    assert done.players == 2
    assert [game.black for game in await archive.games()] == [await archive.player(7301)] * 2


async def test_a_game_against_oneself_is_kept_and_rates_nothing(platform: Platform, archive: Archive) -> None:
    await archive.load(a_round(1, (7201, 7301)), {7201: 7301})
    await deliver(platform)
    (game,) = await archive.games()
    assert game.black == game.white
    async with archive.database.read() as connection:
        assert await ratings.strengths_of(connection, GO, [await archive.account(7301)]) == {}


async def test_members_who_have_claimed_their_number_get_the_games_themselves(archive: Archive) -> None:
    account = await an_account(archive.database)
    async with archive.database.write() as transaction:
        await associations.link_account(transaction, MemberNumber("aga", "7201"), account.id, now=NOON)
    await archive.load(a_round(1, (7201, 7202)))
    async with archive.database.read() as connection:
        mine = await players.players_on(connection, archive.server_id, [account.id])
    assert [game.black for game in await archive.games()] == [mine[account.id]]
    assert await archive.account(7202) != account.id


async def test_who_claims_his_number_between_two_imports_has_the_games_of_both(
    platform: Platform, archive: Archive
) -> None:
    account = await an_account(archive.database)
    await archive.load(a_round(1, (7201, 7202)))
    async with archive.database.write() as transaction:
        await associations.link_account(transaction, MemberNumber("aga", "7201"), account.id, now=NOON)
    await archive.load(a_round(1, (7201, 7202), (7202, 7201)))
    await deliver(platform)
    async with archive.database.read() as connection:
        found = await ratings.strengths_of(connection, GO, [account.id])
    assert found[account.id].games == 2


async def test_the_pool_is_replayed_through_the_outbox(platform: Platform, archive: Archive) -> None:
    await archive.load(a_round(1, (7201, 7202), (7202, 7203)), chunk=1)
    pair = [await archive.account(7201), await archive.account(7202)]
    async with archive.database.read() as connection:
        assert await ratings.is_stale(connection, GO)
        assert await ratings.strengths_of(connection, GO, pair) == {}
    await deliver(platform)
    async with archive.database.read() as connection:
        assert not await ratings.is_stale(connection, GO)
        found = await ratings.strengths_of(connection, GO, pair)
    assert [found[who].games for who in pair] == [1, 2]
    assert found[pair[0]].mean < found[pair[1]].mean  # White has won


async def test_imported_games_count_among_those_reported_later_by_their_date(
    platform: Platform, archive: Archive
) -> None:
    club = await a_club(archive.database)
    await report(archive.database, a_game(club))
    await archive.load(a_round(1, (7201, 7202), Game_Date="'2026-05-01'"))
    await deliver(platform)
    before = await books(archive.database)
    assert len(before.changes) == 4
    await replayed(archive.database)
    assert await books(archive.database) == before


async def test_a_known_chunk_costs_one_statement_and_a_new_one_few_beyond_its_members(archive: Archive) -> None:
    lines = a_round(1, *((7201, 7202), (7202, 7201)) * 100)
    await archive.load(lines[:1])
    counter = [0]
    token = statements_executed.set(counter)
    await archive.load(lines)
    new, counter[0] = counter[0], 0
    await archive.load(lines)
    statements_executed.reset(token)
    assert new <= 2 + 12
    assert counter[0] == 1


@pytest.mark.parametrize("engine", ["postgresql"])  # SQLite reads in the same way whatever the size
async def test_postgresql_knows_how_many_games_there_are_after_an_import(archive: Archive) -> None:
    await archive.load(a_round(1, *((7201, 7202), (7202, 7201)) * 2_500))
    known = select(literal_column("reltuples", Double)).select_from(table("pg_class"))
    async with archive.database.read() as connection:
        assert tuple(await connection.one(known.where(text("relname = 'games'")))) == (5_000,)


async def test_progress_tells_the_games_read(archive: Archive) -> None:
    told: list[int] = []
    games = read_games(a_round(1, *((7201, 7202),) * 5), reject=archive.wrong.append)
    await import_games(archive.database, archive.server_id, games, {}, now=NOON, chunk=2, progress=told.append)
    assert told == [2, 4, 5]


async def test_an_empty_dump_is_no_work(archive: Archive) -> None:
    assert await archive.load(["-- nothing here\n"]) == Imported()


async def test_a_fingerprint_is_of_one_server(archive: Archive) -> None:
    other = Archive(archive.database, (await a_new_server(archive.database)).id)
    await archive.load([a_row()])
    assert (await other.load([a_row()])).stored == 1
    async with archive.database.read() as connection:
        assert len(await connection.all(select(GameRow.fingerprint).distinct())) == 1


# ── the game server ──


async def test_the_server_is_made_once_and_belongs_to_the_owner(database: Database) -> None:
    owner = await an_account(database)
    async with database.write() as transaction:
        made = await aga_server(transaction, owner, now=NOON)
    async with database.write() as transaction:
        assert await aga_server(transaction, owner, now=NOON) == made
        assert await aga_server(transaction, None, now=NOON) == made
        server = await servers.find_server(transaction, made)
    assert (server.display_name, server.game_type, server.owner_id) == ("AGA", "Go", owner.id)


async def test_without_an_owner_no_server_is_made(database: Database) -> None:
    async with database.write() as transaction:
        with pytest.raises(NoOwner, match="No game server is named AGA yet"):
            await aga_server(transaction, None, now=NOON)


async def test_a_server_of_that_name_that_is_another_accounts_is_not_taken_for_the_owners(database: Database) -> None:
    owner, stranger = await an_account(database), await an_account(database)
    squatted = await a_new_server(database, owner_id=stranger.id, display_name="AGA")
    async with database.write() as transaction:
        with pytest.raises(ServerOfAnother, match=f"Game server {squatted.id} is named AGA"):
            await aga_server(transaction, owner, now=NOON)
        await servers.delete_server(transaction, squatted.id, NOON)
        assert await aga_server(transaction, owner, now=NOON) != squatted.id


async def test_of_several_servers_of_that_name_the_owners_is_taken(database: Database) -> None:
    owner = await an_account(database)
    own = await a_new_server(database, owner_id=owner.id, display_name="AGA")
    await a_new_server(database, display_name="AGA")
    async with database.write() as transaction:
        assert await aga_server(transaction, owner, now=NOON) == own.id
        with pytest.raises(SeveralServersNamed, match="2 game servers are named AGA"):
            await aga_server(transaction, None, now=NOON)
