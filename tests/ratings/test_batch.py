"""Histories rated at once: the same bits as game by game, whatever the pieces and the numbers of the players."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengen.ratings.batch import Book, Games, Played
from tengen.ratings.elo import Elo
from tengen.ratings.gaussian import Gaussian, Scatter
from tengen.ratings.glicko2 import Glicko2
from tengen.ratings.pairs import NO_SLOT, PairSystem
from tengen.ratings.systems import Game, Strength
from tests.ratings.builders import DAY, update

CONDITIONS = ["surface:clay", "surface:grass", "speed:blitz", "moon:full"]
SYSTEMS: dict[str, PairSystem] = {
    "gaussian": Gaussian(),
    "gaussian-in-points": Gaussian.in_points(),
    "gaussian-with-everything": Gaussian(
        newcomers=-2.0,
        founding=3.0,
        reversion=0.01,
        conditions={"speed": Scatter(1.0, 0.2), "surface": Scatter(0.5, 0.01)},
    ),
    "glicko2": Glicko2(),
    "glicko2-in-points": Glicko2(has_ranks=False),
    "elo": Elo(),
    "elo-falling": Elo(falling=0.7, has_ranks=True),
}
some = settings(max_examples=25)
every_system = pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS.keys())


@dataclass(frozen=True)
class Meeting:
    """A game of a drawn history."""

    day: float
    first: int
    second: int
    score: float
    advantage: float
    weight: float
    conditions: Sequence[str]
    first_rank: float | None
    second_rank: float | None


@st.composite
def meetings(draw: st.DrawFn) -> Meeting:
    first, second = draw(st.permutations(range(6)))[:2]
    return Meeting(
        DAY + draw(st.integers(0, 40) | st.floats(0, 4000)),  # some on one day, some late
        first,
        second,
        draw(st.sampled_from([0.0, 0.5, 1.0])),
        draw(st.just(0.0) | st.floats(-9, 9)),
        draw(st.just(1.0) | st.floats(0.5, 3)),
        draw(st.sampled_from([[], CONDITIONS[:1], CONDITIONS[1:3], CONDITIONS[2:]])),
        draw(st.none() | st.floats(0, 38)),
        draw(st.none() | st.floats(0, 38)),
    )


histories = st.lists(meetings(), min_size=1, max_size=25)


def a_book(system: PairSystem) -> Book:
    """A book in which the conditions have the same slots as in any other."""
    book = Book(system)
    for name in CONDITIONS:
        book.slot(name)
    return book


def columns(history: Sequence[Meeting], book: Book) -> Games:
    slots = [[book.slot(name) for name in book.system.followed(meeting.conditions)] for meeting in history]
    return Games.of(
        [meeting.day for meeting in history],
        [meeting.first for meeting in history],
        [meeting.second for meeting in history],
        [meeting.score for meeting in history],
        advantages=[meeting.advantage for meeting in history],
        weights=[meeting.weight for meeting in history],
        slots=[[*row, NO_SLOT, NO_SLOT][:2] for row in slots],
        first_ranks=[np.nan if meeting.first_rank is None else meeting.first_rank for meeting in history],
        second_ranks=[np.nan if meeting.second_rank is None else meeting.second_rank for meeting in history],
    )


def one_by_one(system: PairSystem, history: Sequence[Meeting]) -> tuple[Played, dict[int, Strength]]:
    """The history by the system's own `update`, a game at a time."""
    known: dict[int, Strength] = {}
    rows = []
    for meeting in history:
        late = max(0.0, meeting.day - history[0].day)
        for player, rank in ((meeting.first, meeting.first_rank), (meeting.second, meeting.second_rank)):
            if player not in known:
                known[player] = system.prior(rank, after_opening=late)
        game = Game.between(
            known[meeting.first],
            known[meeting.second],
            day=meeting.day,
            advantage=meeting.advantage,
            weight=meeting.weight,
            conditions=meeting.conditions,
        )
        first, second = update(system, game, meeting.score)
        known[meeting.first], known[meeting.second] = first.after, second.after
        offsets = [
            [
                number
                for name in system.followed(meeting.conditions)
                for number in (after.offsets[name].mean, after.offsets[name].variance)
            ]
            for after in (first.after, second.after)
        ]
        rows.append(
            (
                (first.expected, second.expected),
                (first.before.mean, second.before.mean),
                (first.before.variance, second.before.variance),
                (first.after.mean, second.after.mean),
                (first.after.variance, second.after.variance),
                (first.after.volatility, second.after.volatility),
                (float(first.after.games), float(second.after.games)),
                [[*numbers, *[np.nan] * 4][:4] for numbers in offsets],
            )
        )
    return Played(*(np.array(column) for column in zip(*rows, strict=True))), known


