"""What holds for every rating system behind the protocol."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tengen.ratings.gaussian import Gaussian
from tengen.ratings.glicko2 import Glicko2
from tengen.ratings.systems import Game, RatingSystem, Strength, day_of
from tengen.ratings.team_elo import TeamElo
from tests.ratings.builders import DAY, a_game, update

SYSTEMS: list[RatingSystem] = [Gaussian(), Gaussian.in_points(), Glicko2(), Glicko2(has_ranks=False), TeamElo()]
every_system = pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: type(system).__name__)
of_two = pytest.mark.parametrize("system", SYSTEMS[:4], ids=lambda system: type(system).__name__)


def test_an_instant_is_a_day_whatever_its_zone() -> None:
    noon = datetime(1970, 1, 2, 12, tzinfo=UTC)
    assert day_of(noon) == 1.5
    assert day_of(noon.astimezone(timezone(timedelta(hours=9)))) == 1.5


@every_system
def test_newcomers_are_even_and_the_winner_leads_afterwards(system: RatingSystem) -> None:
    game = a_game(system.prior(), system.prior())
    assert system.expected(game) == [[pytest.approx(0.5)], [pytest.approx(0.5)]]
    winner, loser = update(system, game, 1.0)
    assert winner.after.mean > winner.before.mean == loser.before.mean > loser.after.mean
    assert winner.after.games == loser.after.games == 1
    assert winner.after.day == loser.after.day == DAY
    (expected,), _ = system.expected(a_game(winner.after, loser.after))
    assert expected > 0.5


@every_system
def test_the_same_history_gives_the_same_bits(system: RatingSystem) -> None:
    def play() -> list[Strength]:
        players = [system.prior() for _ in range(5)]
        for number in range(60):
            black, white = number % 5, (number * 3 + 1) % 5
            if black != white:
                game = a_game(players[black], players[white], day=DAY + 7 * number)
                first, second = update(system, game, (number % 3) / 2)
                players[black], players[white] = first.after, second.after
        return players

    assert play() == play()


@every_system
def test_a_late_game_does_not_turn_the_clock_back(system: RatingSystem) -> None:
    played = update(system, a_game(system.prior(), system.prior()), 1.0)[0].after
    late = update(system, a_game(played, system.prior(), day=DAY - 50), 1.0)
    assert late[0].before == played
    assert (late[0].after.day, late[1].after.day) == (DAY, DAY - 50)


@every_system
def test_ageing_in_two_steps_is_ageing_in_one(system: RatingSystem) -> None:
    played = update(system, a_game(system.prior(), system.prior()), 1.0)[0].after
    twice = system.aged(system.aged(played, DAY + 300), DAY + 700)
    once = system.aged(played, DAY + 700)
    assert (twice.mean, twice.day) == (once.mean, once.day)
    assert twice.variance == pytest.approx(once.variance)


@of_two
def test_systems_of_two_refuse_teams(system: RatingSystem) -> None:
    player = system.prior()
    for teams in ([[player, player], [player]], [[player], [player], [player]], [[player]]):
        with pytest.raises(ValueError, match="one player against one"):
            system.expected(Game(teams, DAY))


def test_team_elo_rates_teams_behind_the_protocol_as_by_itself() -> None:
    system = TeamElo()
    values = [[800.0, 900.0], [1000.0], [700.0, 650.0, 980.0]]
    game = Game([[Strength(value, games=3) for value in team] for team in values], DAY)
    for scores, winner in (((0.0, 1.0, 0.0), 1), ((0.5, 0.5, 0.5), None)):
        updates, rated = system.update(game, scores), system.rate(values, winner)
        assert [[u.after.mean for u in team] for team in updates] == [[r.after for r in team] for team in rated]
        assert [[u.expected for u in team] for team in updates] == system.expected(game)
        assert {u.after.games for team in updates for u in team} == {4}


@pytest.mark.parametrize("scores", [(1.0, 1.0), (0.0, 0.0), (0.5, 0.0), (1.0,), (0.7, 0.3)])
def test_team_elo_knows_one_winner_or_a_draw(scores: tuple[float, ...]) -> None:
    game = a_game(Strength(800.0), Strength(800.0))
    with pytest.raises(ValueError, match="1 for one and 0 for the others"):
        TeamElo().update(game, scores)
