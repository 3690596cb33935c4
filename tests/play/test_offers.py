"""Offers: what OGS' clients send is read and completed; what they leave open is settled once both players are known."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.errors import TengenError
from tengen.core.values import PlayerId
from tengen.go.points import Color, Size
from tengen.go.rulesets import AGA, CHINESE, JAPANESE, NEW_ZEALAND, RULESETS, Ruleset
from tengen.play.offers import (
    Agreement,
    ColorWish,
    Contender,
    InvalidChallenge,
    Offer,
    OfferedGame,
    agree,
    automatic_handicap,
)
from tengen.play.terms import Setup
from tengen.play.time_controls import InvalidTimeControl, Speed
from tengen.play.time_systems import Byoyomi, Fischer, Untimed
from tests.play.builders import MINUTE, SECOND, points
from tests.play.challenge_builders import a_body, changed

BLACK, WHITE = Color.BLACK, Color.WHITE
CHALLENGER, CHALLENGED = PlayerId(4711), PlayerId(4712)

FISCHER = {"system": "fischer", "initial_time": 2400, "time_increment": 30, "max_time": 300}
NONE = {"system": "none", "speed": "correspondence", "time_control": "none", "pause_on_weekends": False}


def offered(**game: Any) -> OfferedGame:
    """The game that is offered when ogsapi's is changed so."""
    return Offer.parse(a_body(game=game)).game


def agreed(offer: Offer, *, challenger: float = 20.0, challenged: float = 20.0, coin: bool = True) -> Agreement:
    """What comes of the offer between players of these ranks."""
    return agree(offer, Contender(CHALLENGER, challenger), Contender(CHALLENGED, challenged), coin=coin)


# ── what ogsapi sends ──


def test_the_defaults_of_ogsapi_offer_the_game_that_it_documents() -> None:
    offer = Offer.parse(a_body())
    assert offer.color is ColorWish.WHITE
    assert (offer.min_ranking, offer.max_ranking, offer.is_invite_only) == (7, 18, False)
    game = offer.game
    assert (game.name, game.size, game.rules) == ("Friendly Game", Size.of(19), JAPANESE)
    assert (game.handicap, game.komi, game.setup) == (0, None, None)
    assert (game.is_ranked, game.is_private, game.is_analysis_disabled) == (False, False, False)
    assert game.control.system == Byoyomi(40 * MINUTE, 30 * SECOND, 5)
    assert (game.control.speed, game.control.pause_on_weekends) == (Speed.LIVE, False)


def test_fischer_time_of_ogsapi_has_its_cap_raised() -> None:
    game = offered(time_control="fischer", time_control_parameters=FISCHER)
    assert game.control.system == Fischer(40 * MINUTE, 30 * SECOND, 40 * MINUTE)


def test_no_clock_is_correspondence() -> None:
    game = offered(time_control="none", time_control_parameters=NONE)
    assert (game.control.system, game.control.speed) == (Untimed(), Speed.CORRESPONDENCE)


@pytest.mark.parametrize(
    ("system", "missing"), [("canadian", "main_time"), ("absolute", "total_time"), ("simple", "per_move")]
)
def test_a_clock_without_its_times_is_refused_by_what_it_lacks(system: str, missing: str) -> None:
    with pytest.raises(InvalidTimeControl, match=f"{system} needs {missing}") as refusal:
        offered(time_control=system, time_control_parameters={})
    assert refusal.value.status == 400


def test_without_a_word_about_time_a_game_is_live_with_byoyomi() -> None:
    game = offered(time_control=..., time_control_parameters=..., disable_analysis=...)
    assert game.control.system == Byoyomi(40 * MINUTE, 30 * SECOND, 5)
    assert game.control.speed is Speed.LIVE
    assert not game.is_analysis_disabled


def test_nearly_everything_may_be_left_out() -> None:
    offer = Offer.parse({"game": {}})
    assert offer == Offer(
        OfferedGame("Friendly Game", Size.of(19), JAPANESE, handicap=0, komi=None, control=offer.game.control)
    )


# ── one thing, written in many ways ──


@pytest.mark.parametrize(
    ("sent", "handicap"),
    [(0, 0), ("0", 0), (3, 3), ("3", 3), (" 3 ", 3), (2.0, 2), (-1, None), ("-1", None), (None, 0), (..., 0), (36, 36)],
)
def test_a_handicap_is_a_number_or_its_text(sent: object, handicap: int | None) -> None:
    assert offered(handicap=sent).handicap == handicap


