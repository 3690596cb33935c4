"""Team Elo against values computed by hand, and against what must hold for any match."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.ratings.team_elo import TeamElo

SYSTEM = TeamElo()
ORIGINAL = TeamElo(rule="original")


def after(teams: list[list[float]], winner: int | None, system: TeamElo = SYSTEM) -> list[list[float]]:
    """The ratings after a match."""
    return [[rated.after for rated in team] for team in system.rate(teams, winner)]


def close(rows: list[list[float]]) -> list[object]:
    """Rows of expected values, to six digits behind the point."""
    return [pytest.approx(row, abs=1e-6) for row in rows]


# Worked out with forty-digit decimals from the published formula; the first two rows are also its own examples.
BY_HAND = [
    ("equals, the first wins", [[800], [800]], 0, [[832], [768]]),
    ("then a draw", [[832], [768]], None, [[829.174036], [771.061462]]),
    (
        "four against four of equal means",
        [[800, 900, 1000, 700], [850, 850, 750, 950]],
        0,
        [[832.460485, 928.035124, 1024.495445, 738.149364], [819.882353, 819.882353, 716.848832, 922.277238]],
    ),
    ("three teams, the middle one wins", [[800], [900], [1000]], 1, [[774.802421], [928.444444], [968.958063]]),
    ("three teams draw", [[800], [900], [1000]], None, [[806.802421], [900], [994.558063]]),
]


@pytest.mark.parametrize(("teams", "winner", "expected"), [row[1:] for row in BY_HAND], ids=[row[0] for row in BY_HAND])
def test_a_match_moves_ratings_as_computed_by_hand(
    teams: list[list[float]], winner: int | None, expected: list[list[float]]
) -> None:
    assert after(teams, winner) == close(expected)


def test_a_strong_player_in_a_weaker_team_gains_as_in_the_published_example() -> None:
    # Player 900 in a team of mean 850 against a mean of 800.
    (winner, _), _ = SYSTEM.rate([[900, 800], [800]], 0)
    assert winner.expected == pytest.approx(0.543066, abs=1e-6)
    assert winner.after == pytest.approx(925.994, abs=1e-3)


def test_the_original_rule_rates_winners_against_themselves() -> None:
    (winner, _), _ = ORIGINAL.rate([[900, 800], [800]], 0)
    assert winner.expected == pytest.approx(0.507195, abs=1e-6)
    assert winner.after == pytest.approx(928.035, abs=1e-3)


def test_both_rules_agree_on_losers_and_draws_of_two_teams() -> None:
    teams = [[900.0, 800.0], [700.0, 1000.0]]
    assert after(teams, 0)[1] == after(teams, 0, ORIGINAL)[1]
    assert after(teams, None) == after(teams, None, ORIGINAL)


ratings = st.floats(min_value=100, max_value=4000)
two_teams = st.lists(st.lists(ratings, min_size=1, max_size=8), min_size=2, max_size=2)
matches = st.lists(st.lists(ratings, min_size=1, max_size=8), min_size=2, max_size=4).flatmap(
    lambda teams: st.tuples(st.just(teams), st.one_of(st.none(), st.integers(0, len(teams) - 1)))
)


@given(rating=ratings, size=st.integers(1, 8), teams=st.integers(2, 4))
def test_a_draw_between_equals_changes_nothing(rating: float, size: int, teams: int) -> None:
    before = [[rating] * size for _ in range(teams)]
    assert after(before, None) == [pytest.approx(team) for team in before]


@given(match=matches)
def test_winners_gain_and_losers_lose(match: tuple[list[list[float]], int | None]) -> None:
    teams, winner = match
    for index, team in enumerate(SYSTEM.rate(teams, winner)):
        for rated in team:
            if winner == index:
                assert rated.after >= rated.before
            elif winner is not None:
                assert rated.after <= rated.before


@given(teams=two_teams, winner=st.sampled_from([0, 1, None]))
def test_the_order_of_teams_does_not_matter(teams: list[list[float]], winner: int | None) -> None:
    mirrored = None if winner is None else 1 - winner
    assert after(teams, winner) == after(teams[::-1], mirrored)[::-1]


@given(teams=two_teams)
def test_what_two_equal_players_expect_adds_up_to_one(teams: list[list[float]]) -> None:
    first, second = (sum(team) / len(team) for team in teams)
    forth = SYSTEM.expected_score(first, first, second)
    back = SYSTEM.expected_score(second, second, first)
    assert forth + back == pytest.approx(1)


@given(match=matches)
def test_no_rating_falls_below_the_floor(match: tuple[list[list[float]], int | None]) -> None:
    teams, winner = match
    assert all(rating >= SYSTEM.floor for team in after(teams, winner) for rating in team)
