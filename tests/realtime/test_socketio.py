"""Socket.IO, frame by frame."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tengen.core.errors import Forbidden
from tengen.realtime import socketio
from tengen.realtime.clients import Client
from tests.realtime.builders import NEWER, OLDER, SocketServer, a_realtime, a_socket_server


@pytest.fixture
async def server() -> AsyncIterator[SocketServer]:
    async with a_socket_server() as server:
        yield server


async def test_the_opening_packet_says_how_the_connection_is_kept_alive(server: SocketServer) -> None:
    async with server.raw() as client:
        opening = await client.greet()
    assert opening["upgrades"] == []
    assert (opening["pingInterval"], opening["pingTimeout"], opening["maxPayload"]) == (25000, 20000, 131072)
    assert len(opening["sid"]) >= 20


@pytest.mark.parametrize("connect", ["40", "40{}", '40{"token":"x"}', "40/,{}"])
async def test_a_client_is_connected_when_it_asks(server: SocketServer, connect: str) -> None:
    async with server.raw() as client:
        sid = json.loads((await client.hear())[1:])["sid"]
        await client.say(connect)
        assert await client.hear() == f'40{{"sid":"{sid}"}}'


async def test_a_client_of_the_older_protocol_is_connected_without_asking(server: SocketServer) -> None:
    async with server.raw(OLDER) as client:
        assert (await client.hear()).startswith("0{")
        assert await client.hear() == "40"
        await client.emit("echo", 1)
        assert await client.event() == ["echo", 1]


async def test_the_older_protocol_has_the_client_ping(server: SocketServer) -> None:
    async with server.raw(OLDER) as client:
        await client.hear(), await client.hear()
        await client.say("2", "2probe")
        assert [await client.hear(), await client.hear()] == ["3", "3probe"]


async def test_an_event_reaches_its_handler_and_the_handlers_answer_comes_back(server: SocketServer) -> None:
    async with server.client() as client:
        await client.emit("echo", {"move": "dd", "text": "碁 🏯"})
        assert await client.event() == ["echo", {"move": "dd", "text": "碁 🏯"}]


@pytest.mark.parametrize("text", ['42["echo"]', '42["echo",null]'])
async def test_every_event_to_the_client_has_one_argument(server: SocketServer, text: str) -> None:
    async with server.client() as client:
        await client.say(text)
        assert await client.hear() == '42["echo",null]'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('427["echo",{"a":1}]', '437[{"a":1}]'),
        ('42/,7["echo",{"a":1}]', '437[{"a":1}]'),
        ('420["echo"]', "430[null]"),
    ],
)
async def test_an_acknowledgement_has_one_value(server: SocketServer, text: str, expected: str) -> None:
    async with server.client() as client:
        await client.say(text)
        assert (await client.hear()).startswith('42["echo",')
        assert await client.hear() == expected


async def test_an_unknown_command_is_ignored_and_acknowledged_by_null(server: SocketServer) -> None:
    async with server.client() as client:
        await client.say('42["no/such",1]', '425["no/such",1]')
        assert await client.hear() == "435[null]"


async def test_commands_of_one_client_are_carried_out_in_order_one_at_a_time() -> None:
    realtime = a_realtime()
    at_work = 0

    async def move(client: Client, payload: Any) -> None:
        nonlocal at_work
        at_work += 1
        assert at_work == 1
        for _ in range(20 - payload):
            await asyncio.sleep(0)
        at_work -= 1
        client.send("moved", payload)

    realtime.commands.on("move", move)
    async with a_socket_server(realtime) as server, server.client() as client:
        for number in range(20):
            await client.emit("move", number)
        assert [await client.event() for _ in range(20)] == [["moved", number] for number in range(20)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('42["game/17/gamedata",{}]', {"id": 17}),
        ('42["game/17/gamedata"]', {"id": 17}),
        ('42["game/17/gamedata",[1]]', {"id": 17}),
        ('42["game/17/gamedata",{"id":18,"full":true}]', {"id": 17, "full": True}),
    ],
)
async def test_a_number_in_a_commands_name_is_part_of_its_payload(text: str, expected: Any) -> None:
    realtime = a_realtime()

    async def show(client: Client, payload: Any) -> None:
        client.send("shown", payload)

    realtime.commands.on("game/{id}/gamedata", show)
    async with a_socket_server(realtime) as server, server.client() as client:
        await client.say('42["game/x/gamedata"]', '42["game/1111111111111111111/gamedata"]', text)
        assert await client.event() == ["shown", expected]


class NotYourTurn(Forbidden):
    """As a feature has them."""

    code = "not_your_turn"


async def test_a_refusal_is_told_by_ERROR_or_by_the_event_that_the_feature_names() -> None:  # noqa: N802
    realtime = a_realtime()

    async def refuse(_client: Client, _payload: Any) -> None:
        raise NotYourTurn("It is Black's turn.")

    realtime.commands.on("plain", refuse)
    realtime.commands.on("game/move", refuse, refusals_to=lambda payload: payload and f"game/{payload['id']}/error")
    async with a_socket_server(realtime) as server, server.client() as client:
        await client.emit("plain", 1)
        assert await client.event() == ["ERROR", {"errcode": "not_your_turn", "message": "It is Black's turn."}]
        await client.emit("game/move", {"id": 7})
        assert await client.event() == ["game/7/error", "It is Black's turn."]
        await client.say('423["game/move"]')
        assert (await client.event())[0] == "ERROR"
        assert await client.hear() == '433[null,{"code":"not_your_turn","message":"It is Black\'s turn."}]'


async def test_a_handler_that_fails_is_told_of_and_the_socket_stays() -> None:
    realtime = a_realtime()

    async def fail(_client: Client, _payload: Any) -> None:
        raise KeyError("a secret of the inside")

    realtime.commands.on("fail", fail)
    async with a_socket_server(realtime) as server, server.client() as client:
        await client.emit("fail", 1)
        name, told = await client.event()
        assert (name, told["errcode"]) == ("ERROR", "internal_error")
        assert "secret" not in told["message"]
        await client.emit("echo", 1)
        assert await client.event() == ["echo", 1]


@pytest.mark.parametrize(
    "text",
    [
        "42[",
        "42",
        "42{}",
        "42[]",
        "42[1,2]",
        '42["echo",NaN]',
        '42["echo",1e999]',
        '42["echo",' + "1" * 400 + "]",
        '42["echo",9223372036854775808]',
        '42["echo","\\u0000"]',
        '42["echo",{"a\\u0000":1}]',
        '42["echo","\\ud800"]',
        '42["echo",' + "[" * 3000 + "]" * 3000 + "]",
    ],
)
async def test_an_event_that_no_feature_could_take_is_refused_and_the_socket_stays(
    server: SocketServer, text: str
) -> None:
    async with server.client() as client:
        await client.say(text)
        name, told = await client.event()
        assert (name, told["errcode"]) == ("ERROR", "broken_message")
        await client.emit("echo", [2**63 - 1, -(2**63) + 1, 1.5, "\\u0000"])
        assert await client.event() == ["echo", [2**63 - 1, -(2**63) + 1, 1.5, "\\u0000"]]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x00binary", 1003),
        ('451-["echo",{"_placeholder":true,"num":0}]', 1003),
        ("", 1002),
        ("9", 1002),
        ("x", 1002),
        ("4", 1002),
        ("4x", 1002),
        ("49", 1002),
        ("40" + "x" * 131_072, 1009),
        ("41", 1000),
        ("1", 1000),
    ],
)
async def test_what_is_no_packet_closes_the_socket_that_sent_it_and_no_other(
    server: SocketServer, frame: str | bytes, code: int
) -> None:
    async with server.client() as other, server.client() as client:
        await client.say(frame)
        assert await client.closed() == code
        await other.emit("echo", "still here")
        assert await other.event() == ["echo", "still here"]
        await server.gone(1)


@pytest.mark.parametrize(
    "frame", ["5", "6", "3", "2", "43[1]", '44{"message":"x"}', "41/elsewhere,", '42/elsewhere,["echo",1]']
)
async def test_packets_that_mean_nothing_here_are_passed_over(server: SocketServer, frame: str) -> None:
    async with server.client() as client:
        await client.say(frame, '42["echo",1]')
        assert await client.event() == ["echo", 1]


async def test_an_event_before_the_connection_to_the_namespace_is_passed_over(server: SocketServer) -> None:
    async with server.raw() as client:
        await client.hear()
        await client.say('42["echo",1]', "40")
        assert (await client.hear()).startswith("40{")


async def test_there_is_no_other_namespace(server: SocketServer) -> None:
    async with server.client() as client:
        await client.say("40/admin,{}")
        assert await client.hear() == '44/admin,{"message":"Invalid namespace"}'
    async with server.raw(OLDER) as client:
        await client.hear(), await client.hear()
        await client.say("40/admin")
        assert await client.hear() == '44/admin,"Invalid namespace"'


async def test_the_newer_protocol_has_the_server_ping(server: SocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socketio, "PING_INTERVAL_SECONDS", 0.25)  # within which it has to connect, too
    async with server.client() as client:
        for _ in range(3):
            assert await client.hear() == "2"
            await client.say("3")


async def test_whoever_does_not_answer_pings_is_let_go(server: SocketServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socketio, "PING_INTERVAL_SECONDS", 0.02)
    monkeypatch.setattr(socketio, "PING_TIMEOUT_SECONDS", 0.02)
    async with server.client() as client:
        await client.say("3", '42["echo",1]')  # nobody has asked for this one yet
        assert await client.closed() == 1008


async def test_whoever_does_not_ping_in_the_older_protocol_is_let_go(
    server: SocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socketio, "PING_INTERVAL_SECONDS", 0.02)
    monkeypatch.setattr(socketio, "PING_TIMEOUT_SECONDS", 0.02)
    async with server.raw(OLDER) as client:
        assert await client.closed() == 1008


async def test_whoever_never_connects_to_the_namespace_is_let_go(
    server: SocketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socketio, "PING_INTERVAL_SECONDS", 0.02)
    async with server.raw() as client:
        assert await client.closed() == 1008


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_polling_is_refused_in_the_protocols_words(server: SocketServer, method: str, slash: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        url = f"http://{server.address}/socket.io{slash}?EIO=4&transport=polling"
        answer = await http.request(method, url)
    assert answer.status_code == 400
    assert answer.json()["code"] == 0
    assert "websocket" in answer.json()["message"]


@pytest.mark.parametrize(
    ("query", "code"),
    [("EIO=2&transport=websocket", 5), ("EIO=4&transport=polling", 0), ("EIO=4&transport=websocket&sid=x", 1)],
)
async def test_a_handshake_that_cannot_be_served_is_refused(server: SocketServer, query: str, code: int) -> None:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"http://{server.address}/socket.io/?{query}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_the_host_and_the_time_are_told(server: SocketServer) -> None:
    async with server.raw(NEWER) as client:
        await client.greet()
        await client.emit("hostinfo")
        name, info = await client.event()
        assert (name, info["hostname"], info["clients"]) == ("hostinfo", "go.test", 1)
        await client.emit("net/ping", {"client": 1700000000000, "drift": 0.5, "latency": 0.25})
        name, pong = await client.event()
        assert (name, pong["client"]) == ("net/pong", 1700000000000)
        assert pong["server"] > 1_700_000_000_000


@pytest.mark.parametrize("payload", [None, 1, "x", [], {}, {"client": "x"}, {"client": None}, {"client": True}])
async def test_a_ping_of_nonsense_is_answered_in_numbers(server: SocketServer, payload: Any) -> None:
    async with server.client() as client:
        await client.emit("net/ping", payload)
        name, pong = await client.event()
        assert (name, pong["client"]) == ("net/pong", 0)


async def test_a_server_without_the_link_says_that_it_serves_no_sockets() -> None:
    async with a_socket_server(ws="websockets-sansio") as server:
        with pytest.raises(InvalidStatus) as refusal:
            async with server.raw():
                pass
    assert refusal.value.response.status_code == 503
    assert json.loads(refusal.value.response.body)["error"] == "sockets_unavailable"
