"""Operations on live games as they are stored: one begins, events are appended, it is finished and moves ratings.

What happens in a game is a list of numbered events; the game's row says where it stands, so that the games of a player
and those whose time is up are found without reading events. Events are appended only behind the last one that whoever
appends has seen: of two at once one is told that it has lost, reads what it missed, and decides again.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import to_json as as_json
from sqlalchemy import BigInteger, Text, bindparam, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

from tengen.core.database import among
from tengen.core.errors import NotFound
from tengen.core.values import GameId, PlayerId, naive_utc
from tengen.games import service as games
from tengen.games.rated_games import PlayedGame
from tengen.games.records import RecordFacts
from tengen.games.service import NewGame, Record
from tengen.play.events import Event, event_from_json, to_json
from tengen.play.models import ChallengeRow, LiveEventRow, LiveGameRow
from tengen.play.state import LiveGame, Phase, evolve
from tengen.play.terms import GameTerms, terms_from_json, terms_to_json
from tengen.play.time_controls import class_of
from tengen.players import service as players
from tengen.players.service import HOME
from tengen.ratings.pools import STANDARD, Pools

if TYPE_CHECKING:
    from sqlalchemy.sql.selectable import TypedReturnsRows

    from tengen.core.database import Connection, Database, Transaction


class LiveGameNotFound(NotFound):
    """No game of this id is or was played here."""

    code = "game_not_found"


@dataclass(frozen=True, slots=True)
class NewLiveGame:
    """A game that begins, with everything agreed. Its number was reserved (`tengen.games.service.reserve`)."""

    game_id: GameId
    name: str
    terms: GameTerms
    creator: PlayerId
    is_ranked: bool
    is_private: bool = False
    is_analysis_disabled: bool = False
    handicap_rank_difference: float | None = None


class NumberedEvent(NamedTuple):
    """An event with its number in the game, from 1, and when it happened."""

    number: int
    at: datetime
    event: Event


@dataclass(frozen=True, slots=True)
class StoredGame:
    """A live game as it is stored: its own facts, and what has happened in it."""

    start: NewLiveGame
    started_at: datetime
    game: LiveGame
    events: tuple[NumberedEvent, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Append:
    """Events to be stored behind the first `after` of a game, and where it stands with them. Each is one of a kind."""

    game_id: GameId
    after: int
    events: tuple[NumberedEvent, ...]
    phase: Phase
    next_check_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(
        cls, game_id: GameId, before: LiveGame, happened: Sequence[Event], after: LiveGame, at: datetime
    ) -> "Append":
        """What leads from one state of the game to another."""
        numbered = [NumberedEvent(number, at, event) for number, event in enumerate(happened, before.version + 1)]
        return cls(game_id, before.version, tuple(numbered), after.phase, after.next_check_at, after.ended_at)


# ── beginning ──


async def start(transaction: "Transaction", new: NewLiveGame, *, now: datetime) -> LiveGame:
    """Let a game begin at `now`. One statement."""
    game = LiveGame.start(new.terms, now)
    await transaction.run(
        _NEW,
        {
            "id": new.game_id,
            "black_id": new.terms.black,
            "white_id": new.terms.white,
            "creator_id": new.creator,
            "name": new.name,
            "is_private": new.is_private,
            "is_analysis_disabled": new.is_analysis_disabled,
            "is_ranked": new.is_ranked,
            "handicap_rank_difference": new.handicap_rank_difference,
            "terms": json.dumps(terms_to_json(new.terms)),
            "started_at": now,
            "version": game.version,
            "phase": game.phase,
            "next_check_at": game.next_check_at,
            "ended_at": None,
        },
    )
    return game


_NEW = insert(LiveGameRow)


# ── appending ──

# Rows are locked in the order of their ids: two workers that append to the same games never wait for each other.
_APPEND_POSTGRESQL: "TypedReturnsRows[int]" = (
    text(  # type: ignore[assignment]  # what it returns SQL alone tells
        """
    WITH wanted AS (
        SELECT * FROM unnest(:games, :after, :versions, :phases, :checks, :ends)
            AS w (id, after, version, phase, next_check_at, ended_at)
    ), held AS (
        SELECT live_games.id FROM live_games JOIN wanted ON live_games.id = wanted.id
        ORDER BY live_games.id FOR UPDATE OF live_games
    ), moved AS (
        UPDATE live_games
        SET version = wanted.version, phase = wanted.phase, next_check_at = wanted.next_check_at,
            ended_at = wanted.ended_at
        FROM wanted JOIN held ON held.id = wanted.id
        WHERE live_games.id = wanted.id AND live_games.version = wanted.after
        RETURNING live_games.id
    ), told AS (
        INSERT INTO live_events (game_id, number, at, body)
        SELECT e.game_id, e.number, e.at, e.body
        FROM unnest(:event_games, :numbers, :ats, :bodies) AS e (game_id, number, at, body)
        JOIN moved ON moved.id = e.game_id
    )
    SELECT id FROM moved
    """
    )
    .bindparams(
        *(
            bindparam(name, type_=ARRAY(BigInteger()))
            for name in ("games", "after", "versions", "event_games", "numbers")
        ),
        *(bindparam(name, type_=ARRAY(Text())) for name in ("phases", "bodies")),
        *(bindparam(name, type_=ARRAY(TIMESTAMP(timezone=True))) for name in ("checks", "ends", "ats")),
    )
    .columns(LiveGameRow.id)
)
_MOVE_SQLITE: "TypedReturnsRows[int]" = text(  # type: ignore[assignment]  # as above
    """
    UPDATE live_games
    SET version = json_extract(wanted.value, '$[2]'), phase = json_extract(wanted.value, '$[3]'),
        next_check_at = json_extract(wanted.value, '$[4]'), ended_at = json_extract(wanted.value, '$[5]')
    FROM json_each(:games) AS wanted
    WHERE live_games.id = json_extract(wanted.value, '$[0]') AND live_games.version = json_extract(wanted.value, '$[1]')
    RETURNING live_games.id
    """
).columns(LiveGameRow.id)
_TELL_SQLITE = text(
    """
    INSERT INTO live_events (game_id, number, at, body)
    SELECT json_extract(e.value, '$[0]'), json_extract(e.value, '$[1]'), json_extract(e.value, '$[2]'),
        json_extract(e.value, '$[3]')
    FROM json_each(:events) AS e
    """
)


async def append_all(database: "Database", appends: Sequence[Append]) -> set[Append]:
    """Store what happened in several games, each for itself: one statement, on SQLite two in one transaction.

    Returns those that are stored. The others came too late: somebody else has appended to their games.
    """
    async with database.write_one() as connection:
        return await append(connection, appends)


async def append(connection: "Connection", appends: Sequence[Append]) -> set[Append]:
    """`append_all` in a transaction of the caller's. At most one for each game."""
    by_game = {one.game_id: one for one in appends}
    moved = await (_append_sqlite if connection.dialect == "sqlite" else _append_postgresql)(connection, appends)
    return {by_game[game_id] for game_id in moved}


