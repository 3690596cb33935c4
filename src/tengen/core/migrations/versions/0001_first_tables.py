"""First tables."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from tengen.core.database import Id, Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "accounts",
        sa.Column("id", Id, nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("generation", Id, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("last_online_at", Instant(), nullable=True),
        sa.Column("verified_at", Instant(), nullable=True),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.Column("owner_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts.id"], name=op.f("fk_accounts_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email_key", name=op.f("uq_accounts_email_key")),
        sa.UniqueConstraint("name_key", name=op.f("uq_accounts_name_key")),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounts_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "clans",
        sa.Column("id", Id, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("icon", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clans")),
    )
    with op.batch_alter_table("clans", schema=None) as batch_op:
        batch_op.create_index(
            "uq_clans_name_key",
            ["name_key"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "uq_clans_tag",
            ["tag"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "outbox",
        sa.Column("id", Id, nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("attempts", Id, nullable=False),
        sa.Column("is_dead", sa.Boolean(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_due_at"), ["due_at"], unique=False)

    op.create_table(
        "pools",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pools")),
        sa.UniqueConstraint("name", name=op.f("uq_pools_name")),
    )
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sealed_private_key", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("active_from", Instant(), nullable=False),
        sa.Column("retires_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
    )
    op.create_table(
        "skins",
        sa.Column("id", Id, nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("model_path", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skins")),
    )
    op.create_table(
        "account_roles",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_account_roles_account_id")),
        sa.PrimaryKeyConstraint("account_id", "role", name=op.f("pk_account_roles")),
    )
    op.create_table(
        "account_skins",
        sa.Column("account_id", Id, autoincrement=False, nullable=False),
        sa.Column("skin_id", Id, autoincrement=False, nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_account_skins_account_id")),
        sa.ForeignKeyConstraint(["skin_id"], ["skins.id"], name=op.f("fk_account_skins_skin_id")),
        sa.PrimaryKeyConstraint("account_id", "skin_id", name=op.f("pk_account_skins")),
    )
    op.create_table(
        "apps",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("owner_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("grant", sa.Text(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts.id"], name=op.f("fk_apps_owner_id")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_apps")),
    )
    with op.batch_alter_table("apps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_apps_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "clan_skins",
        sa.Column("clan_id", Id, autoincrement=False, nullable=False),
        sa.Column("skin_id", Id, autoincrement=False, nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["clan_id"], ["clans.id"], name=op.f("fk_clan_skins_clan_id")),
        sa.ForeignKeyConstraint(["skin_id"], ["skins.id"], name=op.f("fk_clan_skins_skin_id")),
        sa.PrimaryKeyConstraint("clan_id", "skin_id", name=op.f("pk_clan_skins")),
    )
    op.create_table(
        "mail_tokens",
        sa.Column("account_id", Id, autoincrement=False, nullable=False),
        sa.Column("token_mac", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("tries", Id, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_mail_tokens_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_mail_tokens")),
    )
    op.create_table(
        "memberships",
        sa.Column("clan_id", Id, autoincrement=False, nullable=False),
        sa.Column("account_id", Id, autoincrement=False, nullable=False),
        sa.Column("rank", sa.Text(), nullable=False),
        sa.Column("invited_at", Instant(), nullable=False),
        sa.Column("joined_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "end_reason IN ('declined', 'kicked', 'left', 'retracted')", name=op.f("ck_memberships_end_reason")
        ),
        sa.CheckConstraint("rank IN ('owner', 'admin', 'member')", name=op.f("ck_memberships_rank")),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_memberships_ended")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_memberships_account_id")),
        sa.ForeignKeyConstraint(["clan_id"], ["clans.id"], name=op.f("fk_memberships_clan_id")),
        sa.PrimaryKeyConstraint("clan_id", "account_id", name=op.f("pk_memberships")),
    )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_memberships_account_id"), ["account_id"], unique=False)

    op.create_table(
        "ratings",
        sa.Column("pool_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("games", Id, nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_ratings_account_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_ratings_pool_id")),
        sa.PrimaryKeyConstraint("pool_id", "account_id", name=op.f("pk_ratings")),
    )
    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.create_index("ix_ratings_pool_id_value", ["pool_id", "value"], unique=False)

    op.create_table(
        "servers",
        sa.Column("id", Id, nullable=False),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("secret_digest", sa.LargeBinary(), nullable=False),
        sa.Column("host_name", sa.Text(), nullable=False),
        sa.Column("port", Id, nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("game_type", sa.Text(), nullable=False),
        sa.Column("max_player_count", Id, nullable=False),
        sa.Column("current_map", sa.Text(), nullable=False),
        sa.Column("current_player_count", Id, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("heard_at", Instant(), nullable=True),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts.id"], name=op.f("fk_servers_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_servers")),
    )
    with op.batch_alter_table("servers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_servers_heard_at"), ["heard_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_servers_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "games",
        sa.Column("id", Id, nullable=False),
        sa.Column("server_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reported_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_games_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_games")),
    )
    with op.batch_alter_table("games", schema=None) as batch_op:
        batch_op.create_index("ix_games_server_id_id", ["server_id", "id"], unique=False)

    op.create_table(
        "players",
        sa.Column("id", Id, nullable=False),
        sa.Column("server_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_players_account_id")),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_players_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_players")),
        sa.UniqueConstraint("server_id", "account_id", name=op.f("uq_players_server_id_account_id")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_players_token_digest")),
    )
    with op.batch_alter_table("players", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_players_account_id"), ["account_id"], unique=False)

    op.create_table(
        "team_records",
        sa.Column("server_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("first_seen_at", Instant(), nullable=False),
        sa.Column("last_seen_at", Instant(), nullable=False),
        sa.Column("played_field", Id, nullable=False),
        sa.Column("played_command", Id, nullable=False),
        sa.Column("won_field", Id, nullable=False),
        sa.Column("won_command", Id, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_team_records_account_id")),
        sa.ForeignKeyConstraint(["server_id"], ["servers.id"], name=op.f("fk_team_records_server_id")),
        sa.PrimaryKeyConstraint("server_id", "account_id", name=op.f("pk_team_records")),
    )
    op.create_table(
        "rating_changes",
        sa.Column("game_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("pool_id", Id, nullable=False),
        sa.Column("value_before", sa.Double(), nullable=False),
        sa.Column("value_after", sa.Double(), nullable=False),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_rating_changes_account_id")),
        sa.ForeignKeyConstraint(["game_id"], ["games.id"], name=op.f("fk_rating_changes_game_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_rating_changes_pool_id")),
        sa.PrimaryKeyConstraint("game_id", "account_id", name=op.f("pk_rating_changes")),
    )
    with op.batch_alter_table("rating_changes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_rating_changes_pool_id_account_id_game_id", ["pool_id", "account_id", "game_id"], unique=False
        )

    op.create_table(
        "seats",
        sa.Column("game_id", Id, autoincrement=False, nullable=False),
        sa.Column("number", Id, autoincrement=False, nullable=False),
        sa.Column("player_id", Id, nullable=True),
        sa.Column("team", Id, nullable=False),
        sa.Column("race", sa.Text(), nullable=False),
        sa.Column("is_commander", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["game_id"], ["games.id"], name=op.f("fk_seats_game_id")),
        sa.ForeignKeyConstraint(["player_id"], ["players.id"], name=op.f("fk_seats_player_id")),
        sa.PrimaryKeyConstraint("game_id", "number", name=op.f("pk_seats")),
    )
    with op.batch_alter_table("seats", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seats_player_id"), ["player_id"], unique=False)

    # This platform itself is game server 1: live games are played on it, and every account has a player here.
    op.execute(
        sa.text(
            "INSERT INTO servers (owner_id, secret_digest, host_name, port, display_name, description, game_type,"
            " max_player_count, current_map, current_player_count, created_at)"
            " VALUES (NULL, :no_secret, '127.0.0.1', 443, 'Tengen', 'Games played on this platform', 'go',"
            " 0, '', 0, :now)"
        ).bindparams(
            sa.bindparam("no_secret", b"", sa.LargeBinary()), sa.bindparam("now", datetime.now(UTC), Instant())
        )
    )


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("seats", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seats_player_id"))

    op.drop_table("seats")
    with op.batch_alter_table("rating_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_rating_changes_pool_id_account_id_game_id")

    op.drop_table("rating_changes")
    op.drop_table("team_records")
    with op.batch_alter_table("players", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_players_account_id"))

    op.drop_table("players")
    with op.batch_alter_table("games", schema=None) as batch_op:
        batch_op.drop_index("ix_games_server_id_id")

    op.drop_table("games")
    with op.batch_alter_table("servers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_servers_owner_id"))
        batch_op.drop_index(batch_op.f("ix_servers_heard_at"))

    op.drop_table("servers")
    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.drop_index("ix_ratings_pool_id_value")

    op.drop_table("ratings")
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_memberships_account_id"))

    op.drop_table("memberships")
    op.drop_table("mail_tokens")
    op.drop_table("clan_skins")
    with op.batch_alter_table("apps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_apps_owner_id"))

    op.drop_table("apps")
    op.drop_table("account_skins")
    op.drop_table("account_roles")
    op.drop_table("skins")
    op.drop_table("signing_keys")
    op.drop_table("pools")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_due_at"))

    op.drop_table("outbox")
    with op.batch_alter_table("clans", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_clans_tag", sqlite_where=sa.text("deleted_at IS NULL"), postgresql_where=sa.text("deleted_at IS NULL")
        )
        batch_op.drop_index(
            "uq_clans_name_key",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.drop_table("clans")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_accounts_owner_id"))

    op.drop_table("accounts")
