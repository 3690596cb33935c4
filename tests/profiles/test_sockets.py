"""Clients say who they are on live connections, and hear what their accounts are told."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from tengen.accounts import service as accounts
from tengen.accounts.runtime import Accounts
from tengen.accounts.service import Account
from tengen.core.platform import Platform
from tengen.oauth.runtime import OAuth
from tengen.profiles import sockets
from tengen.profiles.runtime import Profiles
from tengen.realtime.clients import MOST_SUBSCRIPTIONS, Client, Identity
from tengen.realtime.runtime import Realtime
from tengen.realtime.sessions import Sessions
from tests.realtime.builders import a_realtime
from tests.support.builders import an_account
from tests.support.clients import Listener

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)


class Site:
    """A platform with what clients authenticate by."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.oauth = OAuth.of(platform, Accounts.of(platform))
        self.profiles = Profiles.of(platform)
        self.realtime: Realtime = a_realtime()
        self.sessions = Sessions()
        self.welcomed: list[Identity | None] = []
        sockets.register(self.realtime, self.sessions, self.profiles, self.oauth)
        self.sessions.when_authenticated(self._welcome)

    async def _welcome(self, client: Client) -> None:
        self.welcomed.append(client.identity)

    def listener(self) -> Listener:
        """A client that has said nothing yet."""
        return Listener(self.realtime.commands)

    async def identity(self, account: Account) -> Identity:
        """Who a client of this account is."""
        player = await self.profiles.player_of(account.id)
        return Identity(account.id, player.id, account.display_name)

    async def jwt(self, account: Account) -> dict[str, Any]:
        """How clients authenticate."""
        return {"jwt": await self.oauth.user_jwt(account), "client": "tests", "device_id": "1"}

    async def chat_auth(self, account: Account) -> dict[str, Any]:
        """How older ones do."""
        player = await self.profiles.player_of(account.id)
        return {"auth": self.oauth.chat_auth(account), "player_id": player.id, "username": "passed over", "jwt": ""}

    def tell(self, account: Account, event: str) -> None:
        """Publish something for this account."""
        self.realtime.hub.publish(f"user:{account.id}", {"event": event, "payload": {"for": account.id}})


@pytest.fixture
async def site(platform: Platform) -> Site:
    return Site(platform)


async def test_who_shows_a_jwt_or_an_older_text_is_acknowledged_and_welcomed_after_that(site: Site) -> None:
    account = await an_account(site.platform.database)
    expected = await site.identity(account)
    for payload in (await site.jwt(account), await site.chat_auth(account)):
        listener = site.listener()
        answer = await listener.say("authenticate", payload)
        assert answer.value == {"id": expected.player_id, "username": account.display_name}
        assert listener.client.identity == expected
        assert site.welcomed == []
        assert await listener.heard() == []
        assert site.welcomed == [expected]
        site.welcomed.clear()


async def test_a_client_hears_what_its_account_is_told_as_it_is_and_nothing_else(site: Site) -> None:
    account, other = await an_account(site.platform.database), await an_account(site.platform.database)
    listener, guest = site.listener(), site.listener()
    await listener.say("authenticate", await site.jwt(account))
    await guest.say("authenticate", {"jwt": ""})
    for one in (account, other):
        site.tell(one, "active_game")
    assert await listener.heard() == [("active_game", {"for": account.id})]
    assert await guest.heard() == []


async def test_who_says_again_who_it_is_is_answered_again_and_nothing_happens_twice(site: Site) -> None:
    account = await an_account(site.platform.database)
    listener = site.listener()
    for payload in (await site.jwt(account), await site.jwt(account), await site.chat_auth(account)):
        answer = await listener.say("authenticate", payload)
        assert answer.value is not None
    site.tell(account, "notification")
    assert len(await listener.heard()) == 1
    assert len(site.welcomed) == 1


