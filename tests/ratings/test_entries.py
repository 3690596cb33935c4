"""Histories packed and unpacked: exactly, and the strength at every place in them."""

from dataclasses import astuple
from math import inf, isnan, nan

from hypothesis import given
from hypothesis import strategies as st

from tengen.core.values import AccountId, GameId
from tengen.ratings.entries import (
    NO_CONDITION,
    Entry,
    Position,
    Span,
    offset_writer,
    packed,
    read_names,
    read_offsets,
    unpacked,
    written_names,
    written_offsets,
)
from tengen.ratings.systems import Offset, Strength

CONDITIONS = ["size:large", "speed:blitz", "size:small"]

numbers = st.floats(allow_nan=False, allow_infinity=False)
ids = st.integers(1, 2**63 - 1)
places = st.sampled_from([NO_CONDITION, 0, 1, 2])


@st.composite
def entries(draw: st.DrawFn, kinds: int) -> list[Entry]:
    found = []
    for day in sorted(draw(st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=8))):
        offsets = tuple((draw(places), draw(numbers), draw(numbers)) for _ in range(kinds))
        values = [draw(numbers) for _ in range(8)]
        found.append(Entry._make([GameId(draw(ids)), day, *values, draw(st.integers(0, 10**6)), offsets]))
    return found


@given(kinds=st.integers(0, 3), data=st.data())
def test_entries_come_back_as_they_were_packed(kinds: int, data: st.DataObject) -> None:
    drawn = data.draw(entries(kinds))
    raw = packed(drawn, kinds)
    assert unpacked(raw, kinds) == drawn
    assert len(raw) == 8 * (11 + 3 * kinds) * len(drawn)


@given(st.dictionaries(st.text(), st.builds(Offset, numbers, numbers, numbers)))
def test_offsets_come_back_as_they_were_written_in_any_order(offsets: dict[str, Offset]) -> None:
    assert read_offsets(written_offsets(offsets)) == offsets
    assert written_offsets(dict(reversed(offsets.items()))) == written_offsets(offsets)


@given(known=st.dictionaries(st.text(), st.builds(Offset, numbers, numbers, numbers)), data=st.data())
def test_offsets_are_written_from_rows_of_numbers_as_they_are_from_themselves(
    known: dict[str, Offset], data: st.DataObject
) -> None:
    others = data.draw(st.lists(st.text().filter(lambda name: name not in known), unique=True))
    names = data.draw(st.permutations([*known, *others]))
    row = [number for name in names for number in astuple(known.get(name, Offset(1.0, 2.0, nan)))]
    assert offset_writer(names)(row) == written_offsets(known)


@given(st.lists(st.text()))
def test_names_of_conditions_come_back(names: list[str]) -> None:
    assert read_names(written_names(names)) == names


def an_entry(game: int, day: float, mean: float, *offsets: tuple[int, float, float]) -> Entry:
    return Entry(GameId(game), day, 24.0, 9.0, 0.5, 25.0, 4.0, mean, 8.0, 0.06, game, offsets)


SPAN = Span(
    AccountId(7),
    [
        an_entry(1, 10.0, 24.5, (0, 0.1, 0.04), (1, 0.2, 0.05)),
        an_entry(2, 11.0, 24.75, (2, 0.3, 0.06), (NO_CONDITION, nan, nan)),
        an_entry(3, 11.0, 25.0, (0, 0.4, 0.03), (NO_CONDITION, nan, nan)),
    ],
    CONDITIONS,
    {"size:small": Offset(-1.0, 0.5, 3.0), "speed:live": Offset(0.7, 0.2, 4.0)},
)


def test_the_strength_after_a_span_has_the_offsets_of_before_and_what_its_games_did_to_them() -> None:
    assert SPAN.strength == Strength(
        25.0,
        8.0,
        0.06,
        3,
        11.0,
        {
            "size:large": Offset(0.4, 0.03, 11.0),
            "speed:blitz": Offset(0.2, 0.05, 10.0),
            "size:small": Offset(0.3, 0.06, 11.0),
            "speed:live": Offset(0.7, 0.2, 4.0),
        },
    )


def test_a_span_is_cut_at_a_place_in_the_order_of_play() -> None:
    assert SPAN.upto(Position(10.5)) == Span(AccountId(7), SPAN.entries[:1], CONDITIONS, SPAN.before)
    assert SPAN.upto(Position(11.0)) == SPAN.upto(Position(10.0, 1))
    kept = SPAN.upto(Position(11.0, 2))
    assert kept is not None
    assert [entry.game_id for entry in kept.entries] == [1, 2]
    assert kept.strength.offsets["size:large"] == Offset(0.1, 0.04, 10.0)
    assert SPAN.upto(Position(10.0)) is None
    assert SPAN.upto(Position(inf)) is not None


def test_a_change_in_a_game_of_teams_has_no_opponent() -> None:
    entry = an_entry(1, 10.0, 24.5)
    change = entry.change(AccountId(7))
    assert change.opponent == Strength(25.0, 4.0)
    assert (change.before, change.after) == (Strength(24.0, 9.0), Strength(24.5, 8.0, 0.06, 1, 10.0))
    alone = entry._replace(opponent_mean=nan, opponent_variance=nan)
    assert isnan(alone.opponent_mean)
    assert alone.change(AccountId(7)).opponent is None
