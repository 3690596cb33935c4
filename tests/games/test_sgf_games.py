"""Games that records tell: what a record must say, and a sentence for what it does not."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.games.named_game import NamedGame
from tengen.games.rated_games import Unrated
from tengen.games.sgf_games import UnusableRecord, read_game
from tengen.ratings.go_conditions import SpeedClass
from tests.support.builders import NOON

ROOT = {"GM": "1", "SZ": "19", "PB": "Tova", "PW": "Rin", "KM": "6.5", "DT": "2026-03-14", "RE": "B+3.5"}


def a_record(**properties: str | None) -> bytes:
    root = "".join(f"{name}[{value}]" for name, value in (ROOT | properties).items() if value is not None)
    return f"(;{root};B[pd];W[dp])".encode()


def read(**properties: str | None) -> NamedGame:
    return read_game(a_record(**properties), ranked=True, now=NOON)


def test_a_record_is_a_game() -> None:
    game = read(HA="2", RU="Chinese", AB="pd][dp")
    assert (game.black, game.white, game.result) == ("Tova", "Rin", "B+3.5")
    played = game.played
    assert played.played_at == datetime(2026, 3, 14, tzinfo=UTC)
    assert (played.handicap, played.komi, played.rules, played.width, played.height) == (2, 6.5, "chinese", 19, 19)
    assert game.content == a_record(HA="2", RU="Chinese", AB="pd][dp")
    assert game.facts is not None
    assert (game.facts.moves, game.fingerprint) == (2, None)


def test_its_time_control_tells_how_fast_it_was() -> None:
    assert read(TM="60", OT="3x5 byo-yomi").played.speed is SpeedClass.BLITZ
    assert read(TM="60", OT="Japanese").played.speed is None


def test_it_was_over_on_the_last_of_its_days() -> None:
    assert read(DT="1996-12-27,28,1997-01-03").played.played_at == datetime(1997, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "result"),
    [("B+Resign", "B+R"), ("w+2,5", "W+2.5"), ("Jigo", "0"), ("Void", "Void"), ("B+", "B"), ("W", "W"), ("w+?", "W")],
)
def test_results_are_read_in_the_spellings_of_records(written: str, result: str) -> None:
    assert read(RE=written).result == result


def test_games_that_were_not_to_be_rated_are_not() -> None:
    assert read_game(a_record(), ranked=False, now=NOON).played.unrated is Unrated.UNRANKED


def test_what_is_odd_about_the_moves_is_noted() -> None:
    game = read_game(a_record().replace(b"W[dp]", b"W[pd]"), ranked=True, now=NOON)
    assert [warning.move for warning in game.warnings] == [2]


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"PB": None}, "It does not say who played: PB and PW"),
        ({"PW": ""}, "It does not say who played"),
        ({"KM": None}, "It does not say the komi: KM"),
        ({"KM": "six"}, "It does not say the komi: KM"),
        ({"RE": None}, "It does not say who won: RE[]"),
        ({"RE": "?"}, "It does not say who won: RE[?]"),
        ({"DT": None}, "It does not say when it was played: DT"),
        ({"DT": "last spring"}, "It does not say when it was played: DT"),
        ({"DT": "2026-05-04"}, "The day of the game cannot be: 2026-05-04"),
        ({"DT": "0201-03-14"}, "The day of the game cannot be"),
        ({"GM": "2"}, "The record is of another game than Go"),
        ({"SZ": "52"}, "The record's board cannot be used"),
    ],
)
def test_a_record_that_leaves_out_what_a_report_must_say_is_refused(
    properties: dict[str, str | None], said: str
) -> None:
    with pytest.raises(UnusableRecord) as refusal:
        read(**properties)
    assert refusal.value.message.startswith(said)


texts = st.text(max_size=100).map(lambda text: f"(;PB[{text}]PW[x])".encode("utf-8", "replace"))


@given(content=st.binary(max_size=200) | texts)
def test_what_is_too_little_for_a_game_is_refused_whatever_it_holds(content: bytes) -> None:
    with pytest.raises(UnusableRecord) as refusal:
        read_game(content, ranked=True, now=NOON)
    assert refusal.value.message


@given(values=st.dictionaries(st.sampled_from([*ROOT, "HA", "RU"]), st.text(max_size=20), min_size=1))
def test_whatever_its_properties_say_it_is_a_game_or_a_sentence(values: dict[str, str]) -> None:
    escaped = {name: value.replace("\\", "").replace("]", "") for name, value in values.items()}
    root = "".join(f"{name}[{value}]" for name, value in (ROOT | escaped).items())
    content = f"(;{root};B[pd];W[dp])".encode("utf-8", "replace")
    try:
        game = read_game(content, ranked=True, now=NOON)
    except UnusableRecord:
        assert not values.keys() <= {"RU", "HA"}  # those two may say anything
    else:
        assert game.black.strip()
        assert game.white.strip()
        assert game.content == content
