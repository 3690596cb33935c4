"""Keep histories of ratings packed, and pools in generations."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import isnan, nan
from struct import Struct
from typing import Any

import sqlalchemy as sa
from alembic import op

from tengen.core.database import Id, Instant

revision = "0006"
down_revision = "0005"

_IS_ALIVE = sa.text("state <> 'retired'")
_EPOCH, _ONE_DAY = datetime(1970, 1, 1, tzinfo=UTC), timedelta(days=1)
# game, day, before, variance before, expected, opponent, its variance, after, variance after, volatility, games
_ENTRY = Struct("<q9dq")
_ENTRIES = 40

_CHANGES = sa.table(
    "rating_changes",
    sa.column("game_id", Id),
    sa.column("account_id", Id),
    sa.column("pool_id", Id),
    sa.column("played_at", Instant()),
    sa.column("value_before", sa.Double()),
    sa.column("variance_before", sa.Double()),
    sa.column("value_after", sa.Double()),
    sa.column("variance_after", sa.Double()),
    sa.column("expected", sa.Double()),
    sa.column("opponent_value", sa.Double()),
    sa.column("opponent_variance", sa.Double()),
)
_SPANS = sa.table(
    "rating_spans",
    sa.column("pool_id", Id),
    sa.column("account_id", Id),
    sa.column("day", sa.Double()),
    sa.column("game_id", Id),
    sa.column("last_day", sa.Double()),
    sa.column("kinds", Id),
    sa.column("entries", sa.LargeBinary()),
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rating_spans",
        sa.Column("id", Id, nullable=False),
        sa.Column("pool_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("day", sa.Double(), nullable=False),
        sa.Column("game_id", Id, nullable=False),
        sa.Column("last_day", sa.Double(), nullable=False),
        sa.Column("kinds", Id, nullable=False),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("offsets", sa.Text(), nullable=True),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_rating_spans_account_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_rating_spans_pool_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_spans")),
    )
    with op.batch_alter_table("rating_spans", schema=None) as batch_op:
        batch_op.create_index(
            "ix_rating_spans_pool_id_account_id_day_game_id", ["pool_id", "account_id", "day", "game_id"], unique=True
        )
        batch_op.create_index("ix_rating_spans_pool_id_last_day", ["pool_id", "last_day"], unique=False)
    _pack()
    with op.batch_alter_table("rating_changes", schema=None) as batch_op:
        batch_op.drop_index("ix_rating_changes_pool_id_account_id_played_at")
    op.drop_table("rating_changes")

    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("offsets", sa.Text(), nullable=True))

    with op.batch_alter_table("pools", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state", sa.Text(), nullable=False, server_default="current"))
        batch_op.add_column(sa.Column("settled_to", Instant(), nullable=True))
        batch_op.add_column(sa.Column("settled_game", Id, nullable=True))
        batch_op.add_column(sa.Column("disorders", Id, nullable=False, server_default="0"))
        batch_op.drop_constraint(batch_op.f("uq_pools_name"), type_="unique")
    with op.batch_alter_table("pools", schema=None) as batch_op:
        batch_op.alter_column("state", existing_type=sa.Text(), server_default=None)
        batch_op.alter_column("disorders", existing_type=Id, server_default=None)
        batch_op.create_index(
            "ix_pools_name_state",
            ["name", "state"],
            unique=True,
            sqlite_where=_IS_ALIVE,
            postgresql_where=_IS_ALIVE,
        )


def downgrade() -> None:
    """Take back."""
    op.create_table(
        "rating_changes",
        sa.Column("game_id", Id, autoincrement=False, nullable=False),
        sa.Column("account_id", Id, autoincrement=False, nullable=False),
        sa.Column("pool_id", Id, nullable=False),
        sa.Column("value_before", sa.Double(), nullable=False),
        sa.Column("value_after", sa.Double(), nullable=False),
        sa.Column("expected", sa.Double(), nullable=False),
        sa.Column("played_at", Instant(), nullable=False),
        sa.Column("variance_before", sa.Double(), nullable=False),
        sa.Column("variance_after", sa.Double(), nullable=False),
        sa.Column("opponent_value", sa.Double(), nullable=True),
        sa.Column("opponent_variance", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_rating_changes_account_id")),
        sa.ForeignKeyConstraint(["game_id"], ["games.id"], name=op.f("fk_rating_changes_game_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_rating_changes_pool_id")),
        sa.PrimaryKeyConstraint("game_id", "account_id", name=op.f("pk_rating_changes")),
    )
    with op.batch_alter_table("rating_changes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_rating_changes_pool_id_account_id_played_at",
            ["pool_id", "account_id", "played_at", "game_id"],
            unique=False,
        )
    # One generation of each pool is all that there was.
    for table in ("rating_spans", "ratings"):
        op.execute(f"DELETE FROM {table} WHERE pool_id IN (SELECT id FROM pools WHERE state <> 'current')")  # noqa: S608
    op.execute("DELETE FROM pools WHERE state <> 'current'")
    _unpack()
    with op.batch_alter_table("rating_spans", schema=None) as batch_op:
        batch_op.drop_index("ix_rating_spans_pool_id_last_day")
        batch_op.drop_index("ix_rating_spans_pool_id_account_id_day_game_id")
    op.drop_table("rating_spans")

    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.drop_column("offsets")

    with op.batch_alter_table("pools", schema=None) as batch_op:
        batch_op.drop_index("ix_pools_name_state")
        batch_op.drop_column("disorders")
        batch_op.drop_column("settled_game")
        batch_op.drop_column("settled_to")
        batch_op.drop_column("state")
        batch_op.create_unique_constraint(batch_op.f("uq_pools_name"), ["name"])


def _pack() -> None:
    """The changes as spans. What nobody wrote down is counted (games), or was always nothing (volatility)."""
    for spans in _pages(_packed(op.get_bind())):
        op.get_bind().execute(sa.insert(_SPANS), spans)


def _packed(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    columns = _CHANGES.c
    for pool_id, account_id in connection.execute(sa.select(columns.pool_id, columns.account_id).distinct()).all():
        statement = sa.select(_CHANGES).where(columns.pool_id == pool_id, columns.account_id == account_id)
        changes = connection.execute(statement.order_by(columns.played_at, columns.game_id)).all()
        entries = [
            (
                change.game_id,
                (change.played_at - _EPOCH) / _ONE_DAY,
                change.value_before,
                change.variance_before,
                change.expected,
                nan if change.opponent_value is None else change.opponent_value,
                nan if change.opponent_variance is None else change.opponent_variance,
                change.value_after,
                change.variance_after,
                0.0,
                number,
            )
            for number, change in enumerate(changes, 1)
        ]
        for begin in range(0, len(entries), _ENTRIES):
            part = entries[begin : begin + _ENTRIES]
            yield {
                "pool_id": pool_id,
                "account_id": account_id,
                "day": part[0][1],
                "game_id": part[0][0],
                "last_day": part[-1][1],
                "kinds": 0,
                "entries": b"".join(_ENTRY.pack(*entry) for entry in part),
            }


def _unpack() -> None:
    for changes in _pages(_unpacked(op.get_bind())):
        op.get_bind().execute(sa.insert(_CHANGES), changes)


def _unpacked(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    columns = _SPANS.c
    statement = sa.select(columns.pool_id, columns.account_id, columns.kinds, columns.entries)
    for pool_id, account_id, kinds, entries in connection.execute(statement).all():
        for entry in Struct("<q9dq" + "qdd" * kinds).iter_unpack(entries):
            game_id, day, before, variance, expected, other, other_variance, after, variance_after = entry[:9]
            yield {
                "game_id": game_id,
                "account_id": account_id,
                "pool_id": pool_id,
                "played_at": _EPOCH + day * _ONE_DAY,
                "value_before": before,
                "variance_before": variance,
                "expected": expected,
                "opponent_value": None if isnan(other) else other,
                "opponent_variance": None if isnan(other) else other_variance,
                "value_after": after,
                "variance_after": variance_after,
            }


def _pages(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    page: list[dict[str, Any]] = []
    for row in rows:
        page.append(row)
        if len(page) == 1000:
            yield page
            page = []
    if page:
        yield page
