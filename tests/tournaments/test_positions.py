"""The ids of the feed's events: they resume, and tell nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.security import MasterKey
from tengen.core.values import MAX_ID
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.positions import SEALED_FOR, InvalidPosition, Position, Positions
from tengen.tournaments.schedule import Phase
from tests.tournaments.builders import CUP, NOON

POSITIONS = Positions(MasterKey(b"sixteen bytes or more").sealer(SEALED_FOR))
HERE = Position(CUP, 17, Phase.RUNNING, NOON)


@given(
    number=st.integers(0, MAX_ID),
    phase=st.sampled_from(Phase),
    given_at=st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_a_position_is_read_as_it_was_written(number: int, phase: Phase, given_at: datetime) -> None:
    position = Position(CUP, number, phase, given_at)
    assert POSITIONS.read(POSITIONS.write(position), CUP) == position


@given(numbers=st.lists(st.integers(0, MAX_ID), min_size=2, max_size=5))
def test_nobody_sees_whether_there_was_a_change_between_two_positions(numbers: list[int]) -> None:
    texts = [POSITIONS.write(replace(HERE, number=number)) for number in [*numbers, *numbers]]
    assert len(set(texts)) == len(texts)
    assert len({len(text) for text in texts}) == 1


def test_a_position_may_stand_in_an_address_as_it_is() -> None:
    assert all(set("+/&#%") & set(POSITIONS.write(HERE)) == set() for _ in range(100))


def test_a_position_holds_in_no_other_tournament() -> None:
    with pytest.raises(InvalidPosition):
        POSITIONS.read(POSITIONS.write(HERE), TournamentId(CUP + 1))


def test_a_position_that_was_sealed_elsewhere_or_changed_is_none() -> None:
    text = POSITIONS.write(HERE)
    foreign = Positions(MasterKey(b"another platform's secret").sealer(SEALED_FOR)).write(HERE)
    other = MasterKey(b"sixteen bytes or more").sealer(SEALED_FOR).seal(b"something else")
    for wrong in (foreign, other, text[:-4], text[4:], text + "AAAA", text.swapcase()):
        with pytest.raises(InvalidPosition):
            POSITIONS.read(wrong, CUP)


@given(text=st.text())
def test_any_other_text_is_no_position(text: str) -> None:
    with pytest.raises(InvalidPosition):
        POSITIONS.read(text, CUP)
