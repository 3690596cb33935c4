"""Rate limits, counted in the process and in Redis alike."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tengen.core.errors import TooManyRequests
from tengen.core.limits import Limit, RateLimiter, counted_address, is_local
from tengen.core.settings import Settings
from tests.support.builders import unique
from tests.support.network import free_port
from tests.support.redis import RedisInstance
from tests.support.settings import some_settings

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["memory", "redis"])
def limiter_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings with each place where limits can be counted."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else None
    return some_settings(tmp_path, redis_url=url)


@pytest.fixture
async def limiter(limiter_settings: Settings) -> AsyncIterator[RateLimiter]:
    """A rate limiter."""
    limiter = RateLimiter(limiter_settings)
    yield limiter
    await limiter.close()


def a_limit(*, count: int = 3, window: timedelta = MINUTE) -> Limit:
    return Limit(unique("limit"), count, window)


async def test_a_limit_lets_so_many_pass_and_then_tells_how_long_to_wait(limiter: RateLimiter) -> None:
    limit = a_limit()
    for _ in range(3):
        await limiter.spend(limit, "mira", "Slowly.")

    with pytest.raises(TooManyRequests, match=r"Slowly\.") as refusal:
        await limiter.spend(limit, "mira", "Slowly.")

    assert timedelta(seconds=50) < refusal.value.retry_after <= MINUTE
    assert 50 <= int(refusal.value.headers["Retry-After"]) <= 60


async def test_a_check_counts_nothing(limiter: RateLimiter) -> None:
    limit = a_limit(count=1)
    for _ in range(3):
        await limiter.check(limit, "mira", "Slowly.")
    await limiter.count(limit, "mira")

    with pytest.raises(TooManyRequests):
        await limiter.check(limit, "mira", "Slowly.")


@pytest.mark.parametrize("who", ["jonas", "mira/2", "mira ", "Mira", "未来", ""])
async def test_everybody_is_counted_apart(limiter: RateLimiter, who: str) -> None:
    limit = a_limit(count=1)
    await limiter.spend(limit, "mira", "Slowly.")

    await limiter.spend(limit, who, "Slowly.")
    with pytest.raises(TooManyRequests):
        await limiter.check(limit, who, "Slowly.")


async def test_limits_are_counted_apart(limiter: RateLimiter) -> None:
    one, other = a_limit(count=1), a_limit(count=1)
    await limiter.spend(one, "mira", "Slowly.")

    await limiter.spend(other, "mira", "Slowly.")


async def test_after_the_window_it_is_open_again(limiter: RateLimiter) -> None:
    limit = a_limit(count=1, window=timedelta(seconds=1))
    await limiter.spend(limit, "mira", "Slowly.")
    with pytest.raises(TooManyRequests) as refusal:
        await limiter.check(limit, "mira", "Slowly.")

    await asyncio.sleep(refusal.value.retry_after.total_seconds() + 0.05)

    await limiter.check(limit, "mira", "Slowly.")


async def test_a_crowd_at_one_moment_gets_no_more_than_the_limit(limiter: RateLimiter) -> None:
    limit = a_limit(count=5)

    results = await asyncio.gather(
        *(limiter.spend(limit, "mira", "Slowly.") for _ in range(30)), return_exceptions=True
    )

    assert results.count(None) == 5
    assert sum(isinstance(result, TooManyRequests) for result in results) == 25


async def test_workers_count_together_in_redis(tmp_path: Path, redis_url: str) -> None:
    workers = [RateLimiter(some_settings(tmp_path, redis_url=redis_url)) for _ in range(2)]
    limit = a_limit(count=2)
    for worker in workers:
        await worker.spend(limit, "mira", "Slowly.")

    for worker in workers:
        with pytest.raises(TooManyRequests):
            await worker.check(limit, "mira", "Slowly.")
        await worker.close()


async def test_a_redis_that_is_away_stops_nobody(tmp_path: Path) -> None:
    limiter = RateLimiter(some_settings(tmp_path, redis_url=f"redis://127.0.0.1:{free_port()}/0"))
    limit = a_limit(count=1)
    async with asyncio.timeout(1):
        for _ in range(3):
            await limiter.spend(limit, "mira", "Slowly.")
    await limiter.close()


async def test_a_redis_that_hangs_holds_nobody_up_for_long(tmp_path: Path) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        limiter = RateLimiter(some_settings(tmp_path, redis_url=f"redis://127.0.0.1:{port}/0"))
        async with asyncio.timeout(5):
            await limiter.spend(a_limit(), "mira", "Slowly.")
        await limiter.close()


async def test_counting_goes_on_after_redis_was_restarted(tmp_path: Path) -> None:
    instance = RedisInstance(tmp_path)
    limiter = RateLimiter(some_settings(tmp_path, redis_url=instance.url))
    limit = a_limit(count=1)
    await limiter.spend(limit, "mira", "Slowly.")
    instance.stop()
    await limiter.spend(limit, "mira", "Slowly.")

    instance.start()

    await limiter.spend(limit, "mira", "Slowly.")  # what was counted before is forgotten
    with pytest.raises(TooManyRequests):
        await limiter.check(limit, "mira", "Slowly.")
    await limiter.close()
    instance.stop()


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("203.0.113.9", False),
        ("2001:db8::1", False),
        ("10.0.0.1", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_only_loopback_addresses_are_this_machines_own(address: str, local: bool) -> None:
    assert is_local(address) is local


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("::1", "::1"),
        ("unknown", "unknown"),
        ("no:address", "no:address"),
    ],
)
def test_who_has_a_network_of_addresses_is_counted_as_one(address: str, counted: str) -> None:
    assert counted_address(address) == counted


@pytest.mark.parametrize(
    ("wait", "seconds"), [(timedelta(seconds=30), "30"), (timedelta(milliseconds=30_100), "31"), (timedelta(0), "1")]
)
def test_retry_after_is_rounded_up_to_whole_seconds(wait: timedelta, seconds: str) -> None:
    assert TooManyRequests("Slowly.", retry_after=wait).headers == {"Retry-After": seconds}
