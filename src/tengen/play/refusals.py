"""Why a live game refuses a command; beside that refuse the rules (`tengen.go.board`) and the clock (`clocks`)."""

from tengen.core.errors import Conflict


class GameIsOver(Conflict):
    """The game has ended."""

    code = "game_over"


class NotInPlay(Conflict):
    """The players agree on the dead stones, and do not play."""

    code = "not_in_play"


class NotInStoneRemoval(Conflict):
    """The game is being played: nothing is marked yet."""

    code = "not_in_stone_removal"


class HandicapNotPlaced(Conflict):
    """Black has still handicap stones to place, and cannot pass."""

    code = "handicap_not_placed"


class GameHasMovedOn(Conflict):
    """The command is about an earlier state of the game."""

    code = "game_has_moved_on"


class NothingToUndo(Conflict):
    """The player has not moved yet."""

    code = "nothing_to_undo"


class UndoPending(Conflict):
    """An undo is asked for already."""

    code = "undo_pending"


class NoUndoRequested(Conflict):
    """Nobody has asked for an undo that this player could accept or cancel."""

    code = "no_undo_requested"


class TooLateToCancel(Conflict):
    """The game is too old to be called off, or cannot be."""

    code = "too_late_to_cancel"


class MarkingDiffers(Conflict):
    """Something else is marked than what the player agrees with."""

    code = "marking_differs"


class NotOpponentsTurn(Conflict):
    """Conditional moves answer the opponent, who is not to move."""

    code = "not_opponents_turn"
