"""Accepting a report: who the tokens belong to, what is at the URL, what the record says, and then the game is stored.

The order of the checks is that of online-ratings, whose clients know which refusal comes first; what Tengen checks
beyond it comes after.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from tengen.core.batch import Batcher
from tengen.core.fetch import Fetcher, FetchFailed, FetchTimedOut
from tengen.core.limits import Limit, RateLimiter, is_local
from tengen.core.security import matches
from tengen.core.values import PlayerId, ServerId
from tengen.games import service
from tengen.games.rated_games import PlayedGame
from tengen.games.record_checks import contradictions
from tengen.games.records import RecordFacts
from tengen.games.report import (
    InvalidDate,
    InvalidReport,
    MissingRecord,
    Report,
    Tokens,
    UnfetchedRecord,
    UnknownToken,
    UnreadableRecord,
    fingerprint,
    key_digest,
)
from tengen.games.result import Result
from tengen.games.service import NewGame, Record, Reported
from tengen.go.points import InvalidSize, Size
from tengen.go.sgf import MAX_BYTES
from tengen.go.sgf_nodes import InvalidRecord
from tengen.players import service as players
from tengen.players.service import PlayerKey
from tengen.ratings.pools import Pools

if TYPE_CHECKING:
    from tengen.core.database import Database
    from tengen.core.settings import Settings
    from tengen.players.service import Player
    from tengen.servers.authentication import ServerAuthenticator
    from tengen.servers.service import Server

_FAILURES = timedelta(minutes=10)
_READ_ASIDE_BYTES = 32_768
"""A larger record is read in a thread: the other requests do not wait for it."""
_SGF = re.compile(rb"(?:\xef\xbb\xbf)?\s*\(\s*;")


@dataclass(frozen=True, slots=True)
class Attached:
    """A report's record, the text that was sent or the bytes that were fetched, and where it says it is."""

    source: str | bytes
    url: str | None

    @property
    def content(self) -> bytes:
        """What is stored."""
        return _bytes(self.source)


