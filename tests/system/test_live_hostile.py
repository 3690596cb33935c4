"""Whatever a player's program sends, the opponent's game goes on, and the platform has nothing to note."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tengen.core.values import GameId
from tengen.play.requests import COMMANDS
from tengen.play.time_systems import Byoyomi
from tests.play.builders import HOUR, SECOND
from tests.play.rest_builders import a_pair
from tests.play.running_games import games_that_begin, own_points
from tests.play.socket_player import QUERY, ConnectionLost, SocketPlayer, jwt_of
from tests.support.server import Server
from tests.support.waiting import until

SLOW = Byoyomi(HOUR, 30 * SECOND, 5)
TOO_LARGE = 131_072
# What failed is not tried again in a smaller form: each example goes on where the last one has left the game.
BOUNDED = settings(derandomize=True, database=None, phases=[Phase.generate])
POLICY, LOST = 1008, 1006


class Duel:
    """A game between somebody who only plays, and somebody whose program goes mad in every turn of its own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._runner = asyncio.Runner()
        pair = a_pair(server)
        (self.game_id,) = games_that_begin(server, [(pair, SLOW)])
        self._honest_jwt, self._mad_jwt = jwt_of(server, pair.black), jwt_of(server, pair.white)
        self._moves = iter(zip(own_points(0), own_points(10), strict=True))
        self._honest = self.run(SocketPlayer.connect(server, self._honest_jwt))
        self.run(self._honest.watch(self.game_id))

    def run(self, work: Any) -> Any:
        """Run a coroutine to its end. In between, what comes waits."""
        return self._runner.run(work)

    async def mad(self) -> SocketPlayer:
        """A connection of the mad program."""
        return await SocketPlayer.connect(self.server, self._mad_jwt)

    async def go_on(self, attack: Any) -> None:
        """The honest player moves, the mad one does what it does, and the game goes on as if that were nothing."""
        mine, theirs = next(self._moves)
        before = self._honest.moves_of(self.game_id)
        await self._honest.ask("game/move", {"game_id": self.game_id, "move": mine})
        await attack
        async with await self.mad() as sane:
            await sane.ask("game/move", {"game_id": self.game_id, "move": theirs})
        await until(lambda: self._honest.moves_of(self.game_id) == before + 2)
        moves = [payload["move_number"] for name, payload in self._honest.games[self.game_id] if name == "move"]
        assert moves == list(range(1, before + 3))
        assert not self._honest.is_gone

    def close(self) -> None:
        """End it."""
        self.run(self._honest.close())
        self._runner.close()


@pytest.fixture
def duel(server: Server) -> Iterator[Duel]:
    duel = Duel(server)
    yield duel
    duel.close()
    log = server.new_log()
    assert [line for line in log.splitlines() if '"level": "error"' in line or "Traceback" in line] == []
    assert '"status": 5' not in log


# ── payloads that make no sense ──

odd_text = st.text(st.characters(codec=None), max_size=12) | st.sampled_from(
    ["\0", "\ud800", "a" * 5000, "٣٣", "Q" * 9]
)
odd_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | odd_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
# Nothing that is a legal move: what is one is played, whoever means it.
odd_moves = st.sampled_from(["", "a", "aaa", "tt", "zz", "!1dd", "Q0", "Q20", "I5", "99", "dd dd", "resign", "aa"]) | (
    odd_values.filter(lambda value: not isinstance(value, str) or len(value) > 4)
)
members = st.sampled_from(
    [
        "game_id",
        "move_number",
        "stones",
        "removed",
        "conditional_moves",
        "body",
        "type",
        "chat",
        "blur",
        "clock",
        "auth",
    ]
)


def odd_payloads(game_id: GameId) -> st.SearchStrategy[Any]:
    """What a mad program says of a game: mostly of this one."""
    of_this_game = st.builds(
        lambda change, move: {"game_id": game_id, "move": move} | change,
        st.dictionaries(members.filter(lambda name: name != "game_id"), odd_values, max_size=2),
        odd_moves,
    )
    return of_this_game | odd_values | st.dictionaries(members, odd_values, max_size=4)


def test_moves_that_make_no_sense_harm_nobody(duel: Duel) -> None:
    async def attack(payloads: list[Any]) -> None:
        async with await duel.mad() as mad:
            await mad.watch(duel.game_id)
            for payload in payloads:
                await mad.emit("game/move", payload)
            await mad.have_answered()
            assert mad.moves_of(duel.game_id) == len(mad.last(duel.game_id, "gamedata")["moves"])

    @settings(BOUNDED, max_examples=25)
    @given(payloads=st.lists(odd_payloads(duel.game_id), min_size=15, max_size=25))
    def is_harmless(payloads: list[Any]) -> None:
        duel.run(duel.go_on(attack(payloads)))

    is_harmless()


