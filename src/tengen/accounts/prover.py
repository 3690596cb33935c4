"""User proofs as the platform gives and checks them, in both forms."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tengen import proofs
from tengen.accounts import proof as opaque
from tengen.accounts.keyring import published

if TYPE_CHECKING:
    from tengen.accounts.keyring import Keyring
    from tengen.accounts.service import Account
    from tengen.core.values import ServerId

# What an account that may not be proved yet is given to hold: it has run out before it was signed.
_NEVER = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class ProofPair:
    """Both forms of one proof: the opaque one for the verify route, and the signed one for anybody."""

    proof: str
    signed_proof: str


class Prover:
    """Issues and verifies proofs. `key` is shared by all workers, `issuer` the platform's public address."""

    def __init__(self, keyring: "Keyring", *, key: bytes, issuer: str, lifetime: timedelta) -> None:
        self._keyring = keyring
        self._key = key
        self._issuer = issuer
        self._lifetime = lifetime

    async def issue(self, account: "Account", *, now: datetime, server_id: "ServerId | None" = None) -> ProofPair:
        """A proof for `account`; its signed form for one game server only, if `server_id` says which.

        An account whose e-mail is not verified gets a pair, too, since every answer has one, but neither form holds:
        the verify route refuses the opaque one, and the signed one has expired.
        """
        key = await self._keyring.signer(now)
        claims = proofs.Claims(
            issuer=self._issuer,
            account_id=account.id,
            issued_at=now,
            expires_at=now + self._lifetime if account.may_be_proved else now - _NEVER,
            generation=account.generation,
            server_id=server_id,
        )
        return ProofPair(
            proof=opaque.issue(account_id=account.id, generation=account.generation, now=now, key=self._key),
            signed_proof=proofs.sign(claims, key=key.private_key, key_id=key.id),
        )

    async def holds(self, account: "Account | None", proof: str, *, now: datetime) -> bool:
        """Whether `proof`, in either form, proves at `now` that its bearer is `account`. It may be any text."""
        if account is None or not account.may_be_proved:
            return False
        if "." not in proof:
            return opaque.holds(
                proof,
                account_id=account.id,
                generation=account.generation,
                now=now,
                lifetime=self._lifetime,
                key=self._key,
            )
        try:
            claims = proofs.verify(proof, keys=await self.key_set(now), now=now, issuer=self._issuer)
        except proofs.InvalidProof:
            return False
        return claims.account_id == account.id and claims.generation == account.generation

    async def key_set(self, now: datetime) -> proofs.KeySet:
        """The keys with which anybody verifies signed proofs."""
        return published(await self._keyring.keys(now), now)
