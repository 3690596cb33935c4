"""The running platform, as every feature finds it: settings, database, master key, limits, events."""

from dataclasses import dataclass

from tengen.core.database import Database, open_database
from tengen.core.events import Events
from tengen.core.limits import RateLimiter
from tengen.core.security import MasterKey
from tengen.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Platform:
    """What is one a process. The web application has one, and so has each command of the command line."""

    settings: Settings
    master_key: MasterKey
    events: Events
    database: Database
    limiter: RateLimiter

    @classmethod
    def of(cls, settings: Settings) -> "Platform":
        """The platform that the settings describe. Opens no connection yet; `close()` ends it."""
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        master_key = MasterKey.of(settings)
        events = Events(master_key.sealer("outbox"))
        return cls(settings, master_key, events, open_database(settings, events), RateLimiter(settings))

    async def close(self) -> None:
        """Close every connection."""
        await self.limiter.close()
        await self.database.close()
