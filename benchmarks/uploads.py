"""Uploads of replays a second, beside the speed of the library alone that reads them."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from benchmarks import entrants, replays
from benchmarks.entrants import Uploads
from benchmarks.processes import Measured, Served, serving
from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName, Email
from tengen.core import migrations
from tengen.core.platform import Platform
from tengen.core.settings import Settings
from tengen.core.values import utc_now
from tengen.listeners import connect_listeners

GOAL = 0.5
"""The least share of the library's own speed."""
PLAYERS = 60
WARM_UP = 100
"""So many replays are uploaded before it counts: what is measured is the steady state, with all processes started."""
REPLAYS = 300
"""Of one round."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured with so many parser processes."""

    parsers: int
    uploads: Measured
    raw_per_second: float

    @property
    def ratio(self) -> float:
        """The share of the library's own speed."""
        return self.uploads.per_second / self.raw_per_second


def measure(
    directory: Path,
    url: str | None,
    parsers: int,
    *,
    connections: int,
    free_port: Callable[[], int],
    rounds: int,
) -> Found:
    """Upload as many replays as fast as a platform on an empty database takes them; the median round counts."""
    directory.mkdir()
    settings = Settings(data_dir=directory, database_url=None if url is None else SecretStr(url))
    to_upload = asyncio.run(_prepare(settings, WARM_UP + rounds * REPLAYS))
    env = {"TENGEN_REPLAY_PARSERS": str(parsers)} | ({} if url is None else {"DATABASE_URL": url})
    found = []
    with _platform(directory, free_port(), env) as served:
        served.measure(to_upload.requests[:WARM_UP], seconds=None, connections=connections)
        for number in range(rounds):
            part = slice(WARM_UP + number * REPLAYS, WARM_UP + (number + 1) * REPLAYS)
            # Right before: other work on the machine then slows both.
            raw = replays.raw_rate(to_upload.replays[part], directory / f"replays-{number}")
            uploads = served.measure(to_upload.requests[part], seconds=None, connections=connections)
            if uploads.failures:
                raise SystemExit(f"uploads: {uploads.failures} were refused")
            found.append(Found(parsers, uploads, raw))
    return sorted(found, key=lambda one: one.ratio)[rounds // 2]


@contextmanager
def _platform(directory: Path, port: int, env: Mapping[str, str]) -> Iterator[Served]:
    command = [str(Path(sys.executable).with_name("tengen")), "serve", "--port", str(port)]
    settings = {"TENGEN_DATA_DIR": str(directory), **env}
    # Not pinned to one core: that the replays are read beside the server, and not in it, is what is to be seen.
    with serving(command, port, "/readyz", directory / "server.log", settings, is_pinned=False) as served:
        yield served


async def _prepare(settings: Settings, count: int) -> Uploads:
    platform = Platform.of(settings)
    connect_listeners(platform)
    await migrations.upgrade(platform.database)
    now = utc_now()
    async with platform.database.write() as transaction:
        players = [
            await accounts.register(
                transaction,
                email=Email.parse(f"player{number}@example.org"),
                display_name=DisplayName.parse(f"Player {number}"),
                password_hash="none",
                now=now,
                mail_tokens=None,
            )
            for number in range(PLAYERS)
        ]
    uploads = await entrants.enter(platform, players, count=count, now=now)
    await platform.close()
    return uploads
