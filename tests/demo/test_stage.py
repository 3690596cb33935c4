"""What the live demonstration takes from the arenas' logs and from the platform, and how it shows it."""

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from tengen.client import GameServer, TeamStats
from tengen.demo.stage import Actor, Lines, Stage, Tables, View, rating_rows

NOON = datetime(2026, 5, 2, 12, tzinfo=UTC)
CLOCK = "2026-05-02 12:00:00,000 INFO    "


def a_stage() -> Stage:
    stage = Stage(["Arena Hane", "Arena Tobi"], [Actor(57, "Mira", 1000), Actor(58, "Sol [bold]", 600)])
    stage.hear("Arena Hane", f"{CLOCK}Open: Arena Hane, game server 3, at 127.0.0.1 port 40123.")
    return stage


def listed(server_id: int) -> GameServer:
    return GameServer(server_id, "127.0.0.1", 40123, "Arena Hane", "", "arena", 32, "eden", 2, NOON)


def stats(account_id: int, rating: int, *, won: int) -> TeamStats:
    return TeamStats(account_id, 3, NOON, NOON, 4, 0, won, 0, rating)


def test_a_reported_match_is_told_with_the_players_names() -> None:
    stage = a_stage()
    assert (
        stage.hear("Arena Hane", f"{CLOCK}Reported: 57, 60 beat 58, 61.") == "Arena Hane: Mira, 60 beat Sol [bold], 61"
    )
    assert stage.hear("Arena Hane", f"{CLOCK}57 joined with skill 900; 1 are here.") is None
    assert stage.matches == {"Arena Hane": 1}


def test_a_reported_game_of_go_is_told_as_its_server_says_it() -> None:
    stage = a_stage()
    line = f"{CLOCK}Reported: Sol (Black) against Mira (White), W+57.5: game 472."
    assert stage.hear_game("Kaya", line) == "Kaya: Sol (Black) against Mira (White), W+57.5"
    assert stage.hear_game("Kaya", f"{CLOCK}Sol: rank 24.10, and was 24.30. You were expected to win 40 %.") is None
    assert list(stage.recent) == ["Kaya: Sol (Black) against Mira (White), W+57.5"]
    assert stage.matches == {}


def test_only_the_demonstrations_own_arenas_count_as_online() -> None:
    stage = a_stage()
    stage.learn([listed(3), listed(4)], [])
    assert list(stage.online) == [3]


def test_the_best_player_comes_first() -> None:
    stage = a_stage()
    stage.learn([listed(3)], [stats(58, 760, won=1), stats(57, 841, won=3)])
    assert list(rating_rows(stage)) == [
        ("Mira", "841", "1000", "3 of 4", "Arena Hane"),
        ("Sol [bold]", "760", "600", "1 of 4", "Arena Hane"),
    ]


@pytest.mark.parametrize("view", [Tables, Lines])
def test_arenas_matches_ratings_and_trouble_are_shown(view: type[Tables] | type[Lines]) -> None:
    out = io.StringIO()
    stage = a_stage()
    shown: View = view(Console(file=out, width=160, force_terminal=view is Tables, legacy_windows=False))
    with shown:
        shown.on_match(stage.hear("Arena Hane", f"{CLOCK}Reported: 57 beat 58.") or "")
        stage.learn([listed(3)], [stats(57, 841, won=3), stats(58, 760, won=1)])
        stage.trouble = ["Sol has failed: no reason"]
        shown.on_look(stage, 12)
    for text in (
        "Arena Hane",
        "Arena Tobi",
        "online",
        "opening",
        "2 of 32",
        "Mira beat Sol [bold]",
        "841",
        "no reason",
    ):
        assert text in out.getvalue()


def test_lines_tell_of_the_arenas_at_every_tenth_look_and_of_every_match() -> None:
    out = io.StringIO()
    stage = a_stage()
    with Lines(Console(file=out, width=40)) as lines:
        for seconds_left in range(30, -1, -1):
            lines.on_look(stage, seconds_left)
            lines.on_match(f"match {seconds_left}")
    printed = out.getvalue().splitlines()
    assert sum("Arena Tobi: opening" in line for line in printed) == 4
    assert sum(line.startswith("match") for line in printed) == 31
