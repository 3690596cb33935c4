"""A whole live game on the wire, and a game in a list."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.go.points import Point
from tengen.go.rulesets import AGA, RULESETS
from tengen.play.commands import AcceptMarking, MarkPoints, PauseGame, RejectMarking, RequestUndo, Resign
from tengen.play.game_list import list_entry
from tengen.play.gamedata import gamedata
from tengen.play.state import LiveGame, PlayedMove
from tengen.play.time_systems import Byoyomi
from tests.play.builders import (
    BLACK,
    DAY,
    HOUR,
    MILLISECOND,
    MONDAY,
    NOON,
    SATURDAY,
    SECOND,
    UNTIMED,
    WHITE,
    a_clock,
    a_game,
    a_slow_control,
    asked,
    played_on,
    points,
    seconds,
)
from tests.play.wire_builders import OKABOT, random_games, the_info

NOON_S = 1780488000
"""2026-06-03T12:00:00Z."""

# Contract of OGS' wire, section 4.4: its example, as it stands there.
EXAMPLE = json.loads(
    """
{"game_id": 90456, "game_name": "Evening game", "private": false, "ranked": true,
 "disable_analysis": false, "original_disable_analysis": false, "pause_on_weekends": false,
 "width": 19, "height": 19, "rules": "japanese", "komi": 6.5, "handicap": 0,
 "free_handicap_placement": false, "initial_player": "black",
 "initial_state": {"black": "", "white": ""}, "phase": "play",
 "moves": [[15, 3, 3120], [3, 15, 5210]],
 "players": {"black": {"id": 4711, "username": "mizuki", "rank": 24.3, "professional": false},
             "white": {"id": 4712, "username": "okabot", "rank": 25.1, "professional": false}},
 "player_pool": {"4711": {"id": 4711, "username": "mizuki", "rank": 24.3, "professional": false},
                 "4712": {"id": 4712, "username": "okabot", "rank": 25.1, "professional": false}},
 "black_player_id": 4711, "white_player_id": 4712, "group_ids": [], "rengo": false,
 "time_control": {"system": "byoyomi", "time_control": "byoyomi", "speed": "live",
   "pause_on_weekends": false, "main_time": 1200, "period_time": 30, "periods": 5},
 "clock": {"game_id": 90456, "title": "Evening game", "black_player_id": 4711,
   "white_player_id": 4712, "current_player": 4711, "last_move": 1774000000000,
   "expiration": 1774001345880, "black_time": {"thinking_time": 1195.88, "periods": 5, "period_time": 30},
   "white_time": {"thinking_time": 1194.79, "periods": 5, "period_time": 30}},
 "start_time": 1773999990, "superko_algorithm": "noresult", "allow_superko": true,
 "allow_ko": false, "allow_self_capture": false, "automatic_stone_removal": false,
 "aga_handicap_scoring": false, "opponent_plays_first_after_resume": true,
 "score_handicap": false, "score_passes": true, "score_prisoners": true, "score_stones": false,
 "score_territory": true, "score_territory_in_seki": false, "strict_seki_mode": false,
 "white_must_pass_last": false}
