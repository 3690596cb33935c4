"""A whole live game on the wire: the object `gamedata` of OGS' clients, in REST and as an event. Pure.

OGS' board copies every key of it onto an object of its own, so there are none here but those that it knows.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache

from tengen.go.points import Color, Point, ogs_moves
from tengen.go.rulesets import HandicapBonus, KoRule, Ruleset, Scoring
from tengen.play.clock_messages import ClockTitle, Json, clock_message, pause_control
from tengen.play.clocks import MILLISECOND, epoch_milliseconds
from tengen.play.events import MovePlayed
from tengen.play.info import GameInfo, Opponent
from tengen.play.outcomes import Outcome
from tengen.play.scores import Score, SideScore
from tengen.play.state import LiveGame, Phase, PlayedMove
from tengen.play.time_controls import TimeControl

BLACK, WHITE = Color.BLACK, Color.WHITE

_SUPERKO: Mapping[str, str] = {"chinese": "csk", "aga": "ssk", "ing": "ing", "nz": "ssk"}
"""OGS' name for the way in which a ruleset forbids repetition; `noresult` where it does not."""


def gamedata(info: GameInfo, game: LiveGame, now: datetime) -> Json:
    """The game as it is at `now`."""
    terms = info.terms
    players = players_of(info, game)
    data: Json = {
        "game_id": info.id,
        "game_name": info.name,
        "private": info.is_private,
        "ranked": info.is_ranked,
        "disable_analysis": info.is_analysis_disabled,
        "original_disable_analysis": info.is_analysis_disabled,
        "pause_on_weekends": terms.control.pause_on_weekends,
        "width": terms.size.columns,
        "height": terms.size.rows,
        "rules": terms.rules.name,
        "komi": terms.komi,
        "handicap": terms.handicap,
        "free_handicap_placement": terms.is_handicap_free,
        "initial_player": color_name(terms.first_to_move),
        "initial_state": {"black": ogs_moves(terms.black_stones), "white": ogs_moves(terms.white_stones)},
        "phase": game.phase.value,
        "moves": [move_array(move) for move in game.moves],
        "players": players,
        "player_pool": {str(info.black.id): players["black"], str(info.white.id): players["white"]},
        "black_player_id": info.black.id,
        "white_player_id": info.white.id,
        "group_ids": [],
        "rengo": False,
        "rengo_casual_mode": False,
        "time_control": dict(time_control_members(terms.control)),
        "clock": clock_of(info, game, now),
        "start_time": epoch_seconds(info.started_at),
        **_rule_flags(terms.rules),
    }
    if info.handicap_rank_difference is not None:
        data["handicap_rank_difference"] = info.handicap_rank_difference
    return data | _phase_members(info, game, now)


def _phase_members(info: GameInfo, game: LiveGame, now: datetime) -> Json:
    """What is said at certain times only."""
    members: Json = {}
    if game.phase is not Phase.FINISHED:
        members |= _pause_members(info, game, now)
    if game.undo is not None:
        members["undo_requested"] = game.undo.move_number
        members["undo_requested_by"] = info.opponent(game.undo.seat).id
        members["undo_requested_move_count"] = game.undo.count
    if game.phase is not Phase.PLAY:
        members["removed"] = sorted_letters(game.marked)
    if game.outcome is not None:
        members |= ending_members(info, game.outcome, game.ended_at or now)
    return members


def _pause_members(info: GameInfo, game: LiveGame, now: datetime) -> Json:
    """Why the clock stands still and since when: both or neither, as the board needs them."""
    stopped_at = game.clock.stopped_at(now)
    if stopped_at is None:
        return {}
    control = pause_control(game.clock, clock_title(info), now)
    return {"pause_control": control, "paused_since": epoch_milliseconds(stopped_at)}


def players_of(info: GameInfo, game: LiveGame) -> dict[str, Json]:
    """Both players by colour, with the marking that each has agreed to while and after stones are removed."""
    return {color_name(color): _player(info.opponent(color), color, game) for color in (BLACK, WHITE)}


