"""What is to be seen of the platform at work, and two ways to show it: moving tables, or lines."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from rich import box
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tengen.client import GameServer, TeamStats

_RECENT = 8
_OPENED = re.compile(r"Open: .+, game server (\d+), at ")
_REPORTED = re.compile(r"Reported: (.+)\.$")
_GAME = re.compile(r"Reported: (.+): game \d+\.$")


@dataclass(frozen=True, slots=True)
class Actor:
    """A player: its account, and how good it really is, which the platform does not know."""

    account_id: int
    display_name: str
    skill: float


@dataclass
class Stage:
    """What has been heard from the arenas, and what the platform says."""

    arenas: Sequence[str]
    actors: Sequence[Actor]
    server_ids: dict[str, int] = field(default_factory=dict)
    """The game servers of the arenas that have opened."""
    matches: dict[str, int] = field(default_factory=dict)
    """How many matches each arena has reported."""
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=_RECENT))
    online: dict[int, GameServer] = field(default_factory=dict)
    """The arenas that the platform lists as online."""
    ratings: list[TeamStats] = field(default_factory=list)
    """The players' ratings, the best first; somebody who played in two arenas has two."""
    trouble: list[str] = field(default_factory=list)

    def hear(self, arena: str, line: str) -> str | None:
        """Take in a line of an arena's log. Returns the match that it reports, with the players' names, if it does."""
        if opened := _OPENED.search(line):
            self.server_ids[arena] = int(opened[1])
        if (reported := _REPORTED.search(line)) is None:
            return None
        self.matches[arena] = self.matches.get(arena, 0) + 1
        names = {str(actor.account_id): actor.display_name for actor in self.actors}
        self.recent.append(f"{arena}: " + re.sub(r"\d+", lambda number: names.get(number[0], number[0]), reported[1]))
        return self.recent[-1]

    def hear_game(self, server: str, line: str) -> str | None:
        """Take in a line of a Go server's log. Returns the game that it reports, if it does."""
        if (reported := _GAME.search(line)) is None:
            return None
        self.recent.append(f"{server}: {reported[1]}")
        return self.recent[-1]

    def learn(self, online: Iterable[GameServer], ratings: Iterable[TeamStats]) -> None:
        """Take in what the platform says."""
        self.online = {server.id: server for server in online if server.id in self.server_ids.values()}
        self.ratings = sorted(ratings, key=lambda stats: (-stats.skill_rating, stats.account_id))


def arena_rows(stage: Stage) -> Iterator[tuple[str, str, str, str]]:
    """Of every arena: name, state, players and matches."""
    for name in stage.arenas:
        listed = stage.online.get(stage.server_ids.get(name, 0))
        players = f"{listed.current_player_count} of {listed.max_player_count}" if listed else ""
        yield name, "online" if listed else "opening", players, str(stage.matches.get(name, 0))


def rating_rows(stage: Stage) -> Iterator[tuple[str, str, str, str, str]]:
    """Of every rating: player, rating, skill, matches won and played, and arena."""
    actors = {actor.account_id: actor for actor in stage.actors}
    arenas = {server_id: name for name, server_id in stage.server_ids.items()}
    for stats in stage.ratings:
        actor = actors[stats.account_id]
        won = f"{stats.matches_won_field} of {stats.matches_played_field}"
        yield actor.display_name, str(stats.skill_rating), f"{actor.skill:.0f}", won, arenas[stats.server_id]


def picture(stage: Stage, seconds_left: float) -> RenderableType:
    """The stage as tables side by side, or below each other where the terminal is narrow."""
    arenas = _table("Arenas", ["arena", "", "players", "matches"], arena_rows(stage))
    ratings = _table("Ratings", ["player", "rating", "skill", "won", "arena"], rating_rows(stage))
    news = Text(
        "\n".join([*stage.recent, *stage.trouble, f"{seconds_left:.0f} s left"]), overflow="ellipsis", no_wrap=True
    )
    return Group(Columns([arenas, ratings], padding=(0, 3)), news)


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


class View(Protocol):
    """A way to show the stage. A context: what is left to show at the end is shown when it is left."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def on_match(self, match: str) -> None:
        """A match has been reported."""

    def on_look(self, stage: Stage, seconds_left: float) -> None:
        """The platform has been asked again."""


class Tables:
    """Tables that move. The last ones stay."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.stop()

    def on_match(self, match: str) -> None:
        """The next look shows it."""

    def on_look(self, stage: Stage, seconds_left: float) -> None:
        """Draw anew."""
        self._live.update(picture(stage, seconds_left), refresh=True)


class Lines:
    """A line for every match, some for the arenas now and then, and the ratings at the end."""

    EVERY = 10  # looks

    def __init__(self, console: Console) -> None:
        self._console = console
        self._stage: Stage | None = None
        self._looks = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for name, rating, skill, won, arena in rating_rows(self._stage) if self._stage else ():
            self._print(f"{name}: rated {rating} in {arena}, skill {skill}, won {won}")

    def on_match(self, match: str) -> None:
        """Tell of it."""
        self._print(match)

    def on_look(self, stage: Stage, seconds_left: float) -> None:
        """Tell of the arenas, now and then."""
        self._stage = stage
        self._looks += 1
        if self._looks % self.EVERY != 1:
            return
        for name, state, players, matches in arena_rows(stage):
            self._print(f"{seconds_left:.0f} s left. {name}: {state}, {players or 'no'} players, {matches} matches")
        for trouble in stage.trouble:
            self._print(trouble)

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
