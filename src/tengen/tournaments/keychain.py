"""Tournament keys as they are kept: sealed, and found by their digest."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from tengen.core.security import digest
from tengen.core.values import AccountId
from tengen.tournaments.digests import among_digests
from tengen.tournaments.entries import EntryState
from tengen.tournaments.keys import (
    SECRET_BYTES,
    KeyExists,
    TournamentKey,
    check_may_fetch,
    check_may_generate,
    key_expiry,
)
from tengen.tournaments.models import EntryRow, KeyRow, TournamentRow
from tengen.tournaments.service import TOURNAMENT_COLUMNS, Tournament, not_found, tournament_of
from tengen.tournaments.submissions import IssuedKey

if TYPE_CHECKING:
    from tengen.core.database import Connection, Transaction
    from tengen.core.security import Sealer

SEALED_FOR = "tournament keys"
"""The purpose of the key under which tournament keys are sealed (`MasterKey.sealer`)."""


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key as its owner gets it. `expires_at`: uploads are refused from then on; None: from the tournament's end."""

    key: TournamentKey
    expires_at: datetime | None


_OF_ACCOUNT = (
    select(*TOURNAMENT_COLUMNS, EntryRow.state, KeyRow.sealed_key, KeyRow.made_at)
    .outerjoin(EntryRow, and_(EntryRow.tournament_id == TournamentRow.id, EntryRow.account_id == bindparam("account")))
    .outerjoin(KeyRow, and_(KeyRow.tournament_id == TournamentRow.id, KeyRow.account_id == bindparam("account")))
    .where(TournamentRow.id == bindparam("tournament"))
)
_BY_DIGESTS = (
    select(*TOURNAMENT_COLUMNS, KeyRow.digest, KeyRow.sealed_key, KeyRow.made_at)
    .join(KeyRow, KeyRow.tournament_id == TournamentRow.id)
    .where(among_digests(KeyRow.digest, "digests"))
)


class Keychain:
    """Makes tournament keys and finds them again. `sealer` encrypts them at rest."""

    def __init__(self, sealer: "Sealer") -> None:
        self._sealer = sealer

    async def make(
        self, transaction: "Transaction", tournament_id: int, account_id: AccountId, now: datetime
    ) -> HeldKey:
        """The account's key, made now. Two statements.

        Raises `TournamentNotFound`, and what `tengen.tournaments.keys.check_may_generate` does.
        """
        tournament, state, key, _ = await self._of_account(transaction, tournament_id, account_id)
        is_participating = state is EntryState.PARTICIPATING
        check_may_generate(tournament.schedule, now, has_key=key is not None, is_participating=is_participating)
        made = TournamentKey.make(account_id, tournament.id, os.urandom(SECRET_BYTES))
        insert_new = (sqlite if transaction.dialect == "sqlite" else postgresql).insert(KeyRow)
        inserted = await transaction.first(
            insert_new.values(
                tournament_id=tournament.id,
                account_id=account_id,
                digest=digest(str(made)),
                sealed_key=self._sealer.seal(str(made).encode()),
                made_at=now,
            )
            .on_conflict_do_nothing()
            .returning(KeyRow.made_at)
        )
        if inserted is None:  # the same account asked twice at once, and the other was first
            raise KeyExists("There is a key already: fetch it.")
        return HeldKey(made, key_expiry(tournament.schedule, now, tournament.mode.time_limit))

    async def fetch(
        self, connection: "Connection", tournament_id: int, account_id: AccountId, now: datetime
    ) -> HeldKey:
        """The account's key. One statement.

        Raises `TournamentNotFound`, and what `tengen.tournaments.keys.check_may_fetch` does.
        """
        tournament, state, key, made_at = await self._of_account(connection, tournament_id, account_id)
        is_participating = state is EntryState.PARTICIPATING
        check_may_fetch(tournament.schedule, now, has_key=key is not None, is_participating=is_participating)
        assert key is not None  # or it could not have been fetched
        assert made_at is not None
        return HeldKey(key, key_expiry(tournament.schedule, made_at, tournament.mode.time_limit))

    async def find(self, connection: "Connection", keys: Collection[TournamentKey]) -> dict[TournamentKey, IssuedKey]:
        """Those of the keys in replays that were made, with their tournaments as they are now. One statement.

        Keys are looked for as wholes: the numbers in them prove nothing.
        """
        digests = {digest(str(key)): key for key in keys}
        rows = await connection.all(_BY_DIGESTS, {"digests": list(digests)})
        return {digests[row.digest]: self._issued(row) for row in rows}

    def _issued(self, row: Any) -> IssuedKey:
        tournament = tournament_of(row)
        return IssuedKey(self._opened(row.sealed_key), row.made_at, tournament.schedule, tournament.mode)

    async def _of_account(
        self, connection: "Connection", tournament_id: int, account_id: AccountId
    ) -> tuple[Tournament, EntryState | None, TournamentKey | None, datetime | None]:
        row = await connection.first(_OF_ACCOUNT, {"tournament": tournament_id, "account": account_id})
        if row is None:
            raise not_found(tournament_id)
        return (
            tournament_of(row),
            None if row.state is None else EntryState(row.state),
            None if row.sealed_key is None else self._opened(row.sealed_key),
            row.made_at,
        )

    def _opened(self, sealed: str) -> TournamentKey:
        return TournamentKey.parse(self._sealer.open_(sealed).decode())
