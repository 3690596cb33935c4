"""Alembic's entry: run the migrations on the connection that `tengen.core.migrations` hands over."""

from typing import Any, Literal

from alembic import context

from tengen.core.database import Id, Instant, Table


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Our own column types by their names, in a migration that is being written."""
    if kind == "type" and isinstance(item, Instant):
        return "Instant()"
    if kind == "type" and repr(item) == repr(Id):
        return "Id"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
    render_item=render,
    transaction_per_migration=False,
)
context.run_migrations()
