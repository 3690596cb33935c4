"""Rate limits: how often somebody may do something.

Counted in this process, or in Redis when `REDIS_URL` is set, so that all workers count together. A limit that cannot
be counted because Redis is away does not stop anybody: losing the log-in for everyone is worse than losing a brake.
"""

import hashlib
import ipaddress
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from tengen.core.errors import TooManyRequests

if TYPE_CHECKING:
    from limits.aio.storage import Storage
    from redis.asyncio import ConnectionPool

    from tengen.core.settings import Settings

log = structlog.get_logger(__name__)

_REDIS_SECONDS = 0.5


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
        url = settings.redis_url
        self._pool = None if url is None else _connections(url.get_secret_value())
        self._strategy = MovingWindowRateLimiter(MemoryStorage() if self._pool is None else _redis(self._pool))

    async def check(self, limit: Limit, who: str, message: str) -> None:
        """Raises `TooManyRequests` with `message` if `who` has used up `limit`. Counts nothing."""
        if not await self._is_open(limit, self._strategy.test(limit.item, _key(who))):
            raise TooManyRequests(message, retry_after=await self._wait(limit, who))

    async def count(self, limit: Limit, who: str) -> None:
        """`who` did it once."""
        await self._is_open(limit, self._strategy.hit(limit.item, _key(who)))

    async def spend(self, limit: Limit, who: str, message: str) -> None:
        """`count`, unless `who` has used up `limit`: then raises `TooManyRequests` with `message`."""
        if not await self._is_open(limit, self._strategy.hit(limit.item, _key(who))):
            raise TooManyRequests(message, retry_after=await self._wait(limit, who))

    async def close(self) -> None:
        """Close the connections to Redis, if there are any."""
        if self._pool is not None:
            await self._pool.aclose()

    async def _is_open(self, limit: Limit, answer: Awaitable[bool]) -> bool:
        try:
            return await answer
        except Exception as error:  # whatever the counter's store raises: see the module's text
            log.error("rate_limit_unavailable", limit=limit.name, error=str(error))
            return True

    async def _wait(self, limit: Limit, who: str) -> timedelta:
        try:
            reset_at, _ = await self._strategy.get_window_stats(limit.item, _key(who))
        except Exception as error:
            log.error("rate_limit_unavailable", limit=limit.name, error=str(error))
            return limit.window
        return timedelta(seconds=max(0.0, reset_at - time.time()))


def _connections(url: str) -> "ConnectionPool":
    from redis.asyncio import ConnectionPool  # only a platform with Redis pays for its client
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    # Whoever signs in waits for this: better uncounted than late. One more try, for Redis may have been restarted.
    return ConnectionPool.from_url(
        url,
        socket_connect_timeout=_REDIS_SECONDS,
        socket_timeout=_REDIS_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )


def _redis(pool: "ConnectionPool") -> "Storage":
    from limits.aio.storage import RedisStorage

    # The pool knows the address; the library wants one to choose its dialect by.
    return RedisStorage(
        "async+redis://",
        implementation="redispy",
        connection_pool=pool,  # type: ignore[arg-type]  # its options are annotated as plain values
    )


def _key(who: str) -> str:
    # Strangers choose some of these texts: none is kept, however long it is, and Redis learns nobody's e-mail.
    return hashlib.blake2b(who.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def counted_address(address: str) -> str:
    """The address by which a client is counted: of IPv6 the network of 64 bits, any address of which its host may take.

    An IPv4 address in the form of IPv6 is the IPv4 address; what is no address stays as it is.
    """
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    if parsed.is_loopback:
        return address
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))


def is_local(address: str) -> bool:
    """Whether a client's address is this machine's own: local programs are not limited by address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
