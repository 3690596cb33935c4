"""The file that describes pools: TOML, a table for each, in the words of the files of parameters. Pure.

    [go-small]                              # some of the games of Go: those that `games` says
    games = { sizes = [9, 13], speeds = ["blitz"], servers = [3] }
    system = "glicko2"

    [go]                                    # all the others
    system = "gaussian"
    conditions = ["size", "speed"]

    [go.parameters]
    "players.spread" = 4.1

    [team.parameters]                       # the team matches of each server
    step = 48

What a table leaves out of `games` does not matter. A game belongs to the first pool, in the order of the file, whose
games it is among. A table that names its `system` describes the pool whole, as what `tengen ratings tune` writes does;
one that does not begins with the pool as it is without a file. What such a file says of the columns of results
(`format`, `head_start.…`, `formats.…`) has no meaning for games here, whose terms are known, and is passed over.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from tengen.core.errors import Invalid
from tengen.core.values import MAX_ID, ServerId
from tengen.ratings.go_conditions import LARGEST, SMALLEST, SpeedClass
from tengen.ratings.model_files import Description, InvalidModelFile, toml_table

GO, TEAM = "go", "team"
MAX_POOLS = 30
MAX_SERVERS = 200
"""Game servers that a file may name."""

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
_MAX_NAME = 32
_GAMES, _SIZES, _SPEEDS, _SERVERS = "games", "sizes", "speeds", "servers"
_OTHERS_COLUMNS = ("head_start.", "formats.")


class InvalidPools(Invalid):
    """The file of pools describes none that could be."""

    code = "invalid_pools"


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the games of Go; what is None does not matter."""

    sizes: frozenset[int] | None = None
    """Lines of square boards."""
    speeds: frozenset[SpeedClass] | None = None
    servers: frozenset[ServerId] | None = None

    def holds(self, server_id: ServerId, width: int, height: int, speed: SpeedClass | None) -> bool:
        """Whether a game is among them."""
        return (
            (self.sizes is None or (width == height and width in self.sizes))
            and (self.speeds is None or speed in self.speeds)
            and (self.servers is None or server_id in self.servers)
        )


@dataclass(frozen=True, slots=True)
class DescribedPool:
    """A pool as the file describes it."""

    name: str
    games: Selection | None
    """None: all those that are in no other."""
    model: Description
    is_whole: bool
    """Whether the model is all that is said of the pool; otherwise what is not said is as it is without a file."""
    has_conditions: bool
    """Whether conditions are said, none perhaps."""


def read_pools(content: bytes, *, file: str) -> list[DescribedPool]:
    """The pools that a file describes, in its order; sentences call it `file`. Raises `InvalidPools`."""
    try:
        tables = toml_table(content.decode(), f"The file of pools {file}")
    except UnicodeDecodeError:
        raise InvalidPools(f"The file of pools {file} is no text in UTF-8.") from None
    except InvalidModelFile as error:
        raise InvalidPools(error.message) from None
    if len(tables) > MAX_POOLS:
        raise InvalidPools(f"The file of pools {file} describes {len(tables)} pools; at most {MAX_POOLS} are kept.")
    pools = [_pool(name, table, file) for name, table in tables.items()]
    _check_overlaps([pool for pool in pools if pool.games is not None], file)
    return pools


def _pool(name: str, table: object, file: str) -> DescribedPool:
    if not isinstance(table, dict):
        raise InvalidPools(
            f"The file of pools {file} says {name[:60]!r} outside a table: put it under a pool, as [go]."
        )
    what = f"The pool {name[:60]!r} in {file}"
    if _NAME.fullmatch(name) is None or len(name) > _MAX_NAME:
        raise InvalidPools(
            f"{what} cannot have that name: one is of small letters, digits and single hyphens between them, "
            f"begins with a letter, and has at most {_MAX_NAME} characters."
        )
    rest = {key: value for key, value in table.items() if key != _GAMES}
    try:
        model = Description.of_table(rest, what, system="")
    except InvalidModelFile as error:
        raise InvalidPools(error.message) from None
    parameters = {key: value for key, value in model.parameters.items() if not key.startswith(_OTHERS_COLUMNS)}
    games = _selection(name, table.get(_GAMES), what)
    return DescribedPool(
        name, games, replace(model, format_column=None, parameters=parameters), "system" in table, "conditions" in table
    )