"""
)

# Section 7.1: the flags of the six rulesets, in its columns' order.
FLAGS: dict[str, tuple[object, ...]] = {
    "superko_algorithm": ("noresult", "noresult", "csk", "ssk", "ing", "ssk"),
    "allow_superko": (True, True, False, False, False, False),
    "allow_ko": (False, False, False, False, False, False),
    "allow_self_capture": (False, False, False, False, True, True),
    "score_stones": (False, False, True, True, True, True),
    "score_territory": (True, True, True, True, True, True),
    "score_territory_in_seki": (False, False, True, True, True, True),
    "score_prisoners": (True, True, False, False, False, False),
    "score_handicap": (False, False, True, True, True, False),
    "aga_handicap_scoring": (False, False, False, True, False, False),
    "free_handicap_placement": (False, False, True, False, True, True),
    "white_must_pass_last": (False, False, False, True, False, False),
    "opponent_plays_first_after_resume": (True, True, False, False, False, False),
    "score_passes": (True, True, True, True, True, True),
    "automatic_stone_removal": (False, False, False, False, False, False),
}
COLUMNS = ("japanese", "korean", "chinese", "aga", "ing", "nz")

OPTIONAL = {
    "handicap_rank_difference",
    "pause_control",
    "paused_since",
    "undo_requested",
    "undo_requested_by",
    "undo_requested_move_count",
    "removed",
    "outcome",
    "winner",
    "end_time",
    "score",
}


def data_of(game: LiveGame, now: datetime | None = None, **facts: Any) -> Any:
    """The gamedata of the game, as JSON brings it to a client."""
    return json.loads(json.dumps(gamedata(the_info(game, **facts), game, now or game.clock.since)))


def test_the_contracts_example() -> None:
    start = datetime.fromtimestamp(1773999990, UTC)
    turn = datetime.fromtimestamp(1774000000, UTC)
    game = a_game(side=19, system=Byoyomi(1200 * SECOND, 30 * SECOND, 5))
    full = (game.clock.black, game.clock.white)
    moves = (
        PlayedMove(BLACK, Point(15, 3), 3120 * MILLISECOND, full),
        PlayedMove(WHITE, Point(3, 15), 5210 * MILLISECOND, full),
    )
    clock = game.clock.turned_back(BLACK, seconds(1195.88, 30, 5), seconds(1194.79, 30, 5), turn)
    data = data_of(replace(game, moves=moves, clock=clock), turn, white=OKABOT, started_at=start)
    # The clock may say what time it is, and whether two play for each colour is said of every game.
    assert data["clock"].pop("now") == 1774000000000
    assert data.pop("rengo_casual_mode") is False
    assert data == EXAMPLE


@pytest.mark.parametrize(("column", "name"), list(enumerate(COLUMNS)))
def test_the_flags_of_a_ruleset(column: int, name: str) -> None:
    data = data_of(a_game(rules=RULESETS[name]))
    assert {flag: data[flag] for flag in FLAGS} == {flag: values[column] for flag, values in FLAGS.items()}
    assert data["rules"] == name


def test_placed_handicap_stones_stand_on_the_board_and_white_begins() -> None:
    data = data_of(a_game(rules=AGA, handicap=3), handicap_rank_difference=2.7)
    assert data["initial_state"] == {"black": "gggccg", "white": ""}
    assert data["initial_player"] == "white"
    assert data["clock"]["current_player"] == 4712
    assert (data["handicap"], data["free_handicap_placement"], data["komi"]) == (3, False, 0.5)
    assert data["handicap_rank_difference"] == 2.7


def test_a_pass_is_a_move_at_minus_one() -> None:
    assert data_of(a_game(moves="D4 pass"))["moves"] == [[3, 5, 0], [-1, -1, 1000]]


def test_a_pause_is_told_as_long_as_it_lasts() -> None:
    game = a_game(moves="D4 E5")
    paused = asked(game, PauseGame(WHITE))
    data = data_of(paused)
    assert data["pause_control"] == {"paused": {"pausing_player_id": 4712, "pauses_left": 4}}
    assert data["paused_since"] == data["clock"]["paused_since"] == (NOON_S + 3) * 1000
    assert not {"pause_control", "paused_since"} & data_of(game).keys()
    assert not {"pause_control", "paused_since"} & data_of(played_on(paused, "C3")).keys()


def test_a_weekend_pauses_a_game_that_rests_on_it() -> None:
    game = a_game()
    game = replace(game, clock=a_clock(a_slow_control(Byoyomi(DAY, DAY, 3)), started_at=SATURDAY - HOUR))
    data = data_of(game, SATURDAY + HOUR)
    assert data["pause_control"] == {"weekend": True}
    assert data["paused_since"] == SATURDAY.timestamp() * 1000
    assert "paused_since" not in data_of(game, MONDAY + HOUR)


def test_who_comes_late_learns_of_a_request_to_undo() -> None:
    data = data_of(asked(a_game(moves="D4 E5"), RequestUndo(BLACK, 2)))
    told = {key: data[key] for key in data if key.startswith("undo")}
    assert told == {"undo_requested": 2, "undo_requested_by": 4711, "undo_requested_move_count": 2}


def test_marked_points_come_sorted_row_by_row_with_who_has_accepted_them() -> None:
    game = asked(a_game(moves="D4 E5 pass pass"), MarkPoints(WHITE, points("C3 J9 A9 B3"), is_marked=True))
    assert data_of(game)["removed"] == "aaiabgcg"
    assert "accepted_stones" not in data_of(game)["players"]["white"]
    data = data_of(asked(game, AcceptMarking(WHITE, game.marked)))
    assert data["phase"] == "stone removal"
    assert data["pause_control"] == {"stone-removal": True}
    assert data["players"]["white"]["accepted_stones"] == "aaiabgcg"
    assert data["players"]["white"]["accepted_strict_seki_mode"] is False
    assert "accepted_stones" not in data["players"]["black"]
    assert data["player_pool"]["4712"] == data["players"]["white"]
    assert "removed" not in data_of(asked(game, RejectMarking(BLACK)))


def test_a_counted_game_has_a_score() -> None:
    """Black's one stone is dead: White has all points but that of her own stone, one prisoner and komi."""
    game = a_game(moves="D4 E5 pass pass")
    game = asked(game, MarkPoints(WHITE, points("D4"), is_marked=True))
    for seat in (BLACK, WHITE):
        game = asked(game, AcceptMarking(seat, game.marked))
    data = data_of(game, NOON + DAY)
    assert (data["phase"], data["outcome"], data["winner"]) == ("finished", "87.5 points", 4712)
    assert data["end_time"] == NOON_S + 5
    black, white = data["score"]["black"], data["score"]["white"]
    assert (black["total"], black["komi"], black["scoring_positions"]) == (0, 0, "")
    parts = {"stones": 0, "territory": 80, "prisoners": 1, "handicap": 0, "komi": 6.5}
    assert {key: white[key] for key in parts} == parts
    assert white["total"] == sum(parts.values())
    assert len(white["scoring_positions"]) == 160
    assert white["scoring_positions"].startswith("aabacada")
    assert not {"pause_control", "paused_since"} & data.keys()


