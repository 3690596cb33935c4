"""What a book found, as the rows that keep it: `tengen.ratings.entries` over arrays. Pure."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tengen.core.values import AccountId, GameId
from tengen.ratings.batch import Book, Floats, Games, Played
from tengen.ratings.compilation import compiled
from tengen.ratings.entries import NUMBERS, NUMBERS_A_KIND, offset_writer, written_names
from tengen.ratings.pairs import DAY, GAMES, MEAN, OFFSET_WIDTH, OFFSETS, VARIANCE, VOLATILITY
from tengen.ratings.systems import Day

MOST_ENTRIES = 60
"""The most games in a span: whoever wants to see one unpacks them all."""
SEGMENT_BYTES = 16_384
"""The least that a segment holds, but for the last: whoever wants to see a span of it has it read."""

Integers = npt.NDArray[np.int64]


class PackedSpan(NamedTuple):
    """A span as it is stored (`models.SpanRow`), its entries in a segment."""

    segment: int
    """Counted from 0."""
    begin: int
    size: int
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


class Packed(NamedTuple):
    """Histories as they are stored."""

    segments: list[memoryview]
    """Parts of the memory in which all lies."""
    spans: list[PackedSpan]


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
    book: Book, players: npt.NDArray[np.signedinteger[Any]], accounts: Integers
) -> list[PackedStrength]:
    """What is known of these players, who have played; the longer ago their last games are, the earlier they come.

    `accounts` are those of the players' numbers.
    """
    written = offset_writer(book.conditions)
    rows = book.rows(players)
    order = np.argsort(rows[:, DAY], kind="stable")
    return [
        PackedStrength(
            AccountId(account),
            row[MEAN],
            row[VARIANCE],
            row[VOLATILITY],
            int(row[GAMES]),
            row[DAY],
            written(row[OFFSETS:]),
        )
        for account, row in zip(accounts[players[order]].tolist(), rows[order].tolist(), strict=True)
    ]


def packed(book: Book, games: Games, game_ids: Integers, accounts: Integers, played: Played, before: Floats) -> Packed:
    """The games that `played` tells of, by account. `accounts` are those of the players' numbers.

    `before`: the rows of all players before these games (`Book.rows`).
    """
    followed = np.flatnonzero((games.slots >= 0).any(axis=0))  # of the others there is nothing to keep
    kinds = len(followed)
    players = np.column_stack((games.first, games.second))
    counts = np.bincount(players.ravel(), minlength=len(before))
    spans = -(-counts // MOST_ENTRIES)
    entries = np.empty((players.size, NUMBERS + NUMBERS_A_KIND * kinds))
    begins = np.append(np.empty(int(spans.sum()), np.int64), players.size)
    firsts = np.cumsum(counts) - counts
    known = before[:, OFFSETS:].copy()
    known_at = np.empty((len(begins) - 1, known.shape[1]))
    compiled(_sort)(
        players,
        games.days,
        games.slots,
        followed,
        game_ids,
        played,
        firsts,
        firsts.copy(),
        np.cumsum(spans) - spans,
        known,
        entries,
        entries.view(np.int64),
        begins,
        known_at,
    )
    places, segments = _segments(entries, begins)
    written, names = offset_writer(book.conditions), written_names(book.conditions) if kinds else None
    return Packed(
        segments,
        [
            PackedSpan(
                segment, begin, size, AccountId(account), day, GameId(game), last, kinds, names, written(offsets)
            )
            for (segment, begin, size), account, day, game, last, offsets in zip(
                places,
                np.repeat(accounts[: len(spans)], spans).tolist(),
                entries[begins[:-1], 1].tolist(),
                entries.view(np.int64)[begins[:-1], 0].tolist(),
                entries[begins[1:] - 1, 1].tolist(),
                known_at.tolist(),
                strict=True,
            )
        ],
    )


def _sort(
    players: Any,
    days: Any,
    slots: Any,
    followed: Any,
    game_ids: Any,
    played: Any,
    firsts: Any,
    next_entries: Any,
    next_spans: Any,
    known: Any,
    entries: Any,
    integers: Any,
    begins: Any,
    known_at: Any,
) -> None:
    """Write each player's entries in a row, in order of play: where spans begin, and which offsets are known there.

    `followed`: the kinds of conditions that are kept. `firsts`, and `next_entries` and `next_spans`, which move on:
    where a player's first ones belong. `integers` are the bits of `entries`.
    """
    for i in range(len(days)):
        for side in range(2):
            player, other = players[i, side], 1 - side
            at = next_entries[player]
            next_entries[player] += 1
            if (at - firsts[player]) % MOST_ENTRIES == 0:
                begins[next_spans[player]] = at
                for column in range(known.shape[1]):  # Numba compiles seconds at what hands on a whole row
                    known_at[next_spans[player], column] = known[player, column]
                next_spans[player] += 1
            entry = entries[at]
            integers[at, 0], entry[1] = game_ids[i], days[i]
            entry[2], entry[3] = played.means_before[i, side], played.variances_before[i, side]
            entry[4] = played.expected[i, side]
            entry[5], entry[6] = played.means_before[i, other], played.variances_before[i, other]
            entry[7], entry[8] = played.means_after[i, side], played.variances_after[i, side]
            entry[9], integers[at, 10] = played.volatilities[i, side], played.counts[i, side]
            for place in range(len(followed)):
                kind, begin = followed[place], NUMBERS + NUMBERS_A_KIND * place
                slot = slots[i, kind]
                mean, variance = played.offsets[i, side, 2 * kind], played.offsets[i, side, 2 * kind + 1]
                integers[at, begin], entry[begin + 1], entry[begin + 2] = slot, mean, variance
                if slot >= 0:
                    offset = known[player, OFFSET_WIDTH * slot :]
                    offset[0], offset[1], offset[2] = mean, variance, days[i]


def _segments(entries: Floats, begins: Integers) -> tuple[list[tuple[int, int, int]], list[memoryview]]:
    """For each span its segment, and its place and size there, in bytes; and the segments."""
    data = entries.data.cast("B")
    places, segments = list[tuple[int, int, int]](), list[memoryview]()
    segment = 0
    for begin, end in pairwise((begins * entries.itemsize * entries.shape[1]).tolist()):
        places.append((len(segments), begin - segment, end - begin))
        if end - segment >= SEGMENT_BYTES:
            segments.append(data[segment:end])
            segment = end
    if segment < len(data):
        segments.append(data[segment:])
    return places, segments
