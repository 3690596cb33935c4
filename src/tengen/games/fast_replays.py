"""Histories of games of Go rated at once, by compiled rules: `tengen.games.replays` for millions of games."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tengen.core.values import AccountId, PlayerId
from tengen.games import packs
from tengen.games.disorder import BEFORE_ALL, forget_packs
from tengen.games.packs import Pack
from tengen.games.replays import Chunk, Rater, terms_of
from tengen.players import service as players
from tengen.ratings import batch, generations
from tengen.ratings.batch import Book
from tengen.ratings.generations import Rated
from tengen.ratings.packing import packed, packed_strengths
from tengen.ratings.pairs import NO_SLOT, PairSystem, kind_of

if TYPE_CHECKING:
    from tengen.core.database import Connection, Transaction
    from tengen.ratings.generations import Mark
    from tengen.ratings.outcomes import Outcome
    from tengen.ratings.pools import Pool
    from tengen.ratings.service import PoolId

_MICROSECONDS_A_DAY = 86_400_000_000
_NOBODY = -1


class FastRater(Rater[Pack]):
    """By compiled rules, for systems that are made of them (`pairs.PairSystem`)."""

    most = 200_000  # whose histories take 50 MB

    def __init__(self, pool: "Pool", system: PairSystem) -> None:
        super().__init__(pool)
        self._book = Book(system)
        self._accounts: list[AccountId] = []
        """By the numbers that they have in the book."""
        self._numbers: dict[AccountId, int] = {}
        self._players = _Numbers()
        """The numbers of the players' accounts."""
        self._terms: dict[tuple[Any, ...], tuple[float, float, tuple[int, ...]]] = {}
        self._kinds = list(system.kinds)
        self._has_moved = np.zeros(0, np.bool_)

    async def read(self, connection: "Connection", after: "Mark | None", limit: int) -> Chunk[Pack]:
        return await packs.read(connection, self.pool, after, limit)

    async def keep(self, transaction: "Transaction", after: "Mark | None", chunk: Chunk[Pack]) -> None:
        await packs.keep(transaction, self.pool, after, chunk.games)

    async def forget(self, transaction: "Transaction", after: "Mark | None") -> None:
        await forget_packs(transaction, self.pool.name, BEFORE_ALL if after is None else after.at)

    async def know(self, connection: "Connection", pool_id: "PoolId", chunk: Chunk[Pack]) -> None:
        games = chunk.games.games
        new = self._players.unknown(np.concatenate((games["black"], games["white"])))
        if not len(new):
            return
        accounts = await players.accounts_of(connection, [PlayerId(player) for player in new.tolist()])
        unknown = sorted(set(accounts.values()) - self._numbers.keys())
        first = len(self._accounts)
        self._accounts += unknown
        self._numbers |= {who: number for number, who in enumerate(unknown, first)}
        self._players.learn({player: self._numbers[who] for player, who in accounts.items()})
        for who, strength in (await generations.strengths(connection, pool_id, unknown)).items():
            self._book.know(self._numbers[who], strength)

    def play(self, chunk: Chunk[Pack]) -> Rated:
        if not chunk.size:
            return Rated()
        ids, games = self._games(chunk.games)
        everybody = np.arange(len(self._accounts))
        before = self._book.rows(everybody)
        played = self._book.play(games, with_states=True)
        accounts = np.array(self._accounts, np.int64)
        self._has_moved = np.concatenate((self._has_moved, np.zeros(len(accounts) - len(self._has_moved), np.bool_)))
        self._has_moved[games.first] = self._has_moved[games.second] = True
        return Rated(packed=packed(self._book, games, ids, accounts, played, before))

    def strengths(self) -> Sequence[Sequence[Any]]:
        moved = np.flatnonzero(self._has_moved)
        self._has_moved[:] = False
        return packed_strengths(self._book, moved, np.array(self._accounts, np.int64))

    def _games(self, pack: Pack) -> tuple[Any, batch.Games]:
        """The games that are not somebody's with himself, and their ids."""
        games = pack.games
        first, second = self._players.of(games["black"]), self._players.of(games["white"])
        advantages, weights, slots = zip(*map(self._meaning, pack.terms), strict=True)
        terms, other = games["terms"], first != second
        found = batch.Games.of(
            # Division rounds once, as that of intervals does (`systems.day_of`).
            (games["at"] / _MICROSECONDS_A_DAY)[other],
            first[other],
            second[other],
            games["score"].astype(np.float64)[other],
            advantages=np.array(advantages)[terms][other],
            weights=np.array(weights)[terms][other],
            slots=np.array(slots, np.int32).reshape(len(pack.terms), len(self._kinds))[terms][other],
        )
        return games["id"][other], found

    def _meaning(self, agreed: tuple[Any, ...]) -> tuple[float, float, tuple[int, ...]]:
        """Black's advantage, the game's weight, and the slots of its conditions."""
        known = self._terms.get(agreed)
        if known is None:
            outcome = terms_of(*agreed)
            known = self._terms[agreed] = outcome.advantage, outcome.weight, self._slots(outcome)
        return known

    def _slots(self, outcome: "Outcome") -> tuple[int, ...]:
        by_kind = {kind_of(condition): self._book.slot(condition) for condition in outcome.conditions}
        return tuple(by_kind.get(kind, NO_SLOT) for kind in self._kinds)


class _Numbers:
    """Numbers of players, looked up for many at once."""

    def __init__(self) -> None:
        self._numbers = np.full(0, _NOBODY, np.int32)
        """By id: the database counts players, so there are about as many ids."""

    def unknown(self, players: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Those who have no number yet, each once."""
        missing = int(players.max(initial=-1)) + 1 - len(self._numbers)
        if missing > 0:
            self._numbers = np.concatenate((self._numbers, np.full(missing, _NOBODY, np.int32)))
        return np.unique(players[self._numbers[players] == _NOBODY])

    def learn(self, numbers: Mapping[PlayerId, int]) -> None:
        """These are players who were `unknown`."""
        self._numbers[np.array(list(numbers), np.int64)] = list(numbers.values())

    def of(self, players: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        return self._numbers[players]
