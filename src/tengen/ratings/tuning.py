"""Parameters fitted to results: those with which a system would have predicted them best. Pure.

What is made small is the mean log-loss of predictions each made before its game was known, so nothing is fitted to what
it is judged on but the parameters themselves. The search is the simplex of Nelder and Mead (1965), which needs no
derivatives; positive parameters are searched by their logarithms.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np

from tengen.core.errors import Invalid
from tengen.ratings.parameters import InvalidParameter, Knob
from tengen.ratings.prediction import Model, Predictor, Tally
from tengen.ratings.results import PIECE, Results, ResultsReader
from tengen.ratings.systems import Day

_FACTOR = 0.4
"""The first step of a positive parameter, in its logarithm."""
_CLOSE = 0.02
"""The search is over when the parameters lie so close, in units of their first steps or of the logarithm, …"""
_EQUAL = 1e-6
"""… and the losses so close, in nats."""
_TRIALS_PER_KNOB = 80
WARMING = 0.1
"""The share of the games, the first ones, whose predictions do not count: too little is known of anybody."""
_SHARE_OF_FORMAT = 0.01
"""Formats of a smaller share of the games keep their weight."""


class NothingToTune(Invalid):
    """There are no games, or no parameters, to fit."""

    code = "nothing_to_tune"


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a search found."""

    model: Model
    log_loss: float
    games: int
    """Those whose predictions counted."""
    trials: int


def knobs_of(model: Model, results: Results, formats: Sequence[str]) -> list[Knob]:
    """What of the model these results can tell: of roles, stones, komi and formats only what occurs and varies."""
    knobs = model.system.knobs()
    unit = 1.0 if model.system.rank(model.system.prior()) is not None else 300.0
    if np.any(results.roles):
        knobs.append(Knob("head_start.role", 0.0, unit=unit / 5))
    if np.any(results.stones > 1):
        knobs.append(Knob("head_start.stone", unit, unit=unit / 5))
    if np.any(np.diff(results.komi[~np.isnan(results.komi)])):
        knobs.append(Knob("head_start.komi", unit / 13, unit=unit / 50))
    counts = np.bincount(results.formats[results.formats >= 0], minlength=len(formats))
    usual = int(counts.argmax()) if len(counts) else None
    often = [n for n, count in enumerate(counts.tolist()) if count >= _SHARE_OF_FORMAT * len(results)]
    return [*knobs, *(Knob(f"formats.{formats[n]}", 1.0) for n in often if n != usual)]


def tune(
    model: Model,
    reader: ResultsReader,
    results: Results,
    *,
    burn_in: Day | None = None,
    fixed: Sequence[str] = (),
    progress: Callable[[int, float], None] = lambda _trials, _loss: None,
) -> Tuned:
    """The model with its parameters fitted to these results.

    Games before `burn_in` teach, but their predictions do not count; without it that is the first tenth of them. The
    parameters named in `fixed` stay. `progress` is told after each trial how many there were, and the best loss so
    far. Raises `NothingToTune`.
    """
    from scipy.optimize import minimize  # takes a while to load; only this needs it

    start = WARMING * len(results) if burn_in is None else float(np.searchsorted(results.days, burn_in))
    begin = int(start)
    knobs = [knob for knob in knobs_of(model, results, reader.formats) if knob.name not in fixed]
    if begin >= len(results) or not knobs:
        raise NothingToTune(
            "There are no games to fit parameters to." if knobs else "No parameter is left to be fitted."
        )
    model = model.changed({knob.name: 1.0 for knob in knobs if knob.name.startswith("formats.")})
    best, trials = np.inf, 0

    def loss(point: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
        nonlocal best, trials
        trials += 1
        values = _values(knobs, point.tolist())
        is_far = any(values[knob.name] > knob.most for knob in knobs)
        found = np.inf if is_far else _loss(model, values, reader, results, begin)
        best = min(best, found)
        progress(trials, best)
        return found

    origin = np.array([knob.start / knob.unit if knob.unit else log(knob.start) for knob in knobs])
    steps = np.array([1.0 if knob.unit else _FACTOR for knob in knobs])
    found = minimize(
        loss,
        origin,
        method="Nelder-Mead",
        options={
            "initial_simplex": np.vstack((origin, origin + np.diag(steps))),
            "xatol": _CLOSE,
            "fatol": _EQUAL,
            "maxfev": _TRIALS_PER_KNOB * len(knobs),
            "adaptive": len(knobs) > 4,
        },
    )
    tuned = model.changed(_values(knobs, found.x.tolist()))
    return Tuned(tuned, float(found.fun), len(results) - begin, trials)


def _values(knobs: Sequence[Knob], point: Sequence[float]) -> Mapping[str, float]:
    return {
        knob.name: at * knob.unit if knob.unit else exp(min(at, 700.0)) for knob, at in zip(knobs, point, strict=True)
    }


def _loss(model: Model, values: Mapping[str, float], reader: ResultsReader, results: Results, begin: int) -> float:
    """The log-loss with these parameters, from the game at `begin` on; infinite where a parameter cannot be so."""
    tally = Tally()
    try:
        predictor = Predictor(model.changed(values), reader)
        for at in range(0, len(results), PIECE):
            piece = results.part(at, at + PIECE)
            expected = predictor.predict(piece)
            counting = max(0, begin - at)
            tally.add(expected[counting:], piece.scores[counting:])
    except InvalidParameter:
        return np.inf
    return tally.log_loss
