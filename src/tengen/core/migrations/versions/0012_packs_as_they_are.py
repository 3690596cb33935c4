"""Keep packed games as they are: PostgreSQL took longer to compress them than to read the games from their rows."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Apply."""
    _store("EXTERNAL")


def downgrade() -> None:
    """Take back."""
    _store("EXTENDED")


def _store(how: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE game_packs ALTER COLUMN games SET STORAGE {how}")
