"""Games of Go that end while the demonstration runs, each reported by its server: `examples/go_server.py`."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tengen.core.values import utc_now
from tengen.demo.children import Children, example
from tengen.demo.go_sample import GoSample, GoServer, SampleGame, some_pairs

_FIRST_SECONDS, _EVERY_SECONDS = 1.0, 6.0
_PATIENCE_SECONDS = 30

OnLine = Callable[[str, str], None]
"""Gets the name of a Go server, and a line of its log."""


@asynccontextmanager
async def go_evening(sample: GoSample | None, children: Children, url: str, on_line: OnLine) -> AsyncIterator[None]:
    """A context in which a game of Go ends now and then, and is reported to the platform at `url`."""
    if sample is None:
        yield
        return
    with TemporaryDirectory() as folder:  # it has secrets, and is its owner's alone
        playing = asyncio.create_task(_play_on(sample, children, url, Path(folder), on_line))
        try:
            yield
        finally:
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing


async def _play_on(sample: GoSample, children: Children, url: str, folder: Path, on_line: OnLine) -> None:
    states = {server.id: _write_state(sample, server, folder) for server in sample.servers}
    await asyncio.sleep(_FIRST_SECONDS)
    while True:
        game = _a_game(sample)
        record = folder / f"{game.name}.sgf"
        record.write_text((await asyncio.to_thread(game.played)).record or "")
        await children.start(
            game.server.name,
            example("go_server.py"),
            [
                "--platform",
                url,
                "--state",
                str(states[game.server.id]),
                "--seconds",
                str(_PATIENCE_SECONDS),
                str(record),
            ],
            environment={},
            on_line=partial(on_line, game.server.name),
        )
        await asyncio.sleep(_EVERY_SECONDS)


def _write_state(sample: GoSample, server: GoServer, folder: Path) -> Path:
    players = {player.name: {"id": player.id, "token": player.token} for player in sample.by_server[server.id]}
    file = folder / f"{server.id}.json"
    file.write_text(json.dumps({"server_id": server.id, "secret": server.secret, "players": players}))
    return file


def _a_game(sample: GoSample) -> SampleGame:
    chance = random.SystemRandom()
    server = chance.choice(sample.servers)
    one, other = some_pairs(sample.by_server[server.id], chance)[0]
    now = utc_now()
    return SampleGame.between(f"{now:%Y%m%d-%H%M%S-%f}", server, one, other, chance, played_at=now)
