"""`tengen demo`: sample data, and the platform at work."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Annotated

import typer

from tengen.cli.answers import Answer
from tengen.cli.commands import Call, command
from tengen.cli.platforms import opened
from tengen.cli.progress import Pace
from tengen.core.errors import Conflict, TengenError
from tengen.core.platform import Platform
from tengen.demo import go_sample, minesweeper_sample, sample
from tengen.demo.go_sample import GoSample, SampleGame
from tengen.demo.minesweeper_sample import MinesweeperSample, SampleStep
from tengen.demo.play_sample import PlaySample
from tengen.demo.sample import Login, SampleCredentials
from tengen.tournaments.schedule import shown

app = typer.Typer(add_completion=False)


class NotEmpty(Conflict):
    """The platform has accounts that are none of the sample data."""

    code = "not_empty"


class LiveFailed(TengenError):
    """The demonstration cannot begin."""

    code = "live_failed"


class ReportFailed(TengenError):
    """The platform does not take the sample's games."""

    code = "report_failed"


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample data of a platform, and what is still to be done: games of Go to report, tournaments to play."""

    credentials: SampleCredentials
    unreported: Sequence[SampleGame] = ()
    unplayed: Sequence[SampleStep] = ()

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to be done."""
        return not self.unreported and not self.unplayed


@command(app, "demo")
def demo(
    call: Call,
    live: Annotated[
        bool, typer.Option("--live", help="Let game servers and players run against the running platform.")
    ] = False,
    seconds: Annotated[int, typer.Option(min=1, help="How long they run.")] = 60,
    url: Annotated[
        str | None,
        typer.Option(show_default=False, help="Address of the running platform; its public address, if not given."),
    ] = None,
) -> Answer:
    """Fill an empty platform with sample data, and print whom to sign in as.

    Called again, it prints the same. Tournaments of Minesweeper are played at once, games of Go are reported to the
    platform while it runs; what was interrupted goes on at the next call. With --live, game servers and a dozen players
    run for a while, each as a program of its own, and a table shows what happens.
    """
    url = url or call.settings.public_url
    found = asyncio.run(_played(call))
    if live:
        _run_live(call, found.credentials, url, timedelta(seconds=seconds))
        return Answer({"url": url, "seconds": seconds}, "The game servers and players have ended.")
    news = _report(call, found.unreported, url)
    return Answer(asdict(found.credentials), "\n\n".join([describe(found.credentials), *news]))


async def sample_of(platform: Platform) -> Sample | None:
    """The sample data, with which an empty platform is filled; None if it has other accounts."""
    if await sample.is_wanted(platform):
        credentials = await sample.fill(platform)
    elif (known := sample.credentials(platform.settings.data_dir)) is not None:
        credentials = known
    else:
        return None
    go, minesweeper = credentials.go, credentials.minesweeper
    async with platform.database.read() as connection:
        return Sample(
            credentials,
            unreported=[] if go is None else await go_sample.unreported(connection, go),
            unplayed=[] if minesweeper is None else await minesweeper_sample.undone_steps(connection, minesweeper),
        )


def describe(credentials: SampleCredentials) -> str:
    """The sample's most useful credentials, to be read by people."""
    people = {"player": credentials.players[0], "owner": credentials.owner, "admin": credentials.admin}
    if credentials.keeper is not None:
        people["keeper"] = credentials.keeper
    parts = [["Sign in as", *(_line(role, login) for role, login in people.items())]]
    if credentials.minesweeper is not None:
        parts.append(_describe_minesweeper(credentials, credentials.minesweeper))
    if credentials.go is not None:
        parts.append(_describe_go(credentials.go))
    if credentials.play is not None:
        parts.append(_describe_play(credentials.play))
    return "\n\n".join("\n".join(lines) for lines in parts)


