"""Where a game stands, as a state on the wire and as a drawing: of games that are played here, and of records. Pure."""

from dataclasses import dataclass

from tengen.core.errors import Invalid, NotFound
from tengen.go.board import Board
from tengen.go.points import Color, Point
from tengen.go.replay import Move
from tengen.go.sgf import SgfRecord
from tengen.play.clock_messages import Json
from tengen.play.drawing import Diagram
from tengen.play.info import GameInfo
from tengen.play.state import LiveGame

_COLORS = {None: 0, Color.BLACK: 1, Color.WHITE: 2}


class NoRecord(NotFound):
    """The game has no record that could be shown."""

    code = "no_record"


@dataclass(frozen=True, slots=True)
class RecordedPosition:
    """The last position of a record."""

    board: Board
    moves: int
    last: Move | None

    @classmethod
    def of(cls, content: bytes) -> "RecordedPosition":
        """What the record ends with. Raises `NoRecord` if it is empty or cannot be read."""
        if not content:
            raise NoRecord("This game was reported without a record.")
        try:
            record = SgfRecord.parse(content)
        except Invalid as error:
            raise NoRecord("The record of this game cannot be read.") from error
        moves = [step for step in record.steps if isinstance(step, Move)]
        return cls(record.replay().board, len(moves), moves[-1] if moves else None)

    @property
    def diagram(self) -> Diagram:
        """To be drawn."""
        return Diagram.of_board(self.board, None if self.last is None else self.last.point)

    def state(self, outcome: str) -> Json:
        """On the wire, with how the game ended."""
        last = None if self.last is None else _place(self.last.point)
        return _state("finished", self.moves, last, 0, outcome, self.board, frozenset())


def state_of(info: GameInfo, game: LiveGame) -> Json:
    """The game's state on the wire."""
    last = _place(game.moves[-1].point) if game.moves else None
    to_move = 0 if game.is_over else info.opponent(game.to_move).id
    outcome = "" if game.outcome is None else str(game.outcome)
    return _state(game.phase.value, len(game.moves), last, to_move, outcome, game.board, game.marked)


def _state(
    phase: str,
    moves: int,
    last: Json | None,
    to_move: int,
    outcome: str,
    board: Board,
    marked: frozenset[Point],
) -> Json:
    columns, rows = board.size
    return {
        "phase": phase,
        "move_number": moves,
        "last_move": last,
        "player_to_move": to_move,
        "outcome": outcome,
        "board": [[_COLORS[board[Point(column, row)]] for column in range(columns)] for row in range(rows)],
        "removal": [[int(Point(column, row) in marked) for column in range(columns)] for row in range(rows)],
    }


def _place(point: Point | None) -> Json:
    column, row = point or (-1, -1)
    return {"x": column, "y": row}
