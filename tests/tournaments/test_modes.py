"""The modes: their parameters, what counts in them, who is ahead, and how that is explained."""

from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.tournaments.levels import Board, Level, UnknownLevel
from tengen.tournaments.modes import (
    MODES,
    Best,
    InvalidData,
    InvalidModeParameters,
    Mode,
    Quota,
    Reason,
    Result,
    Score,
    Sum,
    SumTimelimit,
    UnknownMode,
    mode_of,
    seconds,
)
from tests.tournaments.builders import HOUR, NOON, SECOND, a_score

BEGINNER, INTERMEDIATE, EXPERT = Level.BEGINNER, Level.INTERMEDIATE, Level.EXPERT
ONE_OF_EACH = mode_of("sum", "1+1+1")

levels = st.sampled_from(Level)
times = st.integers(1, 999_999)
scores = st.lists(st.tuples(times, levels, st.integers(0, 5))).map(
    lambda drawn: [
        a_score(number, time, level, uploaded_at=NOON + second * SECOND)
        for number, (time, level, second) in enumerate(drawn)
    ]
)
counts = st.integers(0, 4)
quotas = st.builds(Quota, counts, counts, counts).filter(lambda quota: quota.games > 0)
modes: st.SearchStrategy[Mode] = st.one_of(
    st.builds(Sum, quotas), st.builds(SumTimelimit, quotas, st.just(HOUR)), st.builds(Best, levels)
)


def result_of(mode: Mode, *scores: Score) -> Result:
    result = mode.result(scores)
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("name", "parameters", "mode"),
    [
        ("sum", "1+1+1", Sum(Quota(1, 1, 1))),  # the contract's example
        ("sum", "1+0+0", Sum(Quota(1, 0, 0))),  # that of the client's tests
        ("sum", "3+0+0", Sum(Quota(3, 0, 0))),  # the tournament of 2011: the sum of three Beginner games
        ("sum", "1+1+2", Sum(Quota(1, 1, 2))),
        ("sum", "100+100+100", Sum(Quota(100, 100, 100))),
        ("sum_timelimit", "1+1+1;3600", SumTimelimit(Quota(1, 1, 1), HOUR)),
        ("sum_timelimit", "0+0+1;31622400", SumTimelimit(Quota(0, 0, 1), timedelta(days=366))),
        ("best", "expert", Best(EXPERT)),
    ],
)
def test_modes_are_read_and_written(name: str, parameters: str, mode: Mode) -> None:
    assert mode_of(name, parameters) == mode
    assert (mode.name, mode.parameters) == (name, parameters)


@pytest.mark.parametrize(
    ("name", "parameters", "rules"),
    [
        ("sum", "1+1+1", "The sum of one's best 1 Beginner, 1 Intermediate and 1 Expert games."),
        ("sum", "3+0+0", "The sum of one's best 3 Beginner games."),
        ("sum", "0+1+0", "The time of one's best Intermediate game."),
        ("sum", "2+0+1", "The sum of one's best 2 Beginner and 1 Expert games."),
        ("sum_timelimit", "1+0+0;60", "The time of one's best Beginner game, within 60 s of making one's key."),
        ("best", "expert", "The time of one's best Expert game."),
    ],
)
def test_a_mode_says_what_is_played_for(name: str, parameters: str, rules: str) -> None:
    assert mode_of(name, parameters).rules == rules


@given(modes)
def test_every_mode_is_read_back(mode: Mode) -> None:
    assert mode_of(mode.name, mode.parameters) == mode


@pytest.mark.parametrize(
    ("name", "written", "canonical"),
    [("sum", " 1+1+1 ", "1+1+1"), ("sum_timelimit", "1+1+1; 60", "1+1+1;60"), ("best", " Expert", "expert")],
)
def test_parameters_have_one_form(name: str, written: str, canonical: str) -> None:
    assert mode_of(name, written).parameters == canonical


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("sum", ""),
        ("sum", "1+1"),
        ("sum", "1+1+1+1"),
        ("sum", "0+0+0"),
        ("sum", "-1+1+1"),
        ("sum", "01+1+1"),
        ("sum", "1+1+101"),
        ("sum", f"1+1+{'9' * 5000}"),
        ("sum", "1,1,1"),
        ("sum", "1.5+1+1"),
        ("sum", "١+1+1"),
        ("sum", "1+1+1;60"),
        ("sum", "1+1+1\0"),
        ("sum_timelimit", "1+1+1"),
        ("sum_timelimit", "1+1+1;"),
        ("sum_timelimit", "1+1+1;0"),
        ("sum_timelimit", "1+1+1;-60"),
        ("sum_timelimit", "1+1+1;60;60"),
        ("sum_timelimit", "1+1+1;1.5"),
        ("sum_timelimit", "1+1+1;31622401"),
        ("sum_timelimit", f"1+1+1;{'9' * 5000}"),
        ("sum_timelimit", "0+0+0;60"),
        ("best", ""),
        ("best", "custom"),
        ("best", "3"),
    ],
)
def test_parameters_that_make_no_sense_are_refused_with_an_example(name: str, parameters: str) -> None:
    with pytest.raises(InvalidModeParameters) as refusal:
        mode_of(name, parameters)
    assert len(refusal.value.message) < 250
    assert refusal.value.code == "invalid_mode_parameters"


