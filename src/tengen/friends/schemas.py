"""Friends on the wire of OGS, and everything about a player that is not about games."""

from typing import Any

from pydantic import BaseModel, Field

from tengen.accounts.service import Role
from tengen.core.values import PlayerId, utc_iso
from tengen.friends.friendship import Friendship
from tengen.friends.service import Relation
from tengen.profiles.schemas import MinimalPlayer, OgsTime, PlayerRead, player_fields
from tengen.profiles.service import Profile
from tengen.web.openapi import Id
from tengen.web.paging import PageChoice


class FriendChange(BaseModel):
    """Whom the caller asks, or wants to be friends with no more."""

    player_id: Id = Field(examples=[4711])
    delete: bool = Field(default=False, description="Remove the friend, or take back the request.")


class FriendAnswer(BaseModel):
    """Whom the caller answers."""

    from_user: Id = Field(description="The player who has asked.", examples=[4711])
    delete: bool = Field(default=False, description="Decline.")


class Done(BaseModel):
    """What was done, or was so already."""

    success: str = Field(examples=["Friend request sent"])


class FriendChoice(PageChoice):
    """Which friends the caller wants."""

    username: str | None = Field(default=None, description="The friend of this name alone.")


class InvitationRead(BaseModel):
    """A request to be friends that waits for the caller's answer."""

    from_user: MinimalPlayer
    accepted: bool = Field(description="Always false: who has agreed is among the friends.")
    created: OgsTime

    @classmethod
    def of(cls, request: Friendship, asker: Profile) -> "InvitationRead":
        """The wire form of a request."""
        return cls.model_construct(
            from_user=MinimalPlayer.of(asker), accepted=request.is_agreed, created=utc_iso(request.asked_at)
        )


class FriendList(BaseModel):
    """All friends of the caller, up to a thousand."""

    friends: list[MinimalPlayer]


class FullUser(PlayerRead):
    """A player with all that may be known of the account behind it."""

    first_name: str = Field(description="Empty where it is not for the caller to see.")
    last_name: str = Field(description="Empty where it is not for the caller to see.")
    real_name_is_private: bool
    is_moderator: bool
    is_superuser: bool
    moderator_powers: int = Field(description="Always 0: powers are not divided here.")
    is_tournament_moderator: bool
    vacation_left: int = Field(description="Seconds; always 0, as there are no vacations here.")
    on_vacation: bool
    is_watched: bool


class Blocks(BaseModel):
    """What the caller does not want of the player; nothing, so far."""

    block_chat: bool
    block_games: bool


class FullPlayerRead(BaseModel):
    """Everything about a player but its games."""

    user: FullUser
    ladders: list[dict[str, Any]]
    tournaments: list[dict[str, Any]]
    titles: list[dict[str, Any]]
    trophies: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    online_leagues: list[dict[str, Any]]
    achievements: list[dict[str, Any]]
    is_friend: bool = Field(description="Whether the caller and the player are friends.")
    friend_request_sent: bool = Field(description="Whether the caller waits for the player's answer.")
    friend_request_received: bool = Field(description="Whether the player waits for the caller's answer.")
    block: Blocks

    @classmethod
    def of(cls, profile: Profile, bot_owner: PlayerId | None, relation: Relation, *, is_own: bool) -> "FullPlayerRead":
        """The wire form of a player for an account in this `relation` to it, or for itself."""
        return cls.model_construct(**full_fields(profile, bot_owner, relation, is_own=is_own))


def full_fields(profile: Profile, bot_owner: PlayerId | None, relation: Relation, *, is_own: bool) -> dict[str, Any]:
    """The fields of `FullPlayerRead`, for the model that has the games beside."""
    lists = ("ladders", "tournaments", "titles", "trophies", "groups", "online_leagues", "achievements")
    return {
        "user": _full_user(profile, bot_owner, relation, is_own=is_own),
        **{name: [] for name in lists},
        "is_friend": relation.is_friend,
        "friend_request_sent": relation.has_asked,
        "friend_request_received": relation.is_asked,
        "block": Blocks(block_chat=False, block_games=False),
    }


def _full_user(profile: Profile, bot_owner: PlayerId | None, relation: Relation, *, is_own: bool) -> FullUser:
    about, roles = profile.about, profile.account.roles
    shows_name = is_own or not about.is_real_name_private
    return FullUser.model_construct(
        **{
            **player_fields(profile, bot_owner),
            "is_friend": relation.is_friend,
            "first_name": about.first_name if shows_name else "",
            "last_name": about.last_name if shows_name else "",
            "real_name_is_private": about.is_real_name_private,
            "is_moderator": Role.MODERATOR in roles,
            "is_superuser": Role.ADMIN in roles,
            "moderator_powers": 0,
            "is_tournament_moderator": False,
            "vacation_left": 0,
            "on_vacation": False,
            "is_watched": False,
        }
    )