@pytest.mark.parametrize("sent", [-2, 37, "three", "", 1.5, True, [], {}, math.inf, math.nan, "1e1", 10**4000])
def test_what_is_no_handicap_is_refused(sent: object) -> None:
    with pytest.raises(InvalidChallenge, match="handicap must be"):
        offered(handicap=sent)


def test_a_small_board_has_room_for_few_handicap_stones() -> None:
    assert offered(width=4, height=4, handicap=4).handicap == 4
    with pytest.raises(InvalidChallenge, match="0 to 4 stones"):
        offered(width=4, height=4, handicap=5)


@pytest.mark.parametrize(
    ("komi_auto", "sent", "komi"),
    [
        ("automatic", 7.5, None),
        ("automatic", "nonsense", None),
        (True, "6.5", None),
        ("true", "6.5", None),
        (True, ..., None),
        ("custom", 7.5, 7.5),
        (False, "6.5", 6.5),
        ("false", "-0.5", -0.5),
        (False, 0, 0.0),
        (False, ".5", 0.5),
        (..., 3, 3.0),
        (..., None, None),
        (..., ..., None),
        (None, "0.25", 0.25),
    ],
)
def test_komi_is_chosen_or_automatic(komi_auto: object, sent: object, komi: float | None) -> None:
    assert offered(komi_auto=komi_auto, komi=sent).komi == komi


@pytest.mark.parametrize("sent", [None, ..., "six", "", True, [6.5], math.nan, math.inf, 501, "1e2", 0.123, 10**400])
def test_a_chosen_komi_must_be_a_number(sent: object) -> None:
    with pytest.raises(InvalidChallenge, match="komi must be a number"):
        offered(komi_auto="custom", komi=sent)


@pytest.mark.parametrize("sent", ["", "auto", 2, [], {}, 1.0])
def test_what_says_neither_automatic_nor_custom_is_refused(sent: object) -> None:
    with pytest.raises(InvalidChallenge, match="komi_auto must be"):
        offered(komi_auto=sent)


@pytest.mark.parametrize(("width", "height"), [(2, 2), (25, 25), (9, 13), ("13", "13"), (19.0, 19)])
def test_boards_have_any_sides_from_2_to_25(width: object, height: object) -> None:
    size = offered(width=width, height=height, rules="japanese").size
    assert size == Size(int(str(width).removesuffix(".0")), int(str(height)))


@pytest.mark.parametrize("sent", [1, 26, 0, -19, "big", 9.5, True, [], 10**4000])
def test_other_boards_are_refused(sent: object) -> None:
    with pytest.raises(InvalidChallenge, match=r"2 to 25 lines|whole number"):
        offered(width=sent)


@pytest.mark.parametrize(
    ("sent", "rules"), [("japanese", JAPANESE), ("Chinese", CHINESE), (" aga ", AGA), ("nz", NEW_ZEALAND)]
)
def test_rules_go_by_their_names(sent: str, rules: Ruleset) -> None:
    assert offered(rules=sent).rules == rules


@pytest.mark.parametrize("sent", ["tibetan", "", 3, [], "\ud800"])
def test_unknown_rules_are_refused(sent: object) -> None:
    with pytest.raises(InvalidChallenge, match="rules"):
        offered(rules=sent)


@pytest.mark.parametrize("field", ["ranked", "private", "disable_analysis"])
@pytest.mark.parametrize(
    ("sent", "value"), [(True, True), ("true", True), (1, True), ("0", False), (None, False), (..., False)]
)
def test_flags_are_true_or_false_in_the_ways_of_json_and_forms(field: str, sent: object, value: bool) -> None:
    game = offered(**{field: sent})
    assert {"ranked": game.is_ranked, "private": game.is_private, "disable_analysis": game.is_analysis_disabled}[
        field
    ] is value


@pytest.mark.parametrize("sent", ["maybe", 2, 0.0, [], {}])
def test_what_is_neither_true_nor_false_is_refused(sent: object) -> None:
    with pytest.raises(InvalidChallenge, match="private must be true or false"):
        offered(private=sent)


