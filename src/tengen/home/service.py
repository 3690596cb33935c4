"""What the home page and the page of a game server show, gathered from the features below."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tengen.accounts import service as accounts
from tengen.core.values import AccountId, GameId, PlayerId, ServerId
from tengen.games import team_matches
from tengen.players import service as players
from tengen.ratings import service as ratings
from tengen.ratings.pools import team_pool
from tengen.servers import service as servers

if TYPE_CHECKING:
    from tengen.core.database import Connection
    from tengen.games.team_matches import PlayedMatch, Side
    from tengen.players.service import Player
    from tengen.ratings.outcomes import Change
    from tengen.ratings.service import Standing
    from tengen.servers.service import Server


@dataclass(frozen=True, slots=True)
class Participant:
    """A player in the field of a match. `change`: of the rating as it is shown, None if the match moved none."""

    name: str
    change: int | None


@dataclass(frozen=True, slots=True)
class ShownSide:
    """A team of a match. Players without an account are counted as guests."""

    race: str
    outcome: float
    field: list[Participant]
    guests: int
    commander: str | None

    @property
    def has_won(self) -> bool:
        """Whether this team won."""
        return self.outcome == 1

    @property
    def verdict(self) -> str:
        """`won`, `lost` or `draw`."""
        return {1.0: "won", 0.0: "lost"}.get(self.outcome, "draw")


@dataclass(frozen=True, slots=True)
class ShownMatch:
    """A team match with its names. `server` is None once it has left the directory."""

    id: GameId
    server: "Server | None"
    reported_at: datetime
    sides: list[ShownSide]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a leaderboard; `rating` is cut to whole points, as game servers see it."""

    name: str
    rating: int
    matches: int


@dataclass(frozen=True, slots=True)
class Board:
    """The best players of a game server."""

    server: "Server"
    places: list[Place]


@dataclass(frozen=True, slots=True)
class Overview:
    """The platform at a glance: servers online (the fullest first), the latest matches, the best players."""

    online: "list[Server]"
    matches: list[ShownMatch]
    boards: list[Board]


@dataclass(frozen=True, slots=True)
class ServerReport:
    """One game server, with what was played there."""

    server: "Server"
    is_online: bool
    matches: list[ShownMatch]
    places: list[Place]


_MATCHES = 8
_BOARDS = 4
_BOARD_PLACES = 5


async def overview(connection: "Connection", *, now: datetime, heartbeat_window: timedelta) -> Overview:
    """What the home page shows, in seven statements."""
    online = await servers.heard_since(connection, now - heartbeat_window)
    online.sort(key=lambda server: (-server.current_player_count, server.display_name, server.id))
    latest = await team_matches.latest_matches(connection, limit=_MATCHES)
    known = {server.id: server for server in online}
    known |= await _servers(connection, {match.server_id for match in latest} - known.keys())
    boards = await _boards(connection, _busiest([match.server_id for match in latest], known))
    return Overview(online, await _shown(connection, latest, known), boards)


def _busiest(played_on: Sequence[ServerId], known: "Mapping[ServerId, Server]") -> "list[Server]":
    """Where matches were played last, and then where most players are: as many as are worth asking for ratings."""
    order = [server_id for server_id in dict.fromkeys([*played_on, *known]) if server_id in known]
    return [known[server_id] for server_id in order[: _MATCHES + _BOARDS]]


async def _boards(connection: "Connection", candidates: "Sequence[Server]") -> list[Board]:
    pools = {team_pool(server.id): server for server in candidates}
    standings = await ratings.leaderboards(connection, pools.keys(), limit=_BOARD_PLACES)
    rated = [(pools[pool], best) for pool, best in standings.items() if best][:_BOARDS]
    names = await _names(connection, [standing for _, best in rated for standing in best])
    return [Board(server, _places(best, names)) for server, best in rated]


async def server_report(
    connection: "Connection", server_id: ServerId, *, now: datetime, heartbeat_window: timedelta
) -> ServerReport:
    """What the page of a game server shows, in six statements. Raises `ServerNotFound`."""
    found = await _servers(connection, [server_id])
    if server_id not in found:
        raise servers.ServerNotFound("There is no such game server, or it has left the directory.")
    server = found[server_id]
    best = await ratings.leaderboard(connection, team_pool(server_id))
    latest = await team_matches.latest_matches(connection, server_id=server_id, limit=20)
    return ServerReport(
        server=server,
        is_online=server.heard_at is not None and server.heard_at > now - heartbeat_window,
        matches=await _shown(connection, latest, found),
        places=_places(best, await _names(connection, best)),
    )


async def _servers(connection: "Connection", ids: Collection[ServerId]) -> "dict[ServerId, Server]":
    """Those of the directory; deleted ones have left it."""
    found = await servers.servers_by_ids(connection, ids)
    return {server_id: server for server_id, server in found.items() if server.deleted_at is None}


async def _names(connection: "Connection", standings: "Sequence[Standing]") -> dict[AccountId, str]:
    found = await accounts.accounts_by_ids(connection, {standing.account_id for standing in standings})
    return {account_id: account.display_name for account_id, account in found.items()}


def _places(standings: "Sequence[Standing]", names: Mapping[AccountId, str]) -> list[Place]:
    return [Place(names[standing.account_id], int(standing.value), standing.games) for standing in standings]


async def _shown(
    connection: "Connection", matches: "Sequence[PlayedMatch]", known: "Mapping[ServerId, Server]"
) -> list[ShownMatch]:
    sides = [side for match in matches for side in match.sides]
    seated = {player for side in sides for player in [*side.field, side.commander] if player is not None}
    people = await players.players_by_ids(connection, seated)
    changes = await ratings.changes_of_games(connection, [match.id for match in matches])
    return [
        ShownMatch(
            id=match.id,
            server=known.get(match.server_id),
            reported_at=match.reported_at,
            sides=[_side(side, people, changes.get(match.id, [])) for side in match.sides],
        )
        for match in matches
    ]


def _side(side: "Side", people: "Mapping[PlayerId, Player]", changes: "Sequence[Change]") -> ShownSide:
    moved = {change.account_id: int(change.after.mean) - int(change.before.mean) for change in changes}
    present = [people[player] for player in side.field if player is not None]
    return ShownSide(
        race=side.race,
        outcome=side.outcome,
        field=[Participant(player.name, moved.get(player.account_id)) for player in present],
        guests=len(side.field) - len(present),
        commander=None if side.commander is None else people[side.commander].name,
    )
