"""Places in standings and lists of tournaments, as text."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.values import MAX_ID, AccountId
from tengen.tournaments import cursors
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.standings import Mark, rank_key
from tengen.web.cursors import InvalidCursor, write_bytes
from tests.tournaments.builders import ANN, CUP, NOON

KEYS = st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=8).map(lambda key: rank_key(tuple(key)))


@given(KEYS, st.integers(1, MAX_ID), st.integers(1, MAX_ID), st.integers(0, 1000))
def test_a_place_in_standings_is_read_back(key: bytes, account_id: int, place: int, others: int) -> None:
    mark = Mark(key, AccountId(account_id), place, min(place + others, MAX_ID))
    assert cursors.read_mark(cursors.write_mark(mark)) == mark


def test_a_place_in_a_list_is_read_back() -> None:
    assert cursors.read_start(cursors.write_start(NOON, CUP)) == (NOON, CUP)


MARK = Mark(rank_key((0, 5410, 0)), ANN, 3, 4)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        cursors.write_mark(MARK)[:-1],
        cursors.write_mark(MARK) + "=",
        cursors.write_start(NOON, TournamentId(1)),
        cursors.write_mark(Mark(b"", ANN, 3, 4)),
        cursors.write_mark(Mark(bytes(65), ANN, 3, 4)),
        cursors.write_mark(Mark(MARK.rank_key, ANN, 0, 4)),
        cursors.write_mark(Mark(MARK.rank_key, ANN, 5, 4)),
        write_bytes(struct.pack(">qq", 1, 1)),
    ],
)
def test_what_no_page_has_given_is_no_place_in_standings(text: str) -> None:
    with pytest.raises(InvalidCursor):
        cursors.read_mark(text)


@given(st.text())
def test_any_text_is_refused_that_is_no_place(text: str) -> None:
    for read in (cursors.read_mark, cursors.read_start):
        with pytest.raises(InvalidCursor):
            read(text)
