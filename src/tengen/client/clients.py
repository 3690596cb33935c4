"""`Client` and `AsyncClient`: everything that can be asked of the platform, carried out.

Each method stands in `tengen.client.resources` beside what it sends.
"""

from tengen.client.resources.accounts import AccountMethods, AsyncAccountMethods
from tengen.client.resources.clans import AsyncClanMethods, ClanMethods
from tengen.client.resources.games import AsyncGameMethods, GameMethods
from tengen.client.resources.platform import AsyncPlatformMethods, PlatformMethods
from tengen.client.resources.players import AsyncPlayerMethods, PlayerMethods
from tengen.client.resources.servers import AsyncServerMethods, ServerMethods
from tengen.client.resources.submissions import AsyncSubmissionMethods, SubmissionMethods
from tengen.client.resources.tournaments import AsyncTournamentMethods, TournamentMethods


class Client(
    PlatformMethods,
    AccountMethods,
    ClanMethods,
    ServerMethods,
    PlayerMethods,
    GameMethods,
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
    AsyncClanMethods,
    AsyncServerMethods,
    AsyncPlayerMethods,
    AsyncGameMethods,
    AsyncTournamentMethods,
    AsyncSubmissionMethods,
):
    """`Client` for asyncio: the same methods, awaited."""
