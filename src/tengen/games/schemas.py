"""Games of Go on the wire that online-ratings and OGS share: one object with the fields of both."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tengen.core.values import PlayerId, naive_iso, utc_iso
from tengen.games.corrections import GameChange
from tengen.games.rated_games import SENTENCES
from tengen.games.report import MAX_HANDICAP, MAX_KEY, MAX_URL
from tengen.games.result import Ending, Result
from tengen.games.service import Game
from tengen.go.points import Color
from tengen.profiles.schemas import MinimalPlayer
from tengen.profiles.service import Profile
from tengen.web.openapi import WireTime

_EXAMPLE: dict[str, Any] = {
    "server_id": 4,
    "black_id": 71,
    "white_id": 72,
    "result": "W+3.5",
    "handicap": 0,
    "komi": 7.5,
    "date_played": "2026-03-14T19:05:00",
    "game_record": "(;FF[4]GM[1]SZ[19]KM[7.5];B[pd];W[dp])",
}


class GameReport(BaseModel):
    """A finished game, as its server reports it. Unknown fields are ignored."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    server_id: int | None = Field(default=None, description="The reporting server; or `game_server`.")
    game_server: str | None = Field(default=None, description="The reporting server's name, without `server_id`.")
    black_id: int = Field(description="Black's player on that server.")
    white_id: int = Field(description="White's player on that server.")
    result: str = Field(description="`B+3.5`, `W+R`, `B+T`, `W+F`, `0`, `Void` or `?`.", max_length=10)
    handicap: int | str | None = Field(default=None, description="Handicap stones; from the record if left out.")
    komi: float | str | None = Field(default=None, description="Points for White; from the record if left out.")
    date_played: str = Field(description="When the game was over: ISO 8601, UTC unless an offset is given.")
    game_record: str | None = Field(default=None, description="The SGF text, at most 1 MiB.")
    game_url: str | None = Field(
        default=None, description="Where the SGF is, to be fetched if there is no `game_record`.", max_length=MAX_URL
    )
    ranked: bool | None = Field(default=None, description="False: the players did not want it rated.")
    size: int | None = Field(default=None, description="Lines of the board, to be compared with the record.")


class BatchReport(GameReport):
    """A report in a batch, with the players' tokens."""

    black_token: str = Field(description="The report token of Black's player.")
    white_token: str = Field(description="The report token of White's player.")
    idempotency_key: str | None = Field(default=None, description="As the header of that name.", max_length=MAX_KEY)


class RecordWarningRead(BaseModel):
    """Something odd about a record."""

    code: str = Field(examples=["result_contradicts"])
    text: str = Field(examples=["The record's result is B+R, and the reported one is W+R."])
    move: int | None = Field(description="The move's number, from 1; null if it is no move's.", examples=[None])


class GameRead(BaseModel):
    """A game of Go: the fields of online-ratings and those of OGS."""

    id: int = Field(examples=[9003])
    white_id: int = Field(examples=[72])
    black_id: int = Field(examples=[71])
    server_id: int = Field(examples=[4])
    date_played: WireTime
    date_reported: WireTime
    result: str = Field(examples=["W+3.5"])
    handicap: int
    komi: float = Field(examples=[7.5])
    ranked: bool
    rated: bool = Field(description="Whether it moved ratings.")
    unrated_reason: str | None = Field(description="Why not, for programs.", examples=[None])
    unrated_text: str | None = Field(description="Why not, for people.", examples=[None])
    annulled: bool
    game_url: str | None
    has_record: bool = Field(description="Whether `/sgf` has the record.")
    record_warnings: list[RecordWarningRead] = Field(description="What is odd about the record.")
    related: dict[str, str]
    players: dict[str, MinimalPlayer] = Field(description="`black` and `white`, as they are now.")
    all_players: list[int]
    name: str
    creator: int
    mode: str
    source: str
    black: int
    white: int
    width: int
    height: int
    rules: str = Field(description="As the record names them; `japanese` where it names none.")
    outcome: str = Field(description="As OGS writes it.", examples=["3.5 points"])
    black_lost: bool
    white_lost: bool
    annulment_reason: dict[str, bool] | None
    started: str | None
    ended: str = Field(description="ISO 8601 with `Z`.")
    gamedata: dict[str, Any]


