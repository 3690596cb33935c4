"""Which games of Go rate, and on which terms. Pure.

| what keeps a game from rating | code |
|---|---|
| it was taken back | `annulled` |
| its players did not want it rated | `unranked` |
| `Void`, `?`: nobody won or drew | `no_outcome` |
| more than 9 stones of handicap | `handicap` |
| a komi beyond 20 points either way | `komi` |
| a board that is not square, or smaller than 7×7 or larger than 25×25 | `board` |
| nobody knows when it was played: the first moment of 1970, which stands for that in old data | `unknown_date` |

Whatever else ended it rates: points, resignation, time, forfeit, a draw.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from tengen.core.values import AccountId, GameId, ServerId
from tengen.games.result import Result
from tengen.go.points import Color
from tengen.ratings.advantage import Terms
from tengen.ratings.go_conditions import LARGEST, SMALLEST, SpeedClass, conditions_of
from tengen.ratings.outcomes import Outcome
from tengen.ratings.systems import Condition

if TYPE_CHECKING:
    from tengen.ratings.pools import Pool, Pools

MAX_HANDICAP = 9
MAX_KOMI = 20.0
UNKNOWN_DATE = datetime(1970, 1, 1, tzinfo=UTC)


class Unrated(StrEnum):
    """Why a game rates nothing."""

    ANNULLED = "annulled"
    UNRANKED = "unranked"
    NO_OUTCOME = "no_outcome"
    HANDICAP = "handicap"
    KOMI = "komi"
    BOARD = "board"
    UNKNOWN_DATE = "unknown_date"
    GUESTS = "guests"
    """Nobody in it has an account: a team match of guests."""


SENTENCES: Mapping[Unrated, str] = {
    Unrated.ANNULLED: "The game was annulled.",
    Unrated.UNRANKED: "The players did not want it rated.",
    Unrated.NO_OUTCOME: "Nobody won or drew it.",
    Unrated.HANDICAP: f"More than {MAX_HANDICAP} handicap stones were given.",
    Unrated.KOMI: f"The komi is beyond {MAX_KOMI:g} points.",
    Unrated.BOARD: f"Only square boards of {SMALLEST} to {LARGEST} lines are rated.",
    Unrated.UNKNOWN_DATE: "It is not known when it was played.",
    Unrated.GUESTS: "Nobody with an account took part.",
}


class PlayedGame(NamedTuple):
    """A game of Go as far as it matters to ratings. A tuple, which is made in a fifth of a dataclass' time."""

    played_at: datetime
    result: Result
    handicap: int
    komi: float
    width: int = 19
    height: int = 19
    rules: str | None = None
    ranked: bool = True
    is_annulled: bool = False
    speed: SpeedClass | None = None
    """None if nobody knows it."""

    @property
    def conditions(self) -> Sequence[Condition]:
        """What it was played under: the classes of its size and, if it is known, its speed."""
        return conditions_of(self.width, self.height, self.speed)

    def pool(self, pools: "Pools", server_id: ServerId) -> "Pool":
        """Whose ratings it moves, if it rates, played on this server."""
        return pools.of_game(server_id=server_id, width=self.width, height=self.height, speed=self.speed)

    @property
    def terms(self) -> Terms:
        """What the players agreed on. Rules that nobody stated count as Japanese."""
        return Terms(self.handicap, self.komi, self.rules or "japanese", self.width, self.height)

    @property
    def unrated(self) -> Unrated | None:
        """Why it rates nothing; None if it rates."""
        found = None
        if self.is_annulled:
            found = Unrated.ANNULLED
        elif not self.ranked:
            found = Unrated.UNRANKED
        elif self.result.outcome(Color.BLACK) is None:
            found = Unrated.NO_OUTCOME
        elif self.handicap > MAX_HANDICAP:
            found = Unrated.HANDICAP
        elif abs(self.komi) > MAX_KOMI:
            found = Unrated.KOMI
        elif self.width != self.height or not SMALLEST <= self.width <= LARGEST:
            found = Unrated.BOARD
        elif self.played_at == UNKNOWN_DATE:
            found = Unrated.UNKNOWN_DATE
        return found

    def outcome(self, game_id: GameId, black: AccountId, white: AccountId) -> Outcome:
        """The game as ratings see it. Raises `ValueError` if it rates nothing."""
        score = self.result.outcome(Color.BLACK)
        if score is None:
            raise ValueError("nobody won or drew this game")
        terms = self.terms
        return Outcome(
            game_id,
            self.played_at,
            ((black,), (white,)),
            (score, 1.0 - score),
            terms.advantage,
            terms.weight,
            self.conditions,
        )
