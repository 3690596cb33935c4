"""What a challenge offers: a game, its colours, and to whom; and what two players have agreed on once it is accepted.

OGS' clients write the same things in many ways: numbers as text, words or true and false, half of it left out.
`Offer.parse` reads them all and knows what they mean; what is left open, automatic colours, handicap and komi,
`agree` settles when both players are known. Pure: whoever needs a coin gives it.

| handicap and komi left open | 19×19 | smaller boards |
|---|---|---|
| handicap | as many stones as ranks between the players, 9 at most | 1, and one more for each stone's worth of points |
| komi | that of the rules, for the stones | that of the rules for an even game, less the points that remain |

On a smaller board a rank is worth fewer points (`tengen.ratings.advantage`: 12/κ, which are 4 on 13×13 and 2 on 9×9),
so that most of the difference is evened out by komi. Recorded games of OGS agree: on 9×9 one rank makes a komi of 4.5
under Japanese rules, four make −0.5 under Chinese ones, both with a handicap of 1; its own table is not public.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tengen.core.errors import Invalid
from tengen.core.values import PlayerId, clean_line
from tengen.games import rated_games
from tengen.go.board import Board
from tengen.go.handicap import MAX_FIXED_HANDICAP
from tengen.go.points import Color, Point, Size, ogs_moves
from tengen.go.rulesets import JAPANESE, HandicapBonus, Ruleset, Scoring
from tengen.play.terms import GameTerms, Setup
from tengen.play.time_controls import TimeControl
from tengen.ratings.advantage import board_factor
from tengen.ratings.go_conditions import LARGEST, SMALLEST

NO_MIN_RANKING, NO_MAX_RANKING = -1000.0, 1000.0
"""What clients say when a challenge is for players of any rank."""
MAX_NAME_LENGTH = 200
MAX_KOMI = 500.0
MAX_HANDICAP = 36
"""What OGS' page lets people choose, on 19×19."""
AUTOMATIC_HANDICAP = -1
"""How the wire writes a handicap that follows from the players' ranks."""

