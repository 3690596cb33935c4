"""Accounts with a rating in Go, as many as a large federation has: written into the tables, not played for."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, insert, select, text

from tengen.accounts.models import AccountRow
from tengen.core.database import Database, Transaction
from tengen.players.models import PlayerRow
from tengen.players.service import HOME
from tengen.ratings.models import PoolRow, RatingRow
from tengen.ratings.pools import GO
from tengen.ratings.systems import day_of

_AT_ONCE = 10_000


async def gather(database: Database, size: int, *, now: datetime) -> None:
    """Add so many accounts, each with a rating in the pool of Go, which must be there.

    About a third have too uncertain a rating to be listed, and a sixth have not played for a year.
    """
    chance = random.Random(size)  # noqa: S311  # plays, guards nothing
    async with database.write() as transaction:
        await _insert(transaction, insert(AccountRow), [_account(number, now) for number in range(size)])
        (pool_id,) = await transaction.one(select(PoolRow.id).where(PoolRow.name == GO))
        made = await transaction.all(
            select(AccountRow.id, AccountRow.display_name).where(AccountRow.password_hash == _NO_PASSWORD)
        )
        at_home = [{"server_id": HOME, "account_id": who, "name": name, "created_at": now} for who, name in made]
        await _insert(transaction, insert(PlayerRow), at_home)
        ratings = [{"pool_id": pool_id, "account_id": who, **_rating(chance, now)} for who, _ in made]
        await _insert(transaction, insert(RatingRow), ratings)
    if transaction.dialect == "postgresql":  # as its own housekeeping would do in the middle of the load
        async with database.write_one() as connection:
            await connection.run(text("VACUUM ANALYZE"))


_NO_PASSWORD = "none"


def _account(number: int, now: datetime) -> dict[str, Any]:
    name = f"Crowd {number}"
    email = f"crowd{number}@example.org"
    return {
        "email": email,
        "email_key": email,
        "display_name": name,
        "name_key": name.casefold(),
        "password_hash": _NO_PASSWORD,
        "created_at": now,
        "verified_at": now,
    }


def _rating(chance: random.Random, now: datetime) -> dict[str, Any]:
    return {
        "value": chance.gauss(24.0, 5.0),
        "variance": chance.uniform(0.4, 9.0),
        "volatility": 0.0,
        "games": chance.randint(1, 300),
        "day": day_of(now - timedelta(days=chance.expovariate(1 / 200))),
        "updated_at": now,
    }


async def _insert(transaction: Transaction, statement: Executable, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _AT_ONCE):
        await transaction.run(statement, rows[start : start + _AT_ONCE])