async def _append_postgresql(connection: "Connection", appends: Sequence[Append]) -> list[GameId]:
    told = [(one.game_id, event) for one in appends for event in one.events]
    rows = await connection.all(
        _APPEND_POSTGRESQL,
        {
            "games": [one.game_id for one in appends],
            "after": [one.after for one in appends],
            "versions": [one.events[-1].number for one in appends],
            "phases": [one.phase.value for one in appends],
            "checks": [one.next_check_at for one in appends],
            "ends": [one.ended_at for one in appends],
            "event_games": [game_id for game_id, _ in told],
            "numbers": [event.number for _, event in told],
            "ats": [event.at for _, event in told],
            "bodies": [written(event.event) for _, event in told],
        },
    )
    return [GameId(row[0]) for row in rows]


async def _append_sqlite(connection: "Connection", appends: Sequence[Append]) -> list[GameId]:
    games_to_move = [
        [
            one.game_id,
            one.after,
            one.events[-1].number,
            one.phase.value,
            _sqlite_instant(one.next_check_at),
            _sqlite_instant(one.ended_at),
        ]
        for one in appends
    ]
    rows = await connection.all(_MOVE_SQLITE, {"games": as_json(games_to_move).decode()})
    moved = {GameId(row[0]) for row in rows}
    told = [
        [one.game_id, event.number, _sqlite_instant(event.at), written(event.event)]
        for one in appends
        if one.game_id in moved
        for event in one.events
    ]
    if told:
        await connection.run(_TELL_SQLITE, {"events": as_json(told).decode()})
    return list(moved)


def written(event: Event) -> str:
    """The event as it is stored."""
    return as_json(to_json(event)).decode()


def _sqlite_instant(instant: datetime | None) -> str | None:
    return None if instant is None else naive_utc(instant).isoformat(sep=" ", timespec="microseconds")


# ── finishing ──


async def finish(
    transaction: "Transaction",
    end: Append,
    start: NewLiveGame,
    game: LiveGame,
    record: bytes,
    *,
    pools: Pools = STANDARD,
    now: datetime,
) -> bool:
    """Store the end of a game, make a game of Go of it and move its players' ratings. Ten statements.

    `game` is its state after `end`, `record` the SGF of it. False, and nothing is changed, if somebody else has
    appended to the game.
    """
    if not await append(transaction, [end]):
        return False
    outcome = game.outcome
    assert outcome is not None
    assert game.ended_at is not None
    terms = start.terms
    sides = await players.players_by_ids(transaction, [terms.black, terms.white])
    speed = class_of(terms.control.system, terms.size)
    played = PlayedGame(
        played_at=game.ended_at,
        result=outcome.result,
        handicap=terms.handicap,
        komi=terms.komi,
        width=terms.size.columns,
        height=terms.size.rows,
        rules=terms.rules.name,
        ranked=start.is_ranked,
        speed=speed,
    )
    black, white = sides[terms.black], sides[terms.white]
    facts = RecordFacts(
        size=terms.size,
        moves=len(game.moves),
        komi=terms.komi,
        handicap=terms.handicap,
        rules=terms.rules.name,
        result=str(outcome.result),
        black=black.name,
        white=white.name,
        speed=speed,
    )
    new = NewGame(HOME, black, white, played, str(outcome.result), Record(record, facts))
    await games.finish(transaction, start.game_id, new, pools=pools, now=now)
    return True