def same(one: Played, other: Played) -> bool:
    return all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


@every_system
@given(history=histories)
def test_a_history_at_once_has_the_bits_of_one_game_at_a_time(system: PairSystem, history: list[Meeting]) -> None:
    book = a_book(system)
    played = book.play(columns(history, book), with_states=True)
    expected, known = one_by_one(system, history)
    assert same(played, expected)
    assert {player: book.strength(player) for player in range(6) if book.strength(player)} == known


@every_system
@some
@given(history=histories, cuts=st.sets(st.integers(0, 25)))
def test_the_pieces_do_not_matter(system: PairSystem, history: list[Meeting], cuts: set[int]) -> None:
    whole, pieces = a_book(system), a_book(system)
    games = columns(history, whole)
    played = whole.play(games)
    edges = sorted({0, len(games), *(cut for cut in cuts if cut < len(games))})
    parts = [pieces.play(games.part(begin, end)) for begin, end in pairwise(edges)]
    assert same(Played(*(np.concatenate(column) for column in zip(*parts, strict=True))), played)


@every_system
@some
@given(history=histories, numbers=st.permutations(range(6)))
def test_the_numbers_of_the_players_do_not_matter(
    system: PairSystem, history: list[Meeting], numbers: list[int]
) -> None:
    book, renumbered = a_book(system), a_book(system)
    games = columns(history, book)
    others = Games.of(
        games.days,
        np.array(numbers)[games.first],
        np.array(numbers)[games.second],
        games.scores,
        advantages=games.advantages,
        weights=games.weights,
        slots=games.slots,
        first_ranks=games.first_ranks,
        second_ranks=games.second_ranks,
    )
    assert same(renumbered.play(others), book.play(games))


@every_system
@some
@given(history=histories)
def test_a_book_goes_on_from_what_another_knew(system: PairSystem, history: list[Meeting]) -> None:
    whole, first, second = (a_book(system) for _ in range(3))
    games = columns(history, whole)
    middle = len(games) // 2
    whole.play(games)
    first.play(games.part(0, middle))
    second.opened = first.opened
    for player in range(6):
        if (strength := first.strength(player)) is not None:
            second.know(player, strength)
    second.play(games.part(middle, len(games)))
    assert [second.strength(player) for player in range(6)] == [whole.strength(player) for player in range(6)]


def test_a_book_grows_with_its_players() -> None:
    book = Book(Elo())
    book.play(Games.of([DAY], [100_000], [3], [1.0]))
    book.play(Games.of([DAY], [7], [100_000], [1.0]))
    assert [book.strength(player) is None for player in (3, 7, 8, 100_000, 900_000)] == [
        False,
        False,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("first", "score", "sentence"),
    [([1, 2], [1.0], "one length"), ([1], [1.5], "0 to 1"), ([1], [float("nan")], "0 to 1")],
)
def test_columns_that_cannot_be_are_refused(first: list[int], score: list[float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Games.of([DAY], first, [0], score)


def test_conditions_may_come_up_late() -> None:
    system = SYSTEMS["gaussian-with-everything"]
    early, late = a_book(system), Book(system)
    first = Games.of([DAY], [0], [1], [1.0])
    early.play(first)
    late.play(first)
    number = late.slot("surface:grass")
    assert late.slot("moon:full") == NO_SLOT
    assert early.slot("surface:grass") != number
    early.play(Games.of([DAY + 9], [0], [1], [0.0], slots=[[early.slot("surface:grass")]]))
    late.play(Games.of([DAY + 9], [0], [1], [0.0], slots=[[number]]))
    assert [early.strength(player) for player in (0, 1)] == [late.strength(player) for player in (0, 1)]


def test_a_slot_that_was_never_told_is_refused() -> None:
    with pytest.raises(ValueError, match="slot"):
        Book(SYSTEMS["gaussian-with-everything"]).play(Games.of([DAY], [0], [1], [1.0], slots=[[0]]))


def test_players_have_numbers_from_0() -> None:
    with pytest.raises(ValueError, match="from 0"):
        Book(Elo()).play(Games.of([DAY], [-1], [0], [1.0]))
