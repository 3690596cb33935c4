"""The parts of this feature that live as long as the process: log-in, signing keys, proofs, mail tokens."""

from dataclasses import dataclass
from datetime import timedelta

from tengen.accounts.authentication import Authenticator, Passwords
from tengen.accounts.keyring import SEALED_FOR, Keyring
from tengen.accounts.prover import Prover
from tengen.accounts.service import MailTokens
from tengen.core.limits import Limit
from tengen.core.platform import Platform


@dataclass(frozen=True, slots=True)
class Accounts:
    """Log-in, signing keys, proofs and mail tokens of one process."""

    passwords: Passwords
    authenticator: Authenticator
    keyring: Keyring
    prover: Prover
    mail_tokens: MailTokens
    registrations: Limit

    @classmethod
    def of(cls, platform: Platform) -> "Accounts":
        """Built once, from the platform's settings."""
        settings = platform.settings
        passwords = Passwords(settings)
        keyring = Keyring(platform.database, platform.master_key.sealer(SEALED_FOR))
        return cls(
            passwords=passwords,
            authenticator=Authenticator(platform.database, passwords, platform.limiter, settings),
            keyring=keyring,
            prover=Prover(
                keyring,
                key=platform.master_key.derive("user proofs"),
                issuer=settings.public_url,
                lifetime=timedelta(seconds=settings.proof_lifetime_seconds),
            ),
            mail_tokens=MailTokens(
                key=platform.master_key.derive("mail tokens"),
                lifetime=timedelta(seconds=settings.mail_token_lifetime_seconds),
                tries=settings.mail_token_tries,
                renewal=timedelta(seconds=settings.mail_token_renewal_seconds),
            ),
            registrations=Limit("register", settings.registrations_per_address, timedelta(hours=1)),
        )
