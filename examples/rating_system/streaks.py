"""A rating system of one's own: whoever has won more of the last games is expected to win the next.

Installed beside Tengen, it is named by `--system streaks` (see pyproject.toml). What a system has to do is said in
`tengen.ratings.systems.RatingSystem`; `suited` and `knobs` are for `tengen ratings evaluate` and `tune`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tengen.ratings.parameters import Knob
from tengen.ratings.systems import Day, Game, Rating, Strength, Update


@dataclass(frozen=True)
class Streaks:
    """Follows each player's form: a mean of the scores in which each further game counts a little less."""

    memory: float = 0.8
    """How much of the form so far is left after a game, from 0 to 1."""

    @classmethod
    def suited(cls, *, has_ranks: bool, kinds: Sequence[str]) -> "Streaks":
        """The same for all games."""
        return cls()

    def knobs(self) -> list[Knob]:
        """The memory alone: a search begins at what it is, and looks around in steps of a twentieth."""
        return [Knob("memory", self.memory, unit=0.05)]

    def prior(self, rank: float | None = None, *, after_opening: float = 0.0) -> Strength:
        """A newcomer has won as much as lost."""
        return Strength(0.5)

    def aged(self, strength: Strength, day: Day) -> Strength:
        """Form does not fade."""
        return strength

    def expected(self, game: Game) -> list[list[float]]:
        """By the two forms, which lie between 0 and 1."""
        first, second = game.pair()
        ahead = (first.mean - second.mean) / 2
        return [[0.5 + ahead], [0.5 - ahead]]

    def update(self, game: Game, scores: Sequence[float]) -> list[list[Update]]:
        """Take the score into both forms."""
        return [
            [Update(player, expected, self._after(player, score, game.day))]
            for player, (expected,), score in zip(game.pair(), self.expected(game), scores, strict=True)
        ]

    def rating(self, strength: Strength) -> Rating:
        """1000 to 2000."""
        return Rating(1000.0 + 1000.0 * strength.mean, 0.0, 0.0)

    def rank(self, strength: Strength) -> float | None:
        """Forms are no ranks."""
        return None

    def _after(self, player: Strength, score: float, day: Day) -> Strength:
        mean = self.memory * player.mean + (1.0 - self.memory) * score
        return replace(player, mean=mean, games=player.games + 1, day=day)
