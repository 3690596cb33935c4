"""Time controls on the wire: what challenges ask for, how fast that is, what is refused."""

import json
import math
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.errors import TengenError
from tengen.go.points import Size
from tengen.play.time_controls import InvalidTimeControl, Speed, TimeControl, speed_of, time_per_move
from tengen.play.time_systems import Absolute, Byoyomi, Canadian, Fischer, Simple, TimeSystem, Untimed
from tests.play.builders import DAY, HOUR, MINUTE, SECOND, SIZE, a_control, controls

SMALL = Size.of(9)

# What ogsapi sends for its defaults: parts are missing, and the maximum is below the initial time.
OGSAPI_BYOYOMI = {
    "system": "byoyomi",
    "main_time": 2400,
    "period_time": 30,
    "periods": 5,
    "periods_min": 1,
    "periods_max": 300,
}
OGSAPI_FISCHER = {"system": "fischer", "initial_time": 2400, "time_increment": 30, "max_time": 300}
OGSAPI_NONE = {"system": "none", "speed": "correspondence", "time_control": "none", "pause_on_weekends": False}

# The sets that OGS' page offers, and those with which it finds opponents.
BLITZ = [
    Fischer(30 * SECOND, 5 * SECOND, 300 * SECOND),
    Byoyomi(30 * SECOND, 5 * SECOND, 5),
    Canadian(30 * SECOND, 20 * SECOND, 3),
    Simple(5 * SECOND),
    Absolute(300 * SECOND),
]
CORRESPONDENCE = [
    Fischer(3 * DAY, DAY, 7 * DAY),
    Byoyomi(7 * DAY, DAY, 5),
    Canadian(7 * DAY, 7 * DAY, 10),
    Simple(2 * DAY),
    Absolute(28 * DAY),
]


def challenged(system: str | None = None, parameters: object = None, **game: object) -> TimeControl:
    """What a challenge on 19x19 asks for."""
    return TimeControl.of_challenge({"time_control": system, "time_control_parameters": parameters, **game}, SIZE)


@pytest.mark.parametrize(
    ("system", "parameters", "control"),
    [
        ("byoyomi", OGSAPI_BYOYOMI, a_control(Byoyomi(2400 * SECOND, 30 * SECOND, 5))),
        ("fischer", OGSAPI_FISCHER, a_control(Fischer(2400 * SECOND, 30 * SECOND, 2400 * SECOND))),
        ("none", OGSAPI_NONE, a_control(Untimed(), speed=Speed.CORRESPONDENCE)),
    ],
)
def test_what_ogsapi_asks_for_is_completed(system: str, parameters: dict[str, object], control: TimeControl) -> None:
    assert challenged(system, parameters) == control


@pytest.mark.parametrize(
    "game",
    [
        {"time_control": "simple", "time_control_parameters": {"per_move": 15}},
        {"time_control_parameters": {"system": "simple", "per_move": 15}},
        {"time_control_parameters": {"time_control": "simple", "per_move": 15}},
        {"time_control": "simple", "time_control_parameters": {"system": "fischer", "per_move": 15}},
        {"time_control": None, "time_control_parameters": {"system": "simple", "time_control": "?", "per_move": 15}},
    ],
)
def test_the_system_may_stand_in_three_places(game: dict[str, object]) -> None:
    assert TimeControl.of_challenge(game, SIZE).system == Simple(15 * SECOND)


@pytest.mark.parametrize(("sent", "understood"), [("600", 600), (600.0, 600), (" 600.0 ", 600), ("0600", 600)])
def test_whole_numbers_may_be_written_as_text_and_as_fractions(sent: object, understood: int) -> None:
    assert challenged("absolute", {"total_time": sent}).system == Absolute(understood * SECOND)


@pytest.mark.parametrize(
    ("game", "inner", "pauses"),
    [(True, False, True), (False, True, False), (None, True, True), (None, None, False)],
)
def test_the_challenge_says_whether_it_rests_on_weekends_before_its_parameters_do(
    game: bool | None, inner: bool | None, pauses: bool
) -> None:
    parameters = {"per_move": 172800, "pause_on_weekends": inner}
    control = challenged("simple", parameters, pause_on_weekends=game)
    assert (control.pause_on_weekends, control.rests_on_weekends) == (pauses, pauses)


def test_only_correspondence_games_rest_on_weekends() -> None:
    control = challenged("simple", {"per_move": 15, "pause_on_weekends": True})
    assert control.pause_on_weekends
    assert not control.rests_on_weekends


