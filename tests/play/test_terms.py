"""Terms of games: where they begin, and how they are stored."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tengen.core.values import PlayerId
from tengen.go.points import Color, Point, Size
from tengen.go.rulesets import JAPANESE, RULESETS, Ruleset
from tengen.play.terms import GameTerms, Setup, terms_from_json, terms_to_json
from tengen.play.time_controls import TimeControl
from tests.play.builders import SMALL, a_control, controls, points

BLACK, WHITE = Color.BLACK, Color.WHITE


def terms(*, size: Size = SMALL, handicap: int = 0, komi: float | None = None, setup: Setup | None = None) -> GameTerms:
    """Terms under Japanese rules."""
    return GameTerms.agreed(
        size=size,
        rules=JAPANESE,
        control=a_control(),
        black=PlayerId(4711),
        white=PlayerId(4712),
        komi=komi,
        handicap=handicap,
        setup=setup,
    )


def test_a_game_can_begin_with_a_position() -> None:
    setup = Setup(black=tuple(points("D4 E5")), white=tuple(points("F6")), first_to_move=WHITE)
    board = terms(setup=setup).first_board()
    assert board.stones(BLACK) == points("D4 E5")
    assert board.stones(WHITE) == points("F6")
    assert board.to_move is WHITE


def test_a_position_takes_the_place_of_handicap_stones() -> None:
    of_players = terms(handicap=4, setup=Setup(black=tuple(points("D4")), white=()))
    assert of_players.first_board().stones(BLACK) == points("D4")
    assert of_players.stones_to_place == 0
    assert of_players.komi == JAPANESE.komi_for(4)


def test_terms_are_stored_readably() -> None:
    stored = terms_to_json(terms(handicap=2))
    assert {name: stored[name] for name in ("width", "rules", "komi", "black_stones", "first_to_move")} == {
        "width": 9,
        "rules": "japanese",
        "komi": 0.5,
        "black_stones": "gccg",
        "first_to_move": "W",
    }


_corner = Setup(black=(Point(0, 0),), white=(Point(1, 0),), first_to_move=WHITE)


@given(
    st.builds(Size.of, st.integers(2, 25), st.integers(2, 25)),
    st.sampled_from(list(RULESETS.values())),
    controls,
    st.integers(0, 9),
    st.none() | st.integers(-40, 40).map(lambda halves: halves / 2),
    st.sampled_from([None, _corner]),
    st.booleans(),
)
def test_terms_are_read_back_as_they_were(
    size: Size,
    rules: Ruleset,
    control: TimeControl,
    handicap: int,
    komi: float | None,
    setup: Setup | None,
    may_be_cancelled: bool,
) -> None:
    agreed = GameTerms.agreed(
        size=size,
        rules=rules,
        control=control,
        black=PlayerId(4711),
        white=PlayerId(4712),
        komi=komi,
        handicap=handicap,
        may_be_cancelled=may_be_cancelled,
        setup=setup,
    )
    assert terms_from_json(json.loads(json.dumps(terms_to_json(agreed)))) == agreed
