"""The `tengen` program: its commands by name, and the options they share."""

import importlib
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

import tengen
from tengen.cli.commands import DataDir, Json


class Module(NamedTuple):
    """The module of `tengen.cli` whose `app` is a command or a group of them, and the first sentence of its help."""

    name: str
    summary: str


MODULES = {
    "serve": Module("serve", "Serve the platform until SIGTERM or Ctrl+C."),
    "demo": Module("demo", "Fill an empty platform with sample data, and print whom to sign in as."),
    "config": Module(
        "config",
        "Show the settings in force: from the environment, the settings file, or by default. Secrets are masked.",
    ),
    "account": Module("accounts", "Accounts: make them, look at them, close them."),
    "server": Module(
        "servers", "Game servers: enter them into the directory, look at them, renew their secrets, delete them."
    ),
    "player": Module("players", "Players: accounts on game servers, and their report tokens."),
    "app": Module("apps", "OAuth2 clients: programs that ask accounts for access."),
    "skin": Module("skins", "Skins: make them, and give them to accounts and clans."),
    "member": Module(
        "associations", "Member numbers of associations: look whose they are, link them to accounts by hand."
    ),
    "ratings": Module(
        "ratings", "Ratings: leaderboards, pools replayed from their games, and how well systems predict."
    ),
    "tournament": Module(
        "tournaments",
        "Tournaments: make one, let entrants in, look at the standings, judge replays, take them home.",
    ),
    "import": Module("imports", "Games from elsewhere, stored as if they had been reported here."),
    "export": Module("exports", "Games and ratings, to take away."),
    "db": Module("databases", "The database: bring it up to date, check it, back it up."),
    "keys": Module("keys", "The keys that sign user proofs."),
    "outbox": Module("outbox", "Mail and other work that waits for delivery."),
}
"""Each command or group of commands by its name."""


class _Commands(TyperGroup):
    """Imports a command when it is asked for: what one needs must not slow the start of another."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # the library's signature
        return list(MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in MODULES:
            return None
        command = typer.main.get_command(importlib.import_module(f"tengen.cli.{MODULES[cmd_name].name}").app)
        command.name = cmd_name  # a group does not know it
        return command

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """List the commands by their summaries, without importing one."""
        summaries: dict[str, Any] = {name: TyperCommand(name, help=module.summary) for name, module in MODULES.items()}
        TyperGroup(name=self.name, help=self.help, params=self.params, commands=summaries).format_help(ctx, formatter)


app = typer.Typer(cls=_Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(tengen.__version__)
        raise typer.Exit


@app.callback()
def options(
    data_dir: DataDir = None,  # commands find these two in the context
    as_json: Json = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version, and exit.")
    ] = False,
) -> None:
    """Tengen: one account, one identity and one rating on every game server.

    What every command can be told in the environment or in a file is listed by `tengen config`.
    """