async def test_who_says_somebody_else_is_somebody_else_and_hears_no_more_of_the_first(site: Site) -> None:
    first, second = await an_account(site.platform.database), await an_account(site.platform.database)
    listener = site.listener()
    for account in (first, second):
        await listener.say("authenticate", await site.jwt(account))
        await listener.heard()
    for account in (first, second):
        site.tell(account, "notification")
    assert await listener.heard() == [("notification", {"for": second.id})]
    assert site.welcomed == [await site.identity(first), await site.identity(second)]


async def test_who_becomes_a_guest_hears_nothing_any_more(site: Site) -> None:
    account = await an_account(site.platform.database)
    listener = site.listener()
    await listener.say("authenticate", await site.jwt(account))
    answer = await listener.say("authenticate", {"jwt": ""})
    assert (answer.value, answer.refusal, listener.client.identity) == (None, None, None)
    site.tell(account, "notification")
    assert await listener.heard() == []
    assert (await listener.say("authenticate", await site.jwt(account))).value is not None


async def test_who_leaves_hears_nothing_any_more(site: Site) -> None:
    account = await an_account(site.platform.database)
    listener = site.listener()
    await listener.say("authenticate", await site.jwt(account))
    listener.leave()
    assert not site.realtime.hub.has_subscribers(f"user:{account.id}")


@pytest.mark.parametrize("end", ["password", "account"])
async def test_what_was_issued_before_a_change_of_password_or_the_end_of_the_account_holds_no_more(
    site: Site, end: str
) -> None:
    account = await an_account(site.platform.database)
    payloads = [await site.jwt(account), await site.chat_auth(account)]
    async with site.platform.database.write() as transaction:
        if end == "password":
            await accounts.set_password(transaction, account.id, "another")
        else:
            await accounts.delete_account(transaction, account.id, NOW)
    for payload in payloads:
        assert (await site.listener().say("authenticate", payload)).value is None


async def test_the_text_of_one_account_and_the_number_of_another_are_nobodys(site: Site) -> None:
    account, other = await an_account(site.platform.database), await an_account(site.platform.database)
    mixed = {**await site.chat_auth(account), "player_id": (await site.profiles.player_of(other.id)).id}
    assert (await site.listener().say("authenticate", mixed)).value is None
    as_text = {**await site.chat_auth(account), "player_id": str((await site.profiles.player_of(account.id)).id)}
    assert (await site.listener().say("authenticate", as_text)).value is not None


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "jwt",
        {},
        {"jwt": None},
        {"jwt": 7},
        {"jwt": "a.b.c"},
        {"jwt": "é" * 1000},
        {"jwt": {}},
        {"auth": "0" * 80, "player_id": 1},
        {"auth": "f" * 80, "player_id": [1]},
        {"auth": 7, "player_id": None},
        {"bot_apikey": "x"},
    ],
)
async def test_whatever_is_no_proof_makes_a_guest(site: Site, payload: Any) -> None:
    listener = site.listener()
    answer = await listener.say("authenticate", payload)
    assert (answer.value, answer.refusal, await listener.heard()) == (None, None, [])


async def test_a_client_that_can_hear_no_more_is_not_taken_for_anybody(site: Site) -> None:
    account = await an_account(site.platform.database)
    listener = site.listener()
    for number in range(MOST_SUBSCRIPTIONS):
        topic = f"game:{number}"
        listener.client.subscriptions.add(topic, site.realtime.hub.subscribe(topic, lambda _message: None))
    answer = await listener.say("authenticate", await site.jwt(account))
    assert answer.refusal is not None
    assert listener.client.identity is None
    assert site.welcomed == []


async def test_those_who_authenticate_at_the_same_moment_share_what_is_looked_up(site: Site) -> None:
    made = [await an_account(site.platform.database) for _ in range(4)]
    listeners = [site.listener() for _ in made]
    payloads = [await site.jwt(account) for account in made]
    answers = await asyncio.gather(
        *[listener.say("authenticate", payload) for listener, payload in zip(listeners, payloads, strict=True)]
    )
    names = [answer.value["username"] for answer in answers if isinstance(answer.value, dict)]
    assert names == [account.display_name for account in made]
