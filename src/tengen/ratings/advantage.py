"""What handicap, komi, rules and board are worth, in ranks. Pure.

With h stones and komi k, Black's head start in points is

    H = f − (k + b) + (12 + α)·x     x   moves that Black has in advance: h − 1 for two stones and more, else 0
                                     α   1 if stones count as area: under all rules but the Japanese and Korean
                                     b   what the rules give White for a handicap: h (Chinese), x (AGA), else 0
                                     f   fair komi, 6 + α; a free move is worth 12 + α

and in ranks d = κ·H/12. On 19×19 κ is 1: there a rank is a free move. On a smaller board a point decides more.

Source: OGS' rating system, version 6 (online-go/goratings).
"""

from dataclasses import dataclass
from math import exp, log

from tengen.ratings.ranks import clamped

_TERRITORY_RULES = ("japanese", "korean")
_FAIR_TERRITORY_KOMI = 6.0
_STONE = 2 * _FAIR_TERRITORY_KOMI

# A board's points, and how many ranks a head start of one stone is on it. The source has 9×9, 13×13 and 19×19, and
# proposes 7×7 and 25×25.
_FACTORS = ((49, 12.0), (81, 6.0), (169, 3.0), (361, 1.0), (625, 0.5))

# Noise of a handicap game by its stones, from two on, in ranks; and what a point of komi takes from it.
_NOISE_BY_STONES = (1.13672, 1.18795, 1.22841, 1.27457, 1.31978, 1.35881, 1.39782, 1.43614)
_NOISE_PER_KOMI = 0.0035169
_NOISE_KOMI_RANGE = 20.0


@dataclass(frozen=True, slots=True)
class Terms:
    """What two Go players agreed on."""

    handicap: int = 0
    """Stones; with 0 and 1 Black has none on the board."""
    komi: float = 6.5
    """Points to White; negative ones are Black's."""
    rules: str = "japanese"
    """A ruleset's name, lower case."""
    width: int = 19
    height: int = 19

    @property
    def advantage(self) -> float:
        """Black's, in ranks; negative if the terms favour White."""
        extra = max(0, self.handicap - 1)
        area = 0.0 if self.rules in _TERRITORY_RULES else 1.0
        compensation = {"chinese": self.handicap, "aga": extra}.get(self.rules, 0)
        head_start = _FAIR_TERRITORY_KOMI + area - (self.komi + compensation) + (_STONE + area) * extra
        return board_factor(self.width, self.height) * head_start / _STONE

    @property
    def weight(self) -> float:
        """How much the game tells of the players, against an even game with a komi of 6.5."""
        return EVEN_NOISE / noise(self.handicap, self.komi)


def board_factor(width: int, height: int) -> float:
    """κ: how many ranks a head start of one stone is on this board.

    By its area: between the boards whose factor is known the factor's logarithm is interpolated along the logarithm of
    the area, so it falls steadily (10×10: 4.9, 17×17: 1.4); beyond them it stays (12 up to 7×7, 0.5 from 25×25 on).
    """
    area = width * height
    below, factor = _FACTORS[0]
    if area <= below:
        return factor
    for above, next_factor in _FACTORS[1:]:
        if area == above:
            return next_factor
        if area < above:
            part = log(area / below) / log(above / below)
            return factor * exp(part * log(next_factor / factor))
        below, factor = above, next_factor
    return factor


def noise(handicap: int, komi: float) -> float:
    """The spread of one game's outcome, in ranks: how far the better play of the day strays from the better player.

    Even games: 1.0649 − 0.0021976·k + 0.00014984·k²; with stones, a value for each number, less 0.0035169·k. Fitted by
    the AGA for 19×19 and ordinary komi: beyond 20 points either way and nine stones the last value stays.
    Source: P. Waldron, The AGA Ratings System (2010).
    """
    komi = clamped(komi, -_NOISE_KOMI_RANGE, _NOISE_KOMI_RANGE)
    if handicap < 2:
        return 1.0649 - 0.0021976 * komi + 0.00014984 * komi * komi
    return _NOISE_BY_STONES[min(handicap, 9) - 2] - _NOISE_PER_KOMI * komi


EVEN_NOISE = noise(0, 6.5)
