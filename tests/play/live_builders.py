"""Builders of live games that are stored, and of the parts of a process that plays them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tengen.core.database import Database
from tengen.core.platform import Platform
from tengen.core.values import AccountId, GameId, PlayerId
from tengen.games import service as games
from tengen.go.board import Board
from tengen.go.points import Color, Point, Size
from tengen.go.rulesets import JAPANESE, Ruleset
from tengen.notifications.runtime import Notifications
from tengen.play import service
from tengen.play.commands import Command, PlayMove
from tengen.play.runtime import Play
from tengen.play.service import NewLiveGame
from tengen.play.terms import GameTerms
from tengen.play.time_systems import Absolute, TimeSystem
from tengen.players.service import HOME, home_players
from tengen.profiles.runtime import Profiles
from tengen.realtime.hub import Hub
from tests.play.builders import HOUR, NOON, SECOND, a_control, a_point
from tests.support.builders import an_account


@dataclass
class Watch:
    """A clock that stands where it was put; as each second is told, nothing waits."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, span: timedelta = SECOND) -> datetime:
        """Move on."""
        self.now += span
        return self.now


@dataclass
class Proposals:
    """Proposes to mark these points, whatever the board."""

    marking: frozenset[Point] = frozenset()

    async def marking_of(self, board: Board, *, seed: int) -> frozenset[Point]:  # noqa: ARG002  # the protocol's
        """What was set."""
        return self.marking

    def warm_up(self) -> None:
        """Ready."""


@dataclass
class Worker:
    """The parts of a process that plays."""

    play: Play
    hub: Hub
    watch: Watch
    heard: list[tuple[str, Any]] = field(default_factory=list)

    async def do(self, game_id: GameId, command: Command) -> None:
        """Carry out a command, a second after the last."""
        await self.play.tables.do(game_id, command, now=self.watch.forward())

    async def move(self, game_id: GameId, *vertices: str) -> None:
        """Play these moves in turn, a second each."""
        for vertex in vertices:
            _, game = await self.play.tables.see(game_id)
            await self.do(game_id, PlayMove(game.to_move, a_point(vertex, game.terms.size)))


def a_worker(platform: Platform, *, watch: Watch | None = None, hub: Hub | None = None) -> Worker:
    """A process with a clock of its own, and a hub of its own if none is given."""
    hub, watch = hub or Hub(), watch or Watch()
    play = Play.of(platform, hub, Profiles.of(platform), Notifications.of(platform, hub), Proposals(), clock=watch)
    return Worker(play, hub, watch)


def a_process(platform: Platform) -> Play:
    """The parts of a process that plays, by the wall clock."""
    hub = Hub()
    return Play.of(platform, hub, Profiles.of(platform), Notifications.of(platform, hub), Proposals())


@dataclass(frozen=True)
class Opponents:
    """Two accounts and their players here, Black first."""

    accounts: tuple[AccountId, AccountId]
    players: tuple[PlayerId, PlayerId]


async def two_opponents(database: Database) -> Opponents:
    """Two people who have never played."""
    black, white = [(await an_account(database)).id for _ in range(2)]
    async with database.read() as connection:
        at_home = await home_players(connection, [black, white])
    return Opponents((black, white), (at_home[black].id, at_home[white].id))


async def a_live_game(
    database: Database,
    opponents: Opponents | None = None,
    *,
    rules: Ruleset = JAPANESE,
    side: int = 9,
    system: TimeSystem = Absolute(HOUR),  # noqa: B008  # a frozen value
    is_ranked: bool = True,
    is_private: bool = False,
    now: datetime = NOON,
) -> NewLiveGame:
    """A game that begins at noon."""
    opponents = opponents or await two_opponents(database)
    black, white = opponents.players
    terms = GameTerms.agreed(size=Size.of(side), rules=rules, control=a_control(system), black=black, white=white)
    async with database.write() as transaction:
        game_id = await games.reserve(transaction, HOME, now=now)
        new = NewLiveGame(game_id, "Evening game", terms, black, is_ranked=is_ranked, is_private=is_private)
        await service.start(transaction, new, now=now)
    return new


def the_moves(game: Any) -> Sequence[str]:
    """The moves of a game as vertices."""
    return [move.point.vertex(game.terms.size) if move.point else "pass" for move in game.moves]


BLACK, WHITE = Color.BLACK, Color.WHITE
