"""Games that are or were played here as OGS has them in REST, in lists and alone.

A game alone is one object with the fields of online-ratings and those of OGS, whoever reported it: that of
`tengen.games.schemas`, with what only a game that is played here can tell. Lists of OGS have some of its fields, with
`komi` as text.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from tengen.core.values import PlayerId, utc_iso
from tengen.games.result import Ending, Result
from tengen.games.schemas import game_object
from tengen.games.service import Game
from tengen.go.points import Color
from tengen.play.clock_messages import Json
from tengen.play.game_list import move_seconds
from tengen.play.gamedata import gamedata
from tengen.play.info import GameInfo
from tengen.play.records import RUNNING
from tengen.play.service import NewLiveGame
from tengen.play.state import LiveGame
from tengen.play.time_controls import class_of
from tengen.players.service import HOME
from tengen.profiles.service import Profile

ROW_FIELDS = (
    "players",
    "id",
    "name",
    "creator",
    "mode",
    "source",
    "black",
    "white",
    "width",
    "height",
    "rules",
    "ranked",
    "handicap_rank_difference",
    "handicap",
    "time_control",
    "black_player_rank",
    "black_player_rating",
    "white_player_rank",
    "white_player_rating",
    "time_per_move",
    "time_control_parameters",
    "disable_analysis",
    "tournament",
    "tournament_round",
    "ladder",
    "pause_on_weekends",
    "outcome",
    "black_lost",
    "white_lost",
    "annulled",
    "annulment_reason",
    "started",
    "ended",
    "historical_ratings",
    "rengo",
    "rengo_casual_mode",
    "rengo_black_team",
    "rengo_white_team",
    "flags",
    "bot_detection_results",
)
"""What a row has of a game's object, as it stands there."""

Profiles = Mapping[PlayerId, Profile]
"""Of both players at least."""


def game_row(game: Game, began: tuple[NewLiveGame, datetime] | None, profiles: Profiles) -> Json:
    """A game that is over, in a list. `began`: how and when, if it was played here; None if it was reported."""
    return _row(game_object(game, profiles) | ({} if began is None else _facts(*began, Result.parse(game.result))))


def running_row(start: NewLiveGame, started_at: datetime, profiles: Profiles) -> Json:
    """A game that is being played, in a list."""
    return _row(game_object(_unfinished(start, started_at), profiles) | _facts(start, started_at, None))


def live_game_object(
    info: GameInfo, start: NewLiveGame, game: LiveGame, profiles: Profiles, now: datetime, reported: Game | None
) -> Json:
    """A game that is or was played here, alone. `reported`: what was made of it when it was over.

    While it is played, its result is `?`, and the time at which it was played that at which it began.
    """
    outcome = game.outcome
    base = game_object(reported or _unfinished(start, info.started_at), profiles)
    found = base | _facts(start, info.started_at, None if outcome is None else outcome.result)
    if outcome is not None:
        found["outcome"] = str(outcome)
        for color, name in ((Color.BLACK, "black"), (Color.WHITE, "white")):
            # Also of a game that was called off: the one who did so is said to have lost it.
            found[f"{name}_lost"] = outcome.winner is color.opponent
        found["ended"] = utc_iso(game.ended_at or now)
    return found | {"auth": "", "has_record": True, "gamedata": gamedata(info, game, now)}


def _row(found: Json) -> Json:
    row: Json = {field: found[field] for field in ROW_FIELDS}
    return row | {
        "related": {"detail": f"/api/v1/games/{found['id']}"},
        "komi": f"{found['komi']:.2f}",
        "sgf_filename": None,
    }


def _unfinished(start: NewLiveGame, started_at: datetime) -> Game:
    """The game as far as it goes: with no result, and played when it began."""
    terms = start.terms
    return Game(
        id=start.game_id,
        server_id=HOME,
        black=terms.black,
        white=terms.white,
        reported_at=started_at,
        played_at=started_at,
        result=RUNNING,
        handicap=terms.handicap,
        komi=terms.komi,
        rules=terms.rules.name,
        width=terms.size.columns,
        height=terms.size.rows,
        speed=class_of(terms.control.system, terms.size),
        ranked=start.is_ranked,
        annulled_at=None,
        pool=None,
        unrated=None,
        record_hash=None,
        url=None,
        warnings=(),
    )


def _facts(start: NewLiveGame, started_at: datetime, result: Result | None) -> Json:
    """What only games have that are played here. `result`: None while it is played."""
    control, difference = start.terms.control, start.handicap_rank_difference
    facts: Json = {
        "name": start.name,
        "creator": start.creator,
        "source": "play",
        "handicap_rank_difference": None if difference is None else f"{difference:.1f}",
        "time_control": control.system.name,
        "time_control_parameters": json.dumps(control.to_json()),
        "time_per_move": move_seconds(control.system, start.terms.size),
        "disable_analysis": start.is_analysis_disabled,
        "pause_on_weekends": control.pause_on_weekends,
        "started": utc_iso(started_at),
    }
    if result is None:
        return facts | {"outcome": "", "black_lost": True, "white_lost": True, "ended": None}
    return facts | ({"annulled": True} if result.ending is Ending.VOID else {})
