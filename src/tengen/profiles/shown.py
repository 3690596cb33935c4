"""Strengths as people are shown them: as online-ratings, as OGS and as a leaderboard write them. Pure.

In the pool of Go a rating is the rank number within 0 to 40, with a deviation in ranks, and OGS' own scale (1500 for
the average) stands beside it. In any other pool it is the value that the pool's system shows.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tengen.ratings.glicko2 import PROVISIONAL_DEVIATION
from tengen.ratings.pools import STANDARD
from tengen.ratings.ranks import RANKS_PER_FOLD, Rank, on_40_scale, public_rank, rank_of
from tengen.ratings.systems import Rating, Strength

if TYPE_CHECKING:
    from tengen.ratings.systems import RatingSystem

GO: "RatingSystem" = STANDARD.go.system
"""The system of the pool of Go, unless the operator chose another."""

NEWCOMER = Rating(1500.0, 350.0, 0.06)
"""How OGS shows who has no rated game: the round numbers that our own prior comes from."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A strength in a pool."""

    rating: float
    rank: str | None
    """As `3d`; None in a pool without ranks."""
    deviation: float
    """On the scale of the rating."""

    @classmethod
    def of(cls, system: "RatingSystem", strength: Strength) -> "Shown":
        """The strength as the pool of this system shows it."""
        number = system.rank(strength)
        if number is None:
            rating = system.rating(strength)
            return cls(rating.value, None, rating.deviation)
        return cls(on_40_scale(number), str(Rank.of(number)), deviation_in_ranks(system, strength))


def deviation_in_ranks(system: "RatingSystem", strength: Strength) -> float:
    """The uncertainty of a strength in a pool with ranks, in ranks."""
    if system.rank(strength) == strength.mean:
        return strength.deviation  # the scale is that of ranks
    rating = system.rating(strength)
    return rating.deviation * RANKS_PER_FOLD / rating.value


def is_provisional(system: "RatingSystem", strength: Strength) -> bool:
    """Whether too little is known of the strength to count on it."""
    return system.rating(strength).deviation >= PROVISIONAL_DEVIATION


def ogs_rating(strength: Strength | None, system: "RatingSystem" = GO) -> Rating:
    """The strength in Go on OGS' scale; None is a newcomer. `system` is that of the pool of Go."""
    return NEWCOMER if strength is None else system.rating(strength)


def ogs_ranking(strength: Strength | None, system: "RatingSystem" = GO) -> float:
    """The strength in Go as OGS' rank number, from 5.0 (25k) to 38.0 (9d); None is a newcomer."""
    number = None if strength is None else system.rank(strength)
    return public_rank(rank_of(NEWCOMER.value) if number is None else number)
