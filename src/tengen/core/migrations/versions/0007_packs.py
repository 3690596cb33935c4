"""Keep games packed for recomputations, and histories in large rows."""

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

    op.create_table(
        "rating_segments",
        sa.Column("id", Id, nullable=False),
        sa.Column("pool_id", Id, nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_rating_segments_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_segments")),
    )
    with op.batch_alter_table("rating_segments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_segments_pool_id"), ["pool_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        # Floating point does not shrink, and a part of a value can be read only if nobody has tried to.
        op.execute("ALTER TABLE rating_segments ALTER COLUMN entries SET STORAGE EXTERNAL")

    with op.batch_alter_table("rating_spans", schema=None) as batch_op:
        batch_op.alter_column("entries", existing_type=sa.LargeBinary(), nullable=True)
        batch_op.add_column(sa.Column("segment_id", Id, nullable=True))
        batch_op.add_column(sa.Column("begin", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("size", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.execute(
        "UPDATE rating_spans SET entries ="
        " (SELECT substr(entries, rating_spans.begin + 1, rating_spans.size)"
        " FROM rating_segments WHERE rating_segments.id = rating_spans.segment_id) WHERE entries IS NULL"
    )
    with op.batch_alter_table("rating_spans", schema=None) as batch_op:
        batch_op.drop_column("size")
        batch_op.drop_column("begin")
        batch_op.drop_column("segment_id")
        batch_op.alter_column("entries", existing_type=sa.LargeBinary(), nullable=False)

    with op.batch_alter_table("rating_segments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rating_segments_pool_id"))
    op.drop_table("rating_segments")

    with op.batch_alter_table("game_packs", schema=None) as batch_op:
        batch_op.drop_index("ix_game_packs_pool_upto_at_upto_game")
    op.drop_table("game_packs")