def test_commands_that_make_no_sense_harm_nobody(duel: Duel) -> None:
    # What ends a game, or stops its clock, needs no more than its number: that is for the players to send.
    names = sorted({f"game/{name}" for name in COMMANDS} - {"game/resign", "game/cancel", "game/undo/request"})
    names += ["game/chat", "game/connect", "game/disconnect", "game/latency", "game/timed_out", "authenticate"]
    names += [f"game/{duel.game_id}/gamedata", "game/0/gamedata", "game/99999999999999999999/gamedata", "net/ping"]

    async def attack(commands: list[tuple[str, Any]]) -> None:
        async with await duel.mad() as mad:
            await mad.watch(duel.game_id)
            for name, payload in commands:
                await mad.emit(name, payload)
            await mad.have_answered()

    @settings(BOUNDED, max_examples=25)
    @given(commands=st.lists(st.tuples(st.sampled_from(names), odd_payloads(duel.game_id)), min_size=15, max_size=25))
    def is_harmless(commands: list[tuple[str, Any]]) -> None:
        duel.run(duel.go_on(attack(commands)))

    is_harmless()


# ── frames that make no sense ──

ODD_FRAMES: list[str | bytes] = [
    *(
        "",
        " ",
        "4",
        "40",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "49",
        "5",
        "6",
        "7",
        "9",
        "x",
        "\0",
        "\ud7ff",
        "2" * 1000,
    ),
    *("42[", "42]", "42[]", "42{}", "42null", "42[1]", "42[null]", "42[[]]", '42["', '42["game/move"', "42[" * 30_000),
    *(
        '42["game/move",{"game_id":1e999}]',
        '42["game/move",NaN]',
        '42["\\u0000"]',
        '42["\\ud800",1]',
        "42" + "9" * 5000,
    ),
    *(
        "421",
        "421[",
        "421[]",
        '42999999999999999["game/move",{}]',
        "42-1[]",
        "42/other,[]",
        "42/,[]",
        "42/" + "a" * 9000,
    ),
    *("43", "431[]", "430[null]", "451-[{}]", '451-["game/move",{"_placeholder":true,"num":0}]', "461-[]"),
    *("40/other,", "40/" + "x" * 9000, "41/other,", "0{}", "1", "2probe", "3probe", "3", "3", "3"),
    *(b"", b"4", b"\xff" * 100, b"42[]"),
    "42" + json.dumps(["game/move", {"move": "a" * TOO_LARGE}]),
    "x" * (TOO_LARGE + 1),
]


async def send_raw(server: Server, frames: list[str | bytes], *, as_text: bool = False) -> int | None:
    """Send these on a connection of the namespace, as long as it lasts. Returns the code with which it was closed."""
    url = f"ws://127.0.0.1:{server.port}/socket.io/?{QUERY}"
    async with connect(url, compression=None, ping_interval=None, proxy=None) as connection:
        with suppress(ConnectionClosed):
            await connection.send("40")
            for frame in frames:
                await connection.send(frame, text=as_text or None)
            await connection.send('4277["net/ping",{}]')
            while not str(await connection.recv()).startswith("4377"):
                pass
    return connection.close_code


def test_odd_frames_harm_nobody_but_the_connection_that_they_came_by(duel: Duel) -> None:
    async def attack() -> None:
        codes = [await send_raw(duel.server, [frame]) for frame in ODD_FRAMES]
        # 1006: the connection was cut before its own word came through.
        assert set(codes) <= {1000, 1002, 1003, 1006, 1009}, codes
        assert codes[-1] in {1009, 1006}  # too large
        assert await send_raw(duel.server, [b"\xff\xfe"], as_text=True) in {1007, 1006}  # no UTF-8

    duel.run(duel.go_on(attack()))


def test_random_frames_harm_nobody_but_the_connection_that_they_came_by(duel: Duel) -> None:
    sensible = f'42["game/move",{{"game_id":{duel.game_id},"move":"zz"}}]'
    changed = st.builds(
        lambda place, piece, length: sensible[:place] + piece + sensible[place + length :],
        st.integers(0, len(sensible)),
        st.text(max_size=3),
        st.integers(0, 5),
    )
    frames = changed | st.text(max_size=40) | st.binary(max_size=40)

    @settings(BOUNDED, max_examples=40)
    @given(frames=st.lists(frames, min_size=1, max_size=6))
    def is_harmless(frames: list[str | bytes]) -> None:
        duel.run(send_raw(duel.server, frames))

    is_harmless()
    duel.run(duel.go_on(asyncio.sleep(0)))


def test_who_sends_far_too_much_is_cut_off_and_the_game_goes_on(duel: Duel) -> None:
    async def attack() -> None:
        async with await duel.mad() as mad:
            with suppress(ConnectionLost):
                for _ in range(100_000):
                    await mad.emit("game/move", {"game_id": duel.game_id, "move": "zz"})
            await until(lambda: mad.is_gone)
            # The reason is lost where the connection ends before all that was sent is read.
            assert mad.connection.close_code in {POLICY, LOST}

    duel.run(duel.go_on(attack()))