class GamePage(BaseModel):
    """Games, those played last first."""

    next: str | None = Field(description="Address of the next page; null on the last.")
    previous: None = Field(description="Always null: pages go one way.")
    results: list[GameRead]


# What OGS' clients look for in every game, and a reported one has nothing to say to.
_NOT_REPORTED: Mapping[str, Any] = {
    "mode": "game",
    "source": "sgf",
    "handicap_rank_difference": None,
    "time_control": "none",
    "time_control_parameters": None,
    "time_per_move": 0,
    "black_player_rank": 0,
    "white_player_rank": 0,
    "black_player_rating": "0.000",
    "white_player_rating": "0.000",
    "disable_analysis": False,
    "tournament": None,
    "tournament_round": 0,
    "ladder": None,
    "pause_on_weekends": False,
    "started": None,
    "historical_ratings": {},
    "rengo": False,
    "rengo_casual_mode": False,
    "rengo_black_team": None,
    "rengo_white_team": None,
    "flags": None,
    "bot_detection_results": None,
    "simul_black": None,
    "simul_white": None,
}
_OUTCOMES = {
    Ending.RESIGNATION: "Resignation",
    Ending.TIME: "Timeout",
    Ending.FORFEIT: "Disqualification",
    Ending.WIN: "Server Decision",
    Ending.DRAW: "0 points",
    Ending.VOID: "Cancellation",
    Ending.UNKNOWN: "Cancellation",
}


def game_object(game: Game, profiles: Mapping[PlayerId, Profile]) -> dict[str, Any]:
    """A game as `GameRead` describes it. `profiles` has both players."""
    result = Result.parse(game.result)
    black, white = profiles[game.black], profiles[game.white]
    rules = game.rules or "japanese"
    lost = {color: result.outcome(color) == 0.0 for color in (Color.BLACK, Color.WHITE)}
    path = f"/api/v1/games/{game.id}"
    return {
        **_NOT_REPORTED,
        "id": game.id,
        "white_id": game.white,
        "black_id": game.black,
        "server_id": game.server_id,
        "date_played": naive_iso(game.played_at),
        "date_reported": naive_iso(game.reported_at),
        "result": game.result,
        "handicap": game.handicap,
        "komi": game.komi,
        "ranked": game.ranked,
        "rated": game.pool is not None,
        "unrated_reason": game.unrated,
        "unrated_text": None if game.unrated is None else SENTENCES[game.unrated],
        "annulled": game.annulled_at is not None,
        "game_url": game.url,
        "has_record": game.record_hash is not None,
        "record_warnings": [asdict(warning) for warning in game.warnings],
        "related": {"detail": path, "sgf": f"{path}/sgf", "rating": f"{path}/rating", "reviews": f"{path}/reviews"},
        "players": {"black": MinimalPlayer.of(black), "white": MinimalPlayer.of(white)},
        "all_players": [game.black, game.white],
        "name": f"{black.player.name} – {white.player.name}",
        "creator": game.black,
        "black": game.black,
        "white": game.white,
        "width": game.width,
        "height": game.height,
        "rules": rules,
        "outcome": _outcome(result),
        "black_lost": lost[Color.BLACK],
        "white_lost": lost[Color.WHITE],
        "annulment_reason": None if game.annulled_at is None else {"moderator_annulled": True},
        "ended": utc_iso(game.played_at),
        "gamedata": _gamedata(game, rules, result, black, white),
    }


