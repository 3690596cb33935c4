"""Results of games of Go."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from tengen.core.database import Id, Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "records",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("stored_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_records")),
    )
    op.create_table(
        "member_claims",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("association", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_member_claims_account_id")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_member_claims")),
    )
    with op.batch_alter_table("member_claims", schema=None) as batch_op:
        batch_op.create_index("ix_member_claims_account_id", ["account_id"], unique=False)

    op.create_table(
        "member_numbers",
        sa.Column("association", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("claimed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_member_numbers_account_id")),
        sa.PrimaryKeyConstraint("association", "number", name=op.f("pk_member_numbers")),
        sa.UniqueConstraint("association", "account_id", name=op.f("uq_member_numbers_association_account_id")),
    )
    with op.batch_alter_table("member_numbers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_numbers_account_id"), ["account_id"], unique=False)

    op.create_table(
        "server_admins",
        sa.Column("server_id", Id, autoincrement=False, nullable=False),
        sa.Column("account_id", Id, autoincrement=False, nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_server_admins_account_id")),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_server_admins_server_id")),
        sa.PrimaryKeyConstraint("server_id", "account_id", name=op.f("pk_server_admins")),
    )
    with op.batch_alter_table("server_admins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_server_admins_account_id"), ["account_id"], unique=False)

    op.create_table(
        "game_changes",
        sa.Column("id", Id, nullable=False),
        sa.Column("game_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_game_changes_account_id")),
        sa.ForeignKeyConstraint(["game_id"], ["games.id"], name=op.f("fk_game_changes_game_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_game_changes")),
    )
    with op.batch_alter_table("game_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_game_changes_game_id"), ["game_id"], unique=False)

    with op.batch_alter_table("games", schema=None) as batch_op:
        batch_op.add_column(sa.Column("played_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("pool", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("unrated", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("annulled_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("ranked", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("result", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("handicap", Id, nullable=True))
        batch_op.add_column(sa.Column("komi", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("rules", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("width", Id, nullable=True))
        batch_op.add_column(sa.Column("height", Id, nullable=True))
        batch_op.add_column(sa.Column("record_hash", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("url", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("warnings", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("fingerprint", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("idempotency_digest", sa.LargeBinary(), nullable=True))
        batch_op.create_index("ix_games_kind_played_at_id", ["kind", "played_at", "id"], unique=False)
        batch_op.create_index("ix_games_pool_played_at_id", ["pool", "played_at", "id"], unique=False)
        batch_op.create_index("ix_games_server_id_played_at_id", ["server_id", "played_at", "id"], unique=False)
        batch_op.create_unique_constraint(batch_op.f("uq_games_server_id_fingerprint"), ["server_id", "fingerprint"])
        batch_op.create_unique_constraint(
            batch_op.f("uq_games_server_id_idempotency_digest"), ["server_id", "idempotency_digest"]
        )
        batch_op.create_foreign_key(batch_op.f("fk_games_record_hash"), "records", ["record_hash"], ["hash"])

    with op.batch_alter_table("pools", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stale_from", Instant(), nullable=True))

    with op.batch_alter_table("rating_changes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("played_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("variance_before", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("variance_after", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("opponent_value", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("opponent_variance", sa.Double(), nullable=True))
        batch_op.drop_index(batch_op.f("ix_rating_changes_pool_id_account_id_game_id"))
        batch_op.create_index(
            "ix_rating_changes_pool_id_account_id_played_at",
            ["pool_id", "account_id", "played_at", "game_id"],
            unique=False,
        )

    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("variance", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("volatility", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("day", sa.Double(), nullable=True))

    _describe_what_is_there()
    with op.batch_alter_table("seats", schema=None) as batch_op:
        batch_op.alter_column("race", existing_type=sa.TEXT(), nullable=True)
        batch_op.alter_column("outcome", existing_type=sa.DOUBLE(), nullable=True)
        batch_op.drop_index(batch_op.f("ix_seats_player_id"))
        batch_op.create_index("ix_seats_player_id_game_id", ["player_id", "game_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("seats", schema=None) as batch_op:
        batch_op.drop_index("ix_seats_player_id_game_id")
        batch_op.create_index(batch_op.f("ix_seats_player_id"), ["player_id"], unique=False)
        batch_op.alter_column("outcome", existing_type=sa.DOUBLE(), nullable=False)
        batch_op.alter_column("race", existing_type=sa.TEXT(), nullable=False)

    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.drop_column("day")
        batch_op.drop_column("volatility")
        batch_op.drop_column("variance")

    with op.batch_alter_table("rating_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_rating_changes_pool_id_account_id_played_at")
        batch_op.create_index(
            batch_op.f("ix_rating_changes_pool_id_account_id_game_id"),
            ["pool_id", "account_id", "game_id"],
            unique=False,
        )
        batch_op.drop_column("opponent_variance")
        batch_op.drop_column("opponent_value")
        batch_op.drop_column("variance_after")
        batch_op.drop_column("variance_before")
        batch_op.drop_column("played_at")

    with op.batch_alter_table("pools", schema=None) as batch_op:
        batch_op.drop_column("stale_from")

    with op.batch_alter_table("games", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_games_record_hash"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_games_server_id_idempotency_digest"), type_="unique")
        batch_op.drop_constraint(batch_op.f("uq_games_server_id_fingerprint"), type_="unique")
        batch_op.drop_index("ix_games_server_id_played_at_id")
        batch_op.drop_index("ix_games_pool_played_at_id")
        batch_op.drop_index("ix_games_kind_played_at_id")
        batch_op.drop_column("idempotency_digest")
        batch_op.drop_column("fingerprint")
        batch_op.drop_column("warnings")
        batch_op.drop_column("url")
        batch_op.drop_column("record_hash")
        batch_op.drop_column("height")
        batch_op.drop_column("width")
        batch_op.drop_column("rules")
        batch_op.drop_column("komi")
        batch_op.drop_column("handicap")
        batch_op.drop_column("result")
        batch_op.drop_column("ranked")
        batch_op.drop_column("annulled_at")
        batch_op.drop_column("unrated")
        batch_op.drop_column("pool")
        batch_op.drop_column("played_at")

    with op.batch_alter_table("game_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_game_changes_game_id"))

    op.drop_table("game_changes")
    with op.batch_alter_table("server_admins", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_server_admins_account_id"))

    op.drop_table("server_admins")
    with op.batch_alter_table("member_numbers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_numbers_account_id"))

    op.drop_table("member_numbers")
    with op.batch_alter_table("member_claims", schema=None) as batch_op:
        batch_op.drop_index("ix_member_claims_account_id")

    op.drop_table("member_claims")
    op.drop_table("records")


def _describe_what_is_there() -> None:
    """Team matches were over when they were reported, and their ratings know no uncertainty."""
    op.execute("UPDATE games SET played_at = reported_at, pool = 'team:' || server_id")
    op.execute(
        "UPDATE rating_changes SET variance_before = 0, variance_after = 0,"
        " played_at = (SELECT reported_at FROM games WHERE games.id = rating_changes.game_id)"
    )
    op.execute("UPDATE ratings SET variance = 0, volatility = 0")
    _require("games", played_at=Instant())
    _require("rating_changes", played_at=Instant(), variance_before=sa.Double(), variance_after=sa.Double())
    _require("ratings", variance=sa.Double(), volatility=sa.Double())


def _require(table: str, **columns: sa.types.TypeEngine[Any]) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        for name, kind in columns.items():
            batch_op.alter_column(name, existing_type=kind, nullable=False)
