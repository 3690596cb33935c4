"""A reported match: who is rated by it, and what is counted for whom."""

import pytest

from tengen.core.values import AccountId, GameId
from tengen.games.team_match import Deeds, Race, Team, TeamMatch
from tengen.ratings.outcomes import rate
from tengen.ratings.systems import Strength
from tengen.ratings.team_elo import TeamElo
from tests.support.builders import NOON


def rated_by(match: TeamMatch, ratings: dict[int, float]) -> dict[int, float]:
    strengths = {AccountId(account_id): Strength(value) for account_id, value in ratings.items()}
    changes = rate(TeamElo(), strengths, match.outcome_of(GameId(1), NOON))
    return {change.account_id: change.after.mean for change in changes}


def a_team(number: int, *field: int, commander: int = 0) -> Team:
    return Team(number, Race.HUMAN, list(field), commander)


def test_guests_are_not_rated_and_count_as_beginners_in_their_teams_mean() -> None:
    match = TeamMatch([a_team(0, 57, -1), a_team(1, 58)], winner=0)
    rated = rated_by(match, {57: 1000.0, 58: 900.0})
    # Team 0 stands at (1000 + 800) / 2 = 900. Computed with forty-digit decimals from the published formula.
    assert set(rated) == {57, 58}
    assert rated[57] == pytest.approx(1024.863376, abs=1e-6)
    assert rated[58] == pytest.approx(871.555556, abs=1e-6)


def test_the_winner_is_a_teams_number_not_its_place_in_the_report() -> None:
    match = TeamMatch([a_team(3, 57), a_team(1, 58)], winner=1)
    rated = rated_by(match, {57: 800.0, 58: 800.0})
    assert (rated[57], rated[58]) == (768.0, 832.0)


def test_field_and_command_are_counted_apart() -> None:
    match = TeamMatch([a_team(0, 57, commander=61), a_team(1, 58, 62, commander=62)], winner=1)
    assert match.deeds() == {
        57: Deeds(played_field=1, played_command=0, won_field=0, won_command=0),
        61: Deeds(played_field=0, played_command=1, won_field=0, won_command=0),
        58: Deeds(played_field=1, played_command=0, won_field=1, won_command=0),
        62: Deeds(played_field=1, played_command=1, won_field=1, won_command=1),
    }


def test_a_draw_is_won_by_nobody() -> None:
    match = TeamMatch([a_team(0, 57), a_team(1, 58)], winner=None)
    assert all(deeds.won_field == 0 for deeds in match.deeds().values())
    assert {match.outcome(team) for team in match.teams} == {0.5}


def test_commanders_belong_to_the_match_without_being_rated() -> None:
    match = TeamMatch([a_team(0, 57, commander=61), a_team(1, -5, commander=-6)], winner=0)
    assert match.accounts == {57, 61}
    assert match.field_accounts == {57}
