"""Entrants of a tournament that runs, with their keys, their log-ins, and replays that they have not uploaded yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from benchmarks import replays
from tengen.accounts.runtime import Accounts
from tengen.accounts.service import Account
from tengen.core.platform import Platform
from tengen.tournaments import service
from tengen.tournaments.entries import Step
from tengen.tournaments.plans import Plan
from tengen.tournaments.runtime import Tournaments

_BOUNDARY = "----replay"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Uploads:
    """What is to be uploaded: the replays, and a request for each."""

    replays: Sequence[bytes]
    requests: Sequence[str]


async def enter(platform: Platform, accounts: Sequence[Account], *, count: int, now: datetime) -> Uploads:
    """Let the accounts take part in a tournament that began yesterday, and play so many games in all."""
    tournaments = Tournaments.of(platform, Accounts.of(platform))
    plan = Plan.of(
        name="The quick one",
        location="online",
        mode="sum",
        parameters="5+5+5",
        starts_at=now - _DAY,
        ends_at=now + _DAY,
        now=now,
    )
    keys = []
    async with platform.database.write() as transaction:
        tournament = await service.create(transaction, plan, accounts[0].id, now)
        for account in accounts:
            await service.take_step(transaction, tournament.id, account.id, Step.REQUEST, account, now)
            made = await tournaments.keychain.make(transaction, tournament.id, account.id, now - _DAY)
            keys.append(str(made.key))
    tokens = [f"{account.display_name}:{await tournaments.logins.obtain(account, now)}" for account in accounts]
    players = [number % len(accounts) for number in range(count)]
    built = replays.build([keys[player] for player in players], at=now)
    requests = [_request(tokens[player], content) for player, content in zip(players, built, strict=True)]
    return Uploads(built, requests)


def _request(token: str, replay: bytes) -> str:
    """An upload as Scoreganizer's client library sends it; each character is a byte."""
    parts = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="mime_type"\r\n\r\napplication/x-viennasweeper\r\n'
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="video"; filename="game.rmv"\r\n\r\n'
        f"{replay.decode('latin-1')}\r\n--{_BOUNDARY}--\r\n"
    )
    head = (
        "POST /api/scores/upload HTTP/1.1",
        "Host: bench",
        f"X-Scoreganizer-Authorization: {token}",
        f"Content-Type: multipart/form-data; boundary={_BOUNDARY}",
        f"Content-Length: {len(parts)}",
    )
    return "\r\n".join(head) + "\r\n\r\n" + parts
