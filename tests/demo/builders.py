"""Builders for tests of the demonstration: people who play Go on three servers, and Minesweeper for tournaments."""

import random
from datetime import datetime, timedelta

from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName, Email
from tengen.accounts.service import Account
from tengen.core.database import Transaction
from tengen.core.platform import Platform
from tengen.core.values import utc_now
from tengen.demo import go_sample, minesweeper_sample
from tengen.demo.go_sample import GoPlayer, GoSample, GoServer
from tengen.demo.minesweeper_sample import MinesweeperSample
from tests.support.builders import NOON, unique
from tests.support.operations import operate
from tests.support.server import Server
from tests.tournaments.builders import a_keychain

RULES = {5: "japanese", 6: "chinese", 7: "aga"}


def a_sample(*, players: int = 20) -> GoSample:
    """Three servers with so many players each, of all strengths, on no platform."""
    servers = [GoServer(number, f"Server {number}", rules, "5d0c") for number, rules in RULES.items()]
    people = [
        GoPlayer(
            server.id * 100 + number, server.id, f"{number}@tengen.example", f"Mira{number}", 16.0 + number, "b1ac"
        )
        for server in servers
        for number in range(players)
    ]
    return GoSample(NOON.isoformat(), tuple(servers), tuple(people))


def chance() -> random.Random:
    """The same at each call."""
    return random.Random(19)  # noqa: S311  # settles people, guards nothing


async def settled(transaction: Transaction, *, people: int, now: datetime) -> GoSample:
    """A new keeper's three servers, and so many new accounts on them."""
    keeper, *crowd = [await _an_account(transaction) for _ in range(people + 1)]
    return await go_sample.settle(transaction, keeper.id, crowd, chance(), now=now)


def a_sample_on(server: Server, *, people: int = 30) -> GoSample:
    """People and servers on a running platform, where none of their games have been reported."""
    return operate(server, lambda transaction: settled(transaction, people=people, now=utc_now() - timedelta(hours=1)))


async def settled_tournaments(platform: Platform, *, people: int = 40, now: datetime = NOON) -> MinesweeperSample:
    """The sample's tournaments as `now` sees them, of a new host and so many new people; nothing has come in."""
    async with platform.database.write() as transaction:
        host, *crowd = [await _an_account(transaction) for _ in range(people + 1)]
        return await minesweeper_sample.settle(transaction, a_keychain(platform), host, crowd, now=now)


async def _an_account(transaction: Transaction) -> Account:
    name = unique("Mira")
    return await accounts.register(
        transaction,
        email=Email.parse(f"{name}@tengen.example"),
        display_name=DisplayName.parse(name),
        password_hash="none",
        now=NOON,
        mail_tokens=None,
    )
