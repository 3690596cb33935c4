"""`tengen serve`: the platform behind a port."""

import asyncio
import errno
import math
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import uvicorn
from uvicorn.config import STARTUP_FAILURE

from tengen.cli.answers import Answer
from tengen.cli.commands import Call, command
from tengen.cli.workers import OneProcess, Supervisor
from tengen.core.errors import TengenError
from tengen.core.logging import configure_logging
from tengen.core.settings import Settings
from tengen.realtime.link import MAX_FRAME_BYTES

if TYPE_CHECKING:
    from tengen.cli.demo import Sample

app = typer.Typer(add_completion=False)

# The workers of a supervisor that was killed let go of the port within a moment.
_PATIENCE_SECONDS = 1.0

# A worker that gives no sign of life for so long is killed and replaced. On a busy machine one may well need several
# seconds to start, and its games should not end because it was slow.
_STUCK_SECONDS = 30


class AddressUnavailable(TengenError):
    """The address cannot be listened on."""

    code = "address_unavailable"


class TooManyWorkers(TengenError):
    """The settings allow only one process."""

    code = "too_many_workers"


class StartFailed(TengenError):
    """The application did not start; the log says why."""

    code = "start_failed"


@command(app, "serve")
def serve(
    call: Call,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 is every one of this machine.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 is any free one.")] = 8000,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes that serve. More than one needs PostgreSQL and Redis.")
    ] = 1,
    demo: Annotated[
        bool, typer.Option("--demo", help="Fill an empty platform with sample data first, and tell whom to sign in as.")
    ] = False,
) -> None:
    """Serve the platform until SIGTERM or Ctrl+C.

    On SQLite the database is brought up to date first; on PostgreSQL that is done by `tengen db upgrade`. Unless
    TENGEN_PUBLIC_URL is set, the address listened on counts as the platform's public one.
    """
    _check_workers(call.settings, workers)
    with _listen(host, port) as listener:
        url = _url(listener)
        settings = _settings_of_processes(call.settings, url)
        if workers > 1:
            _count_together(settings.data_dir / "metrics" / "{}-{}".format(*listener.getsockname()[:2]))
        # Before any worker opens the database: what is wrong with it is said in one line, and once.
        sample = asyncio.run(_prepare(settings, with_sample=demo))
        answer = _answer(url, workers, sample)
        config = _config(settings, workers)
        with _reporter(url) as report:

            def on_ready() -> None:
                call.answer(answer)
                if sample is not None and not sample.is_complete:
                    report()

            if workers == 1:
                _serve_here(OneProcess(config, on_ready), listener)
            else:
                _serve_with(Supervisor(config, [listener], on_ready))


