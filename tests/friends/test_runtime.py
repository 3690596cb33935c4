"""Who asks and answers is heard by the other one; and what everybody may know of a player."""

from typing import Any

import pytest

from tengen.accounts import service as accounts
from tengen.accounts.service import Account, Role
from tengen.core.database import statements_executed
from tengen.core.platform import Platform
from tengen.core.values import PlayerId
from tengen.friends.runtime import Friends
from tengen.notifications.runtime import Notifications
from tengen.players.service import PlayerNotFound
from tengen.profiles import abouts
from tengen.profiles.runtime import Profiles
from tengen.realtime.hub import Hub
from tests.support.builders import NOON, an_account

CLASSES = {"id", "username", "country", "icon", "ratings", "ranking", "professional", "ui_class"}


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def profiles(platform: Platform) -> Profiles:
    return Profiles.of(platform)


@pytest.fixture
def notifications(platform: Platform, hub: Hub) -> Notifications:
    return Notifications.of(platform, hub)


@pytest.fixture
def friends(platform: Platform, profiles: Profiles, notifications: Notifications) -> Friends:
    return Friends.of(platform, profiles, notifications)


async def people(platform: Platform, profiles: Profiles, count: int) -> list[tuple[Account, PlayerId]]:
    made = [await an_account(platform.database) for _ in range(count)]
    return [(account, (await profiles.player_of(account.id)).id) for account in made]


async def told(notifications: Notifications, account: Account) -> list[dict[str, Any]]:
    return [one.to_wire() for one in await notifications.unread(account.id)]


# ── what the other one hears ──


async def test_who_is_asked_is_told_by_whom_and_told_no_more_once_it_has_answered(
    platform: Platform, profiles: Profiles, friends: Friends, notifications: Notifications, hub: Hub
) -> None:
    (mira, mira_id), (taro, taro_id) = await people(platform, profiles, 2)
    heard: list[Any] = []
    hub.subscribe(f"user:{taro.id}", heard.append)
    for _ in range(2):
        await friends.ask(mira, taro_id)
    (asked,) = await told(notifications, taro)
    assert heard == [{"event": "notification", "payload": asked}]
    assert (asked["id"], asked["type"]) == (f"friendRequest:{mira_id}", "friendRequest")
    assert asked["user"].keys() == CLASSES
    assert (asked["user"]["id"], asked["user"]["username"]) == (mira_id, mira.display_name)
    await friends.agree(taro, mira_id)
    assert await told(notifications, taro) == []
    assert heard[1:] == [{"event": "notification", "payload": {"id": asked["id"], "type": "delete"}}]
    (accepted,) = await told(notifications, mira)
    assert (accepted["id"], accepted["type"]) == (f"friendAccepted:{taro_id}", "friendAccepted")
    assert accepted["user"]["username"] == taro.display_name


async def test_who_asks_back_is_told_no_more_that_it_was_asked(
    platform: Platform, profiles: Profiles, friends: Friends, notifications: Notifications
) -> None:
    (mira, mira_id), (taro, taro_id) = await people(platform, profiles, 2)
    await friends.ask(mira, taro_id)
    await friends.ask(taro, mira_id)
    assert await told(notifications, taro) == []
    assert [one["type"] for one in await told(notifications, mira)] == ["friendAccepted"]


async def test_who_is_declined_is_told_and_who_takes_its_request_back_has_never_asked(
    platform: Platform, profiles: Profiles, friends: Friends, notifications: Notifications
) -> None:
    (mira, mira_id), (taro, taro_id) = await people(platform, profiles, 2)
    await friends.ask(mira, taro_id)
    await friends.decline(taro, mira_id)
    assert [one["type"] for one in await told(notifications, mira)] == ["friendDeclined"]
    await friends.ask(mira, taro_id)
    await friends.remove(mira, taro_id)
    assert await told(notifications, taro) == []


async def test_who_is_removed_is_not_told(
    platform: Platform, profiles: Profiles, friends: Friends, notifications: Notifications
) -> None:
    (mira, mira_id), (taro, taro_id) = await people(platform, profiles, 2)
    await friends.ask(mira, taro_id)
    await friends.agree(taro, mira_id)
    await friends.remove(taro, mira_id)
    assert await told(notifications, taro) == []
    assert [one["type"] for one in await told(notifications, mira)] == ["friendAccepted"]


# ── all about a player ──


async def test_a_player_is_shown_as_it_stands_to_who_asks(
    platform: Platform, profiles: Profiles, friends: Friends
) -> None:
    (mira, mira_id), (taro, taro_id) = await people(platform, profiles, 2)

    async def relation(viewer: Account | None, player_id: PlayerId) -> tuple[bool, bool, bool]:
        full = await friends.full(player_id, viewer)
        assert full.user.is_friend == full.is_friend
        return full.is_friend, full.friend_request_sent, full.friend_request_received

    await friends.ask(mira, taro_id)
    assert await relation(mira, taro_id) == (False, True, False)
    assert await relation(taro, mira_id) == (False, False, True)
    await friends.agree(taro, mira_id)
    assert await relation(mira, taro_id) == await relation(taro, mira_id) == (True, False, False)
    assert await relation(None, taro_id) == await relation(taro, taro_id) == (False, False, False)


async def test_a_real_name_is_shown_to_oneself_and_to_others_only_if_they_may_see_it(
    platform: Platform, profiles: Profiles, friends: Friends
) -> None:
    (mira, mira_id), (other, _) = await people(platform, profiles, 2)

    async def tell(**what: str | bool) -> None:
        async with platform.database.write() as transaction:
            await abouts.change_profile(transaction, mira, told=what)

    async def seen_by(viewer: Account | None) -> tuple[str, str, bool]:
        user = (await friends.full(mira_id, viewer)).user
        return user.first_name, user.last_name, user.real_name_is_private

    await tell(first_name="Mira", last_name="Murati")
    assert await seen_by(mira) == ("Mira", "Murati", True)
    assert await seen_by(other) == await seen_by(None) == ("", "", True)
    await tell(is_real_name_private=False)
    assert await seen_by(other) == await seen_by(None) == ("Mira", "Murati", False)


async def test_roles_are_shown_and_everything_about_a_person_takes_six_statements(
    platform: Platform, profiles: Profiles, friends: Friends
) -> None:
    admin = await an_account(platform.database, roles=(Role.ADMIN,))
    ((viewer, _),) = await people(platform, profiles, 1)
    player_id = (await profiles.player_of(admin.id)).id
    await friends.full(player_id, None)  # from then on it is known that ratings are as the operator wants them
    counter = [0]
    statements_executed.set(counter)
    full = await friends.full(player_id, viewer)
    assert counter == [6]
    assert (full.user.is_superuser, full.user.is_moderator) == (True, False)


async def test_nobody_is_shown_who_is_not_there(platform: Platform, profiles: Profiles, friends: Friends) -> None:
    (mira, mira_id), (other, _) = await people(platform, profiles, 2)
    with pytest.raises(PlayerNotFound):
        await friends.full(PlayerId(2**62), None)
    async with platform.database.write() as transaction:
        await accounts.delete_account(transaction, mira.id, NOON)
    with pytest.raises(PlayerNotFound):
        await friends.ask(other, mira_id)