class Reporter:
    """Takes reports of finished games. One a process."""

    def __init__(
        self,
        database: "Database",
        servers: "ServerAuthenticator",
        limiter: RateLimiter,
        settings: "Settings",
        fetcher: Fetcher | None = None,
    ) -> None:
        self._database = database
        self._servers = servers
        self._limiter = limiter
        self._fetcher = fetcher or Fetcher(max_bytes=MAX_BYTES)
        self._per_address = Limit("tokens/address", settings.login_failures_per_address, _FAILURES)
        self._pools = Pools.of(settings)
        self._keys: Batcher[PlayerId, PlayerKey] = Batcher(self._load)

    async def accept(
        self, body: Any, tokens: Tokens | None, *, key: str | None, address: str, now: datetime
    ) -> Reported:
        """Store the game that `body`, a JSON value, reports. `address` is where the report comes from.

        `tokens` are None if not all were sent. Raises a `TengenError` for the first thing that is wrong; then nothing
        has changed.
        """
        report = Report.of(body)
        facts = await self._facts_if_needed(report)
        report.require(facts)
        tokens = tokens or Tokens.of(None, None, None)
        server, black, white = await self._recognise(report, tokens, address)
        result = report.result
        known = await self._known(report, server, black, white, key, now)
        if known is not None:
            return known
        attached = await self._attached(report)
        if facts is None:
            facts = await _facts_unless_unreadable(attached.source)
            report.with_record(attached.content).require(facts)
        played_at = report.played_at(now)
        handicap, komi = report.terms(facts)
        ranked, size = report.is_ranked, report.size
        _check_players(server, black, white)
        if facts is None:
            facts = await read_record(attached.source)
        outcome = Result.parse(result)
        warnings = contradictions(facts, result=outcome, komi=komi, handicap=handicap, size=_square(size))
        new = NewGame(
            server_id=server.id,
            black=black,
            white=white,
            played=PlayedGame(
                played_at, outcome, handicap, komi, *facts.size, rules=facts.rules, ranked=ranked, speed=facts.speed
            ),
            result=result,
            record=Record(attached.content, facts),
            url=attached.url,
            warnings=(*facts.warnings, *warnings),
            fingerprint=fingerprint(black.id, white.id, played_at, attached.content),
            idempotency_digest=key_digest(key),
        )
        async with self._database.write() as transaction:
            return await service.report(transaction, new, pools=self._pools, now=now)

    async def recognise_server(self, server_id: ServerId, token: str, address: str) -> "Server":
        """The server of this id whose secret `token` is. Raises `UnknownToken` and `TooManyRequests`."""
        server = await self._servers.by_token(server_id, None, token)
        if server is None:
            await self._refuse("server access token unknown or expired", address)
        return server

    async def _facts_if_needed(self, report: Report) -> RecordFacts | None:
        """What the record says, if the report leaves something to it; None if it cannot be read."""
        if not report.needs_facts or report.record is None:
            return None
        return await _facts_unless_unreadable(report.record)

    async def _recognise(self, report: Report, tokens: Tokens, address: str) -> "tuple[Server, Player, Player]":
        server_id, name, black_id, white_id = report.server_id, report.server_name, report.black_id, report.white_id
        server, black, white = await asyncio.gather(
            self._servers.by_token(server_id, name, tokens.server),
            self._keys.get(black_id),
            self._keys.get(white_id),
        )
        if server is None:
            await self._refuse("server access token unknown or expired", address)
        if black is None or not _is_token(black, tokens.black):
            await self._refuse("black player access token unknown or expired", address)
        if white is None or not _is_token(white, tokens.white):
            await self._refuse("white player token unknown or expired", address)
        return server, black.player, white.player

    async def _refuse(self, message: str, address: str) -> NoReturn:
        if not is_local(address):
            await self._limiter.spend(self._per_address, address, "Too many wrong tokens. Wait before trying again.")
        raise UnknownToken(message)

    async def _known(
        self, report: Report, server: "Server", black: "Player", white: "Player", key: str | None, now: datetime
    ) -> Reported | None:
        """What an earlier try of the same report made. Asked before anything is fetched: the URL may be gone by now."""
        digest = key_digest(key)
        if digest is None:
            return None
        try:
            played_at = report.played_at(now)
        except InvalidDate:
            return None  # it is refused in its turn, after the record
        async with self._database.read() as connection:
            game = await service.reported_with_key(
                connection, server.id, digest, black=black.id, white=white.id, played_at=played_at
            )
        return None if game is None else Reported(game, is_new=False)

    async def _attached(self, report: Report) -> Attached:
        url = report.url
        if report.record is not None:
            return Attached(report.record, url)
        if url is None:
            raise MissingRecord("One of game_record or game_url must be present")
        try:
            content = await self._fetcher.fetch(url)
        except FetchTimedOut as error:
            raise UnfetchedRecord(f"game_url provided ({url}) timed out upon fetch") from error
        except FetchFailed as error:
            raise UnfetchedRecord(f"game_url provided ({url}) was invalid!") from error
        if _SGF.match(content) is None:  # an error page, or whatever else
            raise UnfetchedRecord(f"game_url provided ({url}) was invalid!")
        return Attached(content, url)

    async def _load(self, player_ids: Sequence[PlayerId]) -> dict[PlayerId, PlayerKey]:
        async with self._database.read() as connection:
            return await players.player_keys(connection, player_ids)


async def read_record(source: str | bytes) -> RecordFacts:
    """What a record says. Raises `UnreadableRecord`, with a sentence that says where it cannot be read."""
    size = len(_bytes(source))
    if size > MAX_BYTES:
        raise UnreadableRecord(f"game_record: the record has {size:,} bytes; at most {MAX_BYTES:,} are kept.")
    try:
        if size > _READ_ASIDE_BYTES:
            return await asyncio.to_thread(RecordFacts.read, source)
        return RecordFacts.read(source)
    except InvalidRecord as error:
        raise UnreadableRecord(f"game_record: {error.message}") from error


async def _facts_unless_unreadable(source: str | bytes) -> RecordFacts | None:
    try:
        return await read_record(source)
    except UnreadableRecord:
        return None


def _bytes(record: str | bytes) -> bytes:
    return record if isinstance(record, bytes) else record.encode()


def _is_token(key: PlayerKey, token: str) -> bool:
    return key.token_digest is not None and matches(token, key.token_digest)


def _check_players(server: "Server", black: "Player", white: "Player") -> None:
    for name, player in (("black_id", black), ("white_id", white)):
        if player.server_id != server.id:
            raise InvalidReport(f"{name}: player {player.id} is not a player of game server {server.id}.")
    if black.account_id == white.account_id:
        raise InvalidReport("black_id and white_id are the same account: nobody plays against himself.")


def _square(lines: int | None) -> Size | None:
    if lines is None:
        return None
    try:
        return Size.of(lines)
    except InvalidSize as error:
        raise InvalidReport(f"size: {error.message}") from error
