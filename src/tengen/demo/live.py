"""The platform at work: three arenas and their players, and games of Go, for a minute, in the terminal.

Every arena, every player and every Go server that reports a game is a process of its own (`examples/`), which knows no
more of the platform than its address and its own credentials.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from itertools import chain
from pathlib import Path

from rich.console import Console

from tengen.client import AsyncClient, Credentials, TengenError
from tengen.demo.children import Children, example
from tengen.demo.go_live import go_evening
from tengen.demo.go_sample import GoSample
from tengen.demo.stage import Actor, Lines, Stage, Tables, View

ARENAS = {"Arena Kosumi": "crossroads", "Arena Hane": "eden", "Arena Tobi": "duality"}
"""The game servers, with their maps."""
GAME_TYPE = "arena"
DURATION = timedelta(minutes=1)

_OPENING = timedelta(seconds=20)  # at most, for all arenas to come online
_LOOK_SECONDS = 1.0
_PACE = ["--match-seconds", "2", "--pause-seconds", "1", "--heartbeat-seconds", "3"]
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_LOWEST_SKILL, _HIGHEST_SKILL = 500, 1100
# The programs end by themselves so long after the demonstration should have: nothing is left of one that was killed.
_SPARE_SECONDS = 40


def run_live(
    url: str,
    owner: Credentials,
    players: Sequence[Credentials],
    *,
    state_dir: Path,
    go: GoSample | None = None,
    duration: timedelta = DURATION,
    console: Console | None = None,
) -> None:
    """Let three arenas of `owner` and all `players` run against the platform at `url`, and show what happens.

    With `go`, its servers report a game of Go now and then, too. `url` is the platform's public address, which its
    proofs name as issuer. `state_dir` keeps the arenas' credentials, so that the next run uses the same game servers
    again. On a terminal tables move, elsewhere lines are printed. Ends `duration` after the arenas have opened, or on
    SIGINT, SIGTERM or SIGHUP, and leaves no process behind.

    Raises `TengenError` if the platform does not answer at the start, or does not accept a player's credentials.
    """
    asyncio.run(_run(url, owner, players, state_dir, go, duration, console or Console()))


async def _run(
    url: str,
    owner: Credentials,
    players: Sequence[Credentials],
    state_dir: Path,
    go: GoSample | None,
    duration: timedelta,
    console: Console,
) -> None:
    stage = Stage(arenas=list(ARENAS), actors=await _cast(url, players))
    view: View = Tables(console) if console.is_terminal else Lines(console)
    with _stop_on_signals() as stop:
        async with AsyncClient(url, players[0]) as platform, Children() as children:
            with view:
                watch = partial(_watch, platform, children, stage, view, stop)
                await _open_arenas(children, stage, view, url, owner, state_dir, duration)
                # Players go where it is open: the first arena would get them all.
                await watch(_OPENING, until=lambda: len(stage.online) == len(stage.arenas))
                await _send_players(children, stage, url, players, duration)
                async with go_evening(go, children, url, partial(_hear_game, stage, view)):
                    await watch(duration)


async def _cast(url: str, players: Sequence[Credentials]) -> list[Actor]:
    step = (_HIGHEST_SKILL - _LOWEST_SKILL) / max(1, len(players) - 1)
    actors = []
    for number, credentials in enumerate(players):
        async with AsyncClient(url, credentials) as platform:
            account = (await platform.login()).account
        actors.append(Actor(account.id, account.display_name, _LOWEST_SKILL + number * step))
    return actors


async def _open_arenas(
    children: Children, stage: Stage, view: View, url: str, owner: Credentials, state_dir: Path, duration: timedelta
) -> None:
    def listener(arena: str) -> Callable[[str], None]:
        def listen(line: str) -> None:
            if match := stage.hear(arena, line):
                view.on_match(match)

        return listen

    for name, map_name in ARENAS.items():
        state = state_dir / f"{name.lower().replace(' ', '-')}.json"
        arguments = ["--email", owner.username, "--state", str(state), "--name", name, "--map", map_name]
        await children.start(
            name,
            example("arena_server.py"),
            [*_common(url, duration), *arguments, *_PACE],
            environment={"ARENA_PASSWORD": owner.password},
            on_line=listener(name),
        )


def _hear_game(stage: Stage, view: View, server: str, line: str) -> None:
    if game := stage.hear_game(server, line):
        view.on_match(game)


async def _send_players(
    children: Children, stage: Stage, url: str, players: Sequence[Credentials], duration: timedelta
) -> None:
    for actor, credentials in zip(stage.actors, players, strict=True):
        await children.start(
            actor.display_name,
            example("arena_player.py"),
            [*_common(url, duration), "--email", credentials.username, "--skill", str(actor.skill)],
            environment={"ARENA_PASSWORD": credentials.password},
        )


def _common(url: str, duration: timedelta) -> list[str]:
    return ["--platform", url, "--seconds", str(duration.total_seconds() + _SPARE_SECONDS)]


async def _watch(
    platform: AsyncClient,
    children: Children,
    stage: Stage,
    view: View,
    stop: asyncio.Event,
    duration: timedelta,
    *,
    until: Callable[[], bool] = lambda: False,
) -> None:
    clock = asyncio.get_running_loop().time
    ends_at = clock() + duration.total_seconds()
    while True:
        seconds_left = 0.0 if stop.is_set() else max(0.0, ends_at - clock())
        stage.trouble = [f"{child.name} has failed: {child.last_line}" for child in children.failed]
        try:
            await _look(platform, stage)
        except TengenError as error:
            stage.trouble.append(f"The platform does not answer: {error}")
        view.on_look(stage, seconds_left)
        if not seconds_left or until():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(min(_LOOK_SECONDS, seconds_left)):
                await stop.wait()


async def _look(platform: AsyncClient, stage: Stage) -> None:
    account_ids = [actor.account_id for actor in stage.actors]
    online = await platform.online_servers(game_type=GAME_TYPE)
    ratings = [await platform.team_stats_of(account_ids, server_id) for server_id in list(stage.server_ids.values())]
    stage.learn(online, chain.from_iterable(ratings))


@contextmanager
def _stop_on_signals() -> Iterator[asyncio.Event]:
    """An event that is set by the signals that would end this process, which they do not in here."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    before = {number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set)) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