@pytest.mark.parametrize(("sent", "name"), [("  Evening game ", "Evening game"), ("", "Friendly Game"), ("夜", "夜")])
def test_a_game_has_a_name(sent: str, name: str) -> None:
    assert offered(name=sent).name == name


@pytest.mark.parametrize("sent", ["a\nb", "a\0b", "\ud800", "x" * 201, 3, ["x"]])
def test_what_is_no_line_is_no_name(sent: object) -> None:
    with pytest.raises(InvalidChallenge, match="name"):
        offered(name=sent)


def test_a_game_of_teams_is_refused() -> None:
    assert not offered(rengo=False, rengo_casual_mode=True).is_ranked
    with pytest.raises(InvalidChallenge, match="Rengo"):
        offered(rengo=True)


@pytest.mark.parametrize(
    ("sent", "limits"),
    [
        ({"min_ranking": -1000, "max_ranking": 1000}, (-1000, 1000)),
        ({"min_ranking": ..., "max_ranking": None}, (-1000, 1000)),
        ({"min_ranking": -99999, "max_ranking": 99999}, (-1000, 1000)),
        ({"min_ranking": "20.5", "max_ranking": 30}, (20.5, 30)),
    ],
)
def test_rank_limits_are_numbers_within_bounds(sent: dict[str, Any], limits: tuple[float, float]) -> None:
    offer = Offer.parse(a_body(**sent))
    assert (offer.min_ranking, offer.max_ranking) == limits


@pytest.mark.parametrize("sent", ["5k", True, [], math.nan])
def test_what_is_no_rank_number_is_refused(sent: object) -> None:
    with pytest.raises(InvalidChallenge, match="min_ranking must be a rank number"):
        Offer.parse(a_body(min_ranking=sent))


def test_rank_limits_that_nobody_fits_are_refused() -> None:
    with pytest.raises(InvalidChallenge, match="nobody has such a rank"):
        Offer.parse(a_body(min_ranking=20, max_ranking=19))


def test_whole_ranks_lie_within_the_limits() -> None:
    offer = Offer.parse(a_body(min_ranking=7, max_ranking=18))
    fits = [ranking for ranking in (6.9, 7.0, 12.5, 18.0, 18.9, 19.0) if offer.is_for(ranking)]
    assert fits == [7.0, 12.5, 18.0, 18.9]


@pytest.mark.parametrize("sent", ["green", "Black", 1, [], {}])
def test_unknown_colors_are_refused(sent: object) -> None:
    with pytest.raises(InvalidChallenge, match="challenger_color must be one of"):
        Offer.parse(a_body(challenger_color=sent))


@pytest.mark.parametrize("game", [..., None, [], "19x19", 3])
def test_a_challenge_says_what_is_to_be_played(game: object) -> None:
    body = changed(a_body(), {"game": game})
    with pytest.raises(InvalidChallenge, match="game must be an object"):
        Offer.parse(body)


# ── positions to begin with ──


def test_a_game_can_begin_with_a_position() -> None:
    game = offered(width=9, height=9, initial_state={"black": "ddee", "white": "ff"}, initial_player="white")
    assert game.setup is not None
    assert frozenset(game.setup.black) == points("D6 E5")
    assert frozenset(game.setup.white) == points("F4")
    terms = agreed(Offer(game)).terms
    assert terms.first_board().stones(BLACK) == points("D6 E5")
    assert (terms.first_to_move, terms.komi, terms.handicap) == (WHITE, 6.5, 0)


@pytest.mark.parametrize("sent", [{}, {"black": ""}, {"black": None, "white": ""}])
def test_a_position_without_stones_is_the_empty_board(sent: object) -> None:
    assert offered(initial_state=sent).setup is None


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ("ddee", "must be an object"),
        ({"black": "dde"}, "two letters for each stone"),
        ({"black": 4}, "two letters for each stone"),
        ({"black": "dd" * 100}, "two letters for each stone"),
        ({"white": ".."}, "two letters"),
        ({"white": "é1"}, "two letters"),
        ({"white": "zz"}, "outside the board"),
        ({"black": "dddd"}, "two stones at one point"),
        ({"black": "dd", "white": "dd"}, "two stones at one point"),
        ({"black": "aa", "white": "abba"}, "without liberties"),
    ],
)
def test_a_position_that_cannot_be_is_refused(sent: object, sentence: str) -> None:
    with pytest.raises(InvalidChallenge, match=sentence):
        offered(width=9, height=9, initial_state=sent)


