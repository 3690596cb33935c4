"""Reading replays with ms_toollib, which plays the game again.

ms_toollib ends the whole process on what it cannot read, and nothing bounds its time. So this module, the only one
that imports it, is for child processes alone (`tengen.tournaments.replays.child`).
"""

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

import ms_toollib

from tengen.tournaments.levels import Board
from tengen.tournaments.modes import Milliseconds
from tengen.tournaments.replays import avf, evf, mvf, rmv
from tengen.tournaments.replays.cursor import UnreadableReplay
from tengen.tournaments.replays.facts import ReplayFacts, clock_of, game_hash, shown
from tengen.tournaments.replays.formats import ReplayFormat, recognise
from tengen.tournaments.replays.stated import Button, Releases, Stated

TICK: Milliseconds = 10
"""By so much the times in one replay may differ: Arbiter and Minesweeper Clone count hundredths of a second."""

_STATED: Mapping[ReplayFormat, Callable[[bytes], Stated]] = {
    ReplayFormat.AVF: avf.read,
    ReplayFormat.RMV: rmv.read,
    ReplayFormat.EVF: evf.read,
    ReplayFormat.MVF: mvf.read,
}
_VIDEO: Mapping[ReplayFormat, Any] = {
    ReplayFormat.AVF: ms_toollib.AvfVideo,
    ReplayFormat.RMV: ms_toollib.RmvVideo,
    ReplayFormat.EVF: ms_toollib.EvfVideo,
    ReplayFormat.MVF: ms_toollib.MvfVideo,
}
_WITH_UTC = frozenset({ReplayFormat.RMV, ReplayFormat.EVF})
"""The others have the time of the player's zone, which they do not name."""
_RELEASES = {"lr": Button.LEFT, "rr": Button.RIGHT, "mr": Button.MIDDLE}
_is_mine = (-1).__eq__


def read(content: bytes) -> ReplayFacts:
    """The facts of a replay. Raises `UnreadableReplay`; may end the process, or never return."""
    found = recognise(content)
    if found is None:
        raise UnreadableReplay("This is no replay of a known format.")
    stated = _STATED[found](content)
    video = _VIDEO[found](raw_data=content)
    video.parse()
    video.analyse()
    rows = video.board
    mines = bytes(map(_is_mine, chain.from_iterable(rows)))
    bbbv = ms_toollib.cal_bbbv(rows)
    is_completed = bool(video.is_completed)  # once it is analysed, that is not what the file says, but what was played
    if is_completed:
        _check_time(video, stated, bbbv)
    releases = _releases(video) if stated.releases is None else stated.releases
    columns = len(rows[0])
    return ReplayFacts(
        format=found,
        key_texts=stated.key_texts,
        player_name=shown(stated.player_name),
        level=video.level,
        board=Board(columns, len(rows), mines.count(1)),
        mode=video.mode,
        is_completed=is_completed,
        time=video.rtime_ms,
        bbbv=bbbv,
        software=shown(video.software),
        game_hash=game_hash(columns, mines, releases),
        clock=clock_of(video.start_time, video.end_time, is_utc=found in _WITH_UTC),
    )


def _check_time(video: Any, stated: Stated, bbbv: int) -> None:
    """Whether the board is cleared when the file says that it is, in each place where it says so.

    ms_toollib believes some of them, and takes others from the last event, which need not be the one that won.
    """
    time = video.rtime_ms
    is_won_then = _solved(video, (time + TICK) / 1000) == bbbv
    is_won_before = _solved(video, (time - TICK - 1) / 1000) == bbbv
    if not is_won_then or is_won_before or any(abs(other - time) > TICK for other in stated.times):
        raise UnreadableReplay("The replay contradicts itself: the time that it states is not that of its events.")


def _solved(video: Any, seconds: float) -> int:
    """How much of the 3BV is solved at a time of the game."""
    video.current_time = seconds
    return int(video.bbbv_solved)


def _releases(video: Any) -> Releases:
    mouse = ((event.time, event.event.unwrap_mouse().mouse) for event in video.events if event.event.is_mouse())
    releases = [(_RELEASES[what], round(time * 1000)) for time, what in mouse if what in _RELEASES]
    return Releases(bytes(button for button, _ in releases), [at for _, at in releases])
