"""Receipts for accepted replays, signed by this platform whenever somebody asks for one."""

from typing import TYPE_CHECKING

from tengen import receipts
from tengen.receipts import Receipt

if TYPE_CHECKING:
    from datetime import datetime

    from tengen.accounts.keyring import Keyring
    from tengen.accounts.runtime import Accounts
    from tengen.core.platform import Platform
    from tengen.tournaments.archive import Submission


class Receipts:
    """Signs receipts. `issuer` is the platform's public address. One a process."""

    def __init__(self, keyring: "Keyring", *, issuer: str) -> None:
        self._keyring = keyring
        self._issuer = issuer

    @classmethod
    def of(cls, platform: "Platform", accounts: "Accounts") -> "Receipts":
        """Built once, from the platform and its signing keys."""
        return cls(accounts.keyring, issuer=platform.settings.public_url)

    async def sign(self, submission: "Submission", *, now: "datetime") -> str:
        """The receipt for a submission, under the key that signs at `now`: until that changes, the same text.

        It tells what was uploaded and when. Whether that counts is another matter: a disqualified submission has its
        receipt, too.
        """
        receipt = Receipt(
            issuer=self._issuer,
            account_id=submission.account_id,
            tournament_id=submission.tournament_id,
            submission_id=submission.id,
            sha256=submission.replay_hash.hex(),
            uploaded_at=submission.uploaded_at,
            key_made_at=submission.key_made_at,
            level=submission.level.word,
            time_ms=submission.time,
        )
        key = await self._keyring.signer(now)
        return receipts.sign(receipt, key=key.private_key, key_id=key.id)
