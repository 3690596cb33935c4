"""Challenges on the wire of OGS: in lists, in notifications, and in the graph of those who seek a game.

The same game is written in three ways: in rows komi is text and the time control JSON within JSON, elsewhere a number
and an object. What is left open is null, but for the handicap, which is −1.
"""

import json
from typing import Any

from tengen.core.values import naive_iso, utc_iso
from tengen.play.challenges import Challenge, ChallengeId
from tengen.play.declines import Decline
from tengen.play.info import GameInfo
from tengen.play.offers import AUTOMATIC_HANDICAP, OfferedGame
from tengen.play.time_controls import time_per_move
from tengen.profiles import shown
from tengen.profiles.schemas import MinimalPlayer
from tengen.profiles.service import Profile

Json = dict[str, Any]

SEEK_GRAPH = "seekgraph/global"
"""The event by which those who look for a game are told, in a list."""

EMPTY_SEAT: Json = {"username": None, "ranking": 0, "professional": False}
"""Where nobody sits yet."""

_NOT_RATED: Json = {
    f"{color}_player_{what}": value
    for color in ("black", "white")
    for what, value in (("rank", 0), ("rating", "0.000"))
}
"""OGS has these fields, and no longer fills them."""


# ── lists ──


def element(challenge: Challenge, challenger: Profile, challenged: Profile | None) -> Json:
    """A challenge as lists have it, and as it is answered alone. `challenged` is None if it is open."""
    offer = challenge.offer
    return {
        "id": challenge.id,
        "challenger": MinimalPlayer.of(challenger),
        "challenged": None if challenged is None else MinimalPlayer.of(challenged),
        "game": offered_row(challenge),
        "group": None,
        "challenger_color": offer.color.value,
        "min_ranking": offer.min_ranking,
        "max_ranking": offer.max_ranking,
        "aga_rated": False,
        "invite_only": offer.is_invite_only,
        "uuid": challenge.uuid,
        "created": utc_iso(challenge.created_at),
    }


def offered_row(challenge: Challenge) -> Json:
    """The game that is offered, as a row of a list of games: with empty seats, and nothing of its course."""
    game = challenge.offer.game
    return {
        "related": {"detail": f"/api/v1/games/{challenge.game_id}"},
        "players": {"black": EMPTY_SEAT, "white": EMPTY_SEAT},
        "id": challenge.game_id,
        "name": game.name,
        "creator": challenge.challenger,
        "mode": "game",
        "source": "play",
        "black": None,
        "white": None,
        "width": game.size.columns,
        "height": game.size.rows,
        "rules": game.rules.name,
        "ranked": game.is_ranked,
        "handicap_rank_difference": None,
        "handicap": _handicap(game),
        "komi": None if game.komi is None else f"{game.komi:.2f}",
        "time_control": game.control.system.name,
        **_NOT_RATED,
        "time_per_move": time_per_move(game.control.system, game.size),
        "time_control_parameters": json.dumps(game.control.to_json()),
        "disable_analysis": game.is_analysis_disabled,
        "tournament": None,
        "tournament_round": 0,
        "ladder": None,
        "pause_on_weekends": game.control.pause_on_weekends,
        "outcome": "",
        "black_lost": True,
        "white_lost": True,
        "annulled": False,
        "annulment_reason": None,
        "started": None,
        "ended": None,
        "sgf_filename": None,
        "historical_ratings": {},
        "rengo": False,
        "rengo_casual_mode": False,
        "rengo_black_team": None,
        "rengo_white_team": None,
        "flags": None,
        "bot_detection_results": None,
    }


def _handicap(game: OfferedGame) -> int:
    return AUTOMATIC_HANDICAP if game.handicap is None else game.handicap


# ── notifications ──


def challenged(challenge: Challenge, challenger: Profile) -> Json:
    """Somebody challenges you."""
    offer, game = challenge.offer, challenge.offer.game
    ranking = shown.ogs_ranking(challenger.strength, challenger.system)
    return {
        "challenge_id": challenge.id,
        "game_id": challenge.game_id,
        "user": user(challenger),
        "name": game.name,
        "rules": game.rules.name,
        "width": game.size.columns,
        "height": game.size.rows,
        "ranked": game.is_ranked,
        "handicap": _handicap(game),
        "komi": game.komi,
        "time_control": game.control.to_json(),
        "challenger_color": offer.color.value,
        "disable_analysis": game.is_analysis_disabled,
        # gtp2ogs takes this for the challenger's rank.
        "min_ranking": ranking,
        "max_ranking": ranking,
        "aga_rated": False,
    }


def game_started(info: GameInfo) -> Json:
    """A game of yours has begun."""
    return {"game_id": info.id, "name": info.name, "black": info.black.name, "white": info.white.name}


def game_declined(challenge: Challenge, challenger: Profile, declining: Profile) -> Json:
    """Your challenge was declined, without a word."""
    return {
        "game_id": challenge.game_id,
        "name": challenge.offer.game.name,
        "challenger": user(challenger),
        "challenged": user(declining),
    }


def offer_rejected(challenge: Challenge, declining: Profile, decline: Decline) -> Json:
    """Your challenge was declined, and why."""
    return {
        "game_id": challenge.game_id,
        "name": challenge.offer.game.name,
        "user": user(declining),
        "message": decline.message,
        "rejection_details": decline.details,
    }


def user(profile: Profile) -> Json:
    """A player as events name one."""
    return MinimalPlayer.of(profile).model_dump(exclude={"icon"})


# ── the graph of those who seek a game ──


def seek_entry(challenge: Challenge, challenger: Profile) -> Json:
    """An open challenge."""
    offer, game = challenge.offer, challenge.offer.game
    ranking = shown.ogs_ranking(challenger.strength, challenger.system)
    return {
        "challenge_id": challenge.id,
        "game_id": challenge.game_id,
        "uuid": challenge.uuid,
        "created": naive_iso(challenge.created_at),
        "user_id": challenger.player.id,
        "username": challenger.account.display_name,
        "ranking": ranking,
        "rank": ranking,
        "professional": False,
        "pro": 0,
        "min_rank": offer.min_ranking,
        "max_rank": offer.max_ranking,
        "invite_only": offer.is_invite_only,
        "challenger_color": offer.color.value,
        "name": game.name,
        "ranked": game.is_ranked,
        "handicap": _handicap(game),
        "komi": game.komi,
        "rules": game.rules.name,
        "width": game.size.columns,
        "height": game.size.rows,
        "disable_analysis": game.is_analysis_disabled,
        "time_control": game.control.system.name,
        "time_control_parameters": game.control.to_json(),
        "time_per_move": time_per_move(game.control.system, game.size),
        "rengo": False,
        "rengo_casual_mode": False,
        "rengo_auto_start": 0,
        "rengo_nominees": [],
        "rengo_black_team": [],
        "rengo_white_team": [],
        "rengo_participants": [],
    }


def seek_end(challenge_id: ChallengeId) -> Json:
    """An open challenge is gone."""
    return {"challenge_id": challenge_id, "delete": True}


def seek_start(challenge_id: ChallengeId, info: GameInfo) -> Json:
    """An open challenge was accepted; `seek_end` follows."""
    control = info.terms.control
    return {
        "challenge_id": challenge_id,
        "game_started": True,
        "game_id": info.id,
        "creator": info.creator,
        "black": info.black.id,
        "white": info.white.id,
        "time_control": control.system.name,
        "time_control_parameters": control.to_json(),
    }
