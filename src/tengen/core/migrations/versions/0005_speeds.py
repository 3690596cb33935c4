"""Add the speed of games of Go, as far as it is known."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply."""
    op.add_column("games", sa.Column("speed", sa.Text(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("games", schema=None) as batch_op:
        batch_op.drop_column("speed")