_USUAL_NAME = "Friendly Game"
_USUAL_SIDE = 19
_USUAL_TIME: Mapping[str, object] = {"system": "byoyomi", "main_time": 2400, "period_time": 30, "periods": 5}
"""So `ogsapi` has it, unless people choose."""
_STONE = 12
"""Points that a free move is worth; one more where stones count."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,9}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})", re.ASCII)
_WORDS = {"true": True, "false": False, "1": True, "0": False}


class InvalidChallenge(Invalid):
    """No game can be offered so."""

    code, status = "invalid_challenge", 400


class ColorWish(StrEnum):
    """Which colour the challenger is to have; the value is the word on the wire."""

    BLACK = "black"
    WHITE = "white"
    AUTOMATIC = "automatic"
    """The weaker player has Black in a game with handicap; chance decides in any other."""
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class OfferedGame:
    """The game that is offered."""

    name: str
    size: Size
    rules: Ruleset
    handicap: int | None
    """Stones; None if it follows from the players' ranks."""
    komi: float | None
    """None for the usual one."""
    control: TimeControl
    is_ranked: bool = False
    is_private: bool = False
    is_analysis_disabled: bool = False
    setup: Setup | None = None
    """The position to begin with, None for the usual one."""

    @classmethod
    def parse(cls, game: Mapping[str, Any]) -> "OfferedGame":
        """What the `game` object of a challenge asks for. Raises kinds of `Invalid`."""
        if _flag(game, "rengo"):
            raise InvalidChallenge("Rengo is not played here: leave it out, or send false.")
        size = Size.of(_whole(game, "width", _USUAL_SIDE), _whole(game, "height", _USUAL_SIDE))
        rules = _rules(game.get("rules"))
        setup = _setup(game.get("initial_state"), game.get("initial_player"), size, rules)
        is_ranked = _flag(game, "ranked")
        offered = cls(
            name=_name(game.get("name")),
            size=size,
            rules=rules,
            handicap=_handicap(game, size, has_setup=setup is not None),
            # Of a ranked game nobody chooses it, whatever the client has sent.
            komi=None if is_ranked else _komi(game),
            control=_control(game, size),
            is_ranked=is_ranked,
            is_private=_flag(game, "private"),
            is_analysis_disabled=_flag(game, "disable_analysis"),
            setup=setup,
        )
        if is_ranked:
            offered.check_may_rate()
        return offered

    def check_may_rate(self) -> None:
        """Raises `InvalidChallenge` if a game like this moves no ratings (`tengen.games.rated_games`)."""
        if not (self.size.is_square and SMALLEST <= self.size.columns <= LARGEST):
            raise InvalidChallenge(
                f"Ranked games are played on square boards of {SMALLEST} to {LARGEST} lines: choose one, or play "
                "unranked."
            )
        if self.handicap is not None and self.handicap > rated_games.MAX_HANDICAP:
            raise InvalidChallenge(
                f"Ranked games have {rated_games.MAX_HANDICAP} handicap stones at most: choose fewer, or play unranked."
            )
        if self.setup is not None:
            raise InvalidChallenge(
                "Ranked games begin with the empty board: leave initial_state out, or play unranked."
            )

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "name": self.name,
            "width": self.size.columns,
            "height": self.size.rows,
            "rules": self.rules.name,
            "handicap": self.handicap,
            "komi": self.komi,
            "time_control": self.control.to_json(),
            "ranked": self.is_ranked,
            "private": self.is_private,
            "disable_analysis": self.is_analysis_disabled,
            "setup": self.setup and _setup_to_json(self.setup),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "OfferedGame":
        """The game that `to_json` has written."""
        size = Size.of(stored["width"], stored["height"])
        return cls(
            name=stored["name"],
            size=size,
            rules=Ruleset.parse(stored["rules"]),
            handicap=stored["handicap"],
            komi=stored["komi"],
            control=TimeControl.parse(stored["time_control"], size),
            is_ranked=stored["ranked"],
            is_private=stored["private"],
            is_analysis_disabled=stored["disable_analysis"],
            setup=stored["setup"] and _stored_setup(stored["setup"], size),
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """What a challenge offers."""

    game: OfferedGame
    color: ColorWish = ColorWish.AUTOMATIC
    min_ranking: float = NO_MIN_RANKING
    max_ranking: float = NO_MAX_RANKING
    """Rank numbers (30 is 1d) of who may accept an open challenge; both ranks may, from their weakest to their
    strongest."""
    is_invite_only: bool = False
    """Not listed: for whoever is told its `uuid`."""

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> "Offer":
        """What the body of a challenge asks for, completed where it leaves something out.

        Raises `InvalidChallenge` or `InvalidTimeControl`, and nothing else, whatever JSON the body is.
        """
        try:
            return cls._parse(body)
        except Invalid as error:
            if error.status == InvalidChallenge.status:
                raise
            raise InvalidChallenge(error.message) from error

    @classmethod
    def _parse(cls, body: Mapping[str, Any]) -> "Offer":
        game = body.get("game")
        if not isinstance(game, Mapping):
            raise InvalidChallenge("game must be an object that says what is to be played: rules, width, height, time.")
        lowest, highest = _ranking(body, "min_ranking", NO_MIN_RANKING), _ranking(body, "max_ranking", NO_MAX_RANKING)
        if lowest > highest:
            raise InvalidChallenge("min_ranking is above max_ranking: nobody has such a rank.")
        return cls(
            game=OfferedGame.parse(game),
            color=_color(body.get("challenger_color")),
            min_ranking=lowest,
            max_ranking=highest,
            is_invite_only=_flag(body, "invite_only"),
        )

    def is_for(self, ranking: float) -> bool:
        """Whether a player of this rank number may accept it, if it is open."""
        return self.min_ranking <= ranking and math.floor(ranking) <= self.max_ranking


# ── agreeing ──


@dataclass(frozen=True, slots=True)
class Contender:
    """One of the two who are going to play."""

    id: PlayerId
    ranking: float
    """Rank number, 30.0 is 1d."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed on, with nothing left open."""

    terms: GameTerms
    handicap_rank_difference: float | None
    """Between the players, to a tenth of a rank, if the handicap was to follow from it."""


def agree(offer: Offer, challenger: Contender, challenged: Contender, *, coin: bool) -> Agreement:
    """The game that begins when the offer is accepted. `coin`: the challenger has Black where chance decides."""
    game = offer.game
    is_black = _is_challenger_black(offer, challenger, challenged, coin=coin)
    black, white = (challenger, challenged) if is_black else (challenged, challenger)
    handicap, komi, difference = game.handicap, game.komi, None
    if handicap is None:
        difference = round(abs(white.ranking - black.ranking), 1)
        # Black is to have an advantage, and no disadvantage: stronger players who want Black play an even game.
        handicap, automatic_komi = automatic_handicap(_ranks(black, white), game.size, game.rules)
        komi = automatic_komi if komi is None else komi
    terms = GameTerms.agreed(
        size=game.size,
        rules=game.rules,
        control=game.control,
        black=black.id,
        white=white.id,
        komi=komi,
        handicap=handicap,
        setup=game.setup,
    )
    return Agreement(terms, difference)


def automatic_handicap(ranks: int, size: Size, rules: Ruleset) -> tuple[int, float]:
    """Stones and komi that even out so many ranks by which Black is the weaker player; see the table above."""
    if ranks <= 0:
        return 0, rules.komi
    most = min(MAX_FIXED_HANDICAP, largest_handicap(size))
    factor = board_factor(*size)
    if factor <= 1:
        stones = min(most, round(ranks / factor))
        return stones, rules.komi_for(stones)
    # Where stones count, each is worth a point more; but most such rules give White that point back.
    gives_back = rules.scoring is Scoring.TERRITORY or rules.handicap_bonus is not HandicapBonus.NONE
    extra, rest = divmod(round(_STONE * ranks / factor), _STONE if gives_back else _STONE + 1)
    return min(most, 1 + extra), rules.komi - rest


def largest_handicap(size: Size) -> int:
    """The most stones that a game on such a board may have: on the smallest ones there must be room to place them."""
    return min(MAX_HANDICAP, size.area // 4)


def _ranks(weaker: Contender, stronger: Contender) -> int:
    """Whole ranks between two players, the nearest; from a half on the next."""
    return math.floor(stronger.ranking - weaker.ranking + 0.5)


def _is_challenger_black(offer: Offer, challenger: Contender, challenged: Contender, *, coin: bool) -> bool:
    match offer.color:
        case ColorWish.BLACK | ColorWish.WHITE:
            return offer.color is ColorWish.BLACK
        case ColorWish.AUTOMATIC if _gives_handicap(offer.game, challenger, challenged):
            return challenger.ranking < challenged.ranking
    return coin


def _gives_handicap(game: OfferedGame, one: Contender, other: Contender) -> bool:
    weaker, stronger = sorted((one, other), key=lambda player: player.ranking)
    if game.handicap is None:
        return _ranks(weaker, stronger) > 0
    return game.handicap > 0 and weaker.ranking != stronger.ranking


# ── reading ──


def _name(value: object) -> str:
    if value is None:
        return _USUAL_NAME
    if not isinstance(value, str):
        raise InvalidChallenge("name must be a line of text.")
    name = clean_line(value, what="The name of the game")
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidChallenge(f"The name of the game must have {MAX_NAME_LENGTH} characters at most.")
    return name or _USUAL_NAME


def _rules(value: object) -> Ruleset:
    if value is None:
        return JAPANESE
    if not isinstance(value, str):
        raise InvalidChallenge("rules must be the name of a ruleset, such as japanese.")
    return Ruleset.parse(value)


def _color(value: object) -> ColorWish:
    if value is None:
        return ColorWish.AUTOMATIC
    wish = next((wish for wish in ColorWish if wish.value == value), None)
    if wish is None:
        raise InvalidChallenge(f"challenger_color must be one of {', '.join(ColorWish)}, or be left out.")
    return wish


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name)
    flag = _truth(value)
    if flag is None and value is not None:
        raise InvalidChallenge(f"{name} must be true or false, or be left out.")
    return bool(flag)


def _truth(value: object) -> bool | None:
    """What forms and programs write for true and false; None for anything else."""
    match value:
        case bool():
            return value
        case int():
            return {0: False, 1: True}.get(value)
        case str():
            return _WORDS.get(value.strip().lower())
    return None


def _whole(given: Mapping[str, Any], name: str, usual: int) -> int:
    value = given.get(name)
    if value is None:
        return usual
    number = _number(value)
    if number is None or not number.is_integer():
        raise InvalidChallenge(f"{name} must be a whole number.")
    return int(number)


def _number(value: object) -> float | None:
    """The number, None for what is none, or none that anybody would count with."""
    match value:
        case bool():
            return None
        case int() | float() if abs(value) < 1e9:  # neither infinite nor no number at all
            return float(value)
        case str() if _NUMBER.fullmatch(value.strip()):
            return float(value)
    return None


def _ranking(body: Mapping[str, Any], name: str, none: float) -> float:
    value = body.get(name)
    if value is None:
        return none
    number = _number(value)
    if number is None:
        raise InvalidChallenge(f"{name} must be a rank number, such as 25 for 5k and 30 for 1d, or be left out.")
    return min(max(number, NO_MIN_RANKING), NO_MAX_RANKING)


def _handicap(game: Mapping[str, Any], size: Size, *, has_setup: bool) -> int | None:
    handicap, largest = _whole(game, "handicap", 0), largest_handicap(size)
    if not AUTOMATIC_HANDICAP <= handicap <= largest:
        raise InvalidChallenge(f"handicap must be 0 to {largest} stones on this board, or -1 for the usual ones.")
    if not has_setup:
        return None if handicap == AUTOMATIC_HANDICAP else handicap
    if handicap > 0:
        raise InvalidChallenge("A game that begins with a position has no handicap beside: put its stones into it.")
    return 0


def _komi(game: Mapping[str, Any]) -> float | None:
    value = game.get("komi")
    if _is_komi_automatic(game.get("komi_auto"), is_given=value is not None):
        return None
    komi = _number(value)
    if komi is None or abs(komi) > MAX_KOMI or round(komi, 2) != komi:
        raise InvalidChallenge(
            f"komi must be a number from -{MAX_KOMI:g} to {MAX_KOMI:g} with two decimals at most, or komi_auto be "
            "automatic."
        )
    return komi + 0.0  # no negative nothing


def _is_komi_automatic(value: object, *, is_given: bool) -> bool:
    if value is None:
        return not is_given
    if value in ("automatic", "custom"):
        return value == "automatic"
    flag = _truth(value)
    if flag is None:
        raise InvalidChallenge("komi_auto must be automatic or custom, or true or false.")
    return flag


def _control(game: Mapping[str, Any], size: Size) -> TimeControl:
    if game.get("time_control") is None and game.get("time_control_parameters") in (None, {}):
        game = {**game, "time_control_parameters": _USUAL_TIME}
    return TimeControl.of_challenge(game, size)


def _setup(state: object, first_to_move: object, size: Size, rules: Ruleset) -> Setup | None:
    if state is None:
        return None
    if not isinstance(state, Mapping):
        raise InvalidChallenge('initial_state must be an object such as {"black": "ddpp", "white": "dp"}, or null.')
    setup = Setup(_stones(state, "black", size), _stones(state, "white", size), _first(first_to_move))
    stones = setup.black + setup.white
    if not stones:
        return None
    if len(set(stones)) < len(stones):
        raise InvalidChallenge("initial_state has two stones at one point.")
    if Board(size, rules).setup(black=setup.black, white=setup.white):
        raise InvalidChallenge("initial_state has stones without liberties.")
    return setup


def _stones(state: Mapping[str, Any], color: str, size: Size) -> tuple[Point, ...]:
    letters = state.get(color)
    if letters is None:
        return ()
    if not isinstance(letters, str) or len(letters) % 2 or len(letters) > 2 * size.area:
        raise InvalidChallenge(f"initial_state.{color} must be text with two letters for each stone, such as ddpp.")
    pairs = (letters[start : start + 2].lower() for start in range(0, len(letters), 2))
    return tuple(Point.from_letters(pair, size) for pair in pairs)


def _first(value: object) -> Color:
    if value is None or value == ColorWish.BLACK.value:
        return Color.BLACK
    if value == ColorWish.WHITE.value:
        return Color.WHITE
    raise InvalidChallenge("initial_player must be black or white, or be left out.")


def _stored_setup(stored: Mapping[str, str], size: Size) -> Setup:
    return Setup(_stones(stored, "black", size), _stones(stored, "white", size), Color(stored["first_to_move"]))


def _setup_to_json(setup: Setup) -> dict[str, str]:
    return {
        "black": ogs_moves(setup.black),
        "white": ogs_moves(setup.white),
        "first_to_move": setup.first_to_move.value,
    }
