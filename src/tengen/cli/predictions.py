"""`tengen ratings evaluate` and `tune`: how well a rating system predicts the results in a file."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tengen.cli.answers import Answer
from tengen.cli.commands import Call
from tengen.cli.progress import trial_progress
from tengen.core.errors import Invalid
from tengen.ratings.calibration_plot import calibration_svg
from tengen.ratings.model_files import Description
from tengen.ratings.systems import Day, day_of

if TYPE_CHECKING:
    from tengen.ratings.prediction import Model, Tally
    from tengen.ratings.results import ResultsReader

# What compiles and computes takes a second to load: the functions below do it when they are called.


class NothingToEvaluate(Invalid):
    """No game's prediction counts."""

    code = "nothing_to_evaluate"


class InvalidOption(Invalid):
    """An option has no such value."""

    code = "invalid_option"


File = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, help="Results, comma-separated, with a line of column names first."),
]
System = Annotated[
    str | None, typer.Option(help="`gaussian`, `glicko2`, `elo`, or one that is installed beside Tengen.")
]
Conditions = Annotated[
    list[str] | None,
    typer.Option("--condition", help="A column with something that suits one player more than another. Repeatable."),
]
Format = Annotated[str | None, typer.Option("--format", help="The column with the games' format, as how many sets.")]
Parameters = Annotated[
    list[str] | None, typer.Option("--param", metavar="NAME=NUMBER", help="A parameter of the system. Repeatable.")
]
BurnIn = Annotated[str | None, typer.Option(metavar="DATE", help="Predictions before this day do not count.")]
Until = Annotated[str | None, typer.Option(metavar="DATE", help="Games from this day on are not looked at.")]
ParamsFile = Annotated[
    Path | None, typer.Option("--params", exists=True, dir_okay=False, help="What `tengen ratings tune` has written.")
]
Plot = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Where to draw, as SVG, what was expected against what was scored.")
]
Out = Annotated[Path | None, typer.Option(dir_okay=False, help="Where to write the parameters.")]


def evaluate(
    call: Call,  # noqa: ARG001 - every command's
    file: File,
    system: System = None,
    param: Parameters = None,
    params: ParamsFile = None,
    condition: Conditions = None,
    format_: Format = None,
    burn_in: BurnIn = None,
    until: Until = None,
    plot: Plot = None,
) -> Answer:
    """Predict each game of a file from those before it, and say how good the predictions were."""
    from tengen.ratings.prediction import Predictor, Tally

    _check_directory(plot)
    described = _described(system, params, condition, format_, param)
    start, end = _day(burn_in, "--burn-in", -math.inf), _day(until, "--until", math.inf)
    tally, rated, seconds = Tally(), 0, 0.0
    with _reader(file, described) as reader:
        predictor = Predictor(_model(described, reader), reader)
        predictor.get_ready()
        for results in reader:
            known = results.where(results.days < end)
            begun = time.perf_counter()
            expected = predictor.predict(known)
            seconds += time.perf_counter() - begun
            rated += len(known)
            counting = known.days >= start
            tally.add(expected[counting], known.scores[counting])
            if len(known) < len(results):
                break
    if not tally.games:
        raise NothingToEvaluate(f"{file.name} has no game to predict in that time.")
    if plot is not None:
        title = f"{described.system} on {file.name}"
        plot.write_text(calibration_svg(tally.calibration, title=title), encoding="utf-8")
    return _answer(tally, round(rated / seconds) if seconds else None)


def tune(
    call: Call,  # noqa: ARG001 - every command's
    file: File,
    system: System = None,
    param: Parameters = None,
    params: ParamsFile = None,
    condition: Conditions = None,
    format_: Format = None,
    burn_in: BurnIn = None,
    until: Until = None,
    out: Out = None,
) -> Answer:
    """Fit the parameters of a system to the games of a file: those that would have predicted them best.

    A parameter that is given stays as it is. Without --burn-in the first tenth of the games only teaches.
    """
    from tengen.ratings import tuning
    from tengen.ratings.results import Results

    _check_directory(out)
    described = _described(system, params, condition, format_, param)
    start, end = None if burn_in is None else _day(burn_in, "--burn-in", 0.0), _day(until, "--until", math.inf)
    with _reader(file, described) as reader:
        pieces = []
        for results in reader:
            pieces.append(results.where(results.days < end))
            if len(pieces[-1]) < len(results):
                break
        if not any(map(len, pieces)):
            raise NothingToEvaluate(f"{file.name} has no game in that time.")
        with trial_progress("tune") as progress:
            tuned = tuning.tune(
                _model(described, reader),
                reader,
                Results.joined(pieces),
                burn_in=start,
                fixed=[*described.parameters] if params is None else list(_numbers(param)),
                progress=progress,
            )
    found = replace(described, parameters=tuned.model.parameters)
    if out is not None:
        out.write_text(found.written(), encoding="utf-8")
    value = {
        "system": found.system,
        "log_loss": tuned.log_loss,
        "games": tuned.games,
        "trials": tuned.trials,
        "parameters": dict(found.parameters),
    }
    fitted = [
        f"log-loss: {tuned.log_loss:.5f} of {tuned.games:,} games, after {tuned.trials} trials",
        *([f"written to {out}"] if out is not None else ["", found.written().rstrip()]),
    ]
    return Answer(value, "\n".join(fitted))


