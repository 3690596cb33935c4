"""One's own account on the wire of OGS: what it is, what it tells, and how it changes that."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, Field, JsonValue
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError

from tengen.accounts.schemas import DisplayNameIn
from tengen.accounts.service import Account
from tengen.core.values import PlayerId
from tengen.profiles.about import (
    MAX_ABOUT,
    MAX_REAL_NAME,
    MAX_WEBSITE,
    InvalidProfile,
    parse_about,
    parse_country,
    parse_language,
    parse_real_name,
    parse_website,
)
from tengen.profiles.schemas import PlayerRead, player_fields
from tengen.profiles.service import Profile
from tengen.profiles.shown import Shown


class MeRead(PlayerRead):
    """The caller's player on this platform."""

    deviation: float | None = Field(
        description="The uncertainty of `rating`, on its scale; null before the first rated game.", examples=[0.84]
    )

    @classmethod
    def of_own(cls, profile: Profile, bot_owner: PlayerId | None) -> "MeRead":
        """The wire form of one's own player."""
        in_go = None if profile.strength is None else Shown.of(profile.system, profile.strength)
        related = {name: f"/api/v1/me/{name}" for name in _RELATED}
        return cls.model_construct(
            **{
                **player_fields(profile, bot_owner),
                "related": related,
                "deviation": in_go and in_go.deviation,
            }
        )


_RELATED = ("settings", "games", "friends", "challenges", "groups", "tournaments", "vacation")


# ── what it tells ──


def _parsed_by(parse: Callable[[str], str]) -> AfterValidator:
    def check(text: str) -> str:
        try:
            return parse(text)
        except InvalidProfile as error:
            raise PydanticCustomError("value_error", "{reason}", {"reason": error.message}) from error

    return AfterValidator(check)


RealNameIn = Annotated[str, Field(examples=["Mira"]), _parsed_by(parse_real_name)]


class ProfileChange(BaseModel):
    """What an account tells from now on; what is left out, or null, stays as it is."""

    username: DisplayNameIn | None = Field(default=None, description="The name that all see.")
    first_name: RealNameIn | None = Field(default=None, description=f"At most {MAX_REAL_NAME} characters.")
    last_name: RealNameIn | None = Field(default=None, description=f"At most {MAX_REAL_NAME} characters.")
    real_name_is_private: bool | None = Field(default=None, description="Whether the real name is for oneself alone.")
    country: Annotated[str, _parsed_by(parse_country)] | None = Field(
        default=None, description="A code of ISO 3166-1, as `jp`; `un` for none.", examples=["jp"]
    )
    language: Annotated[str, _parsed_by(parse_language)] | None = Field(
        default=None, description="A tag, as `pt-BR`; `auto` for the browser's.", examples=["auto"]
    )
    website: Annotated[str, _parsed_by(parse_website)] | None = Field(
        default=None,
        description=f"An address that begins with https:// or http://; at most {MAX_WEBSITE} characters.",
        examples=["https://mizuki.example"],
    )
    about: Annotated[str, _parsed_by(parse_about)] | None = Field(
        default=None, description=f"Plain text; at most {MAX_ABOUT:,} characters.", examples=["Three stones a move."]
    )

    @property
    def told(self) -> dict[str, str | bool]:
        """What is told, by the names of the fields of `About`."""
        named = self.model_dump(exclude={"username"}, exclude_none=True)
        return {_FIELDS.get(name, name): value for name, value in named.items()}


_FIELDS = {"real_name_is_private": "is_real_name_private"}


class UpdatedPlayer(PlayerRead):
    """The player as it is after a change."""

    success: bool

    @classmethod
    def of_updated(cls, profile: Profile, bot_owner: PlayerId | None) -> "UpdatedPlayer":
        """The wire form of a player that has just changed."""
        return cls.model_construct(**player_fields(profile, bot_owner), success=True)


# ── settings ──


class ProfileRead(BaseModel):
    """What an account tells of itself, as it sees it."""

    id: int = Field(examples=[4711])
    username: str = Field(examples=["mizuki"])
    first_name: str
    last_name: str
    real_name_is_private: bool
    email: str = Field(examples=["mizuki@example.org"])
    country: str = Field(examples=["jp"])
    language: str = Field(examples=["auto"])
    about: str
    website: str
    vacation_left: int = Field(description="Seconds; always 0, as there are no vacations here.")
    on_vacation: bool


class SettingsRead(BaseModel):
    """The caller's settings."""

    profile: ProfileRead
    notifications: dict[str, Any] = Field(description="How to be notified: clients keep here what they like.")

    @classmethod
    def of(cls, account: Account, profile: Profile, notifications: dict[str, Any]) -> "SettingsRead":
        """The wire form of an account's settings."""
        told = profile.about
        return cls.model_construct(
            profile=ProfileRead.model_construct(
                id=profile.player.id,
                username=profile.account.display_name,
                first_name=told.first_name,
                last_name=told.last_name,
                real_name_is_private=told.is_real_name_private,
                email=account.email,
                country=told.country,
                language=told.language,
                about=told.about,
                website=told.website,
                vacation_left=0,
                on_vacation=False,
            ),
            notifications=notifications,
        )


class SettingsChange(BaseModel):
    """Settings that change; what is left out stays as it is."""

    profile: ProfileChange = Field(
        default=ProfileChange(), description="Its other members cannot be changed, and are passed over."
    )
    notifications: dict[str, JsonValue] = Field(
        default={},
        description="Members to set; null takes one away. 8 KiB at most, with those that are there already.",
        examples=[{"desktop": True}],
    )