def _check_workers(settings: Settings, workers: int) -> None:
    if workers == 1:
        return
    if settings.is_sqlite:
        raise TooManyWorkers(
            f"{workers} workers need PostgreSQL (DATABASE_URL): SQLite serves one process, and has one writer."
        )
    if settings.redis_url is None:
        raise TooManyWorkers(f"{workers} workers need Redis (REDIS_URL): without it each would count its own limits.")


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. From now on clients wait instead of being refused. Raises `AddressUnavailable`."""
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            family, _, _, _, address = min(found)  # IPv4 before IPv6, for a name that has both
            return socket.create_server(address[:2], family=family, backlog=2048)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise AddressUnavailable(f"Cannot listen on {host}, port {port}: {error.strerror}.") from error
            if time.monotonic() > give_up_at:
                raise AddressUnavailable(
                    f"Port {port} of {host} is in use: stop what listens there, or choose another with --port."
                ) from error
        time.sleep(0.05)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104  # nobody can go there
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _settings_of_processes(settings: Settings, url: str) -> Settings:
    """Tell this process and its workers, which read their settings from the environment, what was said otherwise."""
    os.environ["TENGEN_DATA_DIR"] = str(settings.data_dir)
    if "public_url" not in settings.model_fields_set:
        os.environ["TENGEN_PUBLIC_URL"] = url
    return Settings()


def _config(settings: Settings, workers: int) -> uvicorn.Config:
    configure_logging(settings)
    return uvicorn.Config(
        "tengen.cli.workers:build_app",
        factory=True,
        workers=workers,
        http="tengen.cli.protocol:BoundedHttp",
        ws="tengen.cli.protocol:RealtimeWebSocket",
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,  # the messages are short, and there are many
        log_config=None,
        access_log=False,  # the platform writes its own
        server_header=False,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_graceful_shutdown=math.ceil(settings.shutdown_seconds),
        timeout_worker_healthcheck=_STUCK_SECONDS,
    )


async def _prepare(settings: Settings, *, with_sample: bool) -> "Sample | None":
    from tengen.cli.platforms import opened
    from tengen.games.recompute import announce_due

    async with opened(settings) as platform:
        platform.database.on_outbox = lambda: None  # it is for the server to do, and nobody should wait for it
        await platform.database.notice_growth()  # it may have been restored from a backup a minute ago
        await announce_due(platform)
    if not with_sample:
        return None
    from tengen.cli.demo import sample_of

    async with opened(settings) as platform:
        return await sample_of(platform)


def _answer(url: str, workers: int, sample: "Sample | None") -> Answer:
    value: dict[str, Any] = {"url": url, "pid": os.getpid(), "workers": workers, "is_ready": True}
    text = f"Tengen is ready at {url}"
    if sample is None:
        return Answer(value, text)
    from tengen.cli.demo import describe

    pages = {
        "": "who plays where, and how well",
        "docs": "the API, to read and to try",
        "api/v1/ratings/go": "the best players of Go",
        "api/v1/games": "the latest games of Go",
        "api/v2/tournaments?list=all": "tournaments of Minesweeper",
    }
    if (minesweeper := sample.credentials.minesweeper) is not None:
        pages[f"api/v2/tournaments/{minesweeper.fortnight.id}/standings"] = "the standings of one that runs"
    if (play := sample.credentials.play) is not None:
        pages[f"api/v1/games/{play.game_id}/png"] = "a game of Go that is being played"
    width = len(url) + max(map(len, pages)) + 3
    parts = [
        text,
        "\n".join(["Pages", *(f"  {f'{url}/{path}':<{width}}{what}" for path, what in pages.items())]),
        describe(sample.credentials),
    ]
    if not sample.is_complete:
        parts.append(_under_way(sample))
    return Answer(value | {"sample": asdict(sample.credentials)}, "\n\n".join(parts))


def _under_way(sample: "Sample") -> str:
    things = [
        *([f"{len(sample.unplayed)} replays of Minesweeper are being uploaded"] if sample.unplayed else []),
        *([f"{len(sample.unreported)} games of Go are being reported"] if sample.unreported else []),
    ]
    return f"{' and '.join(things)} now, which takes half a minute or so."


@contextmanager
def _reporter(url: str) -> Iterator[Callable[[], None]]:
    """Starts a process that does for the sample what is still to be done: replays to upload, games of Go to report to
    the platform at `url`. It ends with the platform.

    A process of its own, for it plays the games as well, and the platform is to answer meanwhile.
    """
    started: list[subprocess.Popen[bytes]] = []
    command = [sys.executable, "-m", "tengen.cli.entry", "demo", "--json", "--url", url]

    def start() -> None:
        started.append(
            subprocess.Popen(  # noqa: S603  # our own program
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl+C is the platform's business
            )
        )

    try:
        yield start
    finally:
        for process in started:
            process.terminate()
            process.wait()


def _count_together(directory: Path) -> None:
    """Let the workers keep their metrics in files, in an empty directory that this port alone uses."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)  # read when the library is imported


def _serve_here(server: OneProcess, listener: socket.socket) -> None:
    try:
        server.run([listener])
    except SystemExit as error:
        if error.code == STARTUP_FAILURE:
            raise StartFailed("The platform did not start; the log above says why.") from error
        raise


def _serve_with(supervisor: Supervisor) -> None:
    supervisor.run()
    if supervisor.has_failed:
        raise StartFailed("A worker did not start; the log above says why.")
