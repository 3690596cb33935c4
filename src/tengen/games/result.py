"""How a game of Go ended: `B+3.5`, `W+R`, `B+T`, `W+F`, `B`, `0`, `Void`, `?`. Pure."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from tengen.core.errors import Invalid
from tengen.go.points import Color

MAX_RESULT_LENGTH = 10


class InvalidResult(Invalid):
    """The text is no result of a game."""

    code = "invalid_result"


class Ending(Enum):
    """What ended the game. The values are what stands behind the plus, where there is one."""

    POINTS = "points"
    RESIGNATION = "R"
    TIME = "T"
    FORFEIT = "F"
    WIN = "win"
    """Somebody won, and nobody said how: so it is in old data. It is written without a plus."""
    DRAW = "0"
    VOID = "Void"
    """No result: a long cycle under Japanese rules, a game that was called off."""
    UNKNOWN = "?"


_WORDS = {
    "0": Ending.DRAW,
    "Draw": Ending.DRAW,
    "Void": Ending.VOID,
    "?": Ending.UNKNOWN,
}
_WINNERS = {color.value: color for color in Color}
_REASONS = {
    **dict.fromkeys(("R", "Resign"), Ending.RESIGNATION),
    **dict.fromkeys(("T", "Time"), Ending.TIME),
    **dict.fromkeys(("F", "Forfeit"), Ending.FORFEIT),
}
# Other spellings in records, in lower case.
_WORDS_IN_RECORDS = {"d": "0", "draw": "0", "jigo": "0", "tie": "0", "void": "Void", "v": "Void"}
_REASONS_IN_RECORDS = {
    **dict.fromkeys(("r", "resign", "resigns", "resignation"), "R"),
    **dict.fromkeys(("t", "time", "timeout"), "T"),
    **dict.fromkeys(("f", "forfeit"), "F"),
}
_WIN = re.compile(r"([BW])\+(.+)", re.DOTALL)
_MARGIN = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]{1,6}", re.ASCII)
_WIN_IN_RECORDS = re.compile(r"(b|black|w|white)\s*\+\s*(\S*).*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Result:
    """How a game ended, for whom, and by how many points if they were counted."""

    ending: Ending
    winner: Color | None = None
    margin: Decimal | None = None

    @classmethod
    def parse(cls, text: str) -> "Result":
        """The result that is written so; letters count in their case.

        `B+` or `W+` and a number of points, or one of R, Resign, T, Time, F, Forfeit; or one of `0`, `Draw`, `Void`,
        `?`: so game servers report it. `B` or `W` alone stands in imported games. At most 10 characters. Raises
        `InvalidResult`.
        """
        if text in _WORDS:
            return cls(_WORDS[text])
        if text in _WINNERS:
            return cls.by_unsaid(_WINNERS[text])
        match = _WIN.fullmatch(text) if len(text) <= MAX_RESULT_LENGTH else None
        if match is not None:
            winner = Color(match[1])
            if match[2] in _REASONS:
                return cls(_REASONS[match[2]], winner)
            if _MARGIN.fullmatch(match[2]):
                return cls.by_points(winner, Decimal(match[2]))
        raise InvalidResult(f"{text[:20]!r} is no result: write one like B+3.5, W+R, B+T, W+F, 0, Void or ?.")

    @classmethod
    def in_record(cls, text: str) -> "Result | None":
        """The result that a record's `RE` states, in any spelling that records have; None if it states none.

        `Black + Resign`, `w+2,5`, `Jigo` are read; `?`, an empty text and a win by an unsaid margin state none.
        """
        lowered = text.strip().lower()
        word = _WORDS_IN_RECORDS.get(lowered, lowered)
        match = _WIN_IN_RECORDS.fullmatch(lowered)
        if match is not None:
            reason = match[2].replace(",", ".")
            word = f"{match[1][0].upper()}+{_REASONS_IN_RECORDS.get(reason, reason)}"
        try:
            result = cls.parse(word)
        except InvalidResult:
            return None
        return None if result.ending in {Ending.UNKNOWN, Ending.WIN} else result

    @classmethod
    def by_points(cls, winner: Color, margin: Decimal | float) -> "Result":
        """A win by this many points, not below zero."""
        return cls(Ending.POINTS, winner, Decimal(str(margin)).normalize())

    @classmethod
    def by_resignation(cls, winner: Color) -> "Result":
        """The other one gave up."""
        return cls(Ending.RESIGNATION, winner)

    @classmethod
    def by_time(cls, winner: Color) -> "Result":
        """The other one's flag fell."""
        return cls(Ending.TIME, winner)

    @classmethod
    def by_forfeit(cls, winner: Color) -> "Result":
        """The other one did not come, or was disqualified."""
        return cls(Ending.FORFEIT, winner)

    @classmethod
    def by_unsaid(cls, winner: Color) -> "Result":
        """A win, and nobody said how."""
        return cls(Ending.WIN, winner)

    @classmethod
    def of_score(cls, score: float) -> "Result":
        """What a counted game ends with: `score` is Black's points minus White's, komi included."""
        if score == 0:
            return DRAW
        return cls.by_points(Color.BLACK if score > 0 else Color.WHITE, abs(score))

    def outcome(self, color: Color) -> float | None:
        """1 for a win of this colour, ½ for a draw, 0 for a loss; None if nobody won or drew."""
        if self.ending is Ending.DRAW:
            return 0.5
        return None if self.winner is None else float(self.winner is color)

    def __str__(self) -> str:
        """The one form in which equal results are written equally: `B+3.5`, never `B+3.50`; `W+R`, never `W+Resign`."""
        if self.winner is None:
            return self.ending.value
        if self.ending is Ending.WIN:
            return str(self.winner.value)
        how = self.ending.value if self.margin is None else f"{self.margin:f}"
        return f"{self.winner.value}+{how}"


DRAW = Result(Ending.DRAW)
VOID = Result(Ending.VOID)
