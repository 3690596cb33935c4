"""The levels of Minesweeper and their boards. Pure."""

from dataclasses import dataclass
from enum import IntEnum

from tengen.core.errors import Invalid


class UnknownLevel(Invalid):
    """The word names no level."""

    code = "unknown_level"


@dataclass(frozen=True, slots=True)
class Board:
    """The size of a board: columns (its width), rows, mines."""

    columns: int
    rows: int
    mines: int

    def __str__(self) -> str:
        return f"{self.columns}×{self.rows} with {self.mines} mines"


class Level(IntEnum):
    """A level that tournaments know; the value is its number in replays of Arbiter, where 6 is a board of one's own."""

    BEGINNER = 3
    INTERMEDIATE = 4
    EXPERT = 5

    @classmethod
    def parse(cls, text: str) -> "Level":
        """The level of this word: `beginner`, `intermediate`, `expert`. Raises `UnknownLevel`."""
        for level in cls:
            if level.word == text.strip().lower():
                return level
        raise UnknownLevel(f"{text[:40]!r} is no level: write 'beginner', 'intermediate' or 'expert'.")

    @property
    def word(self) -> str:
        """Its name, in lower case."""
        return _WORDS[self]

    @property
    def board(self) -> Board:
        """The standard board of the level."""
        return _BOARDS[self]


_WORDS = {level: level.name.lower() for level in Level}
_BOARDS = {Level.BEGINNER: Board(8, 8, 10), Level.INTERMEDIATE: Board(16, 16, 40), Level.EXPERT: Board(30, 16, 99)}
