"""Options and arguments that several commands have."""

from typing import Annotated

import typer

Who = Annotated[str, typer.Argument(metavar="ACCOUNT", help="E-mail, display name or id of the account.")]
Owner = Annotated[str, typer.Option(help="E-mail, display name or id of the account that is to own it.")]
After = Annotated[int, typer.Option(min=0, help="Begin after the thing with this id.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="Show at most so many.")]
