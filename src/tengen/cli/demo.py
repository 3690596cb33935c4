"""`tengen demo`: sample data, and the platform at work."""

import asyncio
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from tengen.cli.answers import Answer
from tengen.cli.commands import Call, command
from tengen.cli.platforms import opened
from tengen.core.errors import Conflict, TengenError
from tengen.core.platform import Platform
from tengen.demo import sample
from tengen.demo.sample import Login, SampleCredentials

app = typer.Typer(add_completion=False)


class NotEmpty(Conflict):
    """The platform has accounts that are none of the sample data."""

    code = "not_empty"


class LiveFailed(TengenError):
    """The demonstration cannot begin."""

    code = "live_failed"


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

    Called again, it prints the same. With --live, three game servers and a dozen players run for a while, each as a
    program of its own, and a table shows what happens.
    """
    credentials = asyncio.run(_filled(call))
    if not live:
        return Answer(asdict(credentials), describe(credentials))
    url = url or call.settings.public_url
    _run_live(call, credentials, url, timedelta(seconds=seconds))
    return Answer({"url": url, "seconds": seconds}, "The game servers and players have ended.")


async def sample_of(platform: Platform) -> SampleCredentials | None:
    """Whom to sign in as in the sample data, with which an empty platform is filled; None if it has other accounts."""
    if await sample.is_wanted(platform):
        return await sample.fill(platform)
    return sample.credentials(platform.settings.data_dir)


def describe(credentials: SampleCredentials) -> str:
    """The sample's most useful credentials, to be read by people."""
    people = {"player": credentials.players[0], "owner": credentials.owner, "admin": credentials.admin}
    return "\n".join(["Sign in as", *(_line(role, login) for role, login in people.items())])


def _line(role: str, login: Login) -> str:
    return f"  {role:<8}{login.email:<24}{login.password}"


async def _filled(call: Call) -> SampleCredentials:
    async with opened(call.settings) as platform:
        credentials = await sample_of(platform)
    if credentials is None:
        raise NotEmpty("The platform has accounts already; sample data is for an empty one (--data-dir).")
    return credentials


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
        run_live(url, host, players, state_dir=state_dir, duration=duration, console=console)
    except client.TengenError as error:
        raise LiveFailed(
            f"{error.message} The platform must be running at {url}: start it with `tengen serve`."
        ) from error
