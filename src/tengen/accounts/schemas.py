"""Accounts on the wire of the metaserver."""

from typing import Annotated, Any

from pydantic import BaseModel, Field
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError

from tengen.accounts.names import MAX_DISPLAY_NAME, DisplayName, Email, InvalidDisplayName, InvalidEmail
from tengen.accounts.prover import ProofPair
from tengen.accounts.registration import LONGEST_PASSWORD, SHORTEST_PASSWORD
from tengen.accounts.service import Account
from tengen.core.values import naive_iso
from tengen.web.openapi import Id, WireTime


def _email(text: str) -> str:
    try:
        return Email.parse(text).address
    except InvalidEmail as error:
        raise PydanticCustomError("value_error.email", "value is not a valid email address") from error


def _display_name(text: str) -> str:
    try:
        return DisplayName.parse(text).text
    except InvalidDisplayName as error:
        raise PydanticCustomError("value_error", "{reason}", {"reason": error.message}) from error


EmailIn = Annotated[str, AfterValidator(_email), Field(examples=["mira@example.org"])]
DisplayNameIn = Annotated[
    str, Field(min_length=1, max_length=MAX_DISPLAY_NAME, examples=["Mira"]), AfterValidator(_display_name)
]


PasswordIn = Annotated[
    str, Field(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD, examples=["correct horse"])
]


class Registration(BaseModel):
    """Who wants an account."""

    username: EmailIn
    display_name: DisplayNameIn
    password: PasswordIn


class MailTokenIn(BaseModel):
    """The token from the mail."""

    mail_token: str = Field(min_length=6, max_length=6, examples=["QZKWBD"])


class UserProofIn(BaseModel):
    """A proof as a player showed it, and who they say they are."""

    user_id: Id = Field(examples=[57])
    user_proof: str = Field(description="Either form: 64 hexadecimal characters, or the signed one.")


class DisplayNameChange(BaseModel):
    """The name to show from now on."""

    display_name: DisplayNameIn


class UserRead(BaseModel):
    """An account as others see it."""

    id: int = Field(examples=[57])
    display_name: str = Field(examples=["Mira"])
    created: WireTime
    last_online: WireTime | None

    @classmethod
    def of(cls, account: Account) -> "UserRead":
        """The wire form of an account."""
        return cls.model_construct(**_fields(account))


class UserReadWithProof(UserRead):
    """One's own account, with a fresh user proof in both forms."""

    proof: str = Field(description="Opaque: 64 hexadecimal characters for the verify route.", pattern="^[0-9a-f]{64}$")
    signed_proof: str = Field(description="A JWT (EdDSA) that anybody verifies with `/.well-known/jwks.json`.")

    @classmethod
    def with_proof(cls, account: Account, pair: ProofPair) -> "UserReadWithProof":
        """The wire form of an account with its proof."""
        return cls.model_construct(**_fields(account), proof=pair.proof, signed_proof=pair.signed_proof)


def _fields(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "display_name": account.display_name,
        "created": naive_iso(account.created_at),
        "last_online": None if account.last_online_at is None else naive_iso(account.last_online_at),
    }
