"""`tengen outbox`: what follows from changes and is not done yet."""

import dataclasses
from typing import Annotated

import typer

from tengen.cli.answers import Answer, listing
from tengen.cli.commands import new_group
from tengen.cli.options import Limit
from tengen.cli.platforms import platform_command
from tengen.core import outbox
from tengen.core.errors import NotFound
from tengen.core.platform import Platform
from tengen.core.values import utc_now

app = new_group("Mail and other work that waits for delivery.")

_COLUMNS = ("id", "consumer", "created_at", "due_at", "attempts", "is_dead", "last_error")


class NoDeadRow(NotFound):
    """The outbox has no dead row of this number."""

    code = "no_dead_row"


@platform_command(app, "list")
async def list_(
    platform: Platform,
    dead: Annotated[bool, typer.Option("--dead", help="Only what was given up after too many failures.")] = False,
    limit: Limit = 100,
) -> Answer:
    """List what waits for delivery, the oldest first."""
    async with platform.database.read() as connection:
        rows = await outbox.waiting(connection, only_dead=dead, limit=limit)
    return listing(list(map(dataclasses.asdict, rows)), _COLUMNS, empty="Nothing waits.")


@platform_command(app, "retry")
async def retry(
    platform: Platform,
    row_id: Annotated[int | None, typer.Argument(metavar="[ID]", help="One of them; all, if not given.")] = None,
) -> Answer:
    """Try again what was given up."""
    async with platform.database.write() as transaction:
        retried = await outbox.revive(transaction, utc_now(), row_id)
    if row_id is not None and not retried:
        raise NoDeadRow(f"Nothing of number {row_id} was given up: see `tengen outbox list --dead`.")
    return Answer({"retried": retried}, f"Tried again: {retried}.")
