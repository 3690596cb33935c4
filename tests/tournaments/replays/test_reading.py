"""Replays in every format, read as the server reads them: in a child process, with ms_toollib."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tengen.tournaments.keys import without_key
from tengen.tournaments.levels import Board, Level
from tengen.tournaments.modes import InvalidData, Reason
from tengen.tournaments.replays.formats import ReplayFormat
from tengen.tournaments.replays.pool import ParserPool
from tengen.tournaments.submissions import ReplayClock
from tests.tournaments.replays.builders import (
    BUILT,
    KEY,
    OTHER_KEY,
    PLAYED_AT,
    REAL_REPLAYS,
    a_game,
    an_avf,
    an_evf,
    an_mvf,
    an_rmv,
    real_replays,
)

WITH_UTC = {"rmv", "evf"}


async def refusal_of(parsers: ParserPool, content: bytes) -> str:
    """Why a replay is unreadable."""
    with pytest.raises(InvalidData) as refused:
        await parsers.read(content)
    assert refused.value.reason is Reason.UNREADABLE
    assert KEY not in refused.value.message
    return refused.value.message


@pytest.mark.parametrize("name", BUILT)
async def test_the_facts_of_a_game_are_the_same_in_each_format(parsers: ParserPool, name: str) -> None:
    facts = await parsers.read(BUILT[name]())
    game = a_game()
    assert facts.format == name[:3]
    assert (facts.level, facts.board, facts.mode) == (Level.BEGINNER, Board(8, 8, 10), 0)
    assert (facts.is_completed, facts.time, facts.bbbv) == (True, 5410, game.bbbv)
    assert without_key(facts.player_name) == "Ann"
    assert str(facts.replay().key) == KEY
    assert facts.clock is not None
    assert facts.clock.started_at == PLAYED_AT
    assert facts.clock.is_utc is (name[:3] in WITH_UTC)


async def test_a_game_has_one_hash_in_all_formats(parsers: ParserPool) -> None:
    assert len({(await parsers.read(build())).game_hash for build in BUILT.values()}) == 1


async def test_a_game_has_one_hash_whatever_else_is_written_into_the_file(parsers: ParserPool) -> None:
    later = PLAYED_AT.replace(hour=20)
    files = [
        an_avf(),
        an_avf(name="Bob", started_at=later),
        an_avf() + b"\rmore",
        an_rmv(version=1, name="Bob", nickname=OTHER_KEY, token="", made_at=later),
        an_rmv(token=OTHER_KEY, country="DE"),
        an_rmv() + b"more",
        an_evf(race=OTHER_KEY, player="", unique="Bob"),
        an_mvf(name=OTHER_KEY),
    ]
    assert len({(await parsers.read(content)).game_hash for content in files}) == 1


async def test_another_game_has_another_hash(parsers: ParserPool) -> None:
    games = [a_game(), a_game(seed=2), a_game(time_ms=5420)]
    assert len({(await parsers.read(an_rmv(game))).game_hash for game in games}) == 3


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("build", [an_avf, an_rmv, an_evf, an_mvf])
async def test_each_level_is_read(parsers: ParserPool, build: Callable[..., bytes], level: Level) -> None:
    game = a_game(level, time_ms=98_760, seed=4)
    facts = await parsers.read(build(game))
    assert (facts.level, facts.board) == (level, level.board)
    assert (facts.is_completed, facts.time, facts.bbbv) == (True, 98_760, game.bbbv)


@pytest.mark.parametrize("build", [an_avf, an_rmv, an_evf])
async def test_a_board_of_ones_own_is_of_no_level(parsers: ParserPool, build: Callable[..., bytes]) -> None:
    facts = await parsers.read(build(a_game(Board(9, 10, 12))))
    assert facts.board == Board(9, 10, 12)
    assert facts.level not in set(Level)


@pytest.mark.parametrize("build", [an_avf, an_rmv, an_evf])
async def test_a_game_in_another_mode_is_known_by_it(parsers: ParserPool, build: Callable[..., bytes]) -> None:
    facts = await parsers.read(build(replace(a_game(), mode=1)))
    assert facts.mode == (0 if facts.format is ReplayFormat.AVF else 1)


@pytest.mark.parametrize("build", [an_avf, an_rmv, an_evf, an_mvf])
async def test_a_game_that_its_events_do_not_win_is_not_completed(
    parsers: ParserPool, build: Callable[..., bytes]
) -> None:
    # An EVF file says here that it is completed.
    assert not (await parsers.read(build(a_game().given_up()))).is_completed


async def test_a_game_that_its_events_win_is_completed_whatever_the_file_says(parsers: ParserPool) -> None:
    content = an_rmv()
    won = b"\x10" + (5410).to_bytes(3, "big")
    assert content.count(won) == 1
    assert (await parsers.read(content.replace(won, b"\x0f" + won[1:]))).is_completed


async def test_the_board_is_that_which_was_played_on(parsers: ParserPool) -> None:
    content = an_avf()
    first, second = content[6:8], content[8:10]
    assert first != second
    facts = await parsers.read(content[:6] + second + content[8:])  # one mine is where another is
    assert facts.board == Board(8, 8, 9)


SHORTER = [
    pytest.param(lambda: an_avf().replace(b"T6.41]", b"T2.00]"), id="avf: summary"),
    pytest.param(lambda: an_avf().replace(b"RealTime: 5.41", b"RealTime: 1.00"), id="avf: footer"),
    pytest.param(
        lambda: an_avf().replace(b"T6.41]", b"T2.00]").replace(b"RealTime: 5.41", b"RealTime: 1.00"), id="avf: both"
    ),
    pytest.param(lambda: an_avf().replace(b"T6.41]", b"T8.00]").replace(b"e: 5.41", b"e: 7.00"), id="avf: longer"),
    pytest.param(lambda: an_rmv().replace(b"\x10\x00\x15\x22", b"\x10\x00\x03\xe8"), id="rmv"),
    pytest.param(lambda: an_evf(time_ms=1000), id="evf"),
    pytest.param(lambda: an_evf(version=4, time_ms=1000), id="evf 4"),
    pytest.param(lambda: an_evf(time_ms=9000), id="evf: longer"),
    pytest.param(lambda: an_mvf(time_ms=1000), id="mvf"),
    pytest.param(lambda: an_mvf(time_ms=9000), id="mvf: longer"),
]


@pytest.mark.parametrize("build", SHORTER)
async def test_a_time_that_the_events_contradict_is_not_believed(
    parsers: ParserPool, build: Callable[[], bytes]
) -> None:
    assert "contradicts itself" in await refusal_of(parsers, build())


async def test_a_win_before_the_last_event_contradicts_the_time(parsers: ParserPool) -> None:
    content = an_rmv(version=1)
    won = b"\x10" + (5410).to_bytes(3, "big")
    moved = b"\x01" + (60_000).to_bytes(3, "big") + bytes(5)
    place = content.rindex(won)
    size = int.from_bytes(content[22:26], "big")
    longer = content[:22] + (size + len(moved)).to_bytes(4, "big") + content[26:place] + moved + content[place:]
    assert "contradicts itself" in await refusal_of(parsers, longer)


async def test_times_may_differ_by_the_tick_of_a_clock(parsers: ParserPool) -> None:
    for text in (b"T6.40]", b"T6.42]"):
        assert (await parsers.read(an_avf().replace(b"T6.41]", text))).is_completed


@pytest.mark.parametrize("name", BUILT)
async def test_half_a_replay_is_unreadable(parsers: ParserPool, name: str) -> None:
    content = BUILT[name]()
    assert await refusal_of(parsers, content[: len(content) // 2])


async def test_a_square_that_is_not_on_the_board_is_unreadable(parsers: ParserPool) -> None:
    content = an_avf()
    assert "damaged" in await refusal_of(parsers, content[:6] + b"\xff\xff" + content[8:])


async def test_versions_that_cannot_be_read_are_named(parsers: ParserPool) -> None:
    assert "0.97" in await refusal_of(parsers, an_mvf(year="2007"))


@pytest.mark.parametrize("content", [b"", b"x" * 1000, b"\x89PNG\r\n\x1a\n"])
async def test_what_is_no_replay_is_unreadable(parsers: ParserPool, content: bytes) -> None:
    assert "Viennasweeper" in await refusal_of(parsers, content)


async def test_names_of_any_language_are_read(parsers: ParserPool) -> None:
    for name in ("王小明", "Jürgen", "\u202ex\0y"):
        facts = await parsers.read(an_rmv(name=name))
        assert facts.player_name == name.replace("\u202e", "").replace("\0", "")
        assert str(facts.replay().key) == KEY


@pytest.mark.parametrize("level", Level)
async def test_any_game_is_read_alike_in_each_format(parsers: ParserPool, level: Level) -> None:
    builds: list[Callable[..., bytes]] = [an_rmv, an_evf, lambda game: an_evf(game, version=4)]
    for seed in range(100, 115):
        game = a_game(level, time_ms=5_000 + 7_770 * (seed - 100), seed=seed, moves=2)
        found = [await parsers.read(build(game)) for build in builds]
        assert len({(facts.game_hash, facts.time, facts.bbbv, facts.is_completed) for facts in found}) == 1, seed
        assert (found[0].time, found[0].bbbv, found[0].is_completed) == (game.time, game.bbbv, True), seed


# ── real replays ──

REAL = {
    "test_subject.avf": ("Tommy", None, Level.BEGINNER, 5410, 28, datetime(2021, 5, 22, 16, 39, 5, 912_000, UTC)),
    "test_subject.rmv": (
        "tkolar",
        "2_1_517cce9419171fee58a550067fed65ed",
        Level.BEGINNER,
        4153,
        10,
        datetime(2020, 9, 19, 19, 41, 17, tzinfo=UTC),
    ),
    "test_subject_2.rmv": ("Thomas Kolar", None, Level.BEGINNER, 6303, 32, datetime(2025, 2, 17, 12, 27, 57, 0, UTC)),
    "test_subject.evf": ("Szymon_M", None, Level.EXPERT, 69_597, 167, datetime(2024, 8, 30, 20, 11, 41, 386_418, UTC)),
}
"""As the README beside them has it: name, key, level, time, 3BV, start."""


@real_replays
@pytest.mark.parametrize("name", REAL)
async def test_real_replays_are_read(parsers: ParserPool, name: str) -> None:
    player, key, level, time, bbbv, started_at = REAL[name]
    facts = await parsers.read((REAL_REPLAYS / name).read_bytes())
    found = facts.replay().key
    assert (facts.format, facts.player_name) == (name[-3:], player)
    assert (found and str(found)) == key
    assert (facts.level, facts.board, facts.mode) == (level, level.board, 0)
    assert (facts.is_completed, facts.time, facts.bbbv) == (True, time, bbbv)
    assert facts.clock is not None
    assert (facts.clock.started_at, facts.clock.is_utc) == (started_at, not name.endswith("avf"))
    assert isinstance(facts.clock, ReplayClock)
