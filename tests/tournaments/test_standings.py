"""Standings: places, ties, and that nothing depends on the order in which news arrives."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.values import AccountId
from tengen.tournaments.levels import Level
from tengen.tournaments.modes import Mode, Score, SubmissionId, mode_of
from tengen.tournaments.standings import Line, Standings, may_see_all, shown_to
from tests.tournaments.builders import ANN, BOB, CLEO, NOON, SECOND, a_score

SUM = mode_of("sum", "2+1+0")
BEST = mode_of("best", "beginner")
MODES = st.sampled_from([SUM, BEST, mode_of("sum_timelimit", "1+1+1;60")])


@st.composite
def entries(draw: st.DrawFn) -> list[tuple[AccountId, Score]]:
    """Scores of a few accounts, close to each other so that ties come about."""
    drawn = draw(
        st.lists(
            st.tuples(st.integers(1, 4), st.integers(1, 3), st.sampled_from(Level), st.integers(0, 2)), max_size=12
        )
    )
    return [
        (AccountId(account), a_score(number, time, level, uploaded_at=NOON + second * SECOND))
        for number, (account, time, level, second) in enumerate(drawn)
    ]


disqualifications = st.sets(st.integers(0, 14).map(SubmissionId))


def places(standings: Standings) -> list[tuple[int | None, AccountId]]:
    return [(line.place, line.account_id) for line in standings.lines()]


def test_a_score_moves_its_account_to_its_place() -> None:
    standings = Standings(BEST)
    standings.add(ANN, a_score(1, 3000))
    standings.add(BOB, a_score(2, 2000))
    assert places(standings) == [(1, BOB), (2, ANN)]
    standings.add(ANN, a_score(3, 1000))
    assert places(standings) == [(1, ANN), (2, BOB)]
    standings.add(BOB, a_score(4, 5000))
    assert places(standings) == [(1, ANN), (2, BOB)]
    assert len(standings) == 2


def test_a_disqualified_score_falls_back_on_the_next_best_and_comes_back_when_restored() -> None:
    scores = [(ANN, a_score(1, 1000)), (ANN, a_score(2, 3000)), (BOB, a_score(3, 2000))]
    standings = Standings.of(BEST, scores)
    before = standings.lines()
    standings.disqualify(SubmissionId(1))
    assert places(standings) == [(1, BOB), (2, ANN)]
    standings.disqualify(SubmissionId(2))
    assert places(standings) == [(1, BOB)]
    assert standings.line_of(ANN) is None
    standings.restore(SubmissionId(2))
    standings.restore(SubmissionId(1))
    assert standings.lines() == before


def test_equal_results_share_a_place_and_the_next_is_left_out() -> None:
    tied = [(account, a_score(account, 2000, uploaded_at=NOON)) for account in (CLEO, ANN)]
    standings = Standings.of(BEST, [*tied, (BOB, a_score(7, 3000)), (AccountId(9), a_score(8, 1000))])
    assert places(standings) == [(1, AccountId(9)), (2, ANN), (2, CLEO), (4, BOB)]
    assert standings.line_of(CLEO) == standings.lines()[2]


def test_of_equal_times_the_earlier_upload_is_ahead() -> None:
    late, early = a_score(1, 2000, uploaded_at=NOON + SECOND), a_score(2, 2000, uploaded_at=NOON)
    assert places(Standings.of(BEST, [(ANN, late), (BOB, early)])) == [(1, BOB), (2, ANN)]


def test_a_page_of_lines_has_the_places_of_the_whole() -> None:
    standings = Standings.of(BEST, [(AccountId(n), a_score(n, 1000 * n)) for n in range(1, 8)])
    assert standings.lines(2, 3) == standings.lines()[2:5]
    assert [line.place for line in standings.lines(5, 10)] == [6, 7]
    assert standings.lines(7, 10) == []


def test_a_place_is_explained_with_the_one_ahead() -> None:
    standings = Standings.of(BEST, [(ANN, a_score(1, 1000)), (BOB, a_score(2, 1500))])
    assert standings.explain(ANN) == "1 of 1 games (beginner 1.000), together 1.000 s."
    assert standings.explain(BOB) == (
        "1 of 1 games (beginner 1.500), together 1.500 s. Behind the one ahead by 0.500 s."
    )
    assert standings.explain(CLEO) is None


def test_a_submission_comes_in_once() -> None:
    standings = Standings.of(BEST, [(ANN, a_score(1, 1000))])
    before = standings.lines()
    standings.add(ANN, a_score(1, 1000))
    for account, score in ((BOB, a_score(1, 1000)), (ANN, a_score(1, 900))):
        with pytest.raises(ValueError, match="came in twice"):
            standings.add(account, score)
    assert standings.lines() == before
    standings.disqualify(SubmissionId(1))
    assert standings.lines() == []


@given(MODES, entries(), disqualifications, st.data())
def test_any_order_of_news_gives_the_same_standings(
    mode: Mode, entries: list[tuple[AccountId, Score]], disqualified: set[SubmissionId], data: st.DataObject
) -> None:
    at_once = Standings.of(mode, entries, disqualified)
    news: list[Callable[[Standings], None]] = [
        *(lambda standings, account=account, score=score: standings.add(account, score) for account, score in entries),
        *(lambda standings, number=number: standings.disqualify(number) for number in disqualified),
    ]
    one_by_one = Standings(mode)
    for arrive in data.draw(st.permutations(news)):
        arrive(one_by_one)
    assert one_by_one.lines() == at_once.lines()


@given(MODES, entries(), disqualifications, st.lists(st.integers(0, 14).map(SubmissionId), unique=True))
def test_disqualifying_and_restoring_is_the_identity(
    mode: Mode,
    entries: list[tuple[AccountId, Score]],
    disqualified: set[SubmissionId],
    more: list[SubmissionId],
) -> None:
    standings = Standings.of(mode, entries, disqualified)
    before = standings.lines()
    for submission in more:
        if submission not in disqualified:
            standings.disqualify(submission)
    for submission in more:
        if submission not in disqualified:
            standings.restore(submission)
    assert standings.lines() == before


@given(MODES, entries(), disqualifications)
def test_standings_are_what_sorting_all_results_anew_gives(
    mode: Mode, entries: list[tuple[AccountId, Score]], disqualified: set[SubmissionId]
) -> None:
    results = {}
    for account in {account for account, _ in entries}:
        counting = [score for owner, score in entries if owner == account and score.submission_id not in disqualified]
        result = mode.result(counting)
        if result is not None:
            results[account] = result
    keys = {account: mode.sort_key(result) for account, result in results.items()}
    expected = [
        Line(1 + sum(key < keys[account] for key in keys.values()), account, results[account])
        for account in sorted(keys, key=lambda account: (keys[account], account))
    ]
    standings = Standings.of(mode, entries, disqualified)
    assert standings.lines() == expected
    assert [standings.line_of(line.account_id) for line in expected] == expected


@given(MODES, entries(), st.integers(1, 4).map(AccountId), st.integers(1, 3), st.sampled_from(Level))
def test_nobodys_score_moves_anybody_else_ahead(
    mode: Mode, entries: list[tuple[AccountId, Score]], account: AccountId, time: int, level: Level
) -> None:
    standings = Standings.of(mode, entries)
    before = {line.account_id: line.place or 0 for line in standings.lines()}
    standings.add(account, a_score(100, time, level))
    for line in standings.lines():
        if line.account_id != account:
            assert (line.place or 0) >= before[line.account_id]


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


def test_who_may_not_see_all_sees_the_own_result_without_its_place() -> None:
    lines = Standings.of(BEST, [(ANN, a_score(1, 1000)), (BOB, a_score(2, 1500))]).lines()
    assert shown_to(lines, BOB, all_of_them=True) == lines
    assert shown_to(lines, BOB, all_of_them=False) == [Line(None, BOB, lines[1].result)]
    assert shown_to(lines, CLEO, all_of_them=False) == []
    assert shown_to(lines, None, all_of_them=False) == []