def _player(opponent: Opponent, color: Color, game: LiveGame) -> Json:
    player: Json = {
        "id": opponent.id,
        "username": opponent.name,
        "rank": float(opponent.ranking),
        "professional": False,
    }
    if color in game.accepted:
        player["accepted_stones"] = sorted_letters(game.marked)
        player["accepted_strict_seki_mode"] = False
    return player


def ending_members(info: GameInfo, outcome: Outcome, ended_at: datetime) -> Json:
    """How the game ended: `outcome`, `winner` (0 for a tie), `end_time` in seconds, and `score` if it was counted."""
    members: Json = {
        "outcome": str(outcome),
        "winner": 0 if outcome.winner is None else info.opponent(outcome.winner).id,
        "end_time": epoch_seconds(ended_at),
    }
    if outcome.score is not None:
        members["score"] = _score(outcome.score)
    return members


def _score(score: Score) -> Json:
    return {"black": _side(score.black), "white": _side(score.white)}


def _side(side: SideScore) -> Json:
    return {
        "total": side.total,
        "stones": side.stones,
        "territory": side.territory,
        "prisoners": side.prisoners,
        "handicap": side.handicap,
        "komi": side.komi,
        "scoring_positions": sorted_letters(side.points),
    }


# ── parts that other messages have as well ──


def move_array(move: PlayedMove | MovePlayed) -> list[int]:
    """A move as an array: column, row, and the milliseconds that it took; a pass is at -1, -1."""
    column, row = move.point or (-1, -1)
    return [column, row, move.spent // MILLISECOND]


def sorted_letters(points: Iterable[Point]) -> str:
    """A set of points as pairs of letters, row by row: clients compare these texts."""
    ordered = sorted(points, key=lambda point: (point.row, point.column))
    return ogs_moves(ordered)


def color_name(color: Color) -> str:
    """The colour as the wire writes it."""
    return "black" if color is BLACK else "white"


def clock_title(info: GameInfo) -> ClockTitle:
    """What the messages about a clock say of its game."""
    return ClockTitle(info.id, info.name, info.black.id, info.white.id)


def clock_of(info: GameInfo, game: LiveGame, now: datetime, *, tells_pause: bool = False) -> Json:
    """The clock of the game as it is at `now`, or as it was when the game ended."""
    return clock_message(
        game.clock,
        clock_title(info),
        game.ended_at or now,
        tells_pause=tells_pause,
        removal_expires_at=game.removal_expires_at,
    )


def epoch_seconds(instant: datetime) -> int:
    """Seconds since 1970."""
    return epoch_milliseconds(instant) // 1000


# A process knows few time controls at a time, and one of these is a part of every game.
@lru_cache(maxsize=256)
def time_control_members(control: TimeControl) -> Mapping[str, object]:
    """The time control on the wire; to be copied, not to be changed."""
    return control.to_json()


@lru_cache(maxsize=32)
def _rule_flags(rules: Ruleset) -> Mapping[str, object]:
    """The ruleset as OGS' board takes it apart. Source: the defaults of that board."""
    counts_area = rules.scoring is Scoring.AREA
    return {
        "aga_handicap_scoring": rules.handicap_bonus is HandicapBonus.EACH_BUT_ONE,
        "allow_ko": False,
        "allow_self_capture": rules.allows_suicide,
        "allow_superko": rules.ko is KoRule.SIMPLE,
        "automatic_stone_removal": False,
        "opponent_plays_first_after_resume": not counts_area,
        "score_handicap": rules.handicap_bonus is not HandicapBonus.NONE,
        "score_passes": True,
        "score_prisoners": not counts_area,
        "score_stones": counts_area,
        "score_territory": True,
        "score_territory_in_seki": rules.scores_seki,
        "strict_seki_mode": False,
        "superko_algorithm": _SUPERKO.get(rules.name, "noresult"),
        "white_must_pass_last": rules.name == "aga",
    }
