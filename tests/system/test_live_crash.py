"""Live games go on where they were when the server is killed in the middle of them."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from tengen.core.values import GameId
from tengen.play import service
from tengen.play.clocks import MAX_LAG_CREDIT, whole_milliseconds
from tengen.play.events import MovePlayed
from tengen.play.service import NumberedEvent, StoredGame
from tengen.play.time_systems import NO_TIME, Byoyomi, Fischer
from tests.play.builders import SECOND
from tests.play.rest_builders import Pair, Person, a_person
from tests.play.running_games import check_rated_once, database_of, games_that_begin, own_points
from tests.play.socket_player import ConnectionLost, Refused, SocketPlayer, jwt_of
from tests.support.server import Server
from tests.support.waiting import until

KILLS = 3
GAMES = 50
PEOPLE = 16
RESIGNATIONS = 5
"""So many games end about the time of each kill."""
SYSTEMS = (Byoyomi(3 * SECOND, 30 * SECOND, 5), Fischer(90 * SECOND, 2 * SECOND, 120 * SECOND))
TELLING = ("current_player", "last_move", "expiration", "black_time", "white_time")
"""What clients count a clock from."""


class Player:
    """Somebody who comes again when the server is there again."""

    socket: SocketPlayer

    def __init__(self, server: Server, person: Person) -> None:
        self.person = person
        self.games: list[GameId] = []
        self._server = server
        self._jwt = jwt_of(server, person)

    async def come(self) -> None:
        """Connect to the server, and to all games."""
        self.socket = await SocketPlayer.connect(self._server, self._jwt)
        for game_id in self.games:
            await self.socket.watch(game_id)


class Match:
    """A game whose moves are known beforehand: Black's on the left, White's on the right."""

    def __init__(self, game_id: GameId, black: Player, white: Player, chance: random.Random) -> None:
        self.game_id = game_id
        self.players = (black, white)
        left, right = own_points(0), own_points(10)
        chance.shuffle(left)
        chance.shuffle(right)
        self.moves = [move for turn in zip(left, right, strict=True) for move in turn]
        self.played = 0
        """So many moves are acknowledged."""
        self.is_resigning = False
        self.is_over = False
        """Whether the end is acknowledged."""
        self.waited: list[tuple[int, float]] = []
        """The moves in whose turn the server was away, each with for how many seconds it was."""
        for player in self.players:
            player.games.append(game_id)

    @property
    def pair(self) -> Pair:
        """Who plays."""
        return Pair(*(player.person for player in self.players))

    async def play(self, chance: random.Random) -> None:
        """Move in turn, each once the move before is acknowledged, until the connection is lost or the game over."""
        while not self.is_resigning:
            await asyncio.sleep(chance.uniform(0, 0.03))
            player = self.players[self.played % 2]
            try:
                await player.socket.ask("game/move", {"game_id": self.game_id, "move": self.moves[self.played]})
            except ConnectionLost:
                return
            except Refused:
                assert self.is_resigning
                return
            self.played += 1

    async def resign(self, player: Player) -> None:
        """Give up."""
        self.is_resigning = True
        try:
            await player.socket.ask("game/resign", {"game_id": self.game_id})
        except ConnectionLost:
            return
        self.is_over = True

    def note_what_was_told(self) -> None:
        """An event that a client was told acknowledges, too."""
        for player in self.players:
            self.played = max(self.played, player.socket.moves_of(self.game_id))
            self.is_over |= ("phase", "finished") in player.socket.games[self.game_id]

    def clock(self) -> tuple[int, dict[str, Any]]:
        """The last clock that was told, and after how many moves."""
        return max((_last_clock(player.socket.games[self.game_id]) for player in self.players), key=lambda one: one[0])

    def check_nothing_is_lost(self, away_seconds: float) -> None:
        """The server shows all that it has acknowledged, and at most the move beside that was under way."""
        for player in self.players:
            data = player.socket.last(self.game_id, "gamedata")
            shown = [chr(97 + move[0]) + chr(97 + move[1]) for move in data["moves"]]
            assert self.played <= len(shown) <= self.played + 1
            assert shown == self.moves[: len(shown)]
            assert data["phase"] == "finished" or not self.is_over
        self.played = len(shown)
        self.is_over = self.is_resigning = data["phase"] == "finished"
        self.waited.append((self.played, away_seconds))

    def check_course(self, stored: StoredGame) -> None:
        """What was stored is numbered, and every turn has cost the time that passed on the clock on the wall."""
        assert [one.number for one in stored.events] == list(range(1, len(stored.events) + 1))
        moves = [one for one in stored.events if isinstance(one.event, MovePlayed)]
        assert len(moves) == self.played
        for before, after in pairwise(moves):
            _check_charge(before, after)
        for number, away_seconds in self.waited:
            if 0 < number < len(moves):
                assert _move(moves[number]).spent > away_seconds * SECOND - MAX_LAG_CREDIT


def _last_clock(heard: Sequence[tuple[str, Any]]) -> tuple[int, dict[str, Any]]:
    moves = 0
    found: tuple[int, dict[str, Any]] = (0, {})
    for name, payload in heard:
        match name:
            case "gamedata":
                moves = len(payload["moves"])
            case "move":
                moves = payload["move_number"]
            case "clock":
                found = (moves, {member: payload[member] for member in TELLING})
    return found


def _move(one: NumberedEvent) -> MovePlayed:
    assert isinstance(one.event, MovePlayed)
    return one.event


def _check_charge(before: NumberedEvent, after: NumberedEvent) -> None:
    move, clock = _move(after), _move(before).clock
    passed = whole_milliseconds(after.at) - whole_milliseconds(before.at)
    assert NO_TIME <= passed - move.spent <= MAX_LAG_CREDIT
    assert move.clock.since == whole_milliseconds(after.at)
    assert move.clock.left(move.seat) == clock.control.system.after_move(clock.left(move.seat), move.spent)
    assert move.clock.left(move.seat.opponent) == clock.left(move.seat.opponent)


async def test_games_go_on_where_they_were_when_the_server_is_killed(start_server: Callable[..., Server]) -> None:
    server = start_server(socket_messages_per_second=100_000)
    chance = random.Random(20)  # noqa: S311  # the same at every run
    players = [Player(server, a_person(server)) for _ in range(PEOPLE)]
    pairs = [(players[one % PEOPLE], players[(one + 1 + one // PEOPLE) % PEOPLE]) for one in range(GAMES)]
    seats = [(Pair(black.person, white.person), SYSTEMS[one % 2]) for one, (black, white) in enumerate(pairs)]
    game_ids = games_that_begin(server, seats)
    matches = [Match(game_id, *pair, chance) for game_id, pair in zip(game_ids, pairs, strict=True)]
    await asyncio.gather(*(player.come() for player in players))

    for _ in range(KILLS):
        away_seconds = await play_until_killed(server, matches, chance)
        clocks = {match: match.clock() for match in matches}
        await asyncio.gather(*(player.socket.close() for player in players))
        await asyncio.gather(*(player.come() for player in players))
        for match in matches:
            match.check_nothing_is_lost(away_seconds)
        # Where the move that was under way is stored, its clock was told to nobody.
        known = [match for match in matches if match.played == clocks[match][0]]
        assert [match.clock() for match in known] == [clocks[match] for match in known]
        assert len(known) > GAMES / 2

    running = [match for match in matches if not match.is_over]
    moves = asyncio.gather(*(match.play(chance) for match in running))
    await asyncio.sleep(0.5)
    await asyncio.gather(*(match.resign(chance.choice(match.players)) for match in running))
    await moves
    await asyncio.gather(*(player.socket.close() for player in players))
    assert len(running) < GAMES
    async with database_of(server) as database:
        for match in matches:
            async with database.read() as connection:
                match.check_course(await service.find(connection, match.game_id))
        await check_rated_once(database, [(match.game_id, match.pair) for match in matches])
    assert '"level": "error"' not in server.new_log()


async def play_until_killed(server: Server, matches: Sequence[Match], chance: random.Random) -> float:
    """Let all play on, kill the server at some moment, and start it again. Returns for how many seconds it was away."""
    running = [match for match in matches if not match.is_over]
    goal = sum(match.played for match in matches) + chance.randrange(200, 400)

    async def come_to(moves: int) -> None:
        await until(lambda: sum(match.played for match in matches) >= moves, seconds=30)
        await asyncio.sleep(chance.uniform(0, 0.02))

    async def end(match: Match) -> None:
        await come_to(goal - chance.randrange(350))
        await match.resign(chance.choice(match.players))

    ends = [end(match) for match in chance.sample(running, RESIGNATIONS)]
    under_way = asyncio.gather(*(match.play(chance) for match in running), *ends)
    await come_to(goal)
    server.kill()
    killed_at = time.monotonic()
    await under_way
    for match in matches:
        match.note_what_was_told()
    server.reconnect()
    await asyncio.to_thread(server.start)
    return time.monotonic() - killed_at
