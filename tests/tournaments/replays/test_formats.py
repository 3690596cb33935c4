"""Which format some bytes are in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.tournaments.levels import Board
from tengen.tournaments.replays.formats import ReplayFormat, recognise
from tests.tournaments.replays.builders import BUILT, REAL_REPLAYS, a_game, an_avf, an_mvf, real_replays


@pytest.mark.parametrize("name", BUILT)
def test_replays_are_recognised_by_their_content(name: str) -> None:
    assert recognise(BUILT[name]()) == name[:3]


@real_replays
@pytest.mark.parametrize("name", ["test_subject.avf", "test_subject.rmv", "test_subject_2.rmv", "test_subject.evf"])
def test_real_replays_are_recognised_by_their_content(name: str) -> None:
    assert recognise((REAL_REPLAYS / name).read_bytes()) == name[-3:]


def test_a_board_of_ones_own_is_recognised() -> None:
    assert recognise(an_avf(a_game(Board(200, 50, 2000), seed=3))) is ReplayFormat.AVF


def test_other_versions_of_a_program_are_recognised_although_they_cannot_be_read() -> None:
    assert recognise(an_mvf(year="2007")) is ReplayFormat.MVF


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"\0" * 100,
        b"\x04" * 5,
        b"%PDF-1.7\n",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"PK\x03\x04" + b"\x03" * 100,
        b"(;GM[1]FF[4]SZ[19])",
        b"RawVF_Version: Rev5\nProgram: Minesweeper Arbiter\n",
        b"Minesweeper" * 100,
        an_avf()[:-400].replace(b"Skin:", b""),
    ],
    ids=["nothing", "a zero", "zeros", "a few bytes", "PDF", "PNG", "ZIP", "SGF", "RawVF", "text", "half an AVF"],
)
def test_what_is_no_replay_is_not_recognised(content: bytes) -> None:
    assert recognise(content) is None


@given(content=st.binary(max_size=300), seed=st.sampled_from(sorted(BUILT)), size=st.integers(0, 300))
def test_any_bytes_are_recognised_or_not(content: bytes, seed: str, size: int) -> None:
    assert recognise(BUILT[seed]()[:size] + content) in {None, *ReplayFormat}
