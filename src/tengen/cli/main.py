"""The `tengen` program: its commands by name, and the options they share."""

import importlib
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import tengen
from tengen.cli.commands import DataDir, Json

MODULES = {
    "serve": "serve",
    "demo": "demo",
    "config": "config",
    "account": "accounts",
    "server": "servers",
    "player": "players",
    "app": "apps",
    "skin": "skins",
    "member": "associations",
    "ratings": "ratings",
    "tournament": "tournaments",
    "import": "imports",
    "db": "databases",
    "keys": "keys",
    "outbox": "outbox",
}
"""Each command or group of commands, and the module of `tengen.cli` whose `app` it is."""


class _Commands(TyperGroup):
    """Imports a command when it is asked for: what one needs must not slow the start of another."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # the library's signature
        return list(MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in MODULES:
            return None
        command = typer.main.get_command(importlib.import_module(f"tengen.cli.{MODULES[cmd_name]}").app)
        command.name = cmd_name  # a group does not know it
        return command


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