def test_a_position_has_its_handicap_in_it() -> None:
    assert offered(initial_state={"black": "dd"}, handicap=-1).handicap == 0
    with pytest.raises(InvalidChallenge, match="no handicap beside"):
        offered(initial_state={"black": "dd"}, handicap=2)


# ── ranked games ──


def test_a_ranked_game_has_automatic_komi_whatever_was_sent() -> None:
    assert offered(ranked=True, komi_auto="custom", komi=0.5).komi is None


@pytest.mark.parametrize(
    ("game", "sentence"),
    [
        ({"width": 5, "height": 5}, "square boards of 7 to 25 lines"),
        ({"width": 13, "height": 9}, "square boards of 7 to 25 lines"),
        ({"handicap": 10}, "9 handicap stones at most"),
        ({"initial_state": {"black": "dd"}}, "empty board"),
    ],
)
def test_a_game_that_could_not_rate_is_not_ranked(game: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidChallenge, match=sentence):
        offered(ranked=True, **game)
    assert not offered(**game).is_ranked


@pytest.mark.parametrize("ranked", [{}, {"handicap": -1}, {"width": 9, "height": 9}, {"handicap": 9}])
def test_a_game_that_rates_may_be_ranked(ranked: dict[str, Any]) -> None:
    assert offered(ranked=True, **ranked).is_ranked


# ── agreeing ──


@pytest.mark.parametrize(
    ("wish", "handicap", "ranks", "coin", "black"),
    [
        ("black", 0, (20, 25), False, CHALLENGER),
        ("white", 0, (20, 25), True, CHALLENGED),
        ("random", 0, (20, 25), True, CHALLENGER),
        ("random", 4, (20, 25), False, CHALLENGED),
        ("automatic", 0, (20, 25), True, CHALLENGER),
        ("automatic", 0, (20, 25), False, CHALLENGED),
        ("automatic", 3, (20, 25), False, CHALLENGER),
        ("automatic", 3, (25, 20), True, CHALLENGED),
        ("automatic", 3, (20, 20), True, CHALLENGER),
        ("automatic", 3, (20, 20), False, CHALLENGED),
        ("automatic", -1, (20, 25), False, CHALLENGER),
        ("automatic", -1, (25, 20), True, CHALLENGED),
        ("automatic", -1, (20.0, 20.4), True, CHALLENGER),
        ("automatic", -1, (20.0, 20.4), False, CHALLENGED),
    ],
)
def test_colors_are_as_wished_and_black_is_the_weaker_players_in_a_game_with_handicap(
    wish: str, handicap: int, ranks: tuple[float, float], coin: bool, black: PlayerId
) -> None:
    offer = Offer.parse(a_body(challenger_color=wish, game={"handicap": handicap}))
    terms = agreed(offer, challenger=ranks[0], challenged=ranks[1], coin=coin).terms
    assert terms.black == black
    assert {terms.black, terms.white} == {CHALLENGER, CHALLENGED}


@pytest.mark.parametrize(
    ("side", "rules", "ranks", "handicap", "komi"),
    [
        # Recorded on OGS, where the handicap was to follow from the ranks.
        (9, "japanese", 1, 1, 4.5),
        (9, "chinese", 4, 1, -0.5),
        # On 19×19 a rank is a stone; komi from the table of the contract.
        (19, "japanese", 0, 0, 6.5),
        (19, "japanese", 1, 1, 0.5),
        (19, "chinese", 1, 1, 0.5),
        (19, "nz", 3, 3, 0.0),
        (19, "aga", 9, 9, 0.5),
        (19, "japanese", 10, 9, 0.5),
        (19, "japanese", 33, 9, 0.5),
        # On smaller boards, a stone once as many points are due as it is worth.
        (9, "japanese", 5, 1, -3.5),
        (9, "japanese", 6, 2, 6.5),
        (9, "japanese", 7, 2, 4.5),
        (9, "nz", 6, 1, -5.0),
        (9, "nz", 7, 2, 6.0),
        (13, "japanese", 1, 1, 2.5),
        (13, "japanese", 2, 1, -1.5),
        (13, "japanese", 3, 2, 6.5),
        (13, "aga", 4, 2, 3.5),
        (13, "japanese", 33, 9, 6.5),
        (25, "japanese", 2, 4, 0.5),
        (2, "japanese", 33, 1, -2.5),
    ],
)
def test_automatic_handicap_and_komi_follow_from_the_ranks(
    side: int, rules: str, ranks: int, handicap: int, komi: float
) -> None:
    assert automatic_handicap(ranks, Size.of(side), RULESETS[rules]) == (handicap, komi)