def test_a_tie_has_no_winner() -> None:
    game = a_game(komi=0.0, moves="pass pass")
    for seat in (BLACK, WHITE):
        game = asked(game, AcceptMarking(seat, game.marked))
    data = data_of(game)
    assert (data["outcome"], data["winner"]) == ("0 points", 0)


def test_the_clock_of_a_finished_game_stands_where_it_stopped() -> None:
    game = asked(a_game(moves="D4 E5"), Resign(BLACK))
    data = data_of(game, NOON + DAY)
    assert (data["outcome"], data["winner"], "score" in data) == ("Resignation", 4712, False)
    assert data["clock"]["now"] == data["end_time"] * 1000


@given(random_games(), st.integers(0, 10_000))
def test_gamedata_has_always_the_same_keys_beside_those_of_a_time(game: LiveGame, later: int) -> None:
    data = data_of(game, game.clock.since + timedelta(seconds=later))
    assert data.keys() - OPTIONAL == EXAMPLE.keys() | {"rengo_casual_mode"}
    assert data["black_player_id"] == data["players"]["black"]["id"]
    assert len(data["moves"]) == len(game.moves)
    assert ("outcome" in data) == (data["phase"] == "finished") == ("winner" in data)
    assert data.get("outcome", "some")
    assert ("paused_since" in data) == ("pause_control" in data)


# ── in a list ──


def entry_of(game: LiveGame) -> Any:
    """The game in a list, as JSON brings it to a client."""
    return json.loads(json.dumps(list_entry(the_info(game, white=OKABOT), game, game.clock.since)))


def test_a_game_in_a_list() -> None:
    system = Byoyomi(1200 * SECOND, 30 * SECOND, 5)
    entry = entry_of(a_game(side=19, system=system, moves="D4"))
    assert entry == {
        "id": 90456,
        "phase": "play",
        "name": "Evening game",
        "player_to_move": 4712,
        "width": 19,
        "height": 19,
        "move_number": 1,
        "paused": False,
        "private": False,
        "ranked": True,
        "bot_game": True,
        "black": {
            "id": 4711,
            "username": "mizuki",
            "rank": 24.3,
            "professional": False,
            "accepted": False,
            "ratings": {"version": 5, "overall": {"rating": 1523.7, "deviation": 71.2, "volatility": 0.06}},
        },
        "white": {
            "id": 4712,
            "username": "okabot",
            "rank": 25.1,
            "professional": False,
            "accepted": False,
            "ratings": {"version": 5, "overall": {"rating": 1500.0, "deviation": 350.0, "volatility": 0.06}},
        },
        "time_per_move": 39,  # 1200 / (0.35 * 361) + 30
        "clock_expiration": (NOON_S + 1 + 1200 + 150) * 1000,
        "handicap": 0,
        "komi": 6.5,
        "rengo": False,
        "rengo_casual_mode": False,
        "rengo_teams": {"black": [], "white": []},
        "in_beginning": True,
        "in_middle": False,
        "in_end": False,
        "malkovich_present": False,
        "group_ids": [],
    }


def test_a_list_says_what_waits_for_whom() -> None:
    game = a_game(moves="D4 E5")
    assert entry_of(asked(game, PauseGame(WHITE)))["paused"] is True
    removal = played_on(game, "pass pass")
    accepted = entry_of(asked(removal, AcceptMarking(WHITE, removal.marked)))
    assert (accepted["phase"], accepted["paused"]) == ("stone removal", True)
    assert (accepted["black"]["accepted"], accepted["white"]["accepted"]) == (False, True)
    over = entry_of(asked(game, Resign(BLACK)))
    assert (over["phase"], over["paused"], over["player_to_move"]) == ("finished", False, 0)


def test_a_game_without_a_clock_expires_far_in_the_future() -> None:
    entry = entry_of(a_game(system=UNTIMED, moves="D4"))
    assert entry["time_per_move"] == 0
    assert entry["clock_expiration"] > (NOON + 100 * DAY).timestamp() * 1000


@given(random_games())
def test_a_game_is_in_one_of_its_parts(game: LiveGame) -> None:
    entry = entry_of(game)
    assert entry["in_beginning"] + entry["in_middle"] + entry["in_end"] == 1
    assert entry["player_to_move"] in ({0} if game.is_over else {4711, 4712})
    assert isinstance(entry["clock_expiration"], int)
