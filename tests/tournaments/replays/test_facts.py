"""What is kept of a replay: its hash, its way between processes, what of it may be shown."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.tournaments.levels import Board
from tengen.tournaments.replays.facts import MAX_NAME, ReplayFacts, clock_of, game_hash, shown
from tengen.tournaments.replays.formats import ReplayFormat
from tengen.tournaments.replays.stated import Button, Releases
from tengen.tournaments.submissions import Replay, ReplayClock
from tests.tournaments.replays.builders import KEY

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
instants = st.integers(1, 8000 * 365 * 86_400 * 10**6).map(lambda at: EPOCH + timedelta(microseconds=at))
facts = st.builds(
    ReplayFacts,
    format=st.sampled_from(ReplayFormat),
    key_texts=st.lists(st.text(), max_size=4).map(tuple),
    board=st.builds(Board, columns=st.integers(1, 255), rows=st.integers(1, 255), mines=st.integers(0, 65_025)),
    time=st.integers(0, 2**32),
    game_hash=st.binary(min_size=32, max_size=32),
    clock=st.none() | st.builds(ReplayClock, instants, instants, st.booleans()),
)


def some_facts(**changed: Any) -> ReplayFacts:
    known = {
        "format": ReplayFormat.AVF,
        "key_texts": (f"Ann#{KEY}",),
        "player_name": f"Ann#{KEY}",
        "level": 3,
        "board": Board(8, 8, 10),
        "mode": 0,
        "is_completed": True,
        "time": 5410,
        "bbbv": 28,
        "software": "Arbiter",
        "game_hash": bytes(32),
        "clock": None,
    }
    return ReplayFacts(**{**known, **changed})


@given(known=facts)
def test_facts_are_the_same_on_the_other_side_of_a_pipe(known: ReplayFacts) -> None:
    assert ReplayFacts.from_json(json.loads(json.dumps(known.to_json()))) == known


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)


@given(known=facts, name=st.sampled_from(sorted(some_facts().to_json())), value=json_values)
def test_nonsense_from_the_other_side_is_an_error_of_value(known: ReplayFacts, name: str, value: Any) -> None:
    with suppress(ValueError):
        assert isinstance(ReplayFacts.from_json({**known.to_json(), name: value}), ReplayFacts)


@pytest.mark.parametrize("nonsense", [None, 1, "x", [], {}, {"board": None}, {"board": [8, 8]}])
def test_what_is_no_facts_is_an_error_of_value(nonsense: Any) -> None:
    with pytest.raises(ValueError, match=r"facts|unpack"):
        ReplayFacts.from_json(nonsense)


def test_what_decides_about_a_replay_is_taken_from_the_facts() -> None:
    clock = ReplayClock(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC), is_utc=False)
    replay = some_facts(clock=clock).replay()
    assert str(replay.key) == KEY
    assert replay == Replay(replay.key, 3, Board(8, 8, 10), 0, is_completed=True, time=5410, clock=clock)
    assert some_facts(key_texts=("Ann",)).replay().key is None


def test_facts_do_not_show_keys() -> None:
    assert KEY not in repr(some_facts())
    assert "Arbiter" in repr(some_facts())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Ann  Lee ", "Ann  Lee"),
        ("A\0n\nn\x7f\u202e\ud800", "Ann"),
        ("元3.1.9", "元3.1.9"),
        ("x" * (MAX_NAME + 1), "x" * MAX_NAME),
    ],
)
def test_texts_are_made_fit_to_be_shown(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_clocks_of_impossible_years_are_none() -> None:
    assert clock_of(0, 0, is_utc=True) is None
    assert clock_of(-5, 5, is_utc=True) is None
    assert clock_of(14_124_486_660_978_561_024, 5, is_utc=True) is None
    assert clock_of(1, 2**63, is_utc=True) is None
    second = 10**6
    expected = ReplayClock(EPOCH + timedelta(seconds=1), EPOCH + timedelta(seconds=2), is_utc=False)
    assert clock_of(second, 2 * second, is_utc=False) == expected


# ── the hash of a game ──

LEFT, RIGHT = Button.LEFT, Button.RIGHT
MINES = bytes([0, 0, 1, 0, 0, 0, 0, 1])


def a_hash(*releases: tuple[int, int], columns: int = 4, mines: bytes = MINES) -> bytes:
    return game_hash(columns, mines, Releases(bytes(button for button, _ in releases), [at for _, at in releases]))


def test_a_game_has_one_hash_wherever_its_clock_begins() -> None:
    assert a_hash((LEFT, 0), (RIGHT, 310), (LEFT, 620)) == a_hash((LEFT, 85), (RIGHT, 395), (LEFT, 705))
    assert a_hash((RIGHT, 0), (LEFT, 100)) == a_hash((RIGHT, 5000), (LEFT, 5100))


def test_a_game_has_one_hash_in_thousandths_and_in_hundredths() -> None:
    assert a_hash((LEFT, 0), (LEFT, 317)) == a_hash((LEFT, 0), (LEFT, 310))


def test_another_game_has_another_hash() -> None:
    same = a_hash((LEFT, 0), (LEFT, 310))
    others = {
        a_hash((LEFT, 0), (LEFT, 320)),
        a_hash((LEFT, 0), (RIGHT, 310)),
        a_hash((LEFT, 0)),
        a_hash((LEFT, 0), (LEFT, 310), (LEFT, 310)),
        a_hash((LEFT, 0), (LEFT, 310), columns=2),
        a_hash((LEFT, 0), (LEFT, 310), mines=MINES[::-1]),
        a_hash((LEFT, 0), (LEFT, 310), mines=MINES + bytes(4)),
    }
    assert len(others | {same}) == 8


def test_a_game_without_events_has_a_hash() -> None:
    assert len(a_hash()) == len(a_hash((RIGHT, 7))) == 32
