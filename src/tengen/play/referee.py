"""What the platform itself does in live games: it proposes the dead stones, and agrees in the place of programs.

A program takes no part in looking for dead stones. It agrees with what the platform has proposed, and with nothing
else: so nobody can talk it out of its stones.
"""

from typing import TYPE_CHECKING, Protocol

import structlog

from tengen.core.errors import TengenError
from tengen.go.board import Board
from tengen.go.points import Color, Point
from tengen.play.commands import AcceptMarking, Command, MarkPoints
from tengen.play.events import MarkingAccepted, MovePlayed, PointsMarked, StoneRemovalBegan
from tengen.play.state import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tengen.core.values import GameId
    from tengen.play.service import NumberedEvent
    from tengen.play.tables import Table, Tables

_WELL_UNDER_WAY = 10
"""Moves after which a game is likely to be counted some time."""


class Proposer(Protocol):
    """Finds out which points are to be marked when both have passed (`tengen.play.estimator`)."""

    async def marking_of(self, board: Board, *, seed: int) -> frozenset[Point]:
        """Dead stones, and the points that count for nobody. The same for the same board and seed."""

    def warm_up(self) -> None:
        """A game is being played: there will be something to do. Does not wait."""


log = structlog.get_logger(__name__)


class Referee:
    """Takes part in the games of this process. One a process."""

    def __init__(self, tables: "Tables", proposer: Proposer) -> None:
        self._tables = tables
        self._proposer = proposer
        self._proposed: dict[GameId, frozenset[Point]] = {}

    def follow_up(self, table: "Table", happened: "Sequence[NumberedEvent]") -> None:
        """These events were stored by this process."""
        for one in happened:
            match one.event:
                case MovePlayed() if len(table.game.moves) >= _WELL_UNDER_WAY:
                    self._proposer.warm_up()
                case StoneRemovalBegan():
                    self._tables.in_background(self._propose(table))
                case PointsMarked() | MarkingAccepted():
                    self._tables.in_background(self._agree(table))
        if table.game.phase is not Phase.STONE_REMOVAL:
            self._proposed.pop(table.info.id, None)

    def take_up(self, table: "Table") -> None:
        """The game was read from the database: go on where another process may have stopped."""
        if table.game.phase is Phase.STONE_REMOVAL and (_is_untouched(table) or table.info.has_bot):
            self._tables.in_background(self._propose(table))

    async def _propose(self, table: "Table") -> None:
        game = table.game
        if game.phase is not Phase.STONE_REMOVAL:
            return
        marking = await self._proposer.marking_of(game.board.copy(), seed=table.info.id)
        if table.game.phase is not Phase.STONE_REMOVAL or table.game.moves != game.moves:
            return  # they play on, or it is over
        self._proposed[table.info.id] = marking
        if marking and _is_untouched(table):
            await self._do(table, MarkPoints(None, marking, is_marked=True))
        else:
            await self._agree(table)

    async def _agree(self, table: "Table") -> None:
        game, info = table.game, table.info
        if game.phase is not Phase.STONE_REMOVAL or game.marked != self._proposed.get(info.id):
            return
        if info.black.is_bot and info.white.is_bot:
            await self._do(table, AcceptMarking(None, game.marked))
        elif info.has_bot:
            bot = _bot(table)
            if bot.opponent in game.accepted and bot not in game.accepted:
                await self._do(table, AcceptMarking(bot, game.marked))

    async def _do(self, table: "Table", command: Command) -> None:
        try:
            await self._tables.do(table.info.id, command)
        except TengenError as refusal:  # the players were faster
            log.info("referee_refused", game=table.info.id, code=refusal.code)


def _is_untouched(table: "Table") -> bool:
    """Whether nobody has marked or accepted anything yet."""
    return not table.game.marked and not table.game.accepted


def _bot(table: "Table") -> Color:
    return next(color for color in Color if table.info.opponent(color).is_bot)