def test_an_unknown_mode_is_told_which_there_are() -> None:
    with pytest.raises(UnknownMode, match="There are best, sum, sum_timelimit"):
        mode_of("blitz" * 100, "1+1+1")


def test_one_more_mode_is_one_more_entry() -> None:
    class Worst(Best):
        """A mode of somebody else's."""

    assert isinstance(mode_of("worst", "expert", {**MODES, "worst": Worst.parse}), Worst)


def test_only_a_time_limit_limits_the_time() -> None:
    limits = {name: mode_of(name, text).time_limit for name, text in [("sum", "1+1+1"), ("best", "expert")]}
    assert limits == {"sum": None, "best": None}
    assert mode_of("sum_timelimit", "1+1+1;90").time_limit == timedelta(seconds=90)
    assert all(
        mode_of(name, text).late_entry
        for name, text in [("sum", "1+1+1"), ("sum_timelimit", "1+1+1;9"), ("best", "expert")]
    )


@pytest.mark.parametrize(
    ("mode", "refused", "wanted"),
    [
        (mode_of("sum", "1+0+2"), INTERMEDIATE, "play beginner or expert"),
        (mode_of("sum_timelimit", "0+1+0;60"), EXPERT, "play intermediate"),
        (mode_of("best", "expert"), BEGINNER, "play expert"),
    ],
)
def test_a_level_of_which_no_game_is_wanted_is_refused(mode: Mode, refused: Level, wanted: str) -> None:
    with pytest.raises(InvalidData, match=wanted) as refusal:
        mode.check(refused, 5410)
    assert (refusal.value.code, refusal.value.status) == ("invalid_data", 403)
    assert refusal.value.reason is Reason.LEVEL_NOT_PLAYED
    mode.check(Level.parse(wanted.rpartition(" ")[2]), 5410)


def test_the_best_games_of_each_level_are_added_up() -> None:
    mode = mode_of("sum", "2+1+0")
    worse, best, second = a_score(1, 3000), a_score(2, 1000), a_score(3, 2000)
    slow, fast = a_score(4, 20_000, INTERMEDIATE), a_score(5, 15_000, INTERMEDIATE)
    unwanted = a_score(6, 50_000, EXPERT)
    result = result_of(mode, worse, best, second, slow, fast, unwanted)
    assert result.counting == (best, second, fast)
    assert (result.total, result.wanted, result.missing) == (18_000, 3, 0)
    assert result.decided_at == NOON + 5 * SECOND


def test_a_better_game_replaces_a_worse_one_and_a_worse_one_changes_nothing() -> None:
    first = a_score(1, 2000)
    assert result_of(ONE_OF_EACH, first, a_score(2, 1000)).total == 1000
    assert result_of(ONE_OF_EACH, first, a_score(2, 2500)) == result_of(ONE_OF_EACH, first)


def test_of_games_equally_fast_the_one_that_came_in_earlier_counts() -> None:
    early, late = a_score(2, 1000, uploaded_at=NOON), a_score(1, 1000, uploaded_at=NOON + SECOND)
    assert result_of(ONE_OF_EACH, late, early).counting == (early,)


def test_without_a_game_that_counts_there_is_no_result() -> None:
    assert ONE_OF_EACH.result([]) is None
    assert mode_of("best", "expert").result([a_score(1, 1000)]) is None


