"""The parts of this feature that live as long as the process: log-in of servers, and who is online."""

from dataclasses import dataclass
from datetime import timedelta

from tengen.core.platform import Platform
from tengen.servers.authentication import ServerAuthenticator
from tengen.servers.online import OnlineServers


@dataclass(frozen=True, slots=True)
class Servers:
    """Log-in of game servers and the online list of one process."""

    authenticator: ServerAuthenticator
    online: OnlineServers

    @classmethod
    def of(cls, platform: Platform) -> "Servers":
        """Built once, from the platform's settings."""
        settings = platform.settings
        return cls(
            authenticator=ServerAuthenticator(platform.database, platform.limiter, settings),
            online=OnlineServers(platform.database, window=timedelta(seconds=settings.heartbeat_window_seconds)),
        )
