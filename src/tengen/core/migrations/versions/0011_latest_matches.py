"""Index team matches over all servers too, for who asks for the latest."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_IS_MATCH = sa.text("kind = 'team match'")


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_games_kind_id_of_matches", "games", ["kind", "id"], sqlite_where=_IS_MATCH, postgresql_where=_IS_MATCH
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_games_kind_id_of_matches", table_name="games")
