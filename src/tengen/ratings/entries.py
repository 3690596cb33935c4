"""An account's rated games as they are kept: a few at a time, packed. Pure.

A `Span` holds some games of one account in a pool, in order of play: one row of the database, and one insertion, for
many games. That is what lets a history of millions be written anew in seconds. Each game is an `Entry` of fixed size

    game  day  before (mean, variance)  expected  opponent (mean, variance)  after (mean, variance, volatility, games)

in eleven numbers of eight bytes, little-endian; of days, means and all else that may be missing not a number means so.
Where the system follows conditions, each kind adds three numbers more: which condition the game was played under (its
place in the span's list; −1 for none), and the offset's mean and variance after it. What was known of the offsets
before the span begins stands beside it: from there the strength after any of its games can be told.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import isnan, nan
from struct import Struct
from typing import NamedTuple

from tengen.core.values import AccountId, GameId
from tengen.ratings.outcomes import Change, Outcome
from tengen.ratings.pairs import OFFSET_WIDTH
from tengen.ratings.systems import Condition, Day, Offset, Strength, day_of

NUMBERS, NUMBERS_A_KIND = 11, 3
"""How many numbers an entry has, and how many more for each kind of conditions."""
NO_CONDITION = -1


class Position(NamedTuple):
    """A place in a pool's order of play: all games up to and including this one, or before that day if it is none."""

    day: Day
    game_id: int = -1


class Entry(NamedTuple):
    """What a game did to an account's rating."""

    game_id: GameId
    day: Day
    mean_before: float
    variance_before: float
    """On the day of the game: grown since the last one."""
    expected: float
    """The score that was to be expected, from 0 to 1."""
    opponent_mean: float
    """The opponent as the game found him; not a number in a game of teams."""
    opponent_variance: float
    mean_after: float
    variance_after: float
    volatility: float
    """After the game, like the rest."""
    games: int
    offsets: tuple[tuple[int, float, float], ...] = ()
    """Of each kind of conditions: the place in the span's list, mean and variance."""

    @property
    def position(self) -> Position:
        """Its place in the order of play."""
        return Position(self.day, self.game_id)

    def change(self, account_id: AccountId) -> Change:
        """The same as ratings tell it."""
        has_opponent = not isnan(self.opponent_mean)
        return Change(
            account_id,
            Strength(self.mean_before, self.variance_before),
            self.expected,
            Strength(self.mean_after, self.variance_after, self.volatility, self.games, self.day),
            Strength(self.opponent_mean, self.opponent_variance) if has_opponent else None,
        )


@dataclass(frozen=True, slots=True)
class Span:
    """Some rated games of an account in a row."""

    account_id: AccountId
    entries: Sequence[Entry]
    """In order of play; at least one."""
    conditions: Sequence[Condition] = ()
    """Those that entries refer to by their places here."""
    before: Mapping[Condition, Offset] = field(default_factory=dict)
    """The offsets before the first entry; all that were known."""

    @property
    def strength(self) -> Strength:
        """What is known after its last game."""
        offsets = dict(self.before)
        for entry in self.entries:
            for place, mean, variance in entry.offsets:
                if place != NO_CONDITION:
                    offsets[self.conditions[place]] = Offset(mean, variance, entry.day)
        last = self.entries[-1]
        return Strength(last.mean_after, last.variance_after, last.volatility, last.games, last.day, offsets)

    def upto(self, position: Position) -> "Span | None":
        """The part that does not go beyond this place; None if there is none."""
        kept = [entry for entry in self.entries if entry.position <= position]
        return Span(self.account_id, kept, self.conditions, self.before) if kept else None


def span_of(outcome: Outcome, change: Change, known: Strength | None) -> Span:
    """One game as a span: `known` was the account's strength before it, if it had one."""
    opponent = change.opponent
    offsets = {} if known is None else known.offsets
    # A game is under one condition of a kind, and the offsets it changed are those of its own day.
    played = [name for name in outcome.conditions if name in change.after.offsets]
    after = change.after
    entry = Entry(
        outcome.game_id,
        day_of(outcome.played_at),
        change.before.mean,
        change.before.variance,
        change.expected,
        nan if opponent is None else opponent.mean,
        nan if opponent is None else opponent.variance,
        after.mean,
        after.variance,
        after.volatility,
        after.games,
        tuple((place, after.offsets[name].mean, after.offsets[name].variance) for place, name in enumerate(played)),
    )
    return Span(change.account_id, [entry], played, offsets)


# ── as bytes and text ──


@cache
def _struct(kinds: int) -> Struct:
    return Struct("<q9dq" + "qdd" * kinds)


def packed(entries: Sequence[Entry], kinds: int) -> bytes:
    """The entries as bytes. Each has offsets of so many kinds."""
    pack = _struct(kinds).pack
    return b"".join(pack(*entry[:NUMBERS], *(n for offset in entry.offsets for n in offset)) for entry in entries)


def unpacked(data: bytes, kinds: int) -> list[Entry]:
    """The entries again."""
    if kinds == 0:
        return [Entry(*row) for row in _struct(0).iter_unpack(data)]
    return [
        Entry(*row[:NUMBERS])._replace(offsets=tuple(zip(row[11::3], row[12::3], row[13::3], strict=True)))
        for row in _struct(kinds).iter_unpack(data)
    ]


def written_offsets(offsets: Mapping[Condition, Offset]) -> str | None:
    """Offsets as JSON, exactly, and the same text for the same offsets; None for none."""
    if not offsets:
        return None
    return json.dumps({name: (each.mean, each.variance, each.day) for name, each in sorted(offsets.items())})


def offset_writer(conditions: Sequence[Condition]) -> Callable[[Sequence[float]], str | None]:
    """What writes offsets as `written_offsets` does from the numbers of these conditions: mean, variance and day of
    each in turn, the day not a number if it is not known."""
    names = sorted((name, OFFSET_WIDTH * place) for place, name in enumerate(conditions))
    places = [(json.dumps(name), at) for name, at in names]

    def written(numbers: Sequence[float]) -> str | None:
        known = [
            f"{name}: [{numbers[at]!r}, {numbers[at + 1]!r}, {numbers[at + 2]!r}]"
            for name, at in places
            if numbers[at + 2] == numbers[at + 2]
        ]
        return f"{{{', '.join(known)}}}" if known else None

    return written


def read_offsets(text: str | None) -> dict[Condition, Offset]:
    """The offsets again."""
    return {} if text is None else {name: Offset(*numbers) for name, numbers in json.loads(text).items()}


def written_names(conditions: Sequence[Condition]) -> str | None:
    """Names of conditions as JSON; None for none."""
    return json.dumps(list(conditions)) if conditions else None


def read_names(text: str | None) -> list[Condition]:
    """The names again."""
    return [] if text is None else list(json.loads(text))
