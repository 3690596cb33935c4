"""The record of a live game in SGF."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from sgfmill import sgf

from tengen.core.values import PlayerId
from tengen.go.points import Color, Point
from tengen.go.replay import Move
from tengen.go.rulesets import AGA, CHINESE, RULESETS
from tengen.go.sgf import SgfRecord
from tengen.play.chat import Body, Channel, Line
from tengen.play.commands import AcceptMarking, CancelGame, CheckTime, Resign
from tengen.play.records import NOTICE, record_of
from tengen.play.state import LiveGame
from tengen.play.terms import GameTerms, Setup
from tengen.play.time_systems import Absolute, Byoyomi, Canadian, Fischer, Simple, TimeSystem, Untimed
from tests.play.builders import (
    BLACK,
    DAY,
    NOON,
    SECOND,
    TITLE,
    WHITE,
    a_game,
    asked,
    played_on,
)
from tests.play.wire_builders import SPECTATOR, random_games, the_info

ADDRESS = "https://go.example/games/90456"


def sgf_of(game: LiveGame, **options: Any) -> sgf.Sgf_game:
    """The record, as sgfmill reads it."""
    return sgf.Sgf_game.from_bytes(record_of(the_info(game), game, address=ADDRESS, **options))


def root_of(game: LiveGame, **options: Any) -> sgf.Tree_node:
    """The root of the record."""
    return sgf_of(game, **options).get_root()


def text(node: sgf.Tree_node, name: str) -> str | None:
    """A property as it stands there, None without it."""
    return node.get_raw(name).decode() if node.has_property(name) else None


def a_line(body: Body, *, move: int, author: PlayerId = TITLE.black, channel: Channel = Channel.MAIN) -> Line:
    """Something that was said."""
    return Line(author, {TITLE.black: BLACK, TITLE.white: WHITE}.get(author), channel, body, move)


def test_the_root_says_who_plays_what() -> None:
    root = root_of(a_game(side=19, system=Byoyomi(1200 * SECOND, 30 * SECOND, 5)))
    properties = {name: text(root, name) for name in root.properties()}
    assert properties == {
        "FF": "4",
        "CA": "UTF-8",
        "GM": "1",
        "SZ": "19",
        "DT": "2026-06-03",
        "GN": "Evening game",
        "PC": "Tengen: https://go.example/games/90456",
        "PB": "mizuki",
        "BR": "6k",
        "PW": "hana",
        "WR": "5k",
        "RU": "Japanese",
        "KM": "6.5",
        "TM": "1200",
        "OT": "5x30 byo-yomi",
        "RE": "?",
        "C": NOTICE,
    }


# The contract's patterns, which goban reads back.
@pytest.mark.parametrize(
    ("system", "main_time", "overtime"),
    [
        (Byoyomi(2400 * SECOND, 30 * SECOND, 5), "2400", "5x30 byo-yomi"),
        (Fischer(3 * DAY, DAY, 7 * DAY), "259200", "86400 fischer"),
        (Canadian(600 * SECOND, 300 * SECOND, 15), "600", "15/300 canadian"),
        (Simple(60 * SECOND), "0", "60 simple"),
        (Simple(28 * DAY), "0", "2419200 simple"),
        (Absolute(28 * DAY), "2419200", None),
        (Untimed(), "0", "0 none"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_time_as_ogs_writes_it(system: TimeSystem, main_time: str, overtime: str | None) -> None:
    root = root_of(a_game(system=system))
    assert (text(root, "TM"), text(root, "OT")) == (main_time, overtime)


@pytest.mark.parametrize(
    ("moves", "ending", "result"),
    [
        ("D4 E5", Resign(BLACK), "W+R"),
        ("D4 E5", CheckTime(), "W+T"),
        ("D4 E5", CancelGame(BLACK), "Void"),
        ("D4 pass pass", AcceptMarking(None, frozenset()), "B+73.5"),
    ],
    ids=["resigned", "on time", "cancelled", "counted"],
)
def test_the_result(moves: str, ending: Any, result: str) -> None:
    game = asked(a_game(moves=moves), ending, NOON + DAY if isinstance(ending, CheckTime) else None)
    assert text(root_of(game), "RE") == result


def test_a_tie_is_a_draw() -> None:
    game = asked(a_game(komi=0.0, moves="pass pass"), AcceptMarking(None, frozenset()))
    assert text(root_of(game), "RE") == "0"


def test_fixed_handicap_stones_are_set_up() -> None:
    game = sgf_of(a_game(rules=AGA, handicap=3, moves="E5"))
    assert text(game.get_root(), "HA") == "3"
    # sgfmill counts rows from below: the places are G7, C3 and G3.
    assert game.get_root().get_setup_stones() == ({(6, 6), (2, 2), (2, 6)}, set(), set())
    assert not game.get_root().has_property("PL")
    assert game.get_handicap() == 3


def test_free_handicap_stones_are_moves() -> None:
    game = sgf_of(a_game(rules=CHINESE, handicap=2, moves="C3 G7 E5"))
    assert text(game.get_root(), "HA") == "2"
    assert not game.get_root().has_setup_stones()
    assert [node.get_move() for node in game.get_main_sequence()[1:]] == [("b", (2, 2)), ("b", (6, 6)), ("w", (4, 4))]


def test_white_to_move_first_without_handicap_is_said() -> None:
    started = a_game()
    setup = Setup(black=(Point(2, 2),), white=(), first_to_move=WHITE)
    terms = GameTerms.agreed(
        size=started.terms.size,
        rules=started.terms.rules,
        control=started.terms.control,
        black=started.terms.black,
        white=started.terms.white,
        setup=setup,
    )
    root = root_of(LiveGame.start(terms, NOON))
    assert (text(root, "AB"), text(root, "PL")) == ("cc", "W")


def test_a_rectangular_board_is_written_with_both_sides() -> None:
    game = a_game()
    terms = replace(game.terms, size=game.terms.size._replace(columns=5, rows=7))
    game = played_on(LiveGame.start(terms, NOON), "A1 E7 pass")
    record = SgfRecord.parse(record_of(the_info(game), game, address=ADDRESS))
    assert str(record.size) == "5:7"
    assert [step.point for step in record.steps if isinstance(step, Move)] == [Point(0, 6), Point(4, 0), None]


def test_what_the_mover_had_left_stands_at_the_move() -> None:
    game = sgf_of(a_game(system=Byoyomi(2 * SECOND, 10 * SECOND, 3), moves="D4 E5 C3 C4 D3 D5"))
    nodes = game.get_main_sequence()[1:]
    assert [(text(node, "BL"), text(node, "OB")) for node in nodes[::2]] == [("2", None), ("1", None), ("10", "3")]
    assert [(text(node, "WL"), text(node, "OW")) for node in nodes[1::2]] == [("1", None), ("10", "3"), ("10", "3")]
    untimed = sgf_of(a_game(system=Untimed(), moves="D4")).get_main_sequence()[1]
    assert not untimed.has_property("BL")


LINES = [
    a_line("Have fun", move=0),
    a_line("oops [really]", move=1, author=TITLE.white),
    a_line("He fell for it", move=1, channel=Channel.MALKOVICH),
    a_line("Nice", move=2, author=SPECTATOR, channel=Channel.SPECTATOR),
    a_line("A note for myself", move=2, channel=Channel.PERSONAL),
    a_line({"type": "translated", "en": "Good game", "ja": "よい"}, move=9),
    a_line({"type": "analysis", "from": 3, "moves": "aabb"}, move=2),
]
NAMES = {SPECTATOR: "kibitz"}


def test_what_was_said_stands_at_its_move_when_the_game_is_over() -> None:
    game = sgf_of(asked(a_game(moves="D4 E5"), Resign(BLACK)), lines=LINES, names=NAMES)
    comments = [node.get("C") if node.has_property("C") else None for node in game.get_main_sequence()]
    assert comments == [
        "mizuki: Have fun",
        "hana: oops [really]\nmizuki: He fell for it",
        "kibitz: Nice\nmizuki: Good game",
    ]


def test_nothing_of_it_stands_there_before() -> None:
    game = sgf_of(a_game(moves="D4 E5"), lines=LINES, names=NAMES)
    assert game.get_root().get("C") == NOTICE
    assert not any(node.has_property("C") for node in game.get_main_sequence()[1:])


@pytest.mark.parametrize("is_over", [True, False])
def test_it_can_be_had_without_comments(is_over: bool) -> None:
    game = a_game(moves="D4 E5")
    game = asked(game, Resign(BLACK)) if is_over else game
    record = sgf_of(game, lines=LINES, names=NAMES, with_comments=False)
    assert not any(node.has_property("C") for node in record.get_main_sequence())


@given(random_games())
def test_reading_it_gives_the_same_game(game: LiveGame) -> None:
    source = record_of(the_info(game), game, address=ADDRESS)
    read = sgf.Sgf_game.from_bytes(source)
    rows = game.terms.size.rows
    moves = [
        (move.seat.value.lower(), None if move.point is None else (rows - 1 - move.point.row, move.point.column))
        for move in game.moves
    ]
    assert [node.get_move() for node in read.get_main_sequence()[1:]] == moves
    record = SgfRecord.parse(source)
    assert record.warnings == ()
    replayed = record.replay()
    assert {color: replayed.board.stones(color) for color in Color} == {
        color: game.board.stones(color) for color in Color
    }
    assert record.ruleset is RULESETS[game.terms.rules.name]


def test_a_name_that_is_sgf_stays_a_name() -> None:
    info = replace(the_info(a_game()), name="a];B[aa](;C[x\\")
    root = sgf.Sgf_game.from_bytes(record_of(info, a_game(), address=ADDRESS)).get_root()
    assert root.get("GN") == "a];B[aa](;C[x\\"
