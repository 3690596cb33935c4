"""Standings: who is where, and who may know. Pure.

What an account has reached follows from those of its scores that are not disqualified, and from nothing else: neither
from the order in which they came in nor from what was disqualified and restored in between.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tengen.core.values import AccountId, utc_iso
from tengen.tournaments.levels import Level
from tengen.tournaments.modes import Milliseconds, Result, Score, SortKey, SubmissionId

_BYTES = 8
_OFFSET = 1 << 63


@dataclass(frozen=True, slots=True)
class Reached:
    """A result as it is kept: what standings show of it, ready to be shown."""

    total: Milliseconds
    """The sum of the times that count."""
    counted: int
    """How many games count."""
    wanted: int
    """How many the mode wants."""
    games: str
    """The games that count, as JSON: a list of `submission_id`, `level`, `time` (seconds) and `uploaded`."""

    @classmethod
    def of(cls, result: Result) -> "Reached":
        """The form of a result in which it is kept."""
        games = [
            {
                "submission_id": score.submission_id,
                "level": score.level.word,
                "time": score.time / 1000,
                "uploaded": utc_iso(score.uploaded_at),
            }
            for score in result.counting
        ]
        text = json.dumps(games, separators=(",", ":"))
        return cls(result.total, len(result.counting), result.wanted, text)

    @property
    def missing(self) -> int:
        """How many games are still to be played."""
        return self.wanted - self.counted

    @property
    def result(self) -> Result:
        """The result itself, read from the JSON."""
        scores = (
            Score(
                SubmissionId(game["submission_id"]),
                Level.parse(game["level"]),
                round(game["time"] * 1000),
                datetime.fromisoformat(game["uploaded"]),
            )
            for game in json.loads(self.games)
        )
        return Result(tuple(scores), self.wanted)


@dataclass(frozen=True, slots=True)
class Line:
    """One account's line."""

    place: int | None
    """From 1; equal results share a place, and the places after it are left out. None where it is hidden."""
    account_id: AccountId
    name: str
    """What the account is called."""
    reached: Reached


@dataclass(frozen=True, slots=True)
class Mark:
    """How far down the standings somebody has read: the last line's key, account, place and number from the top."""

    rank_key: bytes
    account_id: AccountId
    place: int
    number: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A result with what it is ordered by."""

    rank_key: bytes
    account_id: AccountId
    name: str
    reached: Reached


def rank_key(key: SortKey) -> bytes:
    """A mode's sort key as bytes that compare as the key does: databases order by them, whatever the mode.

    Numbers have 64 bits with a sign, and keys of one mode the same length.
    """
    return b"".join((number + _OFFSET).to_bytes(_BYTES) for number in key)


def places(lines: Iterable[Placed], after: Mark | None = None) -> list[tuple[Line, Mark]]:
    """The lines, which come in order, with their places, each with the mark to go on from."""
    placed = []
    for line in lines:
        number = 1 if after is None else after.number + 1
        place = after.place if after is not None and after.rank_key == line.rank_key else number
        after = Mark(line.rank_key, line.account_id, place, number)
        placed.append((Line(place, line.account_id, line.name, line.reached), after))
    return placed


def may_see_all(*, hide_results: bool, is_over: bool, is_host: bool) -> bool:
    """Whether a caller sees everybody's results: where they are hidden, the host alone does until the end."""
    return is_host or is_over or not hide_results


def without_places(lines: Sequence[Line]) -> list[Line]:
    """The lines without their places, which would tell about the results that are hidden."""
    return [Line(None, line.account_id, line.name, line.reached) for line in lines]