@given(
    st.integers(2, 25),
    st.sampled_from(list(RULESETS.values())),
    st.integers(-40, 40),
)
def test_automatic_terms_never_favour_the_stronger_and_could_be_rated(side: int, rules: Ruleset, ranks: int) -> None:
    stones, komi = automatic_handicap(ranks, Size.of(side), rules)
    assert 0 <= stones <= 9
    assert rules.komi - 13 < komi <= rules.komi
    assert (stones == 0) == (ranks <= 0)


def test_the_nearest_whole_number_of_ranks_counts_and_the_difference_is_told_to_a_tenth() -> None:
    offer = Offer.parse(a_body(challenger_color="automatic", game={"handicap": -1}))
    for difference, handicap, told in ((0.44, 0, 0.4), (0.5, 1, 0.5), (2.49, 2, 2.5), (2.51, 3, 2.5), (11.0, 9, 11.0)):
        found = agreed(offer, challenger=10.0, challenged=10.0 + difference)
        assert (found.terms.handicap, found.handicap_rank_difference) == (handicap, told)


def test_a_handicap_that_was_chosen_tells_no_difference() -> None:
    found = agreed(Offer.parse(a_body(game={"handicap": 2})), challenged=25.0)
    assert (found.terms.handicap, found.terms.komi, found.handicap_rank_difference) == (2, 0.5, None)


def test_black_gets_no_handicap_from_a_weaker_player() -> None:
    offer = Offer.parse(a_body(challenger_color="black", game={"handicap": -1}))
    found = agreed(offer, challenger=25.0, challenged=20.0)
    assert (found.terms.black, found.terms.handicap, found.terms.komi) == (CHALLENGER, 0, 6.5)
    assert found.handicap_rank_difference == 5.0


def test_a_chosen_komi_stays_beside_an_automatic_handicap() -> None:
    offer = Offer.parse(a_body(game={"handicap": -1, "komi_auto": False, "komi": 3.5}))
    found = agreed(offer, challenged=16.0)
    assert (found.terms.handicap, found.terms.komi) == (4, 3.5)


# ── whatever comes ──

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["6.5", "-1", "custom", "dd"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_usual = a_body()
_bodies = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.just(value) | _json for name, value in _usual.items() if name != "game"},
        "game": _json
        | st.fixed_dictionaries(
            {"width": st.integers(1, 26) | st.just("19"), "height": st.integers(2, 25)},
            optional={
                **{
                    name: st.just(value) | _json
                    for name, value in _usual["game"].items()
                    if name not in {"width", "height"}
                },
                "initial_state": st.fixed_dictionaries({"black": st.text("abcs"), "white": st.text("abcs")}) | _json,
                "pause_on_weekends": _json,
                "rengo": _json,
            },
        ),
    },
)


def answer_to(body: dict[str, Any]) -> Offer | TengenError:
    """The offer, or why it is refused."""
    try:
        return Offer.parse(body)
    except (InvalidChallenge, InvalidTimeControl) as refusal:
        return refusal


@given(_bodies)
def test_whatever_comes_is_an_offer_that_can_be_accepted_or_a_refusal(body: dict[str, Any]) -> None:
    offer = answer_to(body)
    if isinstance(offer, TengenError):
        assert offer.status == 400
        assert offer.message.encode().endswith(b".")
        return
    assert OfferedGame.from_json(json.loads(json.dumps(offer.game.to_json()))) == offer.game
    terms = agreed(offer, challenger=12.0, challenged=25.3, coin=False).terms
    assert terms.size == offer.game.size
    assert terms.first_board().stones(BLACK) == frozenset(terms.black_stones)


def test_a_position_is_stored_with_the_game() -> None:
    game = offered(initial_state={"black": "dd", "white": "pp"}, initial_player="white")
    read = OfferedGame.from_json(game.to_json())
    assert read == game
    assert isinstance(read.setup, Setup)
