"""Accepting an upload: the replay is read in a child process, judged, and stored together with its result.

An upload is judged as of the instant when its last byte had arrived, however long it waits for its turn: who was in
time stays in time. (The first byte proves nothing: the rest might be played while it is on its way.)
"""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from tengen.tournaments import archive
from tengen.tournaments.archive import NewSubmission, Stored
from tengen.tournaments.keys import without_key
from tengen.tournaments.service import hold
from tengen.tournaments.submissions import check, check_size

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.database import Database
    from tengen.tournaments.keychain import Keychain
    from tengen.tournaments.keys import TournamentId
    from tengen.tournaments.replays.facts import ReplayFacts
    from tengen.tournaments.replays.pool import ParserPool
    from tengen.tournaments.submissions import Accepted

MAX_PLAYER_NAME = 300
"""Characters of the name in a replay that are stored; most formats have room for 255 bytes."""


class Uploader:
    """Takes replays. One a process."""

    def __init__(self, database: "Database", keychain: "Keychain", parsers: "ParserPool") -> None:
        self._database = database
        self._keychain = keychain
        self._parsers = parsers

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
        async with self._database.read() as connection:
            found = await self._keychain.find(
                connection, replay.key, replay_hash=replay_hash, game_hash=facts.game_hash
            )
        check(replay, account.id, found.issued, found.seen, arrived_at, wanted=wanted)
        assert found.tournament is not None  # or there would have been no key
        assert found.issued is not None
        made_at = found.issued.made_at
        async with self._database.write() as transaction:
            held = await hold(transaction, found.tournament.id)
            # Again, now that nobody else can change it: it may have been cancelled or put off meanwhile.
            issued = replace(found.issued, schedule=held.schedule, mode=held.mode)
            accepted = check(replay, account.id, issued, found.seen, arrived_at)
            new = _new_submission(facts, accepted, account, replay_hash, key_made_at=made_at, arrived_at=arrived_at)
            return await archive.store(transaction, held, new, content)


def _new_submission(
    facts: "ReplayFacts",
    accepted: "Accepted",
    account: "Account",
    replay_hash: bytes,
    *,
    key_made_at: datetime,
    arrived_at: datetime,
) -> NewSubmission:
    return NewSubmission(
        account_id=account.id,
        name=account.display_name,
        key_made_at=key_made_at,
        uploaded_at=arrived_at,
        replay_hash=replay_hash,
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