def _check_directory(file: Path | None) -> None:
    """Before minutes of work, and not after them: raises `InvalidOption` if there is nowhere to put the file."""
    if file is not None and not file.parent.is_dir():
        raise InvalidOption(f"There is no directory {file.parent} to write {file.name} to.")


def _described(
    system: str | None, params: Path | None, kinds: list[str] | None, column: str | None, param: list[str] | None
) -> Description:
    """What is to be used: as the file has it, if there is one, and over that what the command line says."""
    if params is None:
        if system is None:
            raise InvalidOption("Name a rating system, as --system gaussian, or a file of parameters by --params.")
        return Description(system, kinds or (), column, _numbers(param))
    described = Description.read(_text(params))
    if system is not None and system != described.system:
        raise InvalidOption(f"{params.name} has parameters of {described.system!r}, and not of {system[:40]!r}.")
    return Description(
        described.system,
        described.kinds if kinds is None else kinds,
        column or described.format_column,
        {**described.parameters, **_numbers(param)},
    )


def _model(described: Description, reader: "ResultsReader") -> "Model":
    from tengen.ratings.catalogue import system_named
    from tengen.ratings.prediction import Model

    system = system_named(described.system).suited(has_ranks=reader.has_ranks, kinds=described.kinds)
    return Model(system).changed(described.parameters)


@contextmanager
def _reader(file: Path, described: Description) -> Iterator["ResultsReader"]:
    from tengen.ratings.results import InvalidResults, ResultsReader

    with file.open(encoding="utf-8-sig", newline="") as lines:
        try:
            yield ResultsReader(lines, kinds=described.kinds, format_column=described.format_column, name=file.name)
        except UnicodeDecodeError:
            raise InvalidResults(f"{file.name} is no text in UTF-8.") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidOption(f"{file.name} is no text in UTF-8.") from None


def _numbers(given: list[str] | None) -> Mapping[str, float]:
    found = {}
    for text in given or ():
        name, sign, number = text.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            sign = ""
        if not sign:
            raise InvalidOption(f"--param {text[:60]!r} is no name and number, as players.spread=200.")
    return found


def _day(text: str | None, option: str, default: Day) -> Day:
    if text is None:
        return default
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidOption(f"{option} {text[:40]!r} is no date, as 2024-05-31.") from None
    return day_of(instant if instant.tzinfo else instant.replace(tzinfo=UTC))


def _answer(tally: "Tally", games_per_second: int | None) -> Answer:
    value = {
        "log_loss": tally.log_loss,
        "accuracy": tally.accuracy,
        "brier": tally.brier,
        "games": tally.games,
        "games_per_second": games_per_second,
        "calibration": [
            {"games": games, "expected": expected, "scored": scored} for games, expected, scored in tally.calibration
        ],
    }
    speed = "" if games_per_second is None else f"{games_per_second:,}"
    accuracy = "nobody won" if tally.accuracy is None else f"{100 * tally.accuracy:.2f} %"
    lines = [
        f"log-loss:         {tally.log_loss:.5f}",
        f"accuracy:         {accuracy}",
        f"Brier score:      {tally.brier:.5f}",
        f"games:            {tally.games:,}",
        f"games per second: {speed}",
        "",
        "expected   scored    games",
        *_calibration_lines(tally.calibration),
    ]
    return Answer(value, "\n".join(lines))


def _calibration_lines(calibration: Sequence[tuple[int, float, float]]) -> list[str]:
    return [f"{100 * expected:6.1f} %  {100 * scored:5.1f} %  {games:7,}" for games, expected, scored in calibration]
