"""Histories of games of Go rated at once, by compiled rules: `tengen.games.replays` for millions of games."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tengen.core.garbage import seldom_collected
from tengen.core.values import AccountId, PlayerId
from tengen.games.replays import Chunk, Rated, Rater, end_of, go_games, score_of, terms_of
from tengen.players import service as players
from tengen.ratings import batch, generations
from tengen.ratings.batch import Book
from tengen.ratings.packing import packed_spans, packed_strengths
from tengen.ratings.pairs import NO_SLOT, PairSystem, kind_of

if TYPE_CHECKING:
    from tengen.core.database import Connection
    from tengen.ratings.generations import Mark
    from tengen.ratings.outcomes import Outcome
    from tengen.ratings.pools import Pool
    from tengen.ratings.service import PoolId

_MICROSECONDS_A_DAY = 86_400_000_000
_AT_ONCE = 1000
"""Rows that are turned into columns at once: so many stay in the processor's cache."""


class FastRater(Rater[Sequence[Any]]):
    """By compiled rules, for systems that are made of them (`pairs.PairSystem`). The games are rows of the database."""

    def __init__(self, pool: "Pool", system: PairSystem) -> None:
        super().__init__(pool)
        self._book = Book(system)
        self._accounts: list[AccountId] = []
        """By the numbers that they have in the book."""
        self._numbers: dict[AccountId, int] = {}
        self._players: dict[PlayerId, int] = {}
        """The numbers of the players' accounts."""
        self._terms: dict[tuple[Any, ...], tuple[float, float, tuple[int, ...]]] = {}
        self._kinds = list(system.kinds)

    async def read(self, connection: "Connection", after: "Mark | None", limit: int) -> Chunk[Sequence[Any]]:
        with seldom_collected():
            rows = await go_games(connection, self.pool, after, limit)
        return Chunk(len(rows), end_of(rows), rows)

    async def know(self, connection: "Connection", pool_id: "PoolId", chunk: Chunk[Sequence[Any]]) -> None:
        new = {PlayerId(row[2]) for row in chunk.games} | {PlayerId(row[3]) for row in chunk.games}
        new -= self._players.keys()
        if not new:
            return
        accounts = await players.accounts_of(connection, new)
        unknown = sorted(set(accounts.values()) - self._numbers.keys())
        first = len(self._accounts)
        self._accounts += unknown
        self._numbers |= {who: number for number, who in enumerate(unknown, first)}
        self._players |= {player: self._numbers[who] for player, who in accounts.items()}
        for who, strength in (await generations.strengths(connection, pool_id, unknown)).items():
            self._book.know(self._numbers[who], strength)

    def play(self, chunk: Chunk[Sequence[Any]]) -> Rated:
        with seldom_collected():
            return self._play(chunk)

    def _play(self, chunk: Chunk[Sequence[Any]]) -> Rated:
        if not chunk.games:
            return Rated([], [])
        ids, games = self._games(chunk.games)
        everybody = np.arange(len(self._accounts))
        before = self._book.rows(everybody)
        played = self._book.play(games, with_states=True)
        accounts = np.array(self._accounts, np.int64)
        moved = np.unique(np.concatenate((games.first, games.second)))
        return Rated(
            packed_spans(self._book, games, ids, accounts, played, before),
            packed_strengths(self._book, moved, accounts),
        )

    def _games(self, rows: Sequence[Sequence[Any]]) -> tuple[Any, batch.Games]:
        """The games that are not somebody's with himself, and their ids."""
        pieces = [self._columns(rows[begin : begin + _AT_ONCE]) for begin in range(0, len(rows), _AT_ONCE)]
        ids, days, first, second, scores, advantages, weights, slots = (
            np.concatenate(column) for column in zip(*pieces, strict=True)
        )
        other = first != second
        games = batch.Games.of(
            days[other],
            first[other],
            second[other],
            scores[other],
            advantages=advantages[other],
            weights=weights[other],
            slots=slots[other],
        )
        return ids[other], games

    def _columns(self, rows: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        ids, at, black, white, results, *terms = zip(*rows, strict=True)
        known = self._terms
        meant = [known.get(agreed) or self._learn(agreed) for agreed in zip(*terms, strict=True)]
        advantages, weights, slots = zip(*meant, strict=True)
        numbers = self._players
        return (
            np.array(ids, np.int64),
            _days(at),
            np.array([numbers[who] for who in black], np.int32),
            np.array([numbers[who] for who in white], np.int32),
            np.array([score_of(result) for result in results]),
            np.array(advantages),
            np.array(weights),
            np.array(slots, np.int32).reshape(len(rows), len(self._kinds)),
        )

    def _learn(self, agreed: tuple[Any, ...]) -> tuple[float, float, tuple[int, ...]]:
        outcome = terms_of(*agreed)
        meant = self._terms[agreed] = outcome.advantage, outcome.weight, self._slots(outcome)
        return meant

    def _slots(self, outcome: "Outcome") -> tuple[int, ...]:
        by_kind = {kind_of(condition): self._book.slot(condition) for condition in outcome.conditions}
        return tuple(by_kind.get(kind, NO_SLOT) for kind in self._kinds)


def _days(written: Sequence[Any]) -> batch.Floats:
    """Instants `as_written` as days since 1970. Division rounds once, as that of intervals does (`systems.day_of`)."""
    is_text = isinstance(written[0], str)
    microseconds = np.array(written, "datetime64[us]").astype(np.int64) if is_text else np.array(written, np.int64)
    days: batch.Floats = microseconds / _MICROSECONDS_A_DAY
    return days
