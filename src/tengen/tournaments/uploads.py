"""Accepting an upload: the replay is read in a child process, judged, and stored together with its result.

An upload is judged as of the instant when its last byte had arrived, however long it waits for its turn: who was in
time stays in time. (The first byte proves nothing: the rest might be played while it is on its way.)
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tengen.core.batch import Batcher
from tengen.core.errors import TengenError
from tengen.tournaments import archive
from tengen.tournaments.archive import NewSubmission, Stored
from tengen.tournaments.keys import without_key
from tengen.tournaments.service import hold
from tengen.tournaments.submissions import check, check_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from tengen.accounts.service import Account
    from tengen.core.database import Database, Transaction
    from tengen.tournaments.keychain import Keychain
    from tengen.tournaments.keys import TournamentId, TournamentKey
    from tengen.tournaments.replays.facts import ReplayFacts
    from tengen.tournaments.replays.pool import ParserPool
    from tengen.tournaments.service import Tournament
    from tengen.tournaments.submissions import Accepted, IssuedKey, Replay

MOST_TOGETHER = 64
"""Replays that are stored in one transaction at most."""
_ENOUGH_TOGETHER = 16
"""Replays that are worth a transaction even if more will be ready soon: with more, one's share of it hardly falls."""
_PATIENCE_SECONDS = 0.02
"""For so long the first of those that are to be stored together waits for the others."""
MAX_PLAYER_NAME = 300
"""Characters of the name in a replay that are stored; most formats have room for 255 bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """An upload that has been read."""

    content: bytes
    facts: "ReplayFacts"
    replay: "Replay"
    replay_hash: bytes
    account: "Account"
    arrived_at: datetime
    wanted: "TournamentId | None"


class _Readied(NamedTuple):
    """An upload that would count, as far as is known without holding its tournament."""

    upload: _Read
    issued: "IssuedKey"


class Uploader:
    """Takes replays. One a process.

    Changes of one tournament take turns, and each turn ends with a commit. So replays that are ready at about the same
    moment are stored in one transaction: while others are being read, as many wait for each other as are still to come,
    so that there is work for both sides, readers and database. Who comes alone waits for nobody.
    """

    def __init__(self, database: "Database", keychain: "Keychain", parsers: "ParserPool") -> None:
        self._database = database
        self._keychain = keychain
        self._parsers = parsers
        self._being_read = 0
        self._stores: Batcher[_Read, Stored | Exception] = Batcher(
            self._store_all, largest=MOST_TOGETHER, enough=self._enough, patience=_PATIENCE_SECONDS
        )

    async def accept(
        self, content: bytes, account: "Account", *, arrived_at: datetime, wanted: "TournamentId | None" = None
    ) -> Stored:
        """Store the replay that `account` has uploaded, in the tournament of the key in it; the standings follow.

        `wanted`: the tournament that this must be. Without it the key alone says which it is.

        Raises what `tengen.tournaments.submissions.check` does for the first thing that is wrong, and `RateLimited` if
        more replays wait for their turn than may; then nothing has changed.
        """
        check_size(len(content))
        self._being_read += 1
        try:
            facts = await self._parsers.read(content)
        finally:
            self._being_read -= 1
        replay_hash = hashlib.sha256(content).digest()
        outcome = await self._stores.get(
            _Read(content, facts, facts.replay(), replay_hash, account, arrived_at, wanted)
        )
        assert outcome is not None  # there is one for each
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _enough(self) -> int:
        return min(_ENOUGH_TOGETHER, self._being_read)

    async def _store_all(self, uploads: "Sequence[_Read]") -> "dict[_Read, Stored | Exception]":
        outcomes: dict[_Read, Stored | Exception] = {}
        of_tournaments: dict[TournamentId, list[_Readied]] = defaultdict(list)
        keys = await self._find({upload.replay.key for upload in uploads if upload.replay.key is not None})
        for upload in uploads:
            issued = None if upload.replay.key is None else keys.get(upload.replay.key)
            try:
                check(upload.replay, upload.account.id, issued, upload.arrived_at, wanted=upload.wanted)
            except TengenError as refusal:
                outcomes[upload] = refusal
            else:
                assert issued is not None  # or there would have been no key
                of_tournaments[issued.key.tournament_id].append(_Readied(upload, issued))
        for tournament_id, readied in sorted(of_tournaments.items(), key=lambda item: item[0]):
            outcomes |= await self._store(tournament_id, readied)
        return outcomes

    async def _find(self, keys: "Set[TournamentKey]") -> "Mapping[TournamentKey, IssuedKey]":
        async with self._database.read() as connection:
            return await self._keychain.find(connection, keys)

    async def _store(
        self, tournament_id: "TournamentId", uploads: "Sequence[_Readied]"
    ) -> "dict[_Read, Stored | Exception]":
        try:
            async with self._database.write() as transaction:
                held = await hold(transaction, tournament_id, expected=len(uploads))
                return await _store_held(transaction, held, uploads)
        except (OperationalError, PoolTimeout) as error:
            # The database is away, for all of them: to ask again for each would keep the last one waiting for minutes.
            return dict.fromkeys((readied.upload for readied in uploads), error)
        except Exception as error:
            if len(uploads) == 1:
                return {uploads[0].upload: error}
        # One of them may be to blame, and the others must not suffer for it.
        outcomes: dict[_Read, Stored | Exception] = {}
        for readied in uploads:
            outcomes |= await self._store(tournament_id, [readied])
        return outcomes


async def _store_held(
    transaction: "Transaction", held: "Tournament", uploads: "Sequence[_Readied]"
) -> "dict[_Read, Stored | Exception]":
    outcomes: dict[_Read, Stored | Exception] = {}
    accepted: list[_Read] = []
    new: list[tuple[NewSubmission, bytes]] = []
    for upload, found in uploads:
        # Again, now that nobody else can change it: it may have been cancelled or put off meanwhile.
        issued = replace(found, schedule=held.schedule, mode=held.mode)
        try:
            judged = check(upload.replay, upload.account.id, issued, upload.arrived_at)
        except TengenError as refusal:
            outcomes[upload] = refusal
        else:
            accepted.append(upload)
            new.append((_new_submission(upload, issued, judged), upload.content))
    outcomes |= zip(accepted, await archive.store_all(transaction, held, new, expected=len(uploads)), strict=True)
    return outcomes


def _new_submission(upload: _Read, issued: "IssuedKey", accepted: "Accepted") -> NewSubmission:
    facts, account = upload.facts, upload.account
    return NewSubmission(
        account_id=account.id,
        name=account.display_name,
        key_made_at=issued.made_at,
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