def test_who_has_more_games_is_ahead_then_the_lower_sum_then_the_earlier_last_upload() -> None:
    mode = mode_of("sum", "1+1+0")
    in_order = [
        result_of(mode, a_score(1, 1000), a_score(9, 30_000, INTERMEDIATE)),
        result_of(mode, a_score(2, 1001), a_score(3, 30_000, INTERMEDIATE)),
        result_of(mode, a_score(2, 1000), a_score(4, 30_001, INTERMEDIATE)),
        result_of(mode, a_score(1, 900)),
        result_of(mode, a_score(5, 901)),
    ]
    keys = [mode.sort_key(result) for result in in_order]
    assert keys == sorted(keys)
    assert len(set(keys)) == 5


def test_sums_are_exact() -> None:
    tenths = [a_score(number, 100) for number in range(3)]
    assert result_of(mode_of("sum", "3+0+0"), *tenths).total == 300  # 0.1 + 0.1 + 0.1 is more than 0.3 as floats
    assert seconds(300) == "0.300"


@given(quotas, st.lists(st.tuples(times, levels), max_size=6))
def test_no_other_choice_of_games_is_better(quota: Quota, drawn: list[tuple[int, Level]]) -> None:
    mode = Sum(quota)
    played = [a_score(number, time, level) for number, (time, level) in enumerate(drawn)]
    choices = [choice for size in range(1, len(played) + 1) for choice in combinations(played, size)]
    allowed = [
        choice
        for choice in choices
        if all(sum(score.level is level for score in choice) <= number for level, number in quota.of.items())
    ]
    result = mode.result(played)
    if result is None:
        assert not allowed
    else:
        best = min((-len(choice), sum(score.time for score in choice)) for choice in allowed)
        assert best == (-len(result.counting), result.total)


@given(modes, scores, st.data())
def test_the_order_of_scores_does_not_matter(mode: Mode, scores: list[Score], data: st.DataObject) -> None:
    assert mode.result(data.draw(st.permutations(scores))) == mode.result(scores)


@given(modes, scores, times, levels)
def test_one_more_score_never_does_harm(mode: Mode, scores: list[Score], time: int, level: Level) -> None:
    before = mode.result(scores)
    more = mode.result([*scores, a_score(1000, time, level)])
    if before is not None:
        assert more is not None
        assert mode.sort_key(more) <= mode.sort_key(before)


def test_a_place_is_explained_by_what_counts() -> None:
    result = result_of(ONE_OF_EACH, a_score(1, 1234), a_score(2, 40_005, EXPERT))
    assert ONE_OF_EACH.explain(result, None) == "2 of 3 games (beginner 1.234, expert 40.005), together 41.239 s."


@pytest.mark.parametrize(
    ("ahead", "parting"),
    [
        ([a_score(1, 1000), a_score(2, 9000, INTERMEDIATE)], "Behind the one ahead by 1 game."),
        (
            [a_score(1, 1000), a_score(2, 9000, INTERMEDIATE), a_score(3, 9000, EXPERT)],
            "Behind the one ahead by 2 games.",
        ),
        ([a_score(1, 990)], "Behind the one ahead by 0.010 s."),
        ([a_score(1, 1000)], "As fast as the one ahead, whose last counting game came in earlier."),
        ([a_score(8, 1000, uploaded_at=NOON + 5 * SECOND)], "Level with the one ahead in everything."),
    ],
)
def test_a_place_is_explained_by_the_first_rule_that_parts_it_from_the_one_ahead(
    ahead: list[Score], parting: str
) -> None:
    explanation = ONE_OF_EACH.explain(result_of(ONE_OF_EACH, a_score(5, 1000)), result_of(ONE_OF_EACH, *ahead))
    assert explanation == f"1 of 3 games (beginner 1.000), together 1.000 s. {parting}"


# Boards as the replay formats number them (contract, section 4.2).
@pytest.mark.parametrize(
    ("number", "word", "board", "text"),
    [
        (3, "beginner", Board(8, 8, 10), "8×8 with 10 mines"),
        (4, "intermediate", Board(16, 16, 40), "16×16 with 40 mines"),
        (5, "expert", Board(30, 16, 99), "30×16 with 99 mines"),
    ],
)
def test_levels_have_a_number_a_word_and_a_board(number: int, word: str, board: Board, text: str) -> None:
    level = Level.parse(word)
    assert (level.value, level.word, level.board, str(level.board)) == (number, word, board, text)


def test_there_is_no_level_of_ones_own() -> None:
    with pytest.raises(UnknownLevel, match="write 'beginner'"):
        Level.parse("custom")
