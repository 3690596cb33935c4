"""What is known of a live game beside its course: who plays it, under what name, on which terms. Pure."""

from dataclasses import dataclass
from datetime import datetime

from tengen.core.values import AccountId, GameId, PlayerId
from tengen.go.points import Color
from tengen.play.terms import GameTerms


@dataclass(frozen=True, slots=True)
class Opponent:
    """One of the two who play, as others are told of them."""

    id: PlayerId
    account_id: AccountId
    name: str
    ranking: float
    """Rank number, 30.0 is 1d."""
    is_bot: bool = False
    ratings: tuple[float, float, float] = (1500.0, 350.0, 0.06)
    """Rating, deviation and volatility on OGS' scale."""
    country: str = "un"


@dataclass(frozen=True, slots=True)
class GameInfo:
    """A live game's own facts, which do not change while it is played."""

    id: GameId
    name: str
    terms: GameTerms
    black: Opponent
    white: Opponent
    creator: PlayerId
    started_at: datetime
    is_ranked: bool
    is_private: bool = False
    is_analysis_disabled: bool = False
    handicap_rank_difference: float | None = None
    """Between the players, when the handicap was to follow from it."""

    def opponent(self, color: Color) -> Opponent:
        """Who plays this colour."""
        return self.black if color is Color.BLACK else self.white

    @property
    def has_bot(self) -> bool:
        """Whether a program plays."""
        return self.black.is_bot or self.white.is_bot
