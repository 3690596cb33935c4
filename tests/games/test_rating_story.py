"""What a game did to its players' ratings, over HTTP: the numbers of the published formulas, and a sentence."""

from math import sqrt
from statistics import NormalDist
from typing import Any

import pytest

from tests.games.builders import a_go_server, a_reported_game, refused, the_rating
from tests.support.server import Server

NORMAL = NormalDist()
NEWCOMER = 24.3
SPREAD = 5.4


def noise(komi: float) -> float:
    """Of an even game, in ranks: P. Waldron, The AGA Ratings System (2010)."""
    return 1.0649 - 0.0021976 * komi + 0.00014984 * komi * komi


def expected_after(lead: float, game_noise: float) -> tuple[float, float, float]:
    """For a winner among two newcomers: the expected score, and the mean and the deviation afterwards.

    c² = β² + V_B + V_W, t = (M_B − M_W + d)/c, v = φ(t)/Φ(t), w = v·(v + t); m + V/c·v, V·(1 − V/c²·w): the probit form
    of the Kalman filter (Minka 2001; Herbrich and others, TrueSkill, 2006). In V_B and V_W is also what the size of the
    board may do to a player, a fifth of the noise of an even game; nobody knows the speed.
    """
    variance, of_size = SPREAD * SPREAD, (noise(6.5) / 5) ** 2
    c = sqrt(game_noise**2 + 2 * (variance + of_size))
    t = lead / c
    v = NORMAL.pdf(t) / NORMAL.cdf(t)
    w = v * (v + t)
    return NORMAL.cdf(t), NEWCOMER + variance / c * v, sqrt(variance * (1 - variance / c**2 * w))


def test_the_first_game_of_two_newcomers_moves_them_as_the_formulas_say(server: Server) -> None:
    club = a_go_server(server)
    story = the_rating(server, a_reported_game(server, club, result="W+3.5", komi=7.5)["id"])
    # Japanese rules: fair is a komi of 6, and a move is worth 12 points. So Black is −1.5/12 of a rank ahead.
    assert story["advantage"] == pytest.approx(-0.125)
    expected, mean, deviation = expected_after(0.125, noise(7.5))
    white, black = story["white"], story["black"]
    assert (white["player_id"], white["color"], white["score"]) == (club.white.id, "white", 1)
    assert (black["player_id"], black["color"], black["score"]) == (club.black.id, "black", 0)
    for side in (white, black):
        assert (side["rank_before"], side["deviation_before"]) == (NEWCOMER, pytest.approx(SPREAD))
        assert (side["opponent_rank"], side["opponent_deviation"]) == (NEWCOMER, pytest.approx(SPREAD))
        assert (side["rating_before"], side["rating_after"]) == (side["rank_before"], side["rank_after"])
    assert white["expected"] == pytest.approx(expected, abs=1e-9)
    assert black["expected"] == pytest.approx(1 - expected, abs=1e-9)
    assert white["rank_after"] == pytest.approx(mean, abs=1e-9)
    assert black["rank_after"] == pytest.approx(2 * NEWCOMER - mean, abs=1e-9)
    assert white["deviation_after"] == pytest.approx(deviation, abs=1e-9)
    assert black["deviation_after"] == pytest.approx(deviation, abs=1e-9)
    assert white["text"] == "You were expected to win 51 %: 6k against 6k, no handicap, komi 7.5."
    assert black["text"] == "You were expected to win 49 %: 6k against 6k, no handicap, komi 7.5."


def test_a_draw_between_equals_moves_nobody_and_makes_both_surer(server: Server) -> None:
    story = the_rating(server, a_reported_game(server, result="0", komi=6)["id"])
    assert story["advantage"] == 0
    for side in (story["black"], story["white"]):
        assert (side["score"], side["expected"]) == (0.5, 0.5)
        assert side["rank_after"] == pytest.approx(NEWCOMER)
        assert side["deviation_after"] < side["deviation_before"]
        assert side["text"] == "You were expected to win 50 %: 6k against 6k, no handicap, komi 6."


ADVANTAGES: list[tuple[dict[str, Any], float, str]] = [
    # H = f − (k + b) + (12 + α)·x, d = κ·H/12: OGS' rating system, version 6, worked out by hand.
    ({"handicap": 3, "komi": 0.5, "game_record": "(;RU[Japanese])"}, (6 - 0.5 + 24) / 12, "giving 3 stones, komi 0.5"),
    ({"handicap": 1, "komi": 0, "game_record": "(;RU[Japanese])"}, 0.5, "no handicap, komi 0"),
    ({"handicap": 2, "komi": 0, "game_record": "(;RU[Chinese])"}, (7 - 2 + 13) / 12, "giving 2 stones, komi 0"),
    ({"handicap": 2, "komi": 0, "game_record": "(;RU[AGA])"}, (7 - 1 + 13) / 12, "giving 2 stones, komi 0"),
    ({"komi": 5.5, "game_record": "(;SZ[9])"}, 6 * 0.5 / 12, "no handicap, komi 5.5, 9×9"),
    ({"komi": -5, "game_record": "(;SZ[13])"}, 3 * 11 / 12, "no handicap, komi -5, 13×13"),
]


@pytest.mark.parametrize(("changes", "advantage", "said"), ADVANTAGES)
def test_the_terms_count_and_are_told(server: Server, changes: dict[str, Any], advantage: float, said: str) -> None:
    story = the_rating(server, a_reported_game(server, **changes)["id"])
    assert story["advantage"] == pytest.approx(advantage)
    assert story["white"]["text"].endswith(f": 6k against 6k, {said}.")
    assert story["black"]["text"].endswith(f": 6k against 6k, {said.replace('giving', 'taking')}.")
    assert story["black"]["expected"] + story["white"]["expected"] == pytest.approx(1)
    assert story["black"]["expected"] > 0.5


def test_a_game_begins_where_the_one_before_has_left_its_players(server: Server) -> None:
    club = a_go_server(server)
    dates = ["2026-03-01T12:00:00", "2026-03-01T12:00:00", "2026-03-31T12:00:00"]
    records = [f"(;KM[7.5]C[{number}])" for number in range(3)]
    stories = [
        the_rating(server, a_reported_game(server, club, date_played=at, game_record=record)["id"])
        for at, record in zip(dates, records, strict=True)
    ]
    first, second, third = stories
    for side, other in (("black", "white"), ("white", "black")):
        assert second[side]["rank_before"] == first[side]["rank_after"]
        assert second[side]["deviation_before"] == first[side]["deviation_after"]
        assert second[side]["opponent_rank"] == first[other]["rank_after"]
        assert third[side]["rank_before"] == second[side]["rank_after"]
        # Thirty days without a game make less sure; by how much is the system's business.
        assert second[side]["deviation_after"] < third[side]["deviation_before"] < SPREAD


def test_what_an_unknown_game_did_is_not_told(server: Server) -> None:
    assert refused(server.get("/api/v1/games/0/rating"), 404, "game_not_found") == "Not found."
