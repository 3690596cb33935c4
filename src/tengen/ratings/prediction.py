"""A rating system made to predict the results in a file, and how well it does. Pure.

What a file says beside who met whom becomes what a system understands: roles, stones and komi become an advantage, the
format a weight, and columns conditions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tengen.ratings.batch import Games, book_of
from tengen.ratings.catalogue import Catalogued
from tengen.ratings.pairs import NO_SLOT
from tengen.ratings.parameters import InvalidParameter, parameters_of, with_parameters
from tengen.ratings.results import Results, ResultsReader

Floats = npt.NDArray[np.float64]

FAIR_KOMI = 6.5
"""At this komi, and without stones, the role alone is the advantage."""
_HEAD_START, _FORMATS = "head_start.", "formats."


@dataclass(frozen=True, slots=True)
class HeadStart:
    """What roles and handicaps are worth to the player at home, or Black, in the unit of the system's scale."""

    role: float = 0.0
    stone: float = 0.0
    """Each stone after the first: the first is the move that Black has in any case."""
    komi: float = 0.0
    """A point for White less than 6.5."""

    def advantages(self, results: Results) -> Floats:
        """The first player's, game by game."""
        stones = np.maximum(0.0, results.stones - 1.0)
        komi = np.where(np.isnan(results.komi), 0.0, FAIR_KOMI - results.komi)
        return results.roles * (self.role + self.stone * stones + self.komi * komi)


@dataclass(frozen=True, slots=True)
class Model:
    """A system and how it understands a file."""

    system: Catalogued
    head_start: HeadStart = HeadStart()
    formats: Mapping[str, float] = field(default_factory=dict)
    """Weights; a format that is not among them has 1."""

    @property
    def parameters(self) -> dict[str, float]:
        """All its numbers: the system's, and `head_start.…` and `formats.…`."""
        return {
            **parameters_of(self.system),
            **{_HEAD_START + name: value for name, value in parameters_of(self.head_start).items()},
            **{_FORMATS + name: value for name, value in self.formats.items()},
        }

    def changed(self, values: Mapping[str, float]) -> "Model":
        """The model with other numbers. Raises `InvalidParameter` for one that there is not, or cannot be."""
        if wrong := [name for name, value in values.items() if not np.isfinite(value)]:
            raise InvalidParameter(f"The parameter {wrong[0]} is a finite number.")
        own = {name: value for name, value in values.items() if not name.startswith((_HEAD_START, _FORMATS))}
        terms = {name.removeprefix(_HEAD_START): v for name, v in values.items() if name.startswith(_HEAD_START)}
        formats = {name.removeprefix(_FORMATS): v for name, v in values.items() if name.startswith(_FORMATS)}
        if any(weight <= 0.0 for weight in formats.values()):
            raise InvalidParameter("A format's weight is positive.")
        return Model(
            with_parameters(self.system, own),
            with_parameters(self.head_start, terms),
            {**self.formats, **formats},
        )


class Predictor:
    """Goes through a file's results, and says of each what was to be expected before it was known."""

    def __init__(self, model: Model, reader: ResultsReader) -> None:
        self.book = book_of(model.system)
        self._model, self._reader = model, reader

    def get_ready(self) -> None:
        """Compile what is to be compiled."""
        nothing = np.empty(0)
        self.book.play(Games.of(nothing, nothing, nothing, nothing))

    def predict(self, results: Results) -> Floats:
        """The scores that were to be expected of the first players; the results are taken in.

        Raises `InvalidParameter` if the model's numbers are so far out that nothing can be computed with them.
        """
        expected = self.book.play(self._games(results)).expected[:, 0]
        if not np.all((expected >= 0.0) & (expected <= 1.0)):
            raise InvalidParameter("With these parameters the expected scores are not from 0 to 1: one is far out.")
        return expected

    def _games(self, results: Results) -> Games:
        return Games.of(
            results.days,
            results.first,
            results.second,
            results.scores,
            advantages=self._model.head_start.advantages(results),
            weights=self._weights(results),
            slots=self._slots(results),
            first_ranks=results.first_ranks,
            second_ranks=results.second_ranks,
        )

    def _weights(self, results: Results) -> Floats:
        weights = [self._model.formats.get(name, 1.0) for name in self._reader.formats]
        return np.array([*weights, 1.0])[results.formats]  # the last stands for none, whose number is −1

    def _slots(self, results: Results) -> npt.NDArray[np.int32]:
        columns = [
            np.array([*(self.book.slot(name) for name in names), NO_SLOT], np.int32)[results.conditions[:, kind]]
            for kind, names in enumerate(self._reader.conditions)
        ]
        return np.array(columns, np.int32).reshape(len(columns), len(results)).T


BINS = 10
"""Of the calibration table, each a tenth wide."""
_CERTAIN = 1e-15


@dataclass(slots=True)
class Tally:
    """How well predictions were met."""

    games: int = 0
    _loss: float = 0.0
    _squares: float = 0.0
    _hits: float = 0.0
    _decided: int = 0
    _bins: Floats = field(default_factory=lambda: np.zeros((3, BINS)))

    def add(self, expected: Floats, scores: Floats) -> None:
        """Count games: what was to be expected of the first players, and how they did."""
        likely = np.clip(expected, _CERTAIN, 1.0 - _CERTAIN)
        self.games += len(scores)
        self._loss -= float(np.sum(scores * np.log(likely) + (1.0 - scores) * np.log1p(-likely)))
        self._squares += float(np.sum((expected - scores) ** 2))
        decided = scores != 0.5
        hits = np.where(expected == 0.5, 0.5, (expected > 0.5) == (scores > 0.5))
        self._hits += float(np.sum(hits[decided]))
        self._decided += int(np.sum(decided))
        bins = np.minimum((expected * BINS).astype(np.int64), BINS - 1)
        for row, weights in zip(self._bins, (None, expected, scores), strict=True):
            row += np.bincount(bins, weights, BINS)

    @property
    def log_loss(self) -> float:
        """The mean of −s·ln p − (1 − s)·ln(1 − p), in nats; not a number without games."""
        return self._loss / self.games if self.games else np.nan

    @property
    def brier(self) -> float:
        """The mean of (p − s)²."""
        return self._squares / self.games if self.games else np.nan

    @property
    def accuracy(self) -> float | None:
        """How often the more likely of the two won, of the games that somebody won; a tie counts as half."""
        return self._hits / self._decided if self._decided else None

    @property
    def calibration(self) -> list[tuple[int, float, float]]:
        """Of each tenth of the predictions that has any: how many, what they were on average, and the scores."""
        return [(int(n), p / n, s / n) for n, p, s in self._bins.T.tolist() if n]
