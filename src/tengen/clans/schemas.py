"""Clans on the wire of the metaserver."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field, GetPydanticSchema
from pydantic_core import PydanticCustomError, core_schema

from tengen.clans.icons import MAX_SIDE, Icon
from tengen.clans.membership import ClanRank, EndReason, Membership
from tengen.clans.service import Clan
from tengen.clans.tags import ClanName, ClanTag
from tengen.core.errors import Invalid
from tengen.core.values import naive_iso
from tengen.web.openapi import Id, WireTime

T = TypeVar("T")

# A red pixel.
_ICON = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"


def _parsed_by(parse: Callable[[str], T]) -> GetPydanticSchema:
    """Text on the wire that becomes a value of its own; a refusal is listed with all else that is wrong."""

    def validate(text: str) -> T:
        try:
            return parse(text)
        except Invalid as error:
            raise PydanticCustomError("value_error", "{reason}", {"reason": error.message}) from error

    return GetPydanticSchema(
        lambda _type, _handler: core_schema.no_info_after_validator_function(validate, core_schema.str_schema())
    )


TagIn = Annotated[
    ClanTag,
    _parsed_by(ClanTag.parse),
    Field(
        examples=["^rFOX"],
        description="1 to 4 letters, and up to 4 colors: `^` and three digits or one of the letters r g b w k y c m.",
    ),
]
NameIn = Annotated[
    ClanName, _parsed_by(ClanName.parse), Field(examples=["Night Foxes"], description="1 to 100 characters.")
]
IconIn = Annotated[
    Icon,
    _parsed_by(Icon.parse),
    Field(
        examples=[_ICON],
        description=f"A square PNG of at most {MAX_SIDE} × {MAX_SIDE} pixels, in base64.",
    ),
]


class ClanCreate(BaseModel):
    """A clan to be founded."""

    tag: TagIn
    name: NameIn
    icon: IconIn


class ClanUpdateIcon(BaseModel):
    """Another icon for a clan."""

    clan_id: Id = Field(examples=[9])
    icon: IconIn


class ClanChoice(BaseModel):
    """One clan."""

    clan_id: Id = Field(examples=[9])


class ClanUserChoice(BaseModel):
    """An account and a clan."""

    user_id: Id = Field(examples=[58])
    clan_id: Id = Field(examples=[9])


class InviteResponse(BaseModel):
    """The answer to an invitation."""

    clan_id: Id = Field(examples=[9])
    accept: bool = Field(description="true to join, false to decline.")


class UpdateRank(BaseModel):
    """Another rank for a member."""

    user_id: Id = Field(examples=[58])
    clan_id: Id = Field(examples=[9])
    rank: ClanRank


class ClanRead(BaseModel):
    """A clan."""

    id: int = Field(examples=[9])
    created: WireTime
    deleted: WireTime | None = Field(description="When its last member left; null while it has members.")
    tag: str = Field(examples=["^rFOX"])
    name: str = Field(examples=["Night Foxes"])
    icon: str = Field(description="A PNG in base64.", examples=[_ICON])

    @classmethod
    def of(cls, clan: Clan) -> "ClanRead":
        """The wire form of a clan."""
        return cls.model_construct(
            id=clan.id,
            created=naive_iso(clan.created_at),
            deleted=None if clan.deleted_at is None else naive_iso(clan.deleted_at),
            tag=clan.tag,
            name=clan.name,
            icon=clan.icon.base64,
        )


class UserClanLink(BaseModel):
    """An account's relation to a clan: an invitation, a membership, or one of these that has ended."""

    clan_id: int = Field(examples=[9])
    user_id: int = Field(examples=[58])
    rank: ClanRank
    invited: WireTime
    joined: WireTime | None
    deleted: WireTime | None
    deleted_reason: EndReason | None

    @classmethod
    def of(cls, relation: Membership) -> "UserClanLink":
        """The wire form of a relation."""
        return cls.model_construct(
            clan_id=relation.clan_id,
            user_id=relation.account_id,
            rank=relation.rank,
            invited=naive_iso(relation.invited_at),
            joined=None if relation.joined_at is None else naive_iso(relation.joined_at),
            deleted=None if relation.ended_at is None else naive_iso(relation.ended_at),
            deleted_reason=relation.end_reason,
        )