def test_a_maximum_below_the_increment_is_raised() -> None:
    parameters = {"initial_time": 10, "time_increment": 40, "max_time": 30}
    assert challenged("fischer", parameters).system == Fischer(10 * SECOND, 40 * SECOND, 40 * SECOND)


def test_a_speed_that_the_client_says_is_kept() -> None:
    assert challenged("simple", {"per_move": 15, "speed": "rapid"}).speed is Speed.RAPID
    assert challenged("simple", {"per_move": 15, "speed": ""}).speed is Speed.LIVE


def test_a_game_without_a_clock_is_always_by_correspondence() -> None:
    assert challenged("none", {"speed": "blitz"}).speed is Speed.CORRESPONDENCE
    assert challenged("none").speed is Speed.CORRESPONDENCE


def test_the_whole_object_is_written() -> None:
    """The contract's example of `gamedata`."""
    control = a_control(Byoyomi(20 * MINUTE, 30 * SECOND, 5))
    assert control.to_json() == {
        "system": "byoyomi",
        "time_control": "byoyomi",
        "speed": "live",
        "pause_on_weekends": False,
        "main_time": 1200,
        "period_time": 30,
        "periods": 5,
    }


@given(controls)
def test_every_time_control_is_read_back(control: TimeControl) -> None:
    assert TimeControl.parse(json.loads(json.dumps(control.to_json())), SMALL) == control


# OGS' recorded values.
@pytest.mark.parametrize(
    ("system", "size", "expected"),
    [
        (Fischer(259200 * SECOND, 86400 * SECOND, 604800 * SECOND), SIZE, 88451),
        (Byoyomi(604800 * SECOND, 86400 * SECOND, 5), SIZE, 91187),
        (Byoyomi(604800 * SECOND, 86400 * SECOND, 5), SMALL, 107733),
    ],
)
def test_the_time_of_a_move_is_as_ogs_computes_it(system: TimeSystem, size: Size, expected: int) -> None:
    assert time_per_move(system, size) == expected


# By hand, from the contract's formula: T / (0.35 · 361) + D, rounded.
@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (Canadian(600 * SECOND, 180 * SECOND, 10), 23),  # 4.75 + 18
        (Simple(15 * SECOND), 15),
        (Absolute(900 * SECOND), 7),  # 7.12
        (Untimed(), 0),
    ],
)
def test_the_time_of_a_move_by_system(system: TimeSystem, expected: int) -> None:
    assert time_per_move(system, SIZE) == expected


@pytest.mark.parametrize(
    ("per_move", "speed"),
    [
        (9, Speed.BLITZ),
        (10, Speed.LIVE),
        (3600, Speed.LIVE),
        (3601, Speed.CORRESPONDENCE),
    ],
)
def test_the_speeds_have_their_borders(per_move: int, speed: Speed) -> None:
    assert speed_of(Simple(per_move * SECOND), SIZE) is speed


@pytest.mark.parametrize("system", BLITZ, ids=lambda system: system.name)
def test_the_blitz_of_ogs_page_is_blitz(system: TimeSystem) -> None:
    # 20 s for three stones beside 30 s for the game are 6.9 s a move.
    assert speed_of(system, SIZE) is Speed.BLITZ


@pytest.mark.parametrize("system", CORRESPONDENCE, ids=lambda system: system.name)
def test_the_correspondence_of_ogs_page_is_correspondence(system: TimeSystem) -> None:
    assert speed_of(system, SIZE) is Speed.CORRESPONDENCE


@pytest.mark.parametrize(
    ("control", "start_time", "stone_removal_time"),
    [
        (a_control(Simple(5 * SECOND), speed=Speed.BLITZ), 5 * MINUTE, 5 * MINUTE),
        (a_control(Absolute(HOUR)), 5 * MINUTE, 5 * MINUTE),
        (a_control(Absolute(7 * DAY), speed=Speed.CORRESPONDENCE), DAY, DAY),
        (a_control(Simple(2 * DAY), speed=Speed.CORRESPONDENCE), 2 * DAY, DAY),
        (a_control(Untimed(), speed=Speed.CORRESPONDENCE), None, DAY),
    ],
)
def test_how_long_the_first_move_and_the_agreement_on_dead_stones_may_take(
    control: TimeControl, start_time: timedelta | None, stone_removal_time: timedelta
) -> None:
    assert (control.start_time, control.stone_removal_time) == (start_time, stone_removal_time)