# ── reading ──

_STARTS = select(
    LiveGameRow.id,
    LiveGameRow.name,
    LiveGameRow.terms,
    LiveGameRow.creator_id,
    LiveGameRow.is_ranked,
    LiveGameRow.is_private,
    LiveGameRow.is_analysis_disabled,
    LiveGameRow.handicap_rank_difference,
    LiveGameRow.started_at,
)
_GAME = _STARTS.where(LiveGameRow.id == bindparam("game"))
_GAMES = _STARTS.where(among(LiveGameRow.id, "games"))
_EVENTS = (
    select(LiveEventRow.number, LiveEventRow.at, LiveEventRow.body)
    .where(LiveEventRow.game_id == bindparam("game"), LiveEventRow.number > bindparam("after"))
    .order_by(LiveEventRow.number)
)


async def find(connection: "Connection", game_id: GameId) -> StoredGame:
    """The game as it stands. Two statements. Raises `LiveGameNotFound`."""
    row = await connection.first(_GAME, {"game": game_id})
    if row is None:
        raise no_such_game()
    new, started_at = _start(row)
    events = await events_after(connection, game_id, 0, new.terms)
    game = LiveGame.start(new.terms, started_at)
    for happened in events:
        game = evolve(game, happened.event)
    return StoredGame(new, started_at, game, events)


async def starts_of(
    connection: "Connection", game_ids: Collection[GameId]
) -> dict[GameId, tuple[NewLiveGame, datetime]]:
    """How those of these games began that are or were played here, and when. One statement; nothing of their course."""
    rows = await connection.all(_GAMES, {"games": list(game_ids)}) if game_ids else []
    return {GameId(row[0]): _start(row) for row in rows}


def _start(row: Sequence[Any]) -> tuple[NewLiveGame, datetime]:
    game_id, name, terms, creator, ranked, private, without_analysis, difference, started_at = row
    new = NewLiveGame(
        GameId(game_id),
        name,
        terms_from_json(json.loads(terms)),
        PlayerId(creator),
        is_ranked=ranked,
        is_private=private,
        is_analysis_disabled=without_analysis,
        handicap_rank_difference=difference,
    )
    return new, started_at


async def events_after(
    connection: "Connection", game_id: GameId, number: int, terms: GameTerms
) -> tuple[NumberedEvent, ...]:
    """What has happened in the game after the event of this number, in order."""
    rows = await connection.all(_EVENTS, {"game": game_id, "after": number})
    return tuple(NumberedEvent(row[0], row[1], read(row[2], terms)) for row in rows)


def read(body: str, terms: GameTerms) -> Event:
    """The event that was stored as `body` in a game on these terms."""
    return event_from_json(json.loads(body), terms.size, terms.control)


_VERSIONS = select(LiveGameRow.id, LiveGameRow.version).where(among(LiveGameRow.id, "games"))


async def versions_of(connection: "Connection", game_ids: Collection[GameId]) -> dict[GameId, int]:
    """The number of the last event of each of these games that exist."""
    return {GameId(row[0]): row[1] for row in await connection.all(_VERSIONS, {"games": list(game_ids)})}


_DUE = (
    select(LiveGameRow.id, LiveGameRow.next_check_at)
    .where(LiveGameRow.next_check_at <= bindparam("until", type_=LiveGameRow.next_check_at.type))
    .order_by(LiveGameRow.next_check_at)
    .limit(bindparam("limit", type_=BigInteger()))
)


async def due(connection: "Connection", until: datetime, *, limit: int) -> list[tuple[GameId, datetime]]:
    """The games in which time decides something until then, the first ones first."""
    rows = await connection.all(_DUE, {"until": until, "limit": limit})
    return [(GameId(row[0]), row[1]) for row in rows if row[1] is not None]


async def is_offered(connection: "Connection", game_id: GameId) -> bool:
    """Whether somebody has a challenge open for the game of this number."""
    return await connection.first(select(ChallengeRow.id).where(ChallengeRow.game_id == game_id)) is not None


_ACTIVE = (
    select(LiveGameRow.id)
    .where(
        (LiveGameRow.black_id == bindparam("player")) | (LiveGameRow.white_id == bindparam("player")),
        LiveGameRow.ended_at.is_(None),
    )
    .order_by(LiveGameRow.id.desc())
    .limit(bindparam("limit", type_=BigInteger()))
)


async def active_games(connection: "Connection", player_id: PlayerId, *, limit: int = 200) -> list[GameId]:
    """The games that a player is playing, the latest first."""
    rows = await connection.all(_ACTIVE, {"player": player_id, "limit": limit})
    return [GameId(row[0]) for row in rows]


def no_such_game() -> LiveGameNotFound:
    """The refusal for an id that is no live game's."""
    return LiveGameNotFound("There is no such game.")
