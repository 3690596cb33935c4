"""Standings: who is where, and who may know. Pure.

What an account has reached follows from those of its scores that are not disqualified, and from nothing else: neither
from the order in which they came in nor from what was disqualified and restored in between.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tengen.core.values import AccountId
from tengen.tournaments.modes import Result, SortKey

_BYTES = 8
_OFFSET = 1 << 63


@dataclass(frozen=True, slots=True)
class Line:
    """One account's line."""

    place: int | None
    """From 1; equal results share a place, and the places after it are left out. None where it is hidden."""
    account_id: AccountId
    name: str
    """What the account is called."""
    result: Result


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
    result: Result


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
        placed.append((Line(place, line.account_id, line.name, line.result), after))
    return placed


def may_see_all(*, hide_results: bool, is_over: bool, is_host: bool) -> bool:
    """Whether a caller sees everybody's results: where they are hidden, the host alone does until the end."""
    return is_host or is_over or not hide_results


def without_places(lines: Sequence[Line]) -> list[Line]:
    """The lines without their places, which would tell about the results that are hidden."""
    return [Line(None, line.account_id, line.name, line.result) for line in lines]
