"""Index team matches by server alone, as nothing else is looked for in that order."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_IS_MATCH = sa.text("kind = 'team match'")


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_games_server_id_id", table_name="games")
    op.create_index(
        "ix_games_server_id_id_of_matches",
        "games",
        ["server_id", "id"],
        sqlite_where=_IS_MATCH,
        postgresql_where=_IS_MATCH,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_games_server_id_id_of_matches", table_name="games")
    op.create_index("ix_games_server_id_id", "games", ["server_id", "id"])
