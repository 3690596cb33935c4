"""The pools of the platform, which games each holds, and the system that each is rated by.

What they are is configuration: the settings name a file (`tengen.ratings.pool_files`), and without one there are `go`
and the pools of team matches as they stand here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import isfinite, nan
from typing import TYPE_CHECKING

from tengen.core.errors import NotFound
from tengen.core.values import ServerId
from tengen.ratings.catalogue import SystemNotFound, SystemNotLoaded, system_named
from tengen.ratings.gaussian import Gaussian
from tengen.ratings.go_conditions import KINDS, SpeedClass
from tengen.ratings.model_files import Description, InvalidModelFile
from tengen.ratings.pairs import PairSystem
from tengen.ratings.parameters import InvalidParameter, parameters_of, with_parameters
from tengen.ratings.pool_files import GO as GO
from tengen.ratings.pool_files import TEAM, DescribedPool, InvalidPools, Selection, read_pools
from tengen.ratings.systems import Game, RatingSystem, Strength
from tengen.ratings.team_elo import OpponentRule, TeamElo

if TYPE_CHECKING:
    from tengen.core.settings import Settings

_TEAM = f"{TEAM}:"
_TEAM_ELO = "team-elo"
_RANKS = (-20.0, 60.0)
"""A newcomer's rank beyond this is no rank: parameters of another scale were meant."""


class PoolNotFound(NotFound):
    """There is no pool of this name."""

    code = "pool_not_found"


@dataclass(frozen=True, slots=True)
class Pool:
    """A set of games whose ratings compare, and how they are rated."""

    name: str
    system_name: str
    system: RatingSystem
    description: str = field(init=False, repr=False, compare=False)
    """How games are rated: the system with all its parameters and conditions. The same text, the same ratings.

    It is the file of a model, with everything else that the system is in a comment.
    """

    def __post_init__(self) -> None:
        """Write the description, which every game that is rated compares."""
        kinds = self.system.kinds if isinstance(self.system, PairSystem) else ()
        model = Description(self.system_name, kinds, parameters=parameters_of(self.system))
        description = f"{model.written()}# {' '.join(repr(self.system).split())}\n"
        object.__setattr__(self, "description", description)  # the way of frozen dataclasses

    def as_described(self, description: str) -> "Pool":
        """A pool of Go as it was when this was its description; as it is, if there is nothing to be made of that."""
        found = None if description == self.description else _go_system(description)
        return self if found is None else Pool(self.name, *found)

    @property
    def is_of_teams(self) -> bool:
        """Whether its games are team matches, and not games of Go."""
        return self.name.startswith(_TEAM)


@dataclass(frozen=True, slots=True)
class Pools:
    """Which pools there are.

    `go`, the games of Go of all servers together, and before it those that take some of them; and `team:<server>`, a
    server's team matches.
    """

    team_rule: OpponentRule = "opponents"
    go: Pool = Pool(GO, "gaussian", Gaussian.suited(has_ranks=True, kinds=KINDS))
    """The pool of games of Go that are in no other. Its ratings are the ones that profiles show, and by which players
    are matched."""
    others: Sequence[tuple[Selection, Pool]] = ()
    """Further pools of games of Go, in the order in which they take theirs."""
    teams: Pool | None = None
    """How team matches are rated on every server; None: as they are without a file."""

    @classmethod
    def of(cls, settings: "Settings") -> "Pools":
        """The pools that the settings name. Raises `InvalidPools`, with a sentence for the operator."""
        path = settings.pools_path
        if path is None:
            return cls(settings.team_rating_rule)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InvalidPools(f"The file of pools {path} cannot be read: {error.strerror}.") from error
        return _described(content, str(path), settings.team_rating_rule)

    @classmethod
    def read(cls, content: bytes, *, file: str = "pools.toml", team_rule: OpponentRule = "opponents") -> "Pools":
        """The pools that a file of this content describes. Raises `InvalidPools`; sentences call the file `file`."""
        pools, others = cls(team_rule), []
        for described in read_pools(content, file=file):
            what = f"The pool {described.name!r} in {file}"
            if described.name == TEAM:
                pools = replace(pools, teams=_team_pool(described, what, team_rule))
            elif described.games is None:
                pools = replace(pools, go=_go_pool(described, what))
            else:
                others.append((described.games, _go_pool(described, what)))
        return replace(pools, others=tuple(others))

    def as_described(self, descriptions: Mapping[str, str]) -> "Pools":
        """These pools, those of Go each as it was when this, by its name, was its description."""
        go, *others = [pool.as_described(descriptions.get(pool.name, pool.description)) for pool in self.of_go]
        selections = [games for games, _ in self.others]
        return replace(self, go=go, others=tuple(zip(selections, others, strict=True)))

    @property
    def of_go(self) -> list[Pool]:
        """All pools of games of Go, `go` the first."""
        return [self.go, *(pool for _, pool in self.others)]

    def of_game(self, *, server_id: ServerId, width: int, height: int, speed: SpeedClass | None) -> Pool:
        """The pool that a game of Go belongs to, if it rates."""
        for games, pool in self.others:
            if games.holds(server_id, width, height, speed):
                return pool
        return self.go

    def team(self, server_id: ServerId) -> Pool:
        """The pool of a server's team matches."""
        if self.teams is None:
            return Pool(team_pool(server_id), _TEAM_ELO, TeamElo(rule=self.team_rule))
        return replace(self.teams, name=team_pool(server_id))

    def named(self, name: str) -> Pool:
        """The pool of this name. Raises `PoolNotFound`."""
        found = self._found(name)
        if found is None:
            known = ", ".join(repr(pool.name) for pool in self.of_go)
            raise PoolNotFound(
                f"There is no pool {name[:40]!r}. There are {known}, and 'team:3' for the matches of server 3."
            )
        return found

    def knows(self, name: str) -> bool:
        """Whether there is a pool of this name: one that is no longer described keeps its ratings, and gets no more."""
        return self._found(name) is not None

    def _found(self, name: str) -> Pool | None:
        number = name.removeprefix(_TEAM)
        if name.startswith(_TEAM) and number.isascii() and number.isdigit() and len(number) <= 18:
            return self.team(ServerId(int(number)))
        return next((pool for pool in self.of_go if pool.name == name), None)


