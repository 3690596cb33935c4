"""Who may say what, and who may read it."""

import math

import pytest

from tengen.core.values import PlayerId
from tengen.go.points import Color
from tengen.play.chat import Body, Channel, InvalidChat, Line, channel_for, check_body
from tengen.play.commands import Say
from tengen.play.decisions import decide
from tengen.play.events import LineSaid
from tests.play.builders import BLACK, NOON, TITLE, WHITE, a_game

WATCHER, OTHER_WATCHER = PlayerId(9), PlayerId(10)


@pytest.mark.parametrize(
    ("asked", "seat", "is_over", "channel"),
    [
        (Channel.MAIN, BLACK, False, Channel.MAIN),
        (Channel.MAIN, None, False, Channel.SPECTATOR),
        (Channel.MAIN, None, True, Channel.MAIN),
        (Channel.MALKOVICH, WHITE, False, Channel.MALKOVICH),
        (Channel.MALKOVICH, None, False, Channel.SPECTATOR),
        (Channel.PERSONAL, None, False, Channel.PERSONAL),
    ],
)
def test_what_those_who_watch_say_does_not_reach_the_players(
    asked: Channel, seat: Color | None, is_over: bool, channel: Channel
) -> None:
    assert channel_for(asked, seat, is_over=is_over) is channel


@pytest.mark.parametrize(
    ("channel", "author", "readers", "readers_afterwards"),
    [
        (Channel.MAIN, TITLE.black, "black white watcher guest", "black white watcher guest"),
        (Channel.SPECTATOR, WATCHER, "watcher guest", "black white watcher guest"),
        (Channel.MALKOVICH, TITLE.black, "black watcher guest", "black white watcher guest"),
        (Channel.PERSONAL, TITLE.black, "black", "black"),
        (Channel.PERSONAL, WATCHER, "", ""),
    ],
)
def test_each_channel_has_its_readers(
    channel: Channel, author: PlayerId, readers: str, readers_afterwards: str
) -> None:
    line = Line(author, {TITLE.black: BLACK}.get(author), channel, "Hm.", 3)
    everybody = {
        "black": (TITLE.black, BLACK),
        "white": (TITLE.white, WHITE),
        "watcher": (OTHER_WATCHER, None),
        "guest": (None, None),
    }
    for is_over, expected in ((False, readers), (True, readers_afterwards)):
        seeing = [name for name, (reader, seat) in everybody.items() if line.is_visible(reader, seat, is_over=is_over)]
        assert seeing == expected.split()
    assert line.is_visible(author, line.seat, is_over=False)


@pytest.mark.parametrize(
    "body",
    [
        "Hello",
        "two\nlines\r\nand\ta tab",
        "囲碁 ⚫",
        {"type": "analysis", "moves": "ddpp", "marks": {"A": "dd"}, "n": [1.5, None]},
    ],
)
def test_texts_and_objects_are_passed_on_as_they_are(body: Body) -> None:
    assert check_body(body) == body


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "not be empty"),
        (" \n", "not be empty"),
        ({}, "not be empty"),
        (None, "must be a text or an object"),
        (7, "must be a text or an object"),
        (["Hello"], "must be a text or an object"),
        ("x" * 2001, "at most 2000 characters"),
        ("nul\0", "U\\+0000"),
        ("\ud800", "U\\+D800"),
        ("\u202eevil", "U\\+202E"),
        ({"a": {"b": ["\0"]}}, "U\\+0000"),
        ({"\ud800": 1}, "U\\+D800"),
        ({"n": math.nan}, "number"),
        ({"n": math.inf}, "number"),
        ({"n": 10**5000}, "number"),
        ({"many": [0] * 5000}, "at most 4000 parts"),
    ],
)
def test_what_cannot_be_said_is_refused(body: object, sentence: str) -> None:
    with pytest.raises(InvalidChat, match=sentence) as refusal:
        check_body(body)
    refusal.value.message.encode()


@pytest.mark.parametrize(("told", "stored"), [(None, 2), (1, 1), (0, 0), (7, 2), (-1, 2)])
def test_a_line_belongs_to_a_move_of_the_game(told: int | None, stored: int) -> None:
    (event,) = decide(a_game(moves="C3 G7"), Say(WATCHER, None, Channel.MAIN, "Nice", told), NOON)
    assert event == LineSaid(Line(WATCHER, None, Channel.SPECTATOR, "Nice", stored))
