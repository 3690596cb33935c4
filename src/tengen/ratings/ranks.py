"""Ranks of Go players, and the scales they are written on. Pure.

    rank number   30.0 up to, not including, 31.0 is 1 dan; 29.0 to 30.0 is 1 kyu; 0.0 is the weakest 30 kyu.
                  One is the difference that one handicap stone evens out.
    0–40 scale    the rank number, kept within 0 to 40: what online-ratings calls a rating.
    rating        525·e^(rank number / 23.15), within 100 to 6000: the rating of OGS, where 1500 is 6 kyu.

Source: OGS' public rank scale (online-go/goratings).
"""

import re
from dataclasses import dataclass
from math import exp, floor, log

from tengen.core.errors import Invalid

RATING_AT_ZERO = 525.0
RANKS_PER_FOLD = 23.15
"""So many ranks make a rating e times as large."""
MIN_RATING, MAX_RATING = 100.0, 6000.0

_ONE_DAN = 30
_STRONGEST_AMATEUR = 38
_BELOW_ONE_PRO = 1036
# EGF counts 1 professional dan as the middle of 7 dan, and 30 points of its 100 a rank for each further one.
_ONE_PRO_STRENGTH = 36.5
_PRO_STEP = 0.3


class InvalidRank(Invalid):
    """The text is no rank."""

    code = "invalid_rank"


@dataclass(frozen=True, order=True, slots=True)
class Rank:
    """A rank by its number, as OGS counts: 0 is 30 kyu, 29 is 1 kyu, 30 is 1 dan, 38 is 9 dan; 1037 is 1 professional
    dan, 1045 is 9. In order of strength, professionals above all amateurs."""

    number: int

    @classmethod
    def parse(cls, text: str) -> "Rank":
        """'3d', '12k', '5p', also as '3 dan', '12 Kyu', '5 pro', and with the doubt or certainty ('?', '*') that SGF
        allows behind. Raises `InvalidRank`."""
        match = _RANK.fullmatch(text.strip().lower())
        count, kind = (int(match[1]), match[2][0]) if match else (0, "")
        if kind == "k" and count <= _ONE_DAN:
            return cls(_ONE_DAN - count)
        if kind == "d" and count <= 9:
            return cls(_ONE_DAN - 1 + count)
        if kind == "p" and count <= 9:
            return cls(_BELOW_ONE_PRO + count)
        raise InvalidRank(f"{text.strip()[:40]!r} is no rank: write 30k to 1k, 1d to 9d or 1p to 9p.")

    @classmethod
    def of(cls, number: float) -> "Rank":
        """The amateur rank that a rank number lies in: 3d for 32.0 to 33.0; 30k for anything below, 9d above."""
        return cls(floor(clamped(number, 0.0, float(_STRONGEST_AMATEUR))))

    @property
    def is_professional(self) -> bool:
        """Whether it was granted by a professional association."""
        return self.number > _BELOW_ONE_PRO

    @property
    def strength(self) -> float:
        """The rank number to be expected of its holder: the middle of an amateur rank; 36.5 for 1p, 38.9 for 9p.

        Source of the latter: EGF's ratings, where 1p is 7d and a professional dan is worth 30 points.
        """
        if self.is_professional:
            return _ONE_PRO_STRENGTH + _PRO_STEP * (self.number - _BELOW_ONE_PRO - 1)
        return self.number + 0.5

    def __str__(self) -> str:
        if self.is_professional:
            return f"{self.number - _BELOW_ONE_PRO}p"
        return f"{self.number - _ONE_DAN + 1}d" if self.number >= _ONE_DAN else f"{_ONE_DAN - self.number}k"


_RANK = re.compile(r"([1-9][0-9]?) ?(k|kyu|d|dan|p|pro)[?*]?")


def clamped(value: float, low: float, high: float) -> float:
    """The value, or the bound that it lies beyond."""
    return min(max(value, low), high)


def rank_of(rating: float) -> float:
    """The rank number of a rating of OGS: −38.4 for 100 and less, 56.4 for 6000 and more."""
    return RANKS_PER_FOLD * log(clamped(rating, MIN_RATING, MAX_RATING) / RATING_AT_ZERO)


LOWEST_RANK, HIGHEST_RANK = rank_of(MIN_RATING), rank_of(MAX_RATING)


def rating_of(rank: float) -> float:
    """The rating of OGS of a rank number, within 100 to 6000."""
    return RATING_AT_ZERO * exp(clamped(rank, LOWEST_RANK, HIGHEST_RANK) / RANKS_PER_FOLD)


def shifted(rating: float, ranks: float) -> float:
    """A rating moved along the scale of ranks, within 100 to 6000; the very same one for no ranks."""
    return rating if ranks == 0.0 else rating_of(rank_of(rating) + ranks)


def advanced(rating: float, advantage: float, in_ranks: bool) -> float:
    """A rating with an advantage, in ranks or else in points, within 100 to 6000."""
    if in_ranks:
        return shifted(rating, advantage)
    return clamped(rating + advantage, MIN_RATING, MAX_RATING)


def on_40_scale(rank: float) -> float:
    """A rank number as online-ratings' rating, within 0 to 40."""
    return clamped(rank, 0.0, 40.0)


def public_rank(rank: float) -> float:
    """A rank number as OGS shows it of a player: within 5 (25k) to 38 (9d)."""
    return clamped(rank, 5.0, 38.0)