STANDARD = Pools()
"""Those of a platform whose operator describes none."""


def team_pool(server_id: ServerId) -> str:
    """The name of the pool of a server's team matches."""
    return f"{_TEAM}{server_id}"


def is_team_pool(name: str) -> bool:
    """Whether a pool of this name is one of team matches."""
    return name.startswith(_TEAM)


@lru_cache(8)
def _described(content: bytes, file: str, team_rule: OpponentRule) -> Pools:
    # Several parts of a process ask for its pools, one after the other.
    return Pools.read(content, file=file, team_rule=team_rule)


# ── from descriptions to systems ──


@lru_cache(8)
def _go_system(description: str) -> tuple[str, RatingSystem] | None:
    # To look for a system among all packages takes longer than a request should.
    try:
        model = Description.read(description)
        system = system_named(model.system).suited(has_ranks=True, kinds=model.kinds)
        return model.system, with_parameters(system, model.parameters)
    except (InvalidModelFile, SystemNotFound, SystemNotLoaded, InvalidParameter):
        return None


def _go_pool(described: DescribedPool, what: str) -> Pool:
    model = described.model
    kinds = _kinds(model.kinds, what)
    name = model.system if described.is_whole else STANDARD.go.system_name
    if described.is_whole or described.has_conditions:
        system: RatingSystem = _suited(name, kinds, what)
    else:
        system = STANDARD.go.system
    system = _with(system, model.parameters, what)
    rank = system.rank(system.prior())
    if rank is None:
        raise InvalidPools(f"{what} cannot be rated by {name!r}: it knows no ranks, and players of Go are told theirs.")
    if not _RANKS[0] <= rank <= _RANKS[1]:
        raise InvalidPools(
            f"{what} has parameters by which a newcomer's rank is {rank:g}, and 30 is 1 dan: if they come from results "
            "without ranks, they are on the scale of points. Tune them on a file with the columns rank_a and rank_b."
        )
    _check_rates(system, [[system.prior()], [system.prior()]], what)
    return Pool(described.name, name, system)


def _team_pool(described: DescribedPool, what: str, team_rule: OpponentRule) -> Pool:
    model = described.model
    if model.kinds:
        raise InvalidPools(f"{what} cannot have `conditions`: nothing is known of a team match that would be one.")
    name = model.system if described.is_whole else _TEAM_ELO
    system: RatingSystem = TeamElo(rule=team_rule) if name == _TEAM_ELO else _suited(name, (), what)
    system = _with(system, model.parameters, what)
    _check_rates(system, [[system.prior(), system.prior()], [system.prior()]], what)
    return Pool(described.name, name, system)


def _kinds(kinds: Sequence[str], what: str) -> Sequence[str]:
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise InvalidPools(
            f"{what} cannot have the condition {unknown[0][:60]!r}: of games of Go {' and '.join(KINDS)} are known."
        )
    if len(set(kinds)) < len(kinds):
        raise InvalidPools(f"{what} names a condition more than once.")
    return kinds


def _suited(name: str, kinds: Sequence[str], what: str) -> RatingSystem:
    try:
        system = system_named(name).suited(has_ranks=True, kinds=kinds)
    except SystemNotFound as error:
        known = f"{error.message.rstrip('.')}, and {_TEAM_ELO} for team matches"
        raise InvalidPools(f"{what} cannot be rated so. {known}.") from None
    except SystemNotLoaded as error:
        raise InvalidPools(f"{what} cannot be rated so. {error.message}") from None
    if kinds and isinstance(system, PairSystem) and not system.kinds:
        raise InvalidPools(f"{what} is rated by {name!r}, which follows no conditions: leave them out.")
    return system


def _with(system: RatingSystem, parameters: Mapping[str, float], what: str) -> RatingSystem:
    try:
        return with_parameters(system, parameters)
    except InvalidParameter as error:
        raise InvalidPools(f"{what} cannot be rated so. {error.message}") from None


_TRIALS = 24
"""Games that a system must be able to rate."""


def _check_rates(system: RatingSystem, teams: Sequence[Sequence[Strength]], what: str) -> None:
    """Let the system rate newcomers in some games, years apart, that one side wins and then both in turn."""
    numbers = []
    try:
        for number in range(_TRIALS):
            first_won = number < _TRIALS // 2 or number % 2 == 0
            game = Game(teams, day=100.0 * number, advantage=float(number % 7 - 3))
            updates = system.update(game, (1.0, 0.0) if first_won else (0.0, 1.0))
            teams = [[update.after for update in team] for team in updates]
            numbers += [update.expected for team in updates for update in team]
        for team in teams:
            for strength in team:
                shown = system.rating(strength)
                numbers += [strength.mean, strength.variance, shown.value, shown.deviation]
    except ValueError as error:
        raise InvalidPools(f"{what} cannot be rated by its system. {error}") from None
    except ArithmeticError:
        numbers = [nan]
    if not all(map(isfinite, numbers)):
        raise InvalidPools(f"{what} has parameters with which nothing can be computed: one of them is far out.")
