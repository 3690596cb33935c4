"""Index the keys of reports only where there are some, and keep seats in the order of their key."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_HAS_KEY = sa.text("idempotency_digest IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("games", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_games_server_id_idempotency_digest"), type_="unique")
    with op.batch_alter_table("games", schema=None) as batch_op:
        batch_op.create_index(
            "ix_games_server_id_idempotency_digest",
            ["server_id", "idempotency_digest"],
            unique=True,
            sqlite_where=_HAS_KEY,
            postgresql_where=_HAS_KEY,
        )
    _keep_seats(with_rowid=False)


def downgrade() -> None:
    """Take back."""
    _keep_seats(with_rowid=True)
    with op.batch_alter_table("games", schema=None) as batch_op:
        batch_op.drop_index("ix_games_server_id_idempotency_digest")
        batch_op.create_unique_constraint(
            batch_op.f("uq_games_server_id_idempotency_digest"), ["server_id", "idempotency_digest"]
        )


def _keep_seats(*, with_rowid: bool) -> None:
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("seats", recreate="always", table_kwargs={"sqlite_with_rowid": with_rowid}):
            pass
