"""Rate limits: how often somebody may do something.

Counted in this process, or in Redis when `REDIS_URL` is set, so that all workers count together. A limit that cannot
be counted because Redis is away does not stop anybody: losing the log-in for everyone is worse than losing a brake.
"""

import ipaddress
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.strategies import MovingWindowRateLimiter

from tengen.core.errors import TooManyRequests

if TYPE_CHECKING:
    from limits.aio.storage import Storage

    from tengen.core.settings import Settings

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` times in any `window`; `name` keeps the counters of different limits apart."""

    name: str
    count: int
    window: timedelta

    @property
    def item(self) -> RateLimitItem:
        """The limit as the `limits` library has it."""
        return RateLimitItemPerSecond(self.count, int(self.window.total_seconds()), namespace=f"tengen/{self.name}")


class RateLimiter:
    """Counts what was done, by limit and by who did it."""

    def __init__(self, settings: "Settings") -> None:
        self._storage = _storage(settings)
        self._strategy = MovingWindowRateLimiter(self._storage)

    async def check(self, limit: Limit, who: str, message: str) -> None:
        """Raises `TooManyRequests` with `message` if `who` has used up `limit`. Counts nothing."""
        try:
            if await self._strategy.test(limit.item, who):
                return
            reset_at, _ = await self._strategy.get_window_stats(limit.item, who)
        except Exception:  # whatever the counter's store raises: see the module's text
            log.exception("rate_limit_unavailable", limit=limit.name)
            return
        raise TooManyRequests(message, retry_after=timedelta(seconds=max(0.0, reset_at - time.time())))

    async def count(self, limit: Limit, who: str) -> None:
        """`who` did it once."""
        try:
            await self._strategy.hit(limit.item, who)
        except Exception:
            log.exception("rate_limit_unavailable", limit=limit.name)

    async def spend(self, limit: Limit, who: str, message: str) -> None:
        """`check`, then `count`."""
        await self.check(limit, who, message)
        await self.count(limit, who)


def _storage(settings: "Settings") -> "Storage":
    if settings.redis_url is None:
        from limits.aio.storage import MemoryStorage

        return MemoryStorage()
    from limits.aio.storage import RedisStorage  # only a platform with Redis pays for its client

    return RedisStorage("async+" + settings.redis_url.get_secret_value(), implementation="redispy")


def is_local(address: str) -> bool:
    """Whether a client's address is this machine's own: local programs are not limited by address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
