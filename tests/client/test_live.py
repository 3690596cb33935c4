"""Live play with the client library, in front of the real platform."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tengen.client import (
    AccessToken,
    AsyncClient,
    ChallengeNotFound,
    Credentials,
    GameHasMovedOn,
    GameIsOver,
    GameNotFound,
    InvalidGrant,
    InvalidPoint,
    InvalidToken,
    Live,
    LiveEvent,
    LiveGame,
    MadeChallenge,
    MarkingDiffers,
    NotIdentified,
    NotInGame,
    NotYourTurn,
    Occupied,
    Offer,
    PrivateGame,
    TengenError,
    Unreachable,
)
from tengen.go.points import Color, Point
from tests.client.test_play_requests import gamedata
from tests.support.builders import a_verified_user, unique
from tests.support.network import free_port
from tests.support.server import Server
from tests.support.waiting import until

SMALL = Offer(width=9, height=9, color="white")


@dataclass
class Person:
    """Somebody with a client and a live connection."""

    client: AsyncClient
    live: Live
    id: int


@asynccontextmanager
async def people(server: Server, count: int = 2) -> AsyncIterator[list[Person]]:
    """So many who have just registered; Black of the games below is the first."""
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(count):
            user = a_verified_user(server)
            client = await stack.enter_async_context(AsyncClient(server.url, Credentials(user.email, user.password)))
            live = await stack.enter_async_context(client.live())
            assert live.player_id is not None
            found.append(Person(client, live, live.player_id))
        yield found


async def a_game(black: Person, white: Person, offer: Offer = SMALL) -> tuple[LiveGame, LiveGame]:
    """A game that has begun: as Black sees it, and as White does, who has challenged."""
    challenge = await white.client.challenge_player(black.id, offer)
    await black.client.accept_challenge(challenge.id)
    return await black.live.join(challenge.game_id), await white.live.join(challenge.game_id)


async def test_two_play_with_everything_that_a_game_offers(server: Server) -> None:
    async with people(server) as (black, white):
        blacks, whites = await a_game(black, white)
        assert (blacks.color, whites.color) == (Color.BLACK, Color.WHITE)
        assert blacks.is_my_turn

        await blacks.play("C3")
        await until(lambda: whites.is_my_turn)
        await whites.play(Point(6, 2))
        await until(lambda: len(blacks.game.moves) == 2)
        assert blacks.board.stones(Color.BLACK) == {Point(2, 6)}
        assert blacks.board.stones(Color.WHITE) == {Point(6, 2)}

        await whites.request_undo()
        await until(lambda: whites.game.moves == blacks.game.moves)
        await blacks.cancel_undo()
        await whites.request_undo()
        await blacks.accept_undo()
        assert blacks.game.moves == (Point(2, 6),)
        await until(lambda: whites.is_my_turn)
        assert whites.board.stones(Color.WHITE) == frozenset()

        await whites.pause()
        await whites.resume()
        await whites.say("Have a good game")
        await whites.resign()
        assert (whites.phase, whites.game.outcome, whites.game.winner) == ("finished", "Resignation", Color.BLACK)
        assert b"RE[B+R]" in await black.client.game_record(whites.id)
        assert (await black.client.game_picture(whites.id)).startswith(b"\x89PNG")
        assert (await black.client.played_game(whites.id)).winner is Color.BLACK


async def test_events_begin_with_the_game_and_end_with_it(server: Server) -> None:
    async with people(server) as (black, white):
        blacks, whites = await a_game(black, white)
        heard: list[LiveEvent] = []

        async def listen() -> None:
            async for event in whites.events():
                heard.append(event)
                if event.kind == "chat":
                    await blacks.resign()

        listening = asyncio.create_task(listen())
        await blacks.play("E5")
        await blacks.say("Your move")
        async with asyncio.timeout(10):
            await listening
        kinds = [event.kind for event in heard if event.kind != "clock"]
        assert kinds[0] == "gamedata"
        assert [kind for kind in kinds[1:] if kind != "conditional_moves"] == ["move", "chat", "phase", "gamedata"]
        assert next(event.payload["line"]["body"] for event in heard if event.kind == "chat") == "Your move"
        assert [event.kind async for event in whites.events()] == ["gamedata"]


async def test_both_agree_on_the_score_or_play_on(server: Server) -> None:
    async with people(server) as (black, white):
        blacks, whites = await a_game(black, white)
        await blacks.play("E5")
        await whites.play("A1")
        for _ in range(2):
            await blacks.play("pass")
            await whites.play(None)
            await until(lambda: blacks.phase == "stone removal")
            await blacks.mark([Point(0, 8)], is_marked=False)
            await blacks.mark([Point(0, 8)])
            await until(lambda: whites.game.marked == {Point(0, 8)})
            if len(blacks.game.moves) == 4:
                await blacks.play_on()
                await until(lambda: whites.phase == "play")
                assert whites.game.marked == frozenset()
        await blacks.accept_score()
        await whites.accept_score()
        await until(lambda: blacks.is_over)
        assert (blacks.game.outcome, blacks.game.winner) == ("74.5 points", Color.BLACK)


async def test_refusals_have_the_names_and_codes_of_the_platform(server: Server) -> None:
    async with people(server, 3) as (black, white, other):
        blacks, whites = await a_game(black, white)
        refusals: list[tuple[Any, type[TengenError], str]] = [
            (whites.play("E5"), NotYourTurn, "not_your_turn"),
            (blacks.play("Z99"), InvalidPoint, "invalid_point"),
            (blacks.accept_undo(), TengenError, "no_undo_requested"),
            (other.live.call("game/move", {"game_id": blacks.id, "move": "ee"}), NotInGame, "not_in_game"),
            (other.live.join(2**40), GameNotFound, "game_not_found"),
            (black.client.accept_challenge(2**40), ChallengeNotFound, "challenge_not_found"),
        ]
        for command, kind, code in refusals:
            with pytest.raises(kind) as refusal:
                await command
            assert refusal.value.code == code
            assert not refusal.value.may_have_happened
        await blacks.play("E5")
        await until(lambda: whites.is_my_turn)
        with pytest.raises(Occupied):
            await whites.play("E5")
        with pytest.raises(GameHasMovedOn):
            await black.live.call("game/undo/request", {"game_id": blacks.id, "move_number": 0})
        await blacks.resign()
        with pytest.raises(GameIsOver, match="ended"):
            await whites.play("E4")


async def test_who_agrees_with_other_stones_than_are_marked_is_refused(server: Server) -> None:
    async with people(server) as (black, white):
        blacks, whites = await a_game(black, white)
        await blacks.play("E5")
        await whites.play("pass")
        await blacks.play("pass")
        await until(lambda: blacks.phase == "stone removal")
        with pytest.raises(MarkingDiffers):
            await black.live.call("game/removed_stones/accept", {"game_id": blacks.id, "stones": "aa"})


async def test_a_game_that_is_only_offered_is_waited_for(server: Server) -> None:
    async with people(server) as (black, white):
        challenge = await white.client.challenge_player(black.id, SMALL)
        joining = asyncio.create_task(white.live.join(challenge.game_id))
        await asyncio.sleep(0)
        assert [one.id async for one in black.client.my_challenges()] == [challenge.id]
        assert (await black.client.challenge(challenge.id)).challenger.id == white.id
        await black.client.accept_challenge(challenge.id)
        async with asyncio.timeout(10):
            game = await joining
        assert game.phase == "play"
        assert await white.live.join(challenge.game_id) is game


async def test_challenges_are_declined_withdrawn_and_open_to_all(server: Server) -> None:
    async with people(server) as (black, white):
        first = await white.client.challenge_player(black.id, SMALL)
        await black.client.decline_challenge(first.id, "Too late for me.")
        second = await white.client.challenge_player(black.id, SMALL)
        await white.client.decline_challenge(second.id)
        assert [one async for one in white.client.my_challenges()] == []
        third: MadeChallenge = await white.client.challenge_all(SMALL)
        assert third.id in [one.id async for one in black.client.open_challenges()]
        assert await black.client.accept_challenge(third.id) == third.game_id


async def test_what_concerns_an_account_is_told_on_its_connection(server: Server) -> None:
    async with people(server) as (black, white):
        events = black.live.events()
        listening = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        challenge = await white.client.challenge_player(black.id, SMALL)
        async with asyncio.timeout(10):
            told = await listening
        assert (told.kind, told.payload["type"], told.payload["challenge_id"]) == (
            *("notification", "challenge"),
            challenge.id,
        )
        await black.live.forget(told.payload["id"])
        async with asyncio.timeout(10):
            assert await anext(events) == LiveEvent("notification", {"id": told.payload["id"], "type": "delete"})


async def test_guests_watch_and_do_not_play_and_private_games_are_not_shown(server: Server) -> None:
    async with people(server) as (black, white):
        blacks, _ = await a_game(black, white)
        private, _ = await a_game(black, white, Offer(width=9, height=9, is_private=True))
        async with AsyncClient(server.url) as client, client.live() as live:
            game = await live.join(blacks.id)
            assert (live.player_id, game.color, game.is_my_turn) == (None, None, False)
            await blacks.play("E5")
            await until(lambda: game.board[Point(4, 4)] is Color.BLACK)
            with pytest.raises(NotIdentified):
                await game.play("D4")
            with pytest.raises(PrivateGame):
                await live.join(private.id)
            await game.leave()
            await blacks.resign()
            assert game.phase == "play"


async def test_a_program_logs_in_by_tokens(server: Server) -> None:
    user = a_verified_user(server)
    async with AsyncClient(server.url, Credentials(user.email, user.password)) as author:
        app = await author.register_app(unique("Stones "))
        with pytest.raises(InvalidGrant):
            await author.tokens(app.client_id, user.display_name, "wrong")
        first = await author.tokens(app.client_id, user.display_name, user.password)
        second = await author.refresh_tokens(app.client_id, first.refresh_token)
    assert timedelta(minutes=1) < second.lifetime
    async with AsyncClient(server.url, second.credentials) as client, client.live() as live:
        assert (await client.me()).name == user.display_name
        assert live.player_id == (await client.me()).id
    async with AsyncClient(server.url, AccessToken("5d0c")) as client:
        with pytest.raises(InvalidToken):
            await client.me()


async def test_a_lost_connection_is_made_again_and_the_game_goes_on(start_server: Callable[..., Server]) -> None:
    server = start_server()
    async with people(server) as (black, white):
        blacks, whites = await a_game(black, white)
        await blacks.play("E5")
        heard: list[LiveEvent] = []

        async def listen() -> None:
            async for event in whites.events():
                heard.append(event)  # noqa: PERF401  # as they come

        listening = asyncio.create_task(listen())
        await asyncio.to_thread(server.restart)
        await until(lambda: sum(event.kind == "gamedata" for event in heard) >= 2)
        assert whites.game.moves == (Point(4, 4),)
        await whites.play("D4")
        await until(lambda: len(blacks.game.moves) == 2)
        await blacks.resign()
        async with asyncio.timeout(10):
            await listening


async def test_a_platform_that_stays_away_ends_events_and_commands(start_server: Callable[..., Server]) -> None:
    server = start_server()
    async with people(server) as (black, white):
        blacks, _ = await a_game(black, white)
        async with AsyncClient(server.url, retries=0) as client, client.live(patience=timedelta()) as live:
            game = await live.join(blacks.id)
            events = game.events()
            assert (await anext(events)).kind == "gamedata"
            await asyncio.to_thread(server.stop)
            with pytest.raises(Unreachable):
                async for _ in events:
                    pass
            with pytest.raises(Unreachable) as refusal:
                await game.play("E5")
            assert not refusal.value.may_have_happened


async def test_a_platform_that_is_not_there_is_unreachable_at_once() -> None:
    async with AsyncClient(f"http://127.0.0.1:{free_port()}", retries=0) as client:
        with pytest.raises(Unreachable):
            async with client.live():
                pass


async def test_without_the_library_for_sockets_a_sentence_says_what_to_install(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "websockets.asyncio.client", None)
    async with AsyncClient(server.url) as client:
        with pytest.raises(ImportError, match=r"pip install 'tengen\[play\]'"):
            async with client.live():
                pass


async def test_who_does_not_take_events_gets_the_whole_game_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tengen.client.live._MOST_WAITING", 5)
    async with AsyncClient("http://127.0.0.1:1") as client:
        game = LiveGame(client.live(), 90456)
        game.happen("gamedata", gamedata())
        events = game.events()
        assert (await anext(events)).kind == "gamedata"
        for column in range(6):
            game.happen("move", {"game_id": 90456, "move_number": column + 3, "move": [column, 0, 0]})
        told = await anext(events)
        assert told.kind == "gamedata"
        assert len(game.game.moves) == 8
