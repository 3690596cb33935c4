"""Member numbers on the wire."""

from pydantic import BaseModel, Field

from tengen.associations.numbers import MemberNumber
from tengen.associations.service import Membership
from tengen.core.values import naive_iso
from tengen.web.openapi import WireTime


class MembershipIn(BaseModel):
    """A member number that somebody says is theirs."""

    association: str = Field(max_length=100, examples=["aga"])
    number: str = Field(max_length=100, examples=["12345"])


class LinkTokenIn(BaseModel):
    """What the mailed link ends with."""

    token: str = Field(max_length=100, examples=["5d0c1b9e7a3f4862ad91c0e4b7f25836"])


class LinkMailed(BaseModel):
    """The number for which a link was mailed."""

    association: str = Field(examples=["aga"])
    number: str = Field(description="As it is compared: without leading zeros.", examples=["12345"])

    @classmethod
    def of(cls, number: MemberNumber) -> "LinkMailed":
        """The wire form of a number."""
        return cls.model_construct(association=number.association, number=number.number)


class MembershipRead(BaseModel):
    """A member number that an account has shown to be its own."""

    association: str = Field(examples=["aga"])
    number: str = Field(examples=["12345"])
    claimed_at: WireTime

    @classmethod
    def of(cls, membership: Membership) -> "MembershipRead":
        """The wire form of a membership that was claimed."""
        assert membership.claimed_at is not None, "no stand-in's"
        return cls.model_construct(
            association=membership.number.association,
            number=membership.number.number,
            claimed_at=naive_iso(membership.claimed_at),
        )
