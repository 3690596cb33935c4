"""Challengers show over a socket that they wait, and challenges end when they no longer do."""

from typing import Any

import pytest

from tengen.core.platform import Platform
from tengen.play import challenge_sockets
from tengen.play.challenge_desk import KEPT_ALIVE
from tengen.players.service import Player
from tengen.realtime.clients import Client, Identity, Outgoing
from tengen.realtime.commands import Answer, Commands
from tengen.realtime.messages import encode
from tests.play.builders import SECOND
from tests.play.challenge_builders import Place, a_person, a_place, an_offer
from tests.realtime.test_clients import FakeLink


@pytest.fixture
def place(platform: Platform) -> Place:
    """A process in which people meet."""
    return a_place(platform)


def a_client(player: Player | None) -> Client:
    """Somebody's socket; None: a guest's."""
    client = Client("1", lambda event, payload: encode([event, payload]), Outgoing(FakeLink()))
    client.identity = None if player is None else Identity(player.account_id, player.id, player.name)
    return client


async def sign(place: Place, client: Client, payload: Any) -> Answer:
    """The client sends `challenge/keepalive`."""
    commands = Commands()
    challenge_sockets.register(commands, place.desk)
    return await commands.carry_out(client, "challenge/keepalive", payload)


@pytest.mark.parametrize("written", [int, str])
async def test_after_a_first_sign_a_challenge_ends_without_further_ones(place: Place, written: type[int | str]) -> None:
    ann = await a_person(place.database)
    challenge = await place.desk.offer(an_offer(), ann)
    payload = {"challenge_id": written(challenge.id), "game_id": written(challenge.game_id)}
    assert await sign(place, a_client(ann), payload) == Answer()
    place.watch.forward(KEPT_ALIVE - SECOND)
    assert await sign(place, a_client(ann), payload) == Answer()
    place.watch.forward(KEPT_ALIVE - SECOND)
    assert await place.desk.end_abandoned() == 0
    place.watch.forward(SECOND)
    assert await place.desk.end_abandoned() == 1


async def test_signs_that_come_one_upon_the_other_are_passed_over(place: Place) -> None:
    ann = await a_person(place.database)
    challenge, client = await place.desk.offer(an_offer(), ann), a_client(ann)
    await sign(place, client, {"challenge_id": challenge.id})
    place.watch.forward(KEPT_ALIVE)
    await sign(place, client, {"challenge_id": challenge.id})
    assert await place.desk.end_abandoned() == 1


async def test_late_signs_and_those_of_guests_are_passed_over(place: Place) -> None:
    ann = await a_person(place.database)
    challenge = await place.desk.offer(an_offer(), ann)
    assert await sign(place, a_client(None), {"challenge_id": challenge.id}) == Answer()
    assert await sign(place, a_client(ann), {"challenge_id": 10**17}) == Answer()
    place.watch.forward(KEPT_ALIVE)
    assert await place.desk.end_abandoned() == 0


async def test_others_cannot_keep_a_challenge_alive(place: Place) -> None:
    ann, bob = await a_person(place.database), await a_person(place.database)
    challenge = await place.desk.offer(an_offer(), ann)
    answer = await sign(place, a_client(bob), {"challenge_id": challenge.id})
    assert answer.refusal is not None
    assert answer.refusal.code == "not_your_challenge"


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        [],
        "12",
        {"challenge_id": True},
        {"challenge_id": 1.5},
        {"challenge_id": "x"},
        {"challenge_id": -1},
        {"challenge_id": 10**30},
    ],
)
async def test_what_names_no_challenge_is_refused(place: Place, payload: Any) -> None:
    answer = await sign(place, a_client(await a_person(place.database)), payload)
    assert answer.refusal is not None
    assert answer.refusal.status == 400
