"""What a game's record says otherwise than the report that came with it. Pure."""

from typing import Protocol

from tengen.games.result import Result
from tengen.go.points import Size
from tengen.go.replay import RecordWarning


class Recorded(Protocol):
    """What a record says of its game: a whole record, or the facts that were kept of it."""

    @property
    def size(self) -> Size:
        """Of the board."""

    @property
    def komi(self) -> float | None:
        """None if it says none."""

    @property
    def handicap(self) -> int | None:
        """None if it says none."""

    @property
    def result(self) -> str:
        """As it is written there; empty if it says none."""


def contradictions(
    record: Recorded,
    *,
    result: Result | None = None,
    komi: float | None = None,
    handicap: int | None = None,
    size: Size | None = None,
) -> tuple[RecordWarning, ...]:
    """The differences between a record and a report; what either does not say is no difference.

    A handicap of 1 is none: Black begins as ever.
    """
    recorded = Result.in_record(record.result)
    pairs = (
        ("result", "result", recorded, result),
        ("komi", "komi", _plain(record.komi), _plain(komi)),
        ("handicap", "handicap", _stones(record.handicap), _stones(handicap)),
        ("size", "size of the board", record.size, size),
    )
    return tuple(
        RecordWarning(f"{code}_contradicts", f"The record's {what} is {said}, and the reported one is {reported}.")
        for code, what, said, reported in pairs
        if said is not None and reported is not None and said != reported
    )


def _plain(number: float | None) -> float | int | None:
    """Whole numbers without a point: they are shown to people."""
    return int(number) if number is not None and float(number).is_integer() else number


def _stones(handicap: int | None) -> int | None:
    return 0 if handicap == 1 else handicap
