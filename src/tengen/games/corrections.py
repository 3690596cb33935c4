"""What is done to a reported game afterwards: corrected, annulled, restored; each with its reason, kept for good."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from tengen.core.errors import Conflict
from tengen.core.values import AccountId, GameId
from tengen.games.disorder import BEFORE_ALL, disorder
from tengen.games.models import GameChangeRow, GameRow, RecordRow, SeatRow
from tengen.games.record_checks import contradictions
from tengen.games.records import RecordFacts, write_warnings
from tengen.games.result import Result
from tengen.games.service import BLACK, WHITE, Game, GameNotFound, find_game
from tengen.go.points import Color
from tengen.go.replay import RecordWarning
from tengen.players import service as players
from tengen.ratings import service as ratings
from tengen.ratings.pools import STANDARD, Pools

if TYPE_CHECKING:
    from tengen.associations.service import MemberClaimed
    from tengen.core.database import Connection, Transaction

ANNULMENT, RESTORATION, CORRECTION = "annulment", "restoration", "correction"


class NothingToChange(Conflict):
    """The game is already as it is to be."""

    code = "nothing_to_change"


@dataclass(frozen=True, slots=True)
class Correction:
    """What is right; what is None was right before."""

    result: str | None = None
    handicap: int | None = None
    komi: float | None = None
    played_at: datetime | None = None
    ranked: bool | None = None
    swap_colors: bool = False
    """White was Black, and Black White."""


@dataclass(frozen=True, slots=True)
class GameChange:
    """What was done to a game, by whom and why."""

    kind: str
    reason: str
    account_id: AccountId | None
    """None: the game's server."""
    changed_at: datetime
    before: dict[str, Any]
    after: dict[str, Any]


async def annul(
    transaction: "Transaction",
    game_id: GameId,
    *,
    reason: str,
    account_id: AccountId | None,
    pools: Pools = STANDARD,
    now: datetime,
) -> Game:
    """Take a game back: it stays to be seen, and rates nothing. Raises `GameNotFound` and `NothingToChange`."""
    game = await _held(transaction, game_id)
    if game.annulled_at is not None:
        raise NothingToChange("The game is annulled already.")
    return await _store(transaction, game, replace(game, annulled_at=now), pools, ANNULMENT, reason, account_id, now)


async def restore(
    transaction: "Transaction",
    game_id: GameId,
    *,
    reason: str,
    account_id: AccountId | None,
    pools: Pools = STANDARD,
    now: datetime,
) -> Game:
    """Let an annulled game count again. Raises `GameNotFound` and `NothingToChange`."""
    game = await _held(transaction, game_id)
    if game.annulled_at is None:
        raise NothingToChange("The game is not annulled.")
    right = replace(game, annulled_at=None)
    return await _store(transaction, game, right, pools, RESTORATION, reason, account_id, now)


async def correct(
    transaction: "Transaction",
    game_id: GameId,
    correction: Correction,
    *,
    reason: str,
    account_id: AccountId | None,
    pools: Pools = STANDARD,
    now: datetime,
) -> Game:
    """Put right what was reported wrongly. Raises `GameNotFound` and `NothingToChange`."""
    game = await _held(transaction, game_id)
    right = replace(
        game,
        black=game.white if correction.swap_colors else game.black,
        white=game.black if correction.swap_colors else game.white,
        result=game.result if correction.result is None else correction.result,
        handicap=game.handicap if correction.handicap is None else correction.handicap,
        komi=game.komi if correction.komi is None else correction.komi,
        played_at=correction.played_at or game.played_at,
        ranked=game.ranked if correction.ranked is None else correction.ranked,
    )
    if right == game:
        raise NothingToChange("The game is like that already.")
    right = replace(right, warnings=await _warnings(transaction, game, right))
    return await _store(transaction, game, right, pools, CORRECTION, reason, account_id, now)


async def history(connection: "Connection", game_id: GameId) -> list[GameChange]:
    """What was done to the game, in order. Raises `GameNotFound`."""
    await find_game(connection, game_id)
    rows = await connection.all(
        select(
            GameChangeRow.kind,
            GameChangeRow.reason,
            GameChangeRow.account_id,
            GameChangeRow.changed_at,
            GameChangeRow.before,
            GameChangeRow.after,
        )
        .where(GameChangeRow.game_id == game_id)
        .order_by(GameChangeRow.id)
    )
    return [
        GameChange(kind, reason, None if who is None else AccountId(who), at, json.loads(before), json.loads(after))
        for kind, reason, who, at, before, after in rows
    ]


