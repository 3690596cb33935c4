"""Time controls: a system of time with its parameters, how fast a game that makes, whether it rests on weekends. Pure.

On the wire a time control is one object, with the parameters in seconds beside the rest:

    {"system": "byoyomi", "time_control": "byoyomi", "speed": "live", "pause_on_weekends": false,
     "main_time": 1200, "period_time": 30, "periods": 5}

OGS' clients leave much of that out, say it in several places, and write numbers as text; `of_challenge` completes it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum

from tengen.core.errors import Invalid
from tengen.go.points import Size
from tengen.play.time_systems import SYSTEMS, TimeSystem, Untimed
from tengen.ratings.go_conditions import SpeedClass, seconds_per_move, speed_class

LONGEST_TIME = timedelta(days=28)
"""What OGS' page lets people choose, at most, for any time; so the limits of the counts below."""
MAX_PERIODS = 300
MAX_STONES_PER_PERIOD = 50

START_TIME = timedelta(minutes=5)
"""How long the first move of a game may take that is not by correspondence."""
DAY = timedelta(days=1)

_SECOND = timedelta(seconds=1)
_LONGEST = LONGEST_TIME // _SECOND
_LIMITS = {
    "initial_time": (1, _LONGEST),
    "time_increment": (0, _LONGEST),
    "max_time": (1, _LONGEST),
    "main_time": (0, _LONGEST),
    "period_time": (1, _LONGEST),
    "periods": (1, MAX_PERIODS),
    "stones_per_period": (1, MAX_STONES_PER_PERIOD),
    "per_move": (1, _LONGEST),
    "total_time": (1, _LONGEST),
}
"""The smallest and the largest value of each parameter; times in seconds."""
_COUNTS = {"periods", "stones_per_period"}
_WHOLE_NUMBER = re.compile(r"\s*[0-9]{1,15}(?:\.0{1,15})?\s*", re.ASCII)


class InvalidTimeControl(Invalid):
    """Time cannot be counted so."""

    code, status = "invalid_time_control", 400


class Speed(StrEnum):
    """How fast a game is; the value is the word on the wire."""

    BLITZ = "blitz"
    RAPID = "rapid"
    """Never computed: clients say it."""
    LIVE = "live"
    CORRESPONDENCE = "correspondence"


@dataclass(frozen=True, slots=True)
class TimeControl:
    """How the time of a game is counted."""

    system: TimeSystem
    speed: Speed
    pause_on_weekends: bool = False
    """What was agreed; only correspondence games do it (`rests_on_weekends`)."""

    @classmethod
    def of_challenge(cls, game: Mapping[str, object], size: Size) -> "TimeControl":
        """What the `game` object of a challenge asks for, on a board of this size.

        The system stands in `time_control`, else in `time_control_parameters`; whether clocks rest on weekends in
        either, too. Raises `InvalidTimeControl`.
        """
        parameters = game.get("time_control_parameters")
        completed = _object({} if parameters is None else parameters, "time_control_parameters")
        completed = {name: value for name, value in completed.items() if value is not None}
        if game.get("time_control") is not None:
            completed["system"] = game["time_control"]
        if game.get("pause_on_weekends") is not None:
            completed["pause_on_weekends"] = game["pause_on_weekends"]
        return cls.parse(completed, size)

    @classmethod
    def parse(cls, value: object, size: Size) -> "TimeControl":
        """The time control that the object on the wire describes, with what it leaves out.

        `speed`, if it is not said, is that of a game on a board of this size; a maximum below the other times of
        Fischer's system is raised to them. What it holds beside is not looked at. Raises `InvalidTimeControl`.
        """
        given = _object(value, "The time control")
        system = _system(given)
        pauses = _pauses_on_weekends(given.get("pause_on_weekends"))
        return cls(system, _speed(given.get("speed"), system, size), pauses)

    def to_json(self) -> dict[str, object]:
        """The object on the wire; `parse` reads it back."""
        name = self.system.name
        return {
            "system": name,
            "time_control": name,
            "speed": str(self.speed),
            "pause_on_weekends": self.pause_on_weekends,
            **self.system.parameters(),
        }

    @property
    def is_correspondence(self) -> bool:
        """Whether the players need not be there at the same time."""
        return self.speed is Speed.CORRESPONDENCE

    @property
    def rests_on_weekends(self) -> bool:
        """Whether clocks stand still on weekends."""
        return self.pause_on_weekends and self.is_correspondence

    @property
    def start_time(self) -> timedelta | None:
        """How long the first move may take, before the game is called off; None: for ever, as without a clock.

        5 minutes; by correspondence a day, or what there is for a move if that is more.
        """
        if isinstance(self.system, Untimed):
            return None
        return max(DAY, self.system.pace[1]) if self.is_correspondence else START_TIME

    @property
    def stone_removal_time(self) -> timedelta:
        """How long the players may take to agree on the dead stones."""
        return DAY if self.is_correspondence else START_TIME