def _selection(name: str, games: object, what: str) -> Selection | None:
    if name in (GO, TEAM):
        if games is not None:
            raise InvalidPools(f"{what} takes what no other pool takes: `{_GAMES}` cannot be said of it.")
        return None
    example = f"{_GAMES} = {{ {_SIZES} = [9] }}"
    if not isinstance(games, dict) or not games:
        raise InvalidPools(f"{what} must say which games of Go are its own, as {example}.")
    unknown = games.keys() - {_SIZES, _SPEEDS, _SERVERS}
    if unknown:
        raise InvalidPools(
            f"{what} tells games by {min(unknown)[:60]!r}, and they are told by {_SIZES}, {_SPEEDS} and {_SERVERS}."
        )
    sizes = _whole_numbers(
        games.get(_SIZES),
        (SMALLEST, LARGEST),
        f"{what} must have `{_SIZES}` that are lines of square boards, as [9, 13]",
    )
    servers = _whole_numbers(
        games.get(_SERVERS), (1, MAX_ID), f"{what} must have `{_SERVERS}` that are ids of game servers, as [3]"
    )
    own = None if servers is None else frozenset(map(ServerId, servers))
    return Selection(sizes, _speeds(games.get(_SPEEDS), what), own)


def _whole_numbers(value: object, limits: tuple[int, int], right: str) -> frozenset[int] | None:
    if value is None:
        return None
    least, most = limits
    if not isinstance(value, list) or not value or not all(type(n) is int and least <= n <= most for n in value):
        raise InvalidPools(f"{right}; they are from {least} to {most}.")
    return frozenset(value)


def _speeds(value: object, what: str) -> frozenset[SpeedClass] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise InvalidPools(f"{what} must have `{_SPEEDS}` as words, of {', '.join(SpeedClass)}.")
    unknown = sorted(set(value) - set(SpeedClass))
    if unknown:
        raise InvalidPools(f"{what} has the speed {unknown[0][:40]!r}; there are {', '.join(SpeedClass)}.")
    return frozenset(map(SpeedClass, value))


def _check_overlaps(pools: Sequence[DescribedPool], file: str) -> None:
    """Each pool must have a game that no earlier one takes, and one must be left for `go`."""
    servers = {server for pool in pools for server in _of(pool).servers or ()}
    if len(servers) > MAX_SERVERS:
        raise InvalidPools(
            f"The file of pools {file} names {len(servers)} game servers; at most {MAX_SERVERS} are told."
        )
    left = set(_kinds_of_games(servers))
    for pool in pools:
        own = {game for game in left if _of(pool).holds(game[0], game[1], game[1], game[2])}
        if not own:
            raise InvalidPools(
                f"The pool {pool.name!r} in {file} would have no game: the pools before it take all of them. "
                "Put it before them, or say other games of it."
            )
        left -= own
    if not left:
        raise InvalidPools(f"No game would be left for the pool {GO!r}: the pools in {file} take all of them.")


def _of(pool: DescribedPool) -> Selection:
    assert pool.games is not None
    return pool.games


def _kinds_of_games(servers: Collection[ServerId]) -> Iterator[tuple[ServerId, int, SpeedClass | None]]:
    """A game of each kind that selections could tell apart: on each of these servers, and on another."""
    other = ServerId(min(set(range(1, len(servers) + 2)) - set(servers)))
    return product([*servers, other], range(SMALLEST, LARGEST + 1), [*SpeedClass, None])