async def take_over(transaction: "Transaction", claimed: "MemberClaimed", *, pools: Pools = STANDARD) -> None:
    """Give an account the games of the stand-in for the member that it has turned out to be."""
    stand_in, account_id = AccountId(claimed.stand_in_id), AccountId(claimed.account_id)
    names = await ratings.pools_of(transaction, stand_in)
    merged = await players.take_over(transaction, stand_in, account_id)
    for old, new in merged.items():
        await transaction.run(update(SeatRow).where(SeatRow.player_id == old).values(player_id=new))
    await disorder(transaction, pools, dict.fromkeys(names, BEFORE_ALL))


async def _held(transaction: "Transaction", game_id: GameId) -> Game:
    # Not the strongest lock: a replay of the pool, which writes rows that refer to the game, must not wait for it.
    row = await transaction.first(
        select(GameRow.id).where(GameRow.id == game_id).with_for_update(read=False, key_share=True)
    )
    if row is None:
        raise GameNotFound("Not found.")
    return await find_game(transaction, game_id)


async def _warnings(transaction: "Transaction", game: Game, right: Game) -> tuple[RecordWarning, ...]:
    """What is odd about the record, seen from the corrected game."""
    row = await transaction.first(select(RecordRow.facts).where(RecordRow.hash == game.record_hash))
    if row is None:
        return game.warnings
    facts = RecordFacts.from_json(row[0])
    sizes = [warning for warning in game.warnings if warning.code == "size_contradicts"]  # the report's, kept
    odd = contradictions(facts, result=Result.parse(right.result), komi=right.komi, handicap=right.handicap)
    return (*facts.warnings, *odd, *sizes)


async def _store(
    transaction: "Transaction",
    game: Game,
    right: Game,
    pools: Pools,
    kind: str,
    reason: str,
    account_id: AccountId | None,
    now: datetime,
) -> Game:
    unrated = right.played.unrated
    pool = right.played.pool(pools, right.server_id)
    right = replace(right, unrated=unrated, pool=None if unrated else pool.name)
    await transaction.run(
        update(GameRow)
        .where(GameRow.id == game.id)
        .values(
            annulled_at=right.annulled_at,
            result=right.result,
            handicap=right.handicap,
            komi=right.komi,
            played_at=right.played_at,
            ranked=right.ranked,
            pool=right.pool,
            unrated=right.unrated,
            warnings=write_warnings(right.warnings),
        )
    )
    await _store_seats(transaction, game, right)
    before, after = _told(game), _told(right)
    changed = [name for name in before if before[name] != after[name]]
    await transaction.run(
        insert(GameChangeRow),
        {
            "game_id": game.id,
            "kind": kind,
            "reason": reason,
            "account_id": account_id,
            "changed_at": now,
            "before": json.dumps({name: before[name] for name in changed}),
            "after": json.dumps({name: after[name] for name in changed}),
        },
    )
    first = min(game.played_at, right.played_at)
    await disorder(transaction, pools, {name: first for name in (game.pool, right.pool) if name is not None})
    return right


async def _store_seats(transaction: "Transaction", game: Game, right: Game) -> None:
    result = right.played.result
    if (game.black, game.played.result) == (right.black, result):
        return
    for number, player, color in ((BLACK, right.black, Color.BLACK), (WHITE, right.white, Color.WHITE)):
        await transaction.run(
            update(SeatRow)
            .where(SeatRow.game_id == game.id, SeatRow.number == number)
            .values(player_id=player, outcome=result.outcome(color))
        )


def _told(game: Game) -> dict[str, Any]:
    """The values that may change, as the history tells them."""
    return {
        "black_id": game.black,
        "white_id": game.white,
        "result": game.result,
        "handicap": game.handicap,
        "komi": game.komi,
        "date_played": game.played_at.isoformat(),
        "ranked": game.ranked,
        "annulled": game.annulled_at is not None,
    }
