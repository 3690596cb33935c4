"""What a book found, as the rows that keep it: `tengen.ratings.entries` over arrays. Pure."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tengen.core.values import AccountId, GameId
from tengen.ratings.batch import Book, Floats, Games, Played
from tengen.ratings.entries import NUMBERS, NUMBERS_A_KIND, written_names, written_offsets
from tengen.ratings.pairs import DAY, GAMES, MEAN, OFFSET_WIDTH, OFFSETS, VARIANCE, VOLATILITY
from tengen.ratings.systems import Condition, Day, Offset

MOST_ENTRIES = 40
"""The most games in a span: so many fit a page of the databases."""


class PackedSpan(NamedTuple):
    """A span as it is stored."""

    account_id: AccountId
    day: Day
    """Of its first game."""
    game_id: GameId
    last_day: Day
    kinds: int
    conditions: str | None
    """The names that entries refer to, as JSON."""
    offsets: str | None
    """Those before its first game, as JSON."""
    entries: bytes


class PackedStrength(NamedTuple):
    """A strength as it is stored."""

    account_id: AccountId
    value: float
    variance: float
    volatility: float
    games: int
    day: Day
    offsets: str | None


def packed_strengths(
    book: Book, players: npt.NDArray[np.signedinteger[Any]], accounts: npt.NDArray[np.int64]
) -> list[PackedStrength]:
    """What is known of these players, who have played; `accounts` are those of the players' numbers."""
    return [
        PackedStrength(
            AccountId(account),
            row[MEAN],
            row[VARIANCE],
            row[VOLATILITY],
            int(row[GAMES]),
            row[DAY],
            written_offsets(_known(book.conditions, row)),
        )
        for account, row in zip(accounts[players].tolist(), book.rows(players).tolist(), strict=True)
    ]


def packed_spans(
    book: Book,
    games: Games,
    game_ids: npt.NDArray[np.int64],
    accounts: npt.NDArray[np.int64],
    played: Played,
    before: Floats,
) -> list[PackedSpan]:
    """The games that `played` tells of, by account. `accounts` are those of the players' numbers.

    `before`: the rows of all players before these games (`Book.rows`); those who came with them may be left out.
    """
    kinds = games.slots.shape[1]
    numbers = _entries(games, game_ids, played, kinds)
    players = np.column_stack((games.first, games.second)).ravel()
    order = np.argsort(players, kind="stable")  # games are in order of play, and stay so
    players, numbers = players[order], numbers.reshape(len(order), -1)[order]
    begins = _begins(players)
    size = numbers.shape[1] * numbers.itemsize
    data = memoryview(numbers.tobytes())
    whose = players[begins[:-1]]
    names = written_names(book.conditions) if kinds else None
    days, ids = numbers[:, 1], numbers.view(np.int64)[:, 0]
    offsets = _offsets(book.conditions, before, numbers, players, begins) if kinds else iter([None] * len(whose))
    return [
        PackedSpan(AccountId(account), day, GameId(game), last, kinds, names, known, bytes(data[begin:end]))
        for account, day, game, last, known, (begin, end) in zip(
            accounts[whose].tolist(),
            days[begins[:-1]].tolist(),
            ids[begins[:-1]].tolist(),
            days[begins[1:] - 1].tolist(),
            offsets,
            pairwise((begins * size).tolist()),
            strict=True,
        )
    ]


def _entries(games: Games, game_ids: npt.NDArray[np.int64], played: Played, kinds: int) -> Floats:
    """n × 2 × the numbers of an entry; those that are integers as their bits."""
    entries = np.empty((len(games), 2, NUMBERS + NUMBERS_A_KIND * kinds))
    integers = entries.view(np.int64)
    integers[:, :, 0] = game_ids[:, None]
    entries[:, :, 1] = games.days[:, None]
    entries[:, :, 2], entries[:, :, 3] = played.means_before, played.variances_before
    entries[:, :, 4] = played.expected
    entries[:, :, 5], entries[:, :, 6] = played.means_before[:, ::-1], played.variances_before[:, ::-1]
    entries[:, :, 7], entries[:, :, 8] = played.means_after, played.variances_after
    entries[:, :, 9] = played.volatilities
    integers[:, :, 10] = played.counts
    for kind in range(kinds):
        at = NUMBERS + NUMBERS_A_KIND * kind
        integers[:, :, at] = games.slots[:, kind, None]
        entries[:, :, at + 1 : at + 3] = played.offsets[:, :, 2 * kind : 2 * kind + 2]
    return entries


def _begins(players: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Where spans begin among entries that are in the order of players, and where the last ends."""
    n = len(players)
    firsts = np.flatnonzero(np.concatenate(([True], players[1:] != players[:-1])))
    nth = np.arange(n) - np.repeat(firsts, np.diff(np.append(firsts, n)))
    return np.append(np.flatnonzero(nth % MOST_ENTRIES == 0), n)


def _offsets(
    conditions: list[Condition],
    before: Floats,
    numbers: Floats,
    players: npt.NDArray[np.int32],
    begins: npt.NDArray[np.int64],
) -> Iterator[str | None]:
    """What was known of the offsets before each span: before the games, and from the player's spans before it."""
    integers = numbers.view(np.int64)
    known = dict[Condition, Offset]()
    whose = players[begins[:-1]].tolist()
    for (begin, end), player, previous, following in zip(
        pairwise(begins.tolist()), whose, [None, *whose], [*whose[1:], None], strict=False
    ):
        if player != previous:
            known = _known(conditions, before[player].tolist() if player < len(before) else [])
        yield written_offsets(known)
        if player != following:
            continue
        for at in range(NUMBERS, numbers.shape[1], NUMBERS_A_KIND):
            for i in range(begin, end):
                place = integers[i, at]
                if place >= 0:
                    mean, variance, day = numbers[i, at + 1], numbers[i, at + 2], numbers[i, 1]
                    known[conditions[place]] = Offset(float(mean), float(variance), float(day))


def _known(conditions: list[Condition], row: list[float]) -> dict[Condition, Offset]:
    offsets = (Offset(*row[at : at + OFFSET_WIDTH]) for at in range(OFFSETS, len(row), OFFSET_WIDTH))
    return {name: offset for name, offset in zip(conditions, offsets, strict=False) if offset.day == offset.day}