def _gamedata(game: Game, rules: str, result: Result, black: Profile, white: Profile) -> dict[str, Any]:
    winner = {Color.BLACK: game.black, Color.WHITE: game.white, None: None}[result.winner]
    return {
        "game_id": game.id,
        "game_name": f"{black.player.name} – {white.player.name}",
        "komi": game.komi,
        "handicap": game.handicap,
        "rules": rules,
        "width": game.width,
        "height": game.height,
        "ranked": game.ranked,
        "phase": "finished",
        "black_player_id": game.black,
        "white_player_id": game.white,
        "winner": 0 if result.ending is Ending.DRAW else winner,
        "outcome": _outcome(result),
        "end_time": int(game.played_at.timestamp()),
    }


def _outcome(result: Result) -> str:
    """As OGS writes it: `7.5 points`, `30 points`."""
    return _OUTCOMES[result.ending] if result.margin is None else f"{result.margin:f} points"


Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500, pattern=r"^[^\x00]*$")]


class Annulment(BaseModel):
    """Why a game is taken back, or counts again."""

    reason: Reason = Field(examples=["White was helped by a program."])


class CorrectionIn(BaseModel):
    """What is right about a game; what is left out was right before."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"result": "B+R", "reason": "Mistyped"}]})

    reason: Reason
    result: str | None = Field(default=None, max_length=10)
    handicap: int | None = Field(default=None, ge=0, le=MAX_HANDICAP)
    komi: float | None = Field(default=None, ge=-MAX_HANDICAP, le=MAX_HANDICAP, allow_inf_nan=False)
    date_played: str | None = Field(default=None, max_length=64)
    ranked: bool | None = None
    swap_colors: bool = Field(default=False, description="White was Black, and Black White.")


class GameChangeRead(BaseModel):
    """What was done to a game after it was reported."""

    kind: str = Field(examples=["correction"], description="`correction`, `annulment` or `restoration`.")
    reason: str = Field(examples=["Mistyped"])
    account_id: int | None = Field(description="Who did it; null: the game's server.")
    changed_at: str = Field(description="ISO 8601 with `Z`.")
    before: dict[str, Any] = Field(examples=[{"result": "W+R"}])
    after: dict[str, Any] = Field(examples=[{"result": "B+R"}])

    @classmethod
    def of(cls, change: GameChange) -> "GameChangeRead":
        """The wire form of a change."""
        return cls(
            kind=change.kind,
            reason=change.reason,
            account_id=change.account_id,
            changed_at=utc_iso(change.changed_at),
            before=change.before,
            after=change.after,
        )


class SideRating(BaseModel):
    """What a game did to one player's rating. Ranks are numbers: 30.0 is 1 dan."""

    player_id: int
    color: str = Field(examples=["black"])
    rank_before: float = Field(examples=[32.41])
    rank_after: float = Field(examples=[32.56])
    deviation_before: float = Field(description="In ranks, on the day of the game.", examples=[0.9])
    deviation_after: float = Field(examples=[0.87])
    rating_before: float = Field(description="On the scale of 0 to 40.", examples=[32.41])
    rating_after: float = Field(examples=[32.56])
    expected: float = Field(description="The score that was expected, from 0 to 1.", examples=[0.62])
    score: float = Field(description="1 for a win, 0.5 for a draw, 0 for a loss.", examples=[1.0])
    opponent_rank: float = Field(description="The opponent as the game found him.", examples=[31.7])
    opponent_deviation: float = Field(examples=[1.1])
    text: str = Field(examples=["You were expected to win 62 %: 3d against 2d, no handicap, komi 6.5."])


class GameRating(BaseModel):
    """What a game did to its players' ratings, and why."""

    game_id: int
    pool: str | None = Field(description="Null if it rates nothing.", examples=["go"])
    unrated_reason: str | None
    unrated_text: str | None
    advantage: float | None = Field(description="What handicap and komi give Black, in ranks.", examples=[-0.04])
    is_final: bool = Field(description="False while the pool waits to be put right after a late or changed game.")
    black: SideRating | None
    white: SideRating | None