@pytest.mark.parametrize(
    ("system", "parameters", "sentence"),
    [
        (None, None, "must name its system"),
        (None, {}, "must name its system"),
        ("hourglass", {}, "must name its system, one of fischer, byoyomi"),
        (7, {}, "must name its system"),
        ({"system": "simple"}, {}, "must name its system"),
        (None, {"system": "\ud800"}, "must name its system"),
        ("canadian", {}, "canadian needs main_time: a whole number of seconds from 0 on"),  # as ogsapi sends it
        ("absolute", {}, "absolute needs total_time: a whole number of seconds from 1 on"),
        ("byoyomi", {"main_time": 0, "period_time": 30}, "byoyomi needs periods: a whole number from 1 on"),
        ("byoyomi", {"main_time": 0, "period_time": 30, "periods": None}, "needs periods"),
        (
            "byoyomi",
            {"main_time": 0, "period_time": 30, "periods": 301},
            "periods must be a whole number from 1 to 300",
        ),
        ("byoyomi", {"main_time": 0, "period_time": 0, "periods": 1}, "period_time must be .* of seconds from 1 to"),
        ("byoyomi", {"main_time": -1, "period_time": 1, "periods": 1}, "main_time must be"),
        ("canadian", {"main_time": 0, "period_time": 60, "stones_per_period": 51}, "stones_per_period must be"),
        ("simple", {"per_move": 2419201}, "per_move must be a whole number of seconds from 1 to 2419200"),
        ("simple", {"per_move": 1.5}, "per_move must be"),
        ("simple", {"per_move": "1.5"}, "per_move must be"),
        ("simple", {"per_move": "1e3"}, "per_move must be"),
        ("simple", {"per_move": "9" * 5000}, "per_move must be"),
        ("simple", {"per_move": "\u0665"}, "per_move must be"),  # a digit, but of another script
        ("simple", {"per_move": True}, "per_move must be"),
        ("simple", {"per_move": math.nan}, "per_move must be"),
        ("simple", {"per_move": math.inf}, "per_move must be"),
        ("simple", {"per_move": 10**5000}, "per_move must be"),
        ("simple", {"per_move": [15]}, "per_move must be"),
        ("simple", {"per_move": 15, "speed": "fast"}, "speed must be one of blitz, rapid, live, correspondence"),
        ("simple", {"per_move": 15, "speed": ["live"]}, "speed must be"),
        ("simple", {"per_move": 15, "pause_on_weekends": "yes"}, "pause_on_weekends must be true or false"),
        ("simple", {"per_move": 15, "pause_on_weekends": 1}, "pause_on_weekends must be true or false"),
        ("simple", [15], "time_control_parameters must be an object"),
        ("simple", "{}", "time_control_parameters must be an object"),
    ],
)
def test_what_is_no_time_control_is_refused_with_what_would_be_one(
    system: object, parameters: object, sentence: str
) -> None:
    game = {"time_control": system, "time_control_parameters": parameters}
    with pytest.raises(InvalidTimeControl, match=sentence) as refusal:
        TimeControl.of_challenge(game, SIZE)
    assert (refusal.value.code, refusal.value.status) == ("invalid_time_control", 400)


any_json: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["fischer", "byoyomi", "canadian", "simple", "absolute", "none", "live", "30", "\ud800", "\0"])
    | st.integers(0, 3000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
parameter_names = ["initial_time", "time_increment", "max_time", "main_time", "period_time", "periods"]
parameter_names += ["stones_per_period", "per_move", "total_time", "system", "time_control", "speed"]
parameter_names += ["pause_on_weekends", "time_control_parameters"]
any_parameters = st.dictionaries(st.sampled_from(parameter_names), any_json)


@given(any_json | any_parameters, any_json | any_parameters)
def test_whatever_a_client_sends_is_read_or_refused(game: object, parameters: object) -> None:
    reads = [
        partial(TimeControl.parse, game),
        partial(TimeControl.of_challenge, {"time_control_parameters": parameters}),
    ]
    if isinstance(game, dict):
        reads.append(partial(TimeControl.of_challenge, game))
    for read in reads:
        try:
            control = read(SIZE)
        except TengenError as refusal:
            refusal.message.encode()
        else:
            assert TimeControl.parse(control.to_json(), SIZE) == control
