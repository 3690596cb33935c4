"""One's own account in the dialect of OGS: `/api/v1/me`, its settings, and what it tells of itself."""

from tengen.accounts.names import DisplayName
from tengen.accounts.service import Account
from tengen.core.errors import Forbidden
from tengen.oauth.guards import CurrentAccount
from tengen.profiles import abouts
from tengen.profiles.guards import CurrentProfiles, PathId
from tengen.profiles.me_schemas import MeRead, ProfileChange, SettingsChange, SettingsRead, UpdatedPlayer
from tengen.profiles.runtime import Profiles
from tengen.profiles.service import no_such_player
from tengen.web.bodies import either_router
from tengen.web.context import CurrentPlatform
from tengen.web.openapi import api_refusals

router = either_router("/api/v1", "players")


class NotYourProfile(Forbidden):
    """The player is not the caller's on this platform."""

    code = "not_your_profile"


@router.get("/me", responses=api_refusals(401, 403, 429))
async def me(caller: CurrentAccount, profiles: CurrentProfiles) -> MeRead:
    """The caller's player on this platform."""
    profile = await profiles.of_account(caller.id)
    return MeRead.of_own(profile, await profiles.owner_of(profile))


@router.put("/players/{player_id}", responses=api_refusals(401, 403, 404, 409, 429))
async def update_player(
    player_id: PathId,
    change: ProfileChange,
    caller: CurrentAccount,
    profiles: CurrentProfiles,
    platform: CurrentPlatform,
) -> UpdatedPlayer:
    """Change what one's own account tells of itself, its name among it."""
    player = await profiles.get(player_id)
    if player is None:
        raise no_such_player()
    if player.player != await profiles.player_of(caller.id):
        raise NotYourProfile("Only your own player on this platform can be changed: /api/v1/me tells its id.")
    async with platform.database.write() as transaction:
        await abouts.change_profile(transaction, caller, name=_name(change), told=change.told)
    profile = await profiles.of_account(caller.id)
    return UpdatedPlayer.of_updated(profile, await profiles.owner_of(profile))


@router.get("/me/settings", responses=api_refusals(401, 403, 429))
async def my_settings(caller: CurrentAccount, profiles: CurrentProfiles, platform: CurrentPlatform) -> SettingsRead:
    """What the caller tells of itself, and how it wants to be notified."""
    return await _settings(caller, profiles, platform)


@router.put("/me/settings", responses=api_refusals(401, 403, 409, 429))
async def change_settings(
    change: SettingsChange, caller: CurrentAccount, profiles: CurrentProfiles, platform: CurrentPlatform
) -> SettingsRead:
    """Change some settings: all that are sent, or none."""
    async with platform.database.write() as transaction:
        if change.notifications:
            await abouts.change_settings(transaction, caller.id, change.notifications)
        await abouts.change_profile(transaction, caller, name=_name(change.profile), told=change.profile.told)
    return await _settings(caller, profiles, platform)


def _name(change: ProfileChange) -> DisplayName | None:
    return None if change.username is None else DisplayName.parse(change.username)


async def _settings(caller: Account, profiles: Profiles, platform: CurrentPlatform) -> SettingsRead:
    profile = await profiles.of_account(caller.id)
    async with platform.database.read() as connection:
        notifications = await abouts.settings_of(connection, caller.id)
    return SettingsRead.of(caller, profile, notifications)
