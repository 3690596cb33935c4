"""Accepting an upload: the replay is read in a child process, judged, and stored together with its result.

An upload is judged as of the instant when its last byte had arrived, however long it waits for its turn: who was in
time stays in time. (The first byte proves nothing: the rest might be played while it is on its way.)
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tengen.core.batch import Batcher
from tengen.core.errors import TengenError
from tengen.tournaments import archive
from tengen.tournaments.archive import NewSubmission, Stored
from tengen.tournaments.keychain import Asked, Found
from tengen.tournaments.keys import without_key
from tengen.tournaments.service import hold
from tengen.tournaments.submissions import check, check_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tengen.accounts.service import Account
    from tengen.core.database import Database, Transaction
    from tengen.tournaments.keychain import Keychain
    from tengen.tournaments.keys import TournamentId
    from tengen.tournaments.replays.facts import ReplayFacts
    from tengen.tournaments.replays.pool import ParserPool
    from tengen.tournaments.service import Tournament
    from tengen.tournaments.submissions import Accepted, IssuedKey, Replay, Seen

MOST_TOGETHER = 64
"""Replays that are stored in one transaction at most."""
MAX_PLAYER_NAME = 300
"""Characters of the name in a replay that are stored; most formats have room for 255 bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class _Readied:
    """An upload that would count, as far as is known without holding its tournament."""

    content: bytes
    facts: "ReplayFacts"
    replay: "Replay"
    replay_hash: bytes
    account: "Account"
    issued: "IssuedKey"
    seen: "Seen"
    arrived_at: datetime


class Uploader:
    """Takes replays. One a process.

    Changes of one tournament take turns, and each turn ends with a commit. So replays that are ready at the same moment
    are stored in one transaction, and no upload waits for more than the one before.
    """

    def __init__(self, database: "Database", keychain: "Keychain", parsers: "ParserPool") -> None:
        self._database = database
        self._keychain = keychain
        self._parsers = parsers
        self._finds: Batcher[Asked, Found] = Batcher(self._find, largest=MOST_TOGETHER)
        self._stores: Batcher[_Readied, Stored | Exception] = Batcher(self._store_all, largest=MOST_TOGETHER)

    async def accept(
        self, content: bytes, account: "Account", *, arrived_at: datetime, wanted: "TournamentId | None" = None
    ) -> Stored:
        """Store the replay that `account` has uploaded, in the tournament of the key in it; the standings follow.

        `wanted`: the tournament that this must be. Without it the key alone says which it is.

        Raises what `tengen.tournaments.submissions.check` does for the first thing that is wrong, and `RateLimited` if
        more replays wait for their turn than may; then nothing has changed.
        """
        check_size(len(content))
        facts = await self._parsers.read(content)
        replay = facts.replay()
        replay_hash = hashlib.sha256(content).digest()
        found = await self._finds.get(Asked(replay.key, replay_hash, facts.game_hash))
        assert found is not None  # there is an answer to everything asked
        check(replay, account.id, found.issued, found.seen, arrived_at, wanted=wanted)
        assert found.issued is not None  # or there would have been no key
        outcome = await self._stores.get(
            _Readied(content, facts, replay, replay_hash, account, found.issued, found.seen, arrived_at)
        )
        assert outcome is not None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _find(self, asked: "Sequence[Asked]") -> "dict[Asked, Found]":
        async with self._database.read() as connection:
            return await self._keychain.find(connection, asked)

    async def _store_all(self, uploads: "Sequence[_Readied]") -> "dict[_Readied, Stored | Exception]":
        outcomes: dict[_Readied, Stored | Exception] = {}
        for tournament_id in sorted({upload.issued.key.tournament_id for upload in uploads}):
            of_tournament = [upload for upload in uploads if upload.issued.key.tournament_id == tournament_id]
            outcomes |= await self._store(tournament_id, of_tournament)
        return outcomes

    async def _store(
        self, tournament_id: "TournamentId", uploads: "Sequence[_Readied]"
    ) -> "dict[_Readied, Stored | Exception]":
        try:
            async with self._database.write() as transaction:
                held = await hold(transaction, tournament_id, expected=len(uploads))
                return await _store_held(transaction, held, uploads)
        except (OperationalError, PoolTimeout) as error:
            # The database is away, for all of them: to ask again for each would keep the last one waiting for minutes.
            return dict.fromkeys(uploads, error)
        except Exception as error:
            if len(uploads) == 1:
                return {uploads[0]: error}
        # One of them may be to blame, and the others must not suffer for it.
        outcomes: dict[_Readied, Stored | Exception] = {}
        for upload in uploads:
            outcomes |= await self._store(tournament_id, [upload])
        return outcomes


async def _store_held(
    transaction: "Transaction", held: "Tournament", uploads: "Sequence[_Readied]"
) -> "dict[_Readied, Stored | Exception]":
    outcomes: dict[_Readied, Stored | Exception] = {}
    readied: list[_Readied] = []
    new: list[tuple[NewSubmission, bytes]] = []
    for upload in uploads:
        # Again, now that nobody else can change it: it may have been cancelled or put off meanwhile.
        issued = replace(upload.issued, schedule=held.schedule, mode=held.mode)
        try:
            accepted = check(upload.replay, upload.account.id, issued, upload.seen, upload.arrived_at)
        except TengenError as refusal:
            outcomes[upload] = refusal
        else:
            readied.append(upload)
            new.append((_new_submission(upload, accepted), upload.content))
    outcomes |= zip(readied, await archive.store_all(transaction, held, new, expected=len(uploads)), strict=True)
    return outcomes


def _new_submission(upload: _Readied, accepted: "Accepted") -> NewSubmission:
    facts, account = upload.facts, upload.account
    return NewSubmission(
        account_id=account.id,
        name=account.display_name,
        key_made_at=upload.issued.made_at,
        uploaded_at=upload.arrived_at,
        replay_hash=upload.replay_hash,
        game_hash=facts.game_hash,
        replay_format=facts.format.value,
        level=accepted.level,
        time=accepted.time,
        bbbv=facts.bbbv,
        software=facts.software,
        player_name=without_key(facts.player_name)[:MAX_PLAYER_NAME],  # cut last: half a key would stay
        played_from=None if facts.clock is None else facts.clock.started_at,
        doubts=accepted.doubts,
    )
