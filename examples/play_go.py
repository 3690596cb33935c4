"""Two accounts play a short game of Go against each other, live: random moves on a small board, and then the score.

    PLAY_PASSWORDS='correct horse:battery staple' python play_go.py --platform http://127.0.0.1:8000 \\
        --black mira@example.org --white tova@example.org

Each side is a program of its own that could play against anybody: it looks at the board, plays when it is its turn, and
agrees with the dead stones that are proposed. A bot that plays better needs another `choose`, and nothing else.
"""

import argparse
import asyncio
import logging
import os
import random
import sys
from pathlib import Path

from tengen.client import (
    AsyncClient,
    Credentials,
    GameHasMovedOn,
    GameIsOver,
    Live,
    LiveGame,
    MarkingDiffers,
    NotYourTurn,
    Offer,
    TengenError,
    TimeIsUp,
)
from tengen.go.board import Board
from tengen.go.points import Color, Point

log = logging.getLogger("play")
dice = random.SystemRandom()

TIME = {"system": "fischer", "initial_time": 60, "time_increment": 5, "max_time": 120}
PROPOSAL_SECONDS = 1.0
"""In this time the platform proposes which stones are dead, if any are. Who agrees sooner agrees that none are."""
LATE = (NotYourTurn, GameHasMovedOn, GameIsOver, MarkingDiffers, TimeIsUp)
"""Refusals of what was right a moment ago. The event that says why is under way."""


def is_eye(board: Board, color: Color, point: Point) -> bool:
    """Whether all neighbours of an empty point are stones of this colour: who fills these, loses everything."""
    return all(board[neighbour] is color for neighbour in board.neighbours(point))


def choose(board: Board, color: Color, moves_left: int) -> Point | None:
    """Any legal move that fills no eye; None, a pass, if there is none or the game is long enough."""
    legal = [point for point in board.size.points() if board.is_legal(color, point)]
    sensible = [point for point in legal if not is_eye(board, color, point)]
    return dice.choice(sensible) if sensible and moves_left > 0 else None


async def act(game: LiveGame, longest: int) -> None:
    """Do what is to be done now, if anything is."""
    color = game.color
    assert color is not None, "we play"
    try:
        if game.is_my_turn:
            move = choose(game.board, color, longest - len(game.game.moves))
            log.info("%s plays %s.", color, "pass" if move is None else move.vertex(game.game.size))
            await game.play(move)
        elif game.phase == "stone removal":
            await asyncio.sleep(PROPOSAL_SECONDS)
            await game.accept_score()
    except LATE as refusal:
        log.info("%s was too late: %s", color, refusal)


async def play(live: Live, game_id: int, longest: int) -> LiveGame:
    """Play a game to its end."""
    game = await live.join(game_id)
    async for event in game.events():
        if event.kind in {"gamedata", "move", "phase", "removed_stones", "undo_accepted"}:
            await act(game, longest)
    return game


async def main(arguments: argparse.Namespace) -> None:
    """Challenge, accept, play, and show how it ended."""
    passwords = os.environ["PLAY_PASSWORDS"].split(":")
    users = [Credentials(*each) for each in zip((arguments.black, arguments.white), passwords, strict=True)]
    async with AsyncClient(arguments.platform, users[0]) as black, AsyncClient(arguments.platform, users[1]) as white:
        opponent = await white.me()
        offer = Offer(width=arguments.size, height=arguments.size, color="black", time=TIME, name="A short game")
        challenge = await black.challenge_player(opponent.id, offer)
        game_id = await white.accept_challenge(challenge.id)
        async with black.live() as blacks, white.live() as whites:
            game, _ = await asyncio.gather(
                play(blacks, game_id, arguments.moves), play(whites, game_id, arguments.moves)
            )
        winner = "Nobody" if game.game.winner is None else str(game.game.winner)
        log.info("%s wins game %d: %s.\n%s", winner, game_id, game.game.outcome, game.board)
        if arguments.record is not None:
            arguments.record.write_bytes(await black.game_record(game_id))


def parse_arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description="A short game of Go between two accounts.",
        epilog="The passwords come from the environment: PLAY_PASSWORDS, Black's and White's with a colon between.",
    )
    add = parser.add_argument
    add("--platform", default="http://127.0.0.1:8000", metavar="URL", help="address of the platform")
    add("--black", required=True, metavar="E-MAIL", help="the account that plays Black")
    add("--white", required=True, metavar="E-MAIL", help="the account that plays White")
    add("--size", type=int, default=9, help="lines of the board")
    add("--moves", type=int, default=60, help="after so many both pass")
    add("--record", type=Path, metavar="FILE", help="write the game there, as SGF")
    arguments = parser.parse_args()
    if os.environ.get("PLAY_PASSWORDS", "").count(":") != 1:
        parser.error("the environment variable PLAY_PASSWORDS must hold two passwords with a colon between")
    return arguments


if __name__ == "__main__":
    options = parse_arguments()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        asyncio.run(main(options))
    except TengenError as refusal:
        log.error("The platform refuses: %s", refusal)
        sys.exit(1)
