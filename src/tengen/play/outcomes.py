"""How a game that is played here ends, in the words of OGS and as the result of a record. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from tengen.games.result import VOID, Result
from tengen.go.points import Color
from tengen.play.scores import Score


class GameEnding(StrEnum):
    """What ended the game; the value is OGS' word, where there is one."""

    POINTS = "points"
    RESIGNATION = "Resignation"
    TIMEOUT = "Timeout"
    CANCELLATION = "Cancellation"
    """Called off by a player, or never begun; whoever did so is said to have lost, and it counts for nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the game ended and for whom; `winner` is None for a tie."""

    ending: GameEnding
    winner: Color | None
    score: Score | None = None
    """Of a counted game."""

    @classmethod
    def by_score(cls, score: Score) -> "Outcome":
        """The game was counted."""
        margin = score.margin
        winner = None if margin == 0 else Color.BLACK if margin > 0 else Color.WHITE
        return cls(GameEnding.POINTS, winner, score)

    @property
    def is_annulled(self) -> bool:
        """Whether it counts for nothing, ratings least of all."""
        return self.ending is GameEnding.CANCELLATION

    @property
    def result(self) -> Result:
        """As records and ratings have it."""
        if self.score is not None:
            return Result.of_score(self.score.margin)
        if self.winner is None or self.is_annulled:
            return VOID
        by_time = self.ending is GameEnding.TIMEOUT
        return Result.by_time(self.winner) if by_time else Result.by_resignation(self.winner)

    def __str__(self) -> str:
        """As OGS writes it: `7.5 points`, `30 points`, `Resignation`."""
        return self.ending.value if self.score is None else f"{abs(self.score.margin):g} points"
