"""The pools of the platform, and the system that each is rated by. Pure."""

from dataclasses import dataclass

from tengen.core.errors import NotFound
from tengen.core.values import ServerId
from tengen.ratings.gaussian import Gaussian
from tengen.ratings.systems import RatingSystem
from tengen.ratings.team_elo import OpponentRule, TeamElo

GO = "go"
_TEAM = "team:"


class PoolNotFound(NotFound):
    """There is no pool of this name."""

    code = "pool_not_found"


@dataclass(frozen=True, slots=True)
class Pool:
    """A set of games whose ratings compare, and how they are rated."""

    name: str
    system_name: str
    system: RatingSystem

    @property
    def description(self) -> str:
        """How its games are rated, as a text: another one if and only if they are rated another way."""
        return f"{self.system_name} {self.system!r}"

    @property
    def is_of_teams(self) -> bool:
        """Whether its games are team matches, and not games of Go."""
        return self.name.startswith(_TEAM)


@dataclass(frozen=True, slots=True)
class Pools:
    """Which pools there are: `go`, all servers' games of Go together, and `team:<server>`, a server's team matches."""

    team_rule: OpponentRule = "opponents"

    @property
    def go(self) -> Pool:
        """The pool of games of Go."""
        return Pool(GO, "gaussian", Gaussian())

    def team(self, server_id: ServerId) -> Pool:
        """The pool of a server's team matches."""
        return Pool(team_pool(server_id), "team-elo", TeamElo(rule=self.team_rule))

    def named(self, name: str) -> Pool:
        """The pool of this name. Raises `PoolNotFound`."""
        if name == GO:
            return self.go
        number = name.removeprefix(_TEAM)
        if name.startswith(_TEAM) and number.isascii() and number.isdigit() and len(number) <= 18:
            return self.team(ServerId(int(number)))
        raise PoolNotFound(f"There is no pool {name[:40]!r}. There are 'go', and 'team:3' for the matches of server 3.")


STANDARD = Pools()
"""With the rules as they are unless an operator chose others."""


def team_pool(server_id: ServerId) -> str:
    """The name of the pool of a server's team matches."""
    return f"{_TEAM}{server_id}"
