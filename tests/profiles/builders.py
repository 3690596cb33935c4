"""Builders for tests of what is shown of players: accounts with ratings as a replay would leave them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count

import sqlalchemy
from sqlalchemy import insert

from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName, Email
from tengen.accounts.service import AccountRegistered, Role
from tengen.core.database import Database, Transaction
from tengen.core.values import AccountId, GameId, PlayerId, ServerId
from tengen.games.models import GameRow
from tengen.players import service as players
from tengen.ratings import generations
from tengen.ratings import service as ratings
from tengen.ratings.generations import Rated
from tengen.ratings.models import RatingRow
from tengen.ratings.outcomes import Change, Outcome
from tengen.ratings.pools import STANDARD, Pool
from tengen.ratings.systems import Strength, day_of
from tests.support.builders import NOON, an_account, unique
from tests.support.operations import operate
from tests.support.server import Server

TODAY = day_of(datetime(2026, 5, 2, tzinfo=UTC))
GO = STANDARD.go

_servers = count(10_000_000)


def a_strength(
    mean: float = 25.0, *, deviation: float = 1.0, games: int = 30, days_ago: float = 10.0, today: float = TODAY
) -> Strength:
    """Somebody in the pool of Go whose rating can be counted on."""
    return Strength(mean, deviation * deviation, 0.0, games, today - days_ago)


def a_quiet_pool() -> Pool:
    """A pool that no other test touches: of team matches, where ratings are plain numbers."""
    return STANDARD.team(ServerId(next(_servers)))


async def rate(
    database: Database, strengths: Mapping[AccountId, Strength], *, pool: Pool = GO, now: datetime = NOON
) -> None:
    """Let these be all the ratings of the pool."""
    async with database.write() as transaction:
        await settle(transaction, strengths, pool=pool, now=now)


async def settle(
    transaction: Transaction, strengths: Mapping[AccountId, Strength], *, pool: Pool = GO, now: datetime = NOON
) -> None:
    """The same within a transaction."""
    if strengths:
        await ratings.hold(transaction, pool, strengths.keys(), now=now)
    current = (await generations.alone(transaction, pool.name)).current
    if current is not None:
        await generations.cut(transaction, current.id, generations.START, now=now)
        await transaction.run(sqlalchemy.delete(RatingRow).where(RatingRow.pool_id == current.id))
        rows = [generations.strength_values(who, strength) for who, strength in strengths.items()]
        await generations.write(transaction, current.id, Rated(rows), now=now)
        await generations.in_order(transaction, current, pool)


async def rated_accounts(database: Database, *means: float, pool: Pool = GO) -> list[AccountId]:
    """Accounts with these ratings, and all that the pool has."""
    made = [(await an_account(database)).id for _ in means]
    await rate(database, dict(zip(made, (a_strength(mean) for mean in means), strict=True)), pool=pool)
    return made


async def delete(database: Database, account_id: AccountId) -> None:
    """Close an account."""
    async with database.write() as transaction:
        await accounts.delete_account(transaction, account_id, NOON)


async def play(
    database: Database,
    first: AccountId,
    second: AccountId,
    *,
    score: float = 1.0,
    played_at: datetime = NOON,
    pool: Pool = GO,
) -> tuple[GameId, list[Change]]:
    """A game on this platform that moves the ratings of both; `score` is the first one's."""
    async with database.write() as transaction:
        held = await ratings.hold(transaction, pool, [first, second], now=NOON)
        game = insert(GameRow).values(server_id=1, kind="go", reported_at=NOON, played_at=played_at, pool=pool.name)
        row = await transaction.one(game.returning(GameRow.id))
        outcome = Outcome(GameId(row[0]), played_at, [[first], [second]], [score, 1 - score])
        return outcome.game_id, await ratings.record(transaction, held, outcome, now=NOON)


def rated_on(server: Server, strengths: Mapping[int, Strength], pool: Pool) -> None:
    """Let these be all the ratings of a pool of a running server, by accounts' ids."""
    rated = {AccountId(account_id): strength for account_id, strength in strengths.items()}
    operate(server, lambda transaction: settle(transaction, rated, pool=pool))


def a_bot_of(server: Server, owner_id: int) -> PlayerId:
    """A moderating bot of this account, on a running server; returns its player's id."""

    async def make(transaction: Transaction) -> PlayerId:
        bot = await accounts.register(
            transaction,
            email=Email.parse(f"{unique('bot')}@tengen.example"),
            display_name=DisplayName.parse(unique("Bot")),
            password_hash="none",
            now=NOON,
            mail_tokens=None,
            owner_id=AccountId(owner_id),
            roles=(Role.BOT, Role.MODERATOR),
        )
        registered = AccountRegistered(account_id=bot.id, display_name=bot.display_name, at=NOON.isoformat())
        await players.add_home_player(transaction, registered)
        return (await players.home_players(transaction, [bot.id]))[bot.id].id

    return operate(server, make)


def a_name() -> str:
    """A display name that no other call gives."""
    return unique("Mizuki ")
