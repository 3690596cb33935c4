"""Standings: keys that sort as results do, places and ties, and who may see what."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.values import AccountId
from tengen.tournaments.levels import Level
from tengen.tournaments.modes import Mode, Result, Score, SubmissionId, mode_of
from tengen.tournaments.standings import (
    Line,
    Mark,
    Placed,
    Reached,
    may_see_all,
    places,
    rank_key,
    without_places,
)
from tests.tournaments.builders import ANN, BOB, CLEO, MICROSECOND, NOON, SECOND, a_score

BEST = mode_of("best", "beginner")
MODES = st.sampled_from([BEST, mode_of("sum", "2+1+0"), mode_of("sum_timelimit", "1+1+1;60")])

# ── keys ──

NUMBERS_OF_64_BITS = st.integers(-(2**63), 2**63 - 1)
NEAR_EACH_OTHER = st.integers(-2, 2) | st.sampled_from([-(2**63), 2**63 - 1, -256, 255, 256, 2**32, -(2**32)])
KEYS = st.integers(1, 4).flatmap(
    lambda length: st.tuples(
        *[st.lists(NUMBERS_OF_64_BITS | NEAR_EACH_OTHER, min_size=length, max_size=length).map(tuple)] * 2
    )
)


@given(KEYS)
def test_keys_as_bytes_compare_as_keys_do(keys: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    one, other = keys
    assert (rank_key(one) < rank_key(other)) == (one < other)
    assert (rank_key(one) == rank_key(other)) == (one == other)


def test_a_key_is_eight_bytes_a_number_the_greater_first() -> None:
    assert rank_key((0,)).hex() == "8000000000000000"
    assert rank_key((-1, 1)).hex() == "7fffffffffffffff" + "8000000000000001"
    assert rank_key((-(2**63), 2**63 - 1)).hex() == "0000000000000000" + "ffffffffffffffff"


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_a_number_that_would_be_out_of_order_is_no_key(number: int) -> None:
    with pytest.raises(OverflowError):
        rank_key((number,))


# ── results as they are kept ──

INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # zone follows
TIMES = st.integers(1, 10**12) | st.integers(1, 999_999)
SCORES = st.builds(Score, st.integers(1, 2**63 - 1).map(SubmissionId), st.sampled_from(Level), TIMES, INSTANTS)


@given(st.lists(SCORES, min_size=1, max_size=5).map(tuple), st.integers(0, 3))
def test_a_result_that_is_kept_comes_back_to_the_millisecond_and_microsecond(
    scores: tuple[Score, ...], missing: int
) -> None:
    result = Result(scores, len(scores) + missing)
    reached = Reached.of(result)
    assert reached.result == result
    assert (reached.total, reached.counted, reached.missing) == (result.total, len(scores), missing)


def test_what_is_kept_can_be_shown_as_it_is() -> None:
    result = Result((a_score(7, 5410, Level.EXPERT, uploaded_at=NOON + MICROSECOND),), 3)
    reached = Reached.of(result)
    assert json.loads(reached.games) == [
        {"submission_id": 7, "level": "expert", "time": 5.41, "uploaded": "2026-06-01T12:00:00.000001Z"}
    ]
    assert (reached.total, reached.counted, reached.wanted, reached.missing) == (5410, 1, 3, 2)


# ── places ──


def a_line(account_id: AccountId, *scores: Score, mode: Mode = BEST) -> Placed:
    """What an account with these scores has reached, with what it is ordered by."""
    result = mode.result(scores)
    assert result is not None
    return Placed(rank_key(mode.sort_key(result)), account_id, f"account {account_id}", Reached.of(result))


def placed(*lines: Placed, after: Mark | None = None) -> list[tuple[int | None, AccountId]]:
    return [(line.place, line.account_id) for line, _ in places(lines, after)]


def test_equal_results_share_a_place_and_the_next_is_left_out() -> None:
    first = a_line(AccountId(9), a_score(8, 1000))
    tied = [a_line(account, a_score(account, 2000, uploaded_at=NOON)) for account in (ANN, CLEO)]
    last = a_line(BOB, a_score(7, 3000))
    assert placed(first, *tied, last) == [(1, AccountId(9)), (2, ANN), (2, CLEO), (4, BOB)]


def test_a_line_says_who_has_reached_what() -> None:
    line = a_line(ANN, a_score(1, 1000))
    ((placed_line, mark),) = places([line])
    assert placed_line == Line(1, ANN, "account 1", line.reached)
    assert mark == Mark(line.rank_key, ANN, place=1, number=1)


def test_of_equal_times_the_earlier_upload_is_ahead() -> None:
    late = a_line(ANN, a_score(1, 2000, uploaded_at=NOON + MICROSECOND))
    early = a_line(BOB, a_score(2, 2000, uploaded_at=NOON))
    assert early.rank_key < late.rank_key


def test_nobody_has_a_place_among_nobody() -> None:
    assert places([]) == []
    assert places([], Mark(b"", ANN, place=3, number=5)) == []


RESULTS = st.lists(
    st.lists(st.tuples(st.sampled_from(Level), st.integers(1, 3), st.integers(0, 2)), min_size=1, max_size=4),
    max_size=10,
)


@given(MODES, RESULTS)
def test_a_place_is_one_more_than_there_are_better_results(
    mode: Mode, drawn: list[list[tuple[Level, int, int]]]
) -> None:
    results: dict[AccountId, Result] = {}
    for account, games in enumerate(drawn, start=1):
        scores = [a_score(n, time, level, uploaded_at=NOON + at * SECOND) for n, (level, time, at) in enumerate(games)]
        result = mode.result(scores)
        if result is not None:
            results[AccountId(account)] = result
    keys = {account: mode.sort_key(result) for account, result in results.items()}
    lines = sorted(
        (Placed(rank_key(keys[account]), account, "", Reached.of(result)) for account, result in results.items()),
        key=lambda line: (line.rank_key, line.account_id),
    )
    expected = [
        Line(1 + sum(other < keys[account] for other in keys.values()), account, "", Reached.of(results[account]))
        for account in sorted(keys, key=lambda account: (keys[account], account))
    ]
    assert [line for line, _ in places(lines)] == expected


@given(st.lists(st.integers(1, 4), max_size=12).map(sorted), st.integers(1, 12))
def test_pages_have_the_places_of_the_whole(times: list[int], size: int) -> None:
    lines = [a_line(AccountId(n), a_score(n, time, uploaded_at=NOON)) for n, time in enumerate(times, start=1)]
    paged: list[tuple[Line, Mark]] = []
    for start in range(0, len(lines), size):
        paged += places(lines[start : start + size], paged[-1][1] if paged else None)
    assert paged == places(lines)


# ── who may see ──


@pytest.mark.parametrize(
    ("hide_results", "is_over", "is_host", "sees"),
    [
        (False, False, False, True),
        (True, False, False, False),
        (True, False, True, True),
        (True, True, False, True),
    ],
)
def test_hidden_results_are_the_hosts_alone_until_the_end(
    *, hide_results: bool, is_over: bool, is_host: bool, sees: bool
) -> None:
    assert may_see_all(hide_results=hide_results, is_over=is_over, is_host=is_host) is sees


def test_without_its_place_a_line_is_the_same() -> None:
    lines = [line for line, _ in places([a_line(ANN, a_score(1, 1000)), a_line(BOB, a_score(2, 1500))])]
    assert without_places(lines) == [Line(None, line.account_id, line.name, line.reached) for line in lines]
    assert [line.place for line in lines] == [1, 2]
