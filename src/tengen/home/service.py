"""What the home page and the page of a game server show, gathered from the features below."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tengen.accounts import service as accounts
from tengen.core.values import AccountId, GameId, PlayerId, ServerId
from tengen.games import service as games
from tengen.games import team_matches
from tengen.games.service import GameFilter
from tengen.home.go_games import GoPlace, ShownGame, go_places, shown_game
from tengen.players import service as players
from tengen.ratings import leaderboards
from tengen.ratings import service as ratings
from tengen.ratings.pools import STANDARD, Pools, team_pool
from tengen.ratings.systems import day_of
from tengen.servers import service as servers

if TYPE_CHECKING:
    from tengen.core.database import Connection
    from tengen.games.service import Game
    from tengen.games.team_matches import PlayedMatch, Side
    from tengen.players.service import Player
    from tengen.ratings.leaderboards import Placing
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
    """The platform at a glance: servers online (the fullest first), what was played last, the best players."""

    online: "list[Server]"
    games: list[ShownGame]
    go_places: list[GoPlace]
    matches: list[ShownMatch]
    boards: list[Board]


@dataclass(frozen=True, slots=True)
class ServerReport:
    """One game server, with what was played there."""

    server: "Server"
    is_online: bool
    games: list[ShownGame]
    matches: list[ShownMatch]
    places: list[Place]


_GAMES = 6
_GO_PLACES = 10
_MATCHES = 8
_BOARDS = 4
_BOARD_PLACES = 5
_ON_ITS_PAGE = 20


async def overview(
    connection: "Connection", *, now: datetime, heartbeat_window: timedelta, pools: Pools = STANDARD
) -> Overview:
    """What the home page shows, in nine statements."""
    online = await servers.heard_since(connection, now - heartbeat_window)
    online.sort(key=lambda server: (-server.current_player_count, server.display_name, server.id))
    played = _Played(
        games=await games.list_games(connection, GameFilter(), limit=_GAMES),
        matches=await team_matches.latest_matches(connection, limit=_MATCHES),
    )
    known = {server.id: server for server in online}
    known |= await _servers(connection, played.server_ids - known.keys())
    best = await leaderboards.best(connection, leaderboards.Board(pools.go), day=day_of(now), limit=_GO_PLACES)
    candidates = {team_pool(server.id): server for server in _busiest(played.matches, known)}
    standings = await ratings.leaderboards(connection, candidates.keys(), limit=_BOARD_PLACES)
    rated = [(candidates[pool], found) for pool, found in standings.items() if found][:_BOARDS]
    names = await _names(connection, [*best, *(standing for _, found in rated for standing in found)])
    shown_games, shown_matches = await _shown(connection, played, known, pools)
    return Overview(
        online=online,
        games=shown_games,
        go_places=go_places(best, names, pools.go.system),
        matches=shown_matches,
        boards=[Board(server, _places(found, names)) for server, found in rated],
    )


@dataclass(frozen=True, slots=True)
class _Played:
    """What was played last."""

    games: "Sequence[Game]"
    matches: "Sequence[PlayedMatch]"

    @property
    def server_ids(self) -> set[ServerId]:
        return {game.server_id for game in self.games} | {match.server_id for match in self.matches}

    @property
    def ids(self) -> list[GameId]:
        return [game.id for game in self.games] + [match.id for match in self.matches]

    @property
    def player_ids(self) -> set[PlayerId]:
        sides = [side for match in self.matches for side in match.sides]
        seated = {player for side in sides for player in [*side.field, side.commander] if player is not None}
        return seated | {player for game in self.games for player in (game.black, game.white)}


def _busiest(matches: "Sequence[PlayedMatch]", known: "Mapping[ServerId, Server]") -> "list[Server]":
    """Where matches were played last, and then where most players are: as many as are worth asking for ratings."""
    order = dict.fromkeys([*(match.server_id for match in matches), *known])
    return [known[server_id] for server_id in order if server_id in known][: _MATCHES + _BOARDS]


async def server_report(
    connection: "Connection",
    server_id: ServerId,
    *,
    now: datetime,
    heartbeat_window: timedelta,
    pools: Pools = STANDARD,
) -> ServerReport:
    """What the page of a game server shows, in seven statements. Raises `ServerNotFound`."""
    found = await _servers(connection, [server_id])
    if server_id not in found:
        raise servers.ServerNotFound("There is no such game server, or it has left the directory.")
    server = found[server_id]
    best = await ratings.leaderboard(connection, team_pool(server_id))
    played = _Played(
        games=await games.list_games(connection, GameFilter(server_id=server_id), limit=_ON_ITS_PAGE),
        matches=await team_matches.latest_matches(connection, server_id=server_id, limit=_ON_ITS_PAGE),
    )
    shown_games, shown_matches = await _shown(connection, played, found, pools)
    return ServerReport(
        server=server,
        is_online=server.heard_at is not None and server.heard_at > now - heartbeat_window,
        games=shown_games,
        matches=shown_matches,
        places=_places(best, await _names(connection, best)),
    )


async def _servers(connection: "Connection", ids: Collection[ServerId]) -> "dict[ServerId, Server]":
    """Those of the directory; deleted ones have left it."""
    found = await servers.servers_by_ids(connection, ids)
    return {server_id: server for server_id, server in found.items() if server.deleted_at is None}


async def _names(connection: "Connection", placed: "Iterable[Standing | Placing]") -> dict[AccountId, str]:
    found = await accounts.accounts_by_ids(connection, {who.account_id for who in placed})
    return {account_id: account.display_name for account_id, account in found.items()}


def _places(standings: "Sequence[Standing]", names: Mapping[AccountId, str]) -> list[Place]:
    return [Place(names[standing.account_id], int(standing.value), standing.games) for standing in standings]


async def _shown(
    connection: "Connection", played: _Played, known: "Mapping[ServerId, Server]", pools: Pools
) -> tuple[list[ShownGame], list[ShownMatch]]:
    people = await players.players_by_ids(connection, played.player_ids)
    changes = await ratings.changes_of_games(connection, _rated(played, people))
    shown_games = [
        shown_game(game, known.get(game.server_id), people, changes.get(game.id, []), pools) for game in played.games
    ]
    shown_matches = [
        ShownMatch(
            id=match.id,
            server=known.get(match.server_id),
            reported_at=match.reported_at,
            sides=[_side(side, people, changes.get(match.id, [])) for side in match.sides],
        )
        for match in played.matches
    ]
    return shown_games, shown_matches


def _rated(played: _Played, people: "Mapping[PlayerId, Player]") -> list[ratings.Rated]:
    """Those of the games and matches that may have moved ratings."""
    return [
        *(
            ratings.Rated(
                game.id, game.pool, game.played_at, [people[who].account_id for who in (game.black, game.white)]
            )
            for game in played.games
            if game.pool is not None
        ),
        *(
            ratings.Rated(
                match.id,
                team_pool(match.server_id),
                match.played_at,
                [people[who].account_id for side in match.sides for who in side.field if who is not None],
            )
            for match in played.matches
        ),
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
