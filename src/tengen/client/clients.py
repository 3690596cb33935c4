"""`Client` and `AsyncClient`: everything that can be asked of the platform, carried out.

Each method stands in `tengen.client.resources` beside what it sends.
"""

from datetime import timedelta

from tengen.client.live import Live
from tengen.client.resources.accounts import AccountMethods, AsyncAccountMethods
from tengen.client.resources.clans import AsyncClanMethods, ClanMethods
from tengen.client.resources.games import AsyncGameMethods, GameMethods
from tengen.client.resources.platform import AsyncPlatformMethods, PlatformMethods
from tengen.client.resources.play import AsyncPlayMethods, PlayMethods
from tengen.client.resources.players import AsyncPlayerMethods, PlayerMethods
from tengen.client.resources.servers import AsyncServerMethods, ServerMethods
from tengen.client.resources.submissions import AsyncSubmissionMethods, SubmissionMethods
from tengen.client.resources.tokens import AsyncTokenMethods, TokenMethods
from tengen.client.resources.tournaments import AsyncTournamentMethods, TournamentMethods


class Client(
    PlatformMethods,
    AccountMethods,
    TokenMethods,
    ClanMethods,
    ServerMethods,
    PlayerMethods,
    GameMethods,
    PlayMethods,
    TournamentMethods,
    SubmissionMethods,
):
    """The platform at `url`, asked as the account or game server of `credentials`, or as nobody.

    Every method raises `TengenError` for a refusal, and `Unreachable` when no answer comes within `timeout`. What can
    be sent again without doing anything twice is, up to `retries` times: a question, a report of a game of Go or a
    replay whose answer was lost, and anything that never left because the connection was refused. May be shared by
    threads. Close it, or use it as a context manager. `transport` stands in for the network.
    """


class AsyncClient(
    AsyncPlatformMethods,
    AsyncAccountMethods,
    AsyncTokenMethods,
    AsyncClanMethods,
    AsyncServerMethods,
    AsyncPlayerMethods,
    AsyncGameMethods,
    AsyncPlayMethods,
    AsyncTournamentMethods,
    AsyncSubmissionMethods,
):
    """`Client` for asyncio: the same methods, awaited; and live play."""

    def live(self, *, patience: timedelta = timedelta(minutes=2)) -> Live:
        """A live connection, on which Go is played: `async with client.live() as live`.

        Where it is lost it is made again. For `patience` the platform may be away before that is given up.
        """
        return Live(self, patience=patience)
