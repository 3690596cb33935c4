"""What is agreed before a game begins, and the position in which it does. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tengen.core.values import PlayerId
from tengen.go.board import Board
from tengen.go.handicap import fixed_handicap, has_fixed_handicap
from tengen.go.points import Color, Point, Size, ogs_moves, parse_ogs_moves
from tengen.go.rulesets import Ruleset
from tengen.play.time_controls import TimeControl

BLACK, WHITE = Color.BLACK, Color.WHITE


@dataclass(frozen=True, slots=True)
class Setup:
    """A position that the players chose to begin with, instead of the empty board."""

    black: tuple[Point, ...]
    white: tuple[Point, ...]
    first_to_move: Color = BLACK


@dataclass(frozen=True, slots=True)
class GameTerms:
    """The terms of a game. `agreed` makes them; they do not change."""

    size: Size
    rules: Ruleset
    komi: float
    handicap: int
    control: TimeControl
    black: PlayerId
    white: PlayerId
    is_handicap_free: bool
    """Black puts the handicap stones where he likes; always so where there are no places for them."""
    black_stones: tuple[Point, ...] = ()
    white_stones: tuple[Point, ...] = ()
    """On the board before the first move."""
    first_to_move: Color = BLACK
    may_be_cancelled: bool = True
    """Whether the players may call it off while it is young: not in tournaments."""

    @classmethod
    def agreed(
        cls,
        *,
        size: Size,
        rules: Ruleset,
        control: TimeControl,
        black: PlayerId,
        white: PlayerId,
        komi: float | None = None,
        handicap: int = 0,
        may_be_cancelled: bool = True,
        setup: Setup | None = None,
    ) -> "GameTerms":
        """The terms of a game. `komi`: None for the usual.

        It begins with handicap stones in their places or none, or with `setup`, which takes their place: whatever the
        handicap is then, Black does not put stones of his own before.
        """
        is_fixed = setup is not None or (not rules.is_handicap_free and has_fixed_handicap(size, handicap))
        if setup is None:
            stones = fixed_handicap(size, handicap) if is_fixed else ()
            setup = Setup(black=stones, white=(), first_to_move=WHITE if is_fixed else BLACK)
        return cls(
            size=size,
            rules=rules,
            komi=rules.komi_for(handicap) if komi is None else komi,
            handicap=handicap,
            control=control,
            black=black,
            white=white,
            is_handicap_free=rules.is_handicap_free if handicap == 0 else not is_fixed,
            black_stones=setup.black,
            white_stones=setup.white,
            first_to_move=setup.first_to_move,
            may_be_cancelled=may_be_cancelled,
        )

    @property
    def stones_to_place(self) -> int:
        """How many moves Black begins with, one after the other, for his handicap; 0 if both move in turn at once."""
        begins = self.first_to_move is BLACK and not self.black_stones
        return self.handicap if self.is_handicap_free and begins and self.handicap >= 2 else 0

    @property
    def young_until(self) -> int:
        """With at most so many moves the game is young, and can be called off. As OGS' board has it."""
        return 4 + (self.handicap if self.is_handicap_free else 1)

    def first_board(self) -> Board:
        """The board before the first move."""
        board = Board(self.size, self.rules)
        board.setup(black=self.black_stones, white=self.white_stones, to_move=self.first_to_move)
        return board

    def seat_of(self, player: PlayerId | None) -> Color | None:
        """The colour that the player has, None for one who watches."""
        return {self.black: BLACK, self.white: WHITE}.get(player) if player is not None else None


def terms_to_json(terms: GameTerms) -> dict[str, Any]:
    """The terms as they are stored: stones as pairs of letters, the time control as it is on the wire."""
    return {
        "width": terms.size.columns,
        "height": terms.size.rows,
        "rules": terms.rules.name,
        "komi": terms.komi,
        "handicap": terms.handicap,
        "time_control": terms.control.to_json(),
        "black": terms.black,
        "white": terms.white,
        "is_handicap_free": terms.is_handicap_free,
        "black_stones": ogs_moves(terms.black_stones),
        "white_stones": ogs_moves(terms.white_stones),
        "first_to_move": terms.first_to_move.value,
        "may_be_cancelled": terms.may_be_cancelled,
    }


def terms_from_json(stored: Mapping[str, Any]) -> GameTerms:
    """The terms that `terms_to_json` has written."""
    size = Size.of(stored["width"], stored["height"])
    return GameTerms(
        size=size,
        rules=Ruleset.parse(stored["rules"]),
        komi=stored["komi"],
        handicap=stored["handicap"],
        control=TimeControl.parse(stored["time_control"], size),
        black=PlayerId(stored["black"]),
        white=PlayerId(stored["white"]),
        is_handicap_free=stored["is_handicap_free"],
        black_stones=_stones(stored["black_stones"], size),
        white_stones=_stones(stored["white_stones"], size),
        first_to_move=Color(stored["first_to_move"]),
        may_be_cancelled=stored["may_be_cancelled"],
    )


def _stones(letters: str, size: Size) -> tuple[Point, ...]:
    return tuple(point for point in parse_ogs_moves(letters, size) if point is not None)
