"""What is agreed before a game begins, and the position in which it does. Pure."""

from dataclasses import dataclass

from tengen.core.values import PlayerId
from tengen.go.board import Board
from tengen.go.handicap import fixed_handicap, has_fixed_handicap
from tengen.go.points import Color, Point, Size
from tengen.go.rulesets import Ruleset
from tengen.play.time_controls import TimeControl

BLACK, WHITE = Color.BLACK, Color.WHITE


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
    ) -> "GameTerms":
        """The terms of a game that begins with handicap stones in their places or none. `komi`: None for the usual."""
        is_fixed = not rules.is_handicap_free and has_fixed_handicap(size, handicap)
        return cls(
            size=size,
            rules=rules,
            komi=rules.komi_for(handicap) if komi is None else komi,
            handicap=handicap,
            control=control,
            black=black,
            white=white,
            is_handicap_free=rules.is_handicap_free if handicap == 0 else not is_fixed,
            black_stones=fixed_handicap(size, handicap) if is_fixed else (),
            first_to_move=WHITE if is_fixed else BLACK,
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
