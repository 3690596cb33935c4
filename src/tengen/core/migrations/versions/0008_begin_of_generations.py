"""Keep from when on a generation of a pool's ratings is computed anew."""

import sqlalchemy as sa
from alembic import op

from tengen.core.database import Instant

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply."""
    op.add_column("pools", sa.Column("begun_from", Instant(), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("pools", schema=None) as batch_op:
        batch_op.drop_column("begun_from")
