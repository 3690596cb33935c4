"""Rulesets: what distinguishes the rules of Go in use, as frozen values.

Sources: the defaults of OGS' board for all six, which its clients expect. Its superko of the Chinese and the Ing rules
is positional in effect, that of the AGA and the New Zealand rules situational; the Japanese and the Korean rules let
longer cycles than the simple ko repeat.
"""

from dataclasses import dataclass
from enum import Enum

from tengen.core.errors import Invalid


class UnknownRules(Invalid):
    """No ruleset goes by this name."""

    code = "unknown_rules"


class KoRule(Enum):
    """Which repetition is forbidden. Immediate recapture is, by each of them."""

    SIMPLE = "simple"
    """Only that."""
    POSITIONAL = "positional"
    """No move may repeat an earlier position of the whole board."""
    SITUATIONAL = "situational"
    """No move may repeat an earlier position of the whole board with the same player to move."""


class Scoring(Enum):
    """What is counted at the end: stones and surrounded points, or surrounded points and prisoners."""

    AREA = "area"
    TERRITORY = "territory"


class HandicapBonus(Enum):
    """What White gets for a handicap of N stones beside komi, under area scoring."""

    NONE = "none"
    EACH = "each"
    """N points."""
    EACH_BUT_ONE = "each but one"
    """N − 1 points: the first stone is no advantage beyond the first move."""


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The rules of a game."""

    name: str
    """As the dialects write it: lower case."""
    label: str
    """As people and SGF's `RU` write it."""
    komi: float
    """Points for White in an even game, unless the players agree otherwise."""
    ko: KoRule
    allows_suicide: bool
    scoring: Scoring
    scores_seki: bool
    """Surrounded points count although the stones around them live in seki."""
    handicap_bonus: HandicapBonus
    is_handicap_free: bool
    """Black puts handicap stones where he likes."""

    @classmethod
    def parse(cls, text: str) -> "Ruleset":
        """The ruleset of this name, by any of its usual names and in either case. Raises `UnknownRules`."""
        try:
            return _BY_NAME[text.strip().lower()]
        except KeyError:
            names = ", ".join(RULESETS)
            raise UnknownRules(f"{text.strip()[:40]!r} are no rules known here: write one of {names}.") from None

    def komi_for(self, handicap: int) -> float:
        """The usual komi of a game with this many handicap stones: of the even game's, the fraction alone.

        A handicap of 1 is such a game too: Black begins as ever, and White gets only the half point against draws.
        """
        return self.komi % 1 if handicap else self.komi

    def bonus_for(self, handicap: int) -> int:
        """Points for White beside komi for a game with this many handicap stones."""
        if self.handicap_bonus is HandicapBonus.NONE:
            return 0
        return handicap if self.handicap_bonus is HandicapBonus.EACH else max(0, handicap - 1)

    def __str__(self) -> str:
        return self.name


_TERRITORY = (Scoring.TERRITORY, False, HandicapBonus.NONE)

JAPANESE = Ruleset("japanese", "Japanese", 6.5, KoRule.SIMPLE, False, *_TERRITORY, is_handicap_free=False)
KOREAN = Ruleset("korean", "Korean", 6.5, KoRule.SIMPLE, False, *_TERRITORY, is_handicap_free=False)
CHINESE = Ruleset(
    "chinese", "Chinese", 7.5, KoRule.POSITIONAL, False, Scoring.AREA, True, HandicapBonus.EACH, is_handicap_free=True
)
AGA = Ruleset(
    "aga", "AGA", 7.5, KoRule.SITUATIONAL, False, Scoring.AREA, True, HandicapBonus.EACH_BUT_ONE, is_handicap_free=False
)
NEW_ZEALAND = Ruleset(
    "nz", "NZ", 7.0, KoRule.SITUATIONAL, True, Scoring.AREA, True, HandicapBonus.NONE, is_handicap_free=True
)
ING = Ruleset("ing", "ING", 7.5, KoRule.POSITIONAL, True, Scoring.AREA, True, HandicapBonus.EACH, is_handicap_free=True)
UNKNOWN = Ruleset(
    "unknown", "", 0.0, KoRule.SIMPLE, True, Scoring.AREA, True, HandicapBonus.NONE, is_handicap_free=True
)
"""For records that do not say: it forbids only what all rules forbid. Not found by `Ruleset.parse`."""

RULESETS = {rules.name: rules for rules in (JAPANESE, CHINESE, KOREAN, AGA, NEW_ZEALAND, ING)}
"""By name."""

# The names that servers and editors write into records.
_BY_NAME = RULESETS | {
    "jp": JAPANESE,
    "cn": CHINESE,
    "zh": CHINESE,
    "ko": KOREAN,
    "us": AGA,
    "new zealand": NEW_ZEALAND,
    "goe": ING,
}