def time_per_move(system: TimeSystem, size: Size) -> int:
    """Seconds that a move takes on average if the players use their time, rounded; 0 without a clock.

    For each player a game has 0.35 moves a point. Source: OGS, whose recorded values it reproduces.
    """
    for_game, for_move = system.pace
    return seconds_per_move(for_game / _SECOND, for_move / _SECOND, size.area)


def speed_of(system: TimeSystem, size: Size) -> Speed:
    """How fast a game is on a board of this size: blitz below 10 seconds a move, live up to an hour."""
    return Speed(class_of(system, size))


def class_of(system: TimeSystem, size: Size) -> SpeedClass:
    """The same as ratings know it: by the time there is, whatever the players call it."""
    for_game, for_move = system.pace
    return speed_class(for_game / _SECOND, for_move / _SECOND, size.area)


def _object(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise InvalidTimeControl(f"{what} must be an object with the parameters of a time system.")
    return dict(value)


def _system(given: Mapping[str, object]) -> TimeSystem:
    name = given.get("system")
    if name is None:
        name = given.get("time_control")
    kind = SYSTEMS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise InvalidTimeControl(f"The time control must name its system, one of {', '.join(SYSTEMS)}.")
    numbers = {field.name: _number(given, field.name, kind.name) for field in fields(kind)}
    if "max_time" in numbers:
        numbers["max_time"] = max(numbers.values())
    return kind(**{name: number if name in _COUNTS else number * _SECOND for name, number in numbers.items()})


def _number(given: Mapping[str, object], name: str, system: str) -> int:
    smallest, largest = _LIMITS[name]
    unit = "" if name in _COUNTS else " of seconds"
    value = given.get(name)
    if value is None:
        raise InvalidTimeControl(f"The time control {system} needs {name}: a whole number{unit} from {smallest} on.")
    number = _whole_number(value)
    if number is None or not smallest <= number <= largest:
        raise InvalidTimeControl(f"{name} must be a whole number{unit} from {smallest} to {largest}.")
    return number


def _whole_number(value: object) -> int | None:
    """The number that clients write as one or as text, None if it is none or not whole."""
    match value:
        case bool():
            return None
        case int():
            return value
        case float() if value.is_integer():
            return int(value)
        case str() if _WHOLE_NUMBER.fullmatch(value):
            return int(value.strip().split(".")[0])
    return None


def _speed(value: object, system: TimeSystem, size: Size) -> Speed:
    if isinstance(system, Untimed):
        return Speed.CORRESPONDENCE
    if value is None or value == "":
        return speed_of(system, size)
    speed = next((speed for speed in Speed if speed.value == value), None)
    if speed is None:
        raise InvalidTimeControl(f"speed must be one of {', '.join(Speed)}, or be left out.")
    return speed


def _pauses_on_weekends(value: object) -> bool:
    if value is not None and not isinstance(value, bool):
        raise InvalidTimeControl("pause_on_weekends must be true or false.")
    return bool(value)
