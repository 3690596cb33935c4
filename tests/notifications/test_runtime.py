"""Accounts are told at once where they are connected, once what they are told is true; over sockets, too."""

from typing import Any

import pytest

from tengen.accounts.service import Account
from tengen.core.platform import Platform
from tengen.core.values import AccountId
from tengen.notifications import sockets
from tengen.notifications.runtime import Notifications
from tengen.realtime.clients import Identity
from tengen.realtime.commands import Commands
from tengen.realtime.hub import Hub
from tengen.realtime.sessions import Sessions
from tests.support.builders import NOON, an_account
from tests.support.clients import Listener

ON_WIRE = {"id": "a", "type": "gameStarted", "timestamp": 1777723200, "game_id": 9}


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def notifications(platform: Platform, hub: Hub) -> Notifications:
    return Notifications.of(platform, hub)


def messages_to(hub: Hub, account: Account) -> list[Any]:
    """What is published for this account from now on."""
    heard: list[Any] = []
    hub.subscribe(f"user:{account.id}", heard.append)
    return heard


async def tell(
    platform: Platform, notifications: Notifications, account: Account, *, name: str = "a", game_id: int = 9
) -> None:
    async with platform.database.write() as transaction:
        await notifications.put(transaction, account.id, "gameStarted", {"game_id": game_id}, id=name, now=NOON)


# ── telling ──


async def test_an_account_is_told_at_once_and_what_it_was_told_is_kept(
    platform: Platform, notifications: Notifications, hub: Hub
) -> None:
    account, other = await an_account(platform.database), await an_account(platform.database)
    heard, by_other = messages_to(hub, account), messages_to(hub, other)
    await tell(platform, notifications, account)
    assert heard == [{"event": "notification", "payload": ON_WIRE}]
    assert by_other == []
    assert [one.to_wire() for one in await notifications.unread(account.id)] == [ON_WIRE]


async def test_nobody_is_told_what_came_to_nothing(platform: Platform, notifications: Notifications, hub: Hub) -> None:
    account = await an_account(platform.database)
    heard = messages_to(hub, account)

    async def fail() -> None:
        async with platform.database.write() as transaction:
            await notifications.put(transaction, account.id, "gameStarted", {}, id="a", now=NOON)
            assert heard == []
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert heard == []
    assert await notifications.unread(account.id) == []


async def test_what_is_dropped_is_dropped_everywhere_and_what_is_unknown_nowhere(
    platform: Platform, notifications: Notifications, hub: Hub
) -> None:
    account = await an_account(platform.database)
    await tell(platform, notifications, account)
    heard = messages_to(hub, account)
    for _ in range(2):
        await notifications.read(account.id, "a")
    assert heard == [{"event": "notification", "payload": {"id": "a", "type": "delete"}}]
    assert await notifications.unread(account.id) == []


# ── over sockets ──


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
def sessions(commands: Commands, notifications: Notifications) -> Sessions:
    sessions = Sessions()
    sockets.register(commands, sessions, notifications)
    return sessions


def someone(account: Account) -> Identity:
    return Identity(account.id, 71, account.display_name)


async def test_who_says_who_it_is_gets_what_it_has_not_read_the_oldest_first(
    platform: Platform, notifications: Notifications, sessions: Sessions
) -> None:
    account = await an_account(platform.database)
    for number in (2, 1):
        await tell(platform, notifications, account, name=str(number))
    listener = Listener(identity=someone(account))
    sessions.authenticated(listener.client)
    assert [payload["id"] for event, payload in await listener.heard(2) if event == "notification"] == ["1", "2"]


async def test_a_client_that_turned_out_a_guest_is_told_nothing(sessions: Sessions) -> None:
    guest = Listener()
    sessions.authenticated(guest.client)
    assert await guest.heard() == []


@pytest.mark.usefixtures("sessions")
async def test_what_a_client_says_it_has_read_is_not_told_again(
    platform: Platform, notifications: Notifications, commands: Commands
) -> None:
    account, other = await an_account(platform.database), await an_account(platform.database)
    for one in (account, other):
        await tell(platform, notifications, one)
    listener = Listener(commands, identity=someone(account))
    for _ in range(2):  # the second time it is unknown, which is no mistake
        answer = await listener.say("notification/delete", {"notification_id": "a"})
        assert (answer.value, answer.refusal) == (None, None)
    assert await notifications.unread(account.id) == []
    assert len(await notifications.unread(other.id)) == 1


@pytest.mark.usefixtures("sessions")
async def test_a_guest_has_read_nothing(platform: Platform, notifications: Notifications, commands: Commands) -> None:
    account = await an_account(platform.database)
    await tell(platform, notifications, account)
    guest = Listener(commands)
    answer = await guest.say("notification/delete", {"notification_id": "a"})
    assert (answer.value, answer.refusal, await guest.heard()) == (None, None, [])
    assert len(await notifications.unread(account.id)) == 1


@pytest.mark.usefixtures("sessions")
@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("payload", [None, 7, "a", [], {}, {"notification_id": 7}, {"notification_id": None}])
async def test_what_names_no_notification_is_refused(commands: Commands, payload: Any) -> None:
    listener = Listener(commands, identity=Identity(AccountId(1), 1, "Mira"))
    await listener.say("notification/delete", payload)
    ((event, said),) = await listener.heard()
    assert (event, said["errcode"]) == ("ERROR", "invalid_notification_id")