def _describe_minesweeper(credentials: SampleCredentials, minesweeper: MinesweeperSample) -> list[str]:
    player, host = credentials.players[0].display_name, credentials.owner.display_name
    notes = (
        "anybody looks at the standings",
        f"{player} plays, and anybody may enter",
        f"{player} is invited, and {host} confirms who asks",
    )
    return [
        "Play Minesweeper for tournaments as any of them, by e-mail or display name",
        *(
            f"  {f'{contest.id}, {plan.name}':<28}from {shown(plan.schedule.starts_at)}: {note}"
            for (contest, plan), note in zip(minesweeper.plans, notes, strict=True)
        ),
    ]


def _describe_go(go: GoSample) -> list[str]:
    server = go.servers[0]
    black, white = go.by_server[server.id][:2]
    return [
        "Report a game of Go with",
        f"  {f'server {server.id}, {server.name}':<28}{server.secret}",
        f"  {f'Black {black.id}, {black.name}':<28}{black.token}",
        f"  {f'White {white.id}, {white.name}':<28}{white.token}",
    ]


def _describe_play(play: PlaySample) -> list[str]:
    return [
        "Play Go here from a program as any of them, by display name and password",
        f"  {'client id':<28}{play.client_id}",
        f"  {f'game {play.game_id}':<28}{play.black} and {play.white} play it",
        f"  {f'challenge {play.challenge_id}':<28}anybody may accept",
    ]


def _line(role: str, login: Login) -> str:
    return f"  {role:<8}{login.email:<24}{login.password}"


async def _played(call: Call) -> Sample:
    """The sample data, its tournaments played."""
    async with opened(call.settings) as platform:
        found = await sample_of(platform)
        if found is None:
            raise NotEmpty("The platform has accounts already; sample data is for an empty one (--data-dir).")
        if found.unplayed and found.credentials.minesweeper is not None:
            from tengen.demo import minesweeper_uploads

            with _progress("Uploading replays", len(found.unplayed), is_wanted=not call.as_json) as progress:
                await minesweeper_uploads.take_steps(
                    platform, found.credentials.minesweeper, found.unplayed, progress=progress
                )
        return found


def _report(call: Call, games: Sequence[SampleGame], url: str) -> list[str]:
    """Report the games, if the platform runs. Returns what there is to say about it."""
    if not games:
        return []
    from tengen import client
    from tengen.demo import go_reports

    if not go_reports.is_running(url):
        return [f"{len(games)} games of Go are reported to it once it runs: tengen serve --demo"]
    try:
        with _progress("Reporting games of Go", len(games), is_wanted=not call.as_json) as progress:
            go_reports.report(url, games, progress=progress)
    except client.TengenError as error:
        raise ReportFailed(f"The platform at {url} does not take the sample's games of Go: {error.message}") from error
    return [f"{len(games)} games of Go have been reported."]


@contextmanager
def _progress(what: str, count: int, *, is_wanted: bool) -> Iterator[Callable[[int], None]]:
    """Says how much is done, as `tengen ratings recompute` does; never on standard output."""
    is_terminal, pace = sys.stderr.isatty(), Pace()

    def tell(done: int) -> None:
        if is_wanted and is_terminal:
            typer.echo(f"\r{what}: {done} of {count}", err=True, nl=False)
        elif is_wanted and pace.is_due():
            typer.echo(f"{what}: {done} of {count}", err=True)

    yield tell
    if is_wanted and is_terminal:
        typer.echo("", err=True)


def _run_live(call: Call, credentials: SampleCredentials, url: str, duration: timedelta) -> None:
    from rich.console import Console

    from tengen import client
    from tengen.demo.live import run_live

    # The sample's owner has game servers already, and one account may register only so many.
    host, *players = (
        client.Credentials(login.email, login.password) for login in (credentials.admin, *credentials.players)
    )
    state_dir = call.settings.data_dir / "arenas"
    state_dir.mkdir(exist_ok=True)
    console = Console(stderr=call.as_json)  # standard output is for the one JSON value
    try:
        run_live(url, host, players, state_dir=state_dir, go=credentials.go, duration=duration, console=console)
    except client.TengenError as error:
        raise LiveFailed(
            f"{error.message} The platform must be running at {url}: start it with `tengen serve`."
        ) from error
