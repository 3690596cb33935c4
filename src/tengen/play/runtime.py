"""The parts of this feature that live as long as the process: games in memory, who watches them, their time."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tengen.core.platform import Platform
from tengen.core.values import Clock, GameId, PlayerId, utc_now
from tengen.play import service
from tengen.play.events import LineSaid, RepliesPrepared
from tengen.play.game_list import list_entry
from tengen.play.info import GameInfo
from tengen.play.news import GameNews
from tengen.play.records import record_of
from tengen.play.referee import Proposer, Referee
from tengen.play.rooms import Rooms
from tengen.play.state import LiveGame
from tengen.play.tables import Table, Tables
from tengen.play.timekeeper import Timekeeper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tengen.core.database import Database
    from tengen.notifications.runtime import Notifications
    from tengen.play.clock_messages import Json
    from tengen.play.service import NumberedEvent
    from tengen.profiles.runtime import Profiles
    from tengen.realtime.clients import Client
    from tengen.realtime.hub import Hub

_QUIET = (LineSaid, RepliesPrepared)
"""After these a list of games shows nothing new."""


@dataclass(frozen=True, slots=True)
class Play:
    """Live games in one process."""

    tables: Tables
    rooms: Rooms
    timekeeper: Timekeeper
    referee: Referee
    database: "Database"
    hub: "Hub"

    @classmethod
    def of(
        cls,
        platform: Platform,
        hub: "Hub",
        profiles: "Profiles",
        notifications: "Notifications",
        proposer: Proposer,
        *,
        clock: Clock = utc_now,
    ) -> "Play":
        """Built once, from the platform and what it has beside."""
        database = platform.database
        address = platform.settings.public_url.rstrip("/")

        def write_record(info: GameInfo, game: LiveGame) -> bytes:
            return record_of(info, game, address=game_address(address, info.id), with_comments=False)

        news = GameNews(notifications)
        tables = Tables(database, hub, profiles, record_of=write_record, news=news.tell, clock=clock)
        timekeeper = Timekeeper(database, tables.check, tidy=tables.sweep, clock=clock)
        play = cls(tables, Rooms(tables, hub, database), timekeeper, Referee(tables, proposer), database, hub)
        tables.when_due = timekeeper.watch
        tables.when_loaded = play.referee.take_up
        tables.after_commit = play.follow_up
        return play

    async def start(self) -> None:
        """Begin to keep the time."""
        await self.timekeeper.start()

    async def stop(self) -> None:
        """End what is under way."""
        await self.timekeeper.stop()
        await self.tables.close()

    def follow_up(self, table: Table, happened: "Sequence[NumberedEvent]") -> None:
        """What this process has stored has consequences, of which it takes care."""
        if not all(isinstance(one.event, _QUIET) for one in happened):
            self._tell_players(table)
        self.referee.follow_up(table, happened)

    def _tell_players(self, table: Table) -> None:
        message: Json = {
            "event": "active_game",
            "payload": list_entry(table.info, table.game, self.tables.clock()),
        }
        for account_id in {table.info.black.account_id, table.info.white.account_id}:
            self.hub.publish(f"user:{account_id}", message)

    async def greet(self, client: "Client") -> None:
        """A client has said who it is: tell it the games that it is playing, and show again what it watches."""
        if client.identity is None:
            return
        for info, game in await self.active_games(PlayerId(client.identity.player_id)):
            client.send("active_game", list_entry(info, game, self.tables.clock()))
        self.rooms.show_again(client)

    async def active_games(self, player_id: PlayerId) -> list[tuple[GameInfo, LiveGame]]:
        """The games that a player is playing, the latest first."""
        async with self.database.read() as connection:
            game_ids = await service.active_games(connection, player_id)
        return [await self.tables.see(game_id) for game_id in game_ids]


def game_address(public_url: str, game_id: GameId) -> str:
    """Where the game's page is."""
    return f"{public_url}/game/{game_id}"
