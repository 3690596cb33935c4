"""A live game in a list of games: the event `active_game` to its players, and the overview of those they play. Pure."""

from datetime import datetime
from functools import lru_cache

from tengen.go.points import Color, Size
from tengen.play.clock_messages import Json, expiration
from tengen.play.gamedata import gamedata
from tengen.play.info import GameInfo, Opponent
from tengen.play.state import LiveGame
from tengen.play.time_controls import time_per_move
from tengen.play.time_systems import TimeSystem

_BEGINNING = 8
_END = 2
"""A game is in its beginning until it has an eighth as many moves as the board has points, in its end from half on."""

NOBODY = 0
"""In place of a player's id."""


def list_entry(info: GameInfo, game: LiveGame, now: datetime) -> Json:
    """The game as lists have it at `now`."""
    terms, moves = info.terms, len(game.moves)
    area = terms.size.area
    is_beginning = moves * _BEGINNING < area
    is_end = moves * _END >= area
    return {
        "id": info.id,
        "phase": game.phase.value,
        "name": info.name,
        "player_to_move": NOBODY if game.is_over else info.opponent(game.to_move).id,
        "width": terms.size.columns,
        "height": terms.size.rows,
        "move_number": moves,
        "paused": not game.is_over and game.clock.stopped_at(now) is not None,
        "private": info.is_private,
        "ranked": info.is_ranked,
        "bot_game": info.has_bot,
        "black": _player(info.black, has_accepted=Color.BLACK in game.accepted),
        "white": _player(info.white, has_accepted=Color.WHITE in game.accepted),
        "time_per_move": move_seconds(terms.control.system, terms.size),
        "clock_expiration": expiration(game.clock, game.ended_at or now),
        "handicap": terms.handicap,
        "komi": terms.komi,
        "rengo": False,
        "rengo_casual_mode": False,
        "rengo_teams": {"black": [], "white": []},
        "in_beginning": is_beginning,
        "in_middle": not is_beginning and not is_end,
        "in_end": is_end,
        "malkovich_present": False,
        "group_ids": [],
    }


def _player(opponent: Opponent, *, has_accepted: bool) -> Json:
    return {
        "id": opponent.id,
        "username": opponent.name,
        "rank": float(opponent.ranking),
        "professional": False,
        "accepted": has_accepted,
        "ratings": ratings_of(opponent),
    }


def active_game(info: GameInfo, game: LiveGame, now: datetime) -> Json:
    """The game in the overview of a player's games, with all that there is of it."""
    terms = info.terms
    return {
        "id": info.id,
        "name": info.name,
        "black": _overview_player(info.black),
        "white": _overview_player(info.white),
        "width": terms.size.columns,
        "height": terms.size.rows,
        "time_per_move": move_seconds(terms.control.system, terms.size),
        "json": gamedata(info, game, now),
    }


def _overview_player(opponent: Opponent) -> Json:
    return {
        "id": opponent.id,
        "username": opponent.name,
        "ranking": float(opponent.ranking),
        "pro": False,
        "ratings": ratings_of(opponent),
    }


def ratings_of(opponent: Opponent) -> Json:
    """A player's ratings as OGS writes them: one, over all sizes and speeds."""
    rating, deviation, volatility = opponent.ratings
    return {"version": 5, "overall": {"rating": rating, "deviation": deviation, "volatility": volatility}}


@lru_cache(maxsize=256)
def move_seconds(system: TimeSystem, size: Size) -> int:
    """`time_per_move`, remembered: it is asked for with every move."""
    return time_per_move(system, size)
