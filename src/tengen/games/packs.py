"""A pool's games as a recomputation takes them, packed: read from their rows once, and as they are from then on.

A game of Go is a row of `games` and two of `seats`, and to read those costs more than to rate the game. So whoever has
read a piece of the order of play, and seen when writing what came of it that it was true, leaves it here: forty bytes a
game, some thousands of games in one row. The rows remain the truth. Whoever changes a game forgets what is packed from
there on (`tengen.games.disorder`), and whoever uses a pack counts, as he does for rows, whether games have come in
between (`tengen.games.recompute`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import bindparam, insert, select, tuple_

from tengen.games.models import GamePackRow
from tengen.games.replays import Chunk, end_of, go_games, instant_of, microseconds_to, score_of
from tengen.ratings.generations import Mark

if TYPE_CHECKING:
    from sqlalchemy import Select

    from tengen.core.database import Connection, Transaction
    from tengen.ratings.pools import Pool

GAME = np.dtype([("id", "<i8"), ("at", "<i8"), ("black", "<i8"), ("white", "<i8"), ("score", "<f4"), ("terms", "<i4")])
"""A game: microseconds since 1970, players, Black's score, and the place of its terms in the pack's list."""
_ROWS = 20_000
"""The most rows that are read at once."""
_AT_ONCE = 1_000
"""Rows that are turned into columns at once: so many stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Games of a pool in order of play, all that there are from the first to the last of them."""

    games: npt.NDArray[np.void]
    """Of `GAME`."""
    terms: Sequence[tuple[Any, ...]]
    """What `replays.terms_of` is told, for games to refer to."""
    is_kept: bool
    """Whether the database has it."""

    def part(self, after: Mark | None, limit: int) -> "Pack":
        """Those after this place, and no more than so many."""
        begin = 0
        if after is not None:
            moment = microseconds_to(after.at)
            begin, end = (int(np.searchsorted(self.games["at"], moment, side)) for side in ("left", "right"))
            begin += int(np.searchsorted(self.games["id"][begin:end], after.game_id, "right"))
        return Pack(self.games[begin : begin + limit], self.terms, self.is_kept)

    @property
    def end(self) -> Mark | None:
        """The place of the last game; None if there is none."""
        return Mark(instant_of(int(self.games["at"][-1])), int(self.games["id"][-1])) if len(self.games) else None


async def read(connection: "Connection", pool: "Pool", after: Mark | None, limit: int) -> Chunk[Pack]:
    """The next games of a pool of games of Go after a place, or the first of all: from a pack, or from their rows."""
    kept = await connection.first(_next(after is not None), {"pool": pool.name, **_place(after)})
    begin = None if kept is None or kept.after_at is None else Mark(kept.after_at, kept.after_game)
    if kept is None or (begin is not None and (after is None or after < begin)):
        pack = await _from_rows(connection, pool, after, limit, upto=begin)
        if kept is None or len(pack.games):
            return Chunk(len(pack.games), pack.end, pack, is_last=kept is None and len(pack.games) < limit)
    games = np.frombuffer(kept.games, GAME)
    pack = Pack(games, [tuple(agreed) for agreed in json.loads(kept.terms)], is_kept=True).part(after, limit)
    return Chunk(len(pack.games), pack.end, pack, is_last=False)


@cache
def _next(is_after: bool) -> "Select[*tuple[Any, ...]]":
    place = tuple_(GamePackRow.upto_at, GamePackRow.upto_game)
    statement = select(GamePackRow.after_at, GamePackRow.after_game, GamePackRow.terms, GamePackRow.games)
    statement = statement.where(GamePackRow.pool == bindparam("pool"))
    if is_after:
        statement = statement.where(place > tuple_(bindparam("at", type_=GamePackRow.upto_at.type), bindparam("game")))
    return statement.order_by(GamePackRow.upto_at, GamePackRow.upto_game).limit(1)


def _place(mark: Mark | None) -> dict[str, Any]:
    return {} if mark is None else {"at": mark.at, "game": mark.game_id}


async def keep(transaction: "Transaction", pool: "Pool", after: Mark | None, pack: Pack) -> None:
    """Keep these games, of which there are some, as those that come after that place, unless they are kept already."""
    if pack.is_kept:
        return
    end = pack.end
    assert end is not None
    await transaction.run(
        insert(GamePackRow),
        {
            "pool": pool.name,
            "after_at": None if after is None else after.at,
            "after_game": None if after is None else after.game_id,
            "upto_at": end.at,
            "upto_game": end.game_id,
            "terms": json.dumps(pack.terms),
            "games": pack.games.tobytes(),
        },
    )


async def _from_rows(
    connection: "Connection", pool: "Pool", after: Mark | None, limit: int, *, upto: Mark | None
) -> Pack:
    places: dict[tuple[Any, ...], int] = {}
    parts = [np.empty(0, GAME)]
    missing, mark = limit, after
    while missing:
        # A row takes many times the memory of what is kept of it.
        rows = await go_games(connection, pool, mark, min(missing, _ROWS), upto=upto)
        if not rows:
            break
        parts += (_packed(rows[begin : begin + _AT_ONCE], places) for begin in range(0, len(rows), _AT_ONCE))
        missing, mark = missing - len(rows), end_of(rows)
    return Pack(np.concatenate(parts), list(places), is_kept=False)


def _packed(rows: Sequence[Sequence[Any]], places: dict[tuple[Any, ...], int]) -> npt.NDArray[np.void]:
    ids, at, black, white, results, *terms = zip(*rows, strict=True)
    games = np.empty(len(rows), GAME)
    games["id"], games["at"] = ids, _microseconds(at)
    games["black"], games["white"] = black, white
    games["score"] = [score_of(result) for result in results]
    games["terms"] = [places.setdefault(agreed, len(places)) for agreed in zip(*terms, strict=True)]
    return games


def _microseconds(written: Sequence[Any]) -> npt.NDArray[np.int64]:
    """Instants `as_written`."""
    is_text = isinstance(written[0], str)
    return np.array(written, "datetime64[us]").astype(np.int64) if is_text else np.array(written, np.int64)
