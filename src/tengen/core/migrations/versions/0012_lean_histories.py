"""Have PostgreSQL write less for histories: no look at the account of each span, and no search for what to compress."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("rating_spans", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_rating_spans_account_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_rating_spans_pool_id"), type_="foreignkey")
    _store_packs("EXTERNAL")


def downgrade() -> None:
    """Take back."""
    _store_packs("EXTENDED")
    with op.batch_alter_table("rating_spans", schema=None) as batch_op:
        batch_op.create_foreign_key(op.f("fk_rating_spans_pool_id"), "pools", ["pool_id"], ["id"])
        batch_op.create_foreign_key(op.f("fk_rating_spans_account_id"), "accounts", ["account_id"], ["id"])


def _store_packs(how: str) -> None:
    """PostgreSQL took longer to compress packed games than to read the games from their rows."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE game_packs ALTER COLUMN games SET STORAGE {how}")
