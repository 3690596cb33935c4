"""Signing in on the wire of OGS: what browsers send, and what they learn of whom they are signed in as."""

from typing import Any

from pydantic import BaseModel, Field

import tengen
from tengen.accounts.schemas import DisplayNameIn, EmailIn, PasswordIn
from tengen.accounts.service import Account, Role
from tengen.core.values import utc_iso
from tengen.profiles import shown
from tengen.profiles.about import NOWHERE
from tengen.profiles.schemas import GlickoRead, MinimalPlayer, RatingsRead
from tengen.profiles.service import Profile


class LogIn(BaseModel):
    """Who wants to be logged in in this browser."""

    username: str = Field(max_length=400, description="Display name, or e-mail.", examples=["Mira"])
    password: str = Field(max_length=400, examples=["correct horse"])
    ebi: str | None = Field(default=None, description="Passed over.")
    timezone: str | None = Field(default=None, description="Passed over.")


class NewUser(BaseModel):
    """Who wants an account."""

    username: DisplayNameIn = Field(description="The name that all see.", examples=["mizuki"])
    password: PasswordIn
    email: EmailIn = Field(examples=["mizuki@example.org"])
    ebi: str | None = Field(default=None, description="Passed over.")
    timezone: str | None = Field(default=None, description="Passed over.")


class LoggedOut(BaseModel):
    """Nobody is logged in in this browser any more."""

    success: str


class ConfigUser(MinimalPlayer):
    """Whom the platform takes the caller for."""

    anonymous: bool = Field(description="Nobody is logged in: the rest is that of a guest.")
    registration_date: str = Field(description="UTC, ISO 8601 with `Z`; empty for a guest.")
    provisional: int = Field(description="1 while the rating cannot be counted on, else 0.")
    can_create_tournaments: bool
    is_moderator: bool
    is_superuser: bool
    is_tournament_moderator: bool
    moderator_powers: int
    offered_moderator_powers: int
    supporter: bool
    supporter_level: int
    tournament_admin: bool
    email: str = Field(description="One's own; empty for a guest.")
    email_validated: bool = Field(description="False until the token that was mailed is entered.")
    is_announcer: bool
    has_active_warning_flag: bool
    need_rank: bool
    starting_rank_hint: str
    last_supporter_trial: str | None

    @classmethod
    def guest(cls) -> "ConfigUser":
        """Nobody."""
        return cls.model_construct(
            id=0,
            username="Guest",
            country=NOWHERE,
            icon="",
            ratings=RatingsRead.model_construct(version=5, overall=GlickoRead.of(shown.NEWCOMER)),
            ranking=shown.ogs_ranking(None),
            professional=False,
            ui_class="",
            anonymous=True,
            registration_date="",
            provisional=1,
            email="",
            email_validated=False,
            **_NO_POWERS,
            can_create_tournaments=False,
            is_moderator=False,
            is_superuser=False,
        )

    @classmethod
    def of_account(cls, account: Account, profile: Profile) -> "ConfigUser":
        """An account, as it is told of itself."""
        player = MinimalPlayer.of(profile)
        return cls.model_construct(
            **dict(player),
            anonymous=False,
            registration_date=utc_iso(account.created_at),
            provisional=int("provisional" in player.ui_class.split()),
            email=account.email,
            email_validated=account.verified_at is not None,
            **_NO_POWERS,
            can_create_tournaments=account.may_be_proved,
            is_moderator=Role.MODERATOR in profile.account.roles,
            is_superuser=Role.ADMIN in profile.account.roles,
        )


_NO_POWERS: dict[str, Any] = {
    "is_tournament_moderator": False,
    "moderator_powers": 0,
    "offered_moderator_powers": 0,
    "supporter": False,
    "supporter_level": 0,
    "tournament_admin": False,
    "is_announcer": False,
    "has_active_warning_flag": False,
    "need_rank": False,
    "starting_rank_hint": "not chosen",
    "last_supporter_trial": None,
}
"""What nobody has here."""


class ConfigRead(BaseModel):
    """What a client needs to know before anything else."""

    user: ConfigUser
    user_jwt: str = Field(description="By which sockets say who they are (`authenticate`); empty for a guest.")
    chat_auth: str = Field(description="The same for older clients; empty for a guest.")
    notification_auth: str
    incident_auth: str
    superchat_auth: str
    csrf_token: str = Field(description="To be sent as `X-CSRFToken` where a session changes something.")
    cdn: str = Field(description="The platform's address: everything comes from there.")
    cdn_release: str
    cdn_host: str
    ggs_host: str
    server_name: str
    release: str
    version: str
    aga_ratings_enabled: bool
    profanity_filter: dict[str, bool]
    ignores: dict[str, Any]
    dismissable_messages: dict[str, Any]
    ogs: dict[str, Any]
    billing_mor_locations: list[str]
    paypal_server: str
    paypal_email: str
    paypal_this_server: str
    stripe_pk: str
    braintree_cse: str
    supporter_currency_scale: dict[str, float]
    last_game: None
    whats_new: None

    @classmethod
    def of(
        cls, user: ConfigUser, *, public_url: str, user_jwt: str = "", chat_auth: str = "", csrf_token: str = ""
    ) -> "ConfigRead":
        """The wire form, for this user with these secrets."""
        host = public_url.partition("://")[2]
        return cls.model_construct(
            user=user,
            user_jwt=user_jwt,
            chat_auth=chat_auth,
            csrf_token=csrf_token,
            cdn=public_url,
            cdn_release=public_url,
            cdn_host=host,
            ggs_host=host,
            server_name=host,
            release=tengen.__version__,
            version=tengen.__version__,
            **_NOT_HERE,
        )


_NOT_HERE: dict[str, Any] = {
    "notification_auth": "",
    "incident_auth": "",
    "superchat_auth": "",
    "aga_ratings_enabled": False,
    "profanity_filter": {},
    "ignores": {},
    "dismissable_messages": {},
    "ogs": {},
    "billing_mor_locations": [],
    "paypal_server": "",
    "paypal_email": "",
    "paypal_this_server": "",
    "stripe_pk": "",
    "braintree_cse": "",
    "supporter_currency_scale": {},
    "last_game": None,
    "whats_new": None,
}
"""What OGS has and this platform has not."""
