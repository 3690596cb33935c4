"""Keep games packed for recomputations."""

import sqlalchemy as sa
from alembic import op

from tengen.core.database import Id, Instant

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "game_packs",
        sa.Column("id", Id, nullable=False),
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("after_at", Instant(), nullable=True),
        sa.Column("after_game", Id, nullable=True),
        sa.Column("upto_at", Instant(), nullable=False),
        sa.Column("upto_game", Id, nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("games", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_game_packs")),
    )
    with op.batch_alter_table("game_packs", schema=None) as batch_op:
        batch_op.create_index("ix_game_packs_pool_upto_at_upto_game", ["pool", "upto_at", "upto_game"], unique=True)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("game_packs", schema=None) as batch_op:
        batch_op.drop_index("ix_game_packs_pool_upto_at_upto_game")
    op.drop_table("game_packs")
