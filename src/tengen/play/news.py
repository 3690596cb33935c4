"""What players are told of their games wherever they are: notifications, in the transaction that stores the news."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tengen.play.events import GameEnded, MarkingRejected, StoneRemovalBegan

if TYPE_CHECKING:
    from tengen.core.database import Transaction
    from tengen.notifications.runtime import Notifications
    from tengen.play.info import GameInfo
    from tengen.play.outcomes import Outcome
    from tengen.play.service import NumberedEvent
    from tengen.play.tables import Table


class GameNews:
    """Notifies the players of a game."""

    def __init__(self, notifications: "Notifications") -> None:
        self._notifications = notifications

    async def tell(
        self,
        transaction: "Transaction",
        table: "Table",
        happened: "Sequence[NumberedEvent]",
        now: datetime,
    ) -> None:
        """Tell both players what these events mean to them; nothing, of most."""
        info = table.info
        for one in happened:
            match one.event:
                case GameEnded(outcome=outcome):
                    await self._put(transaction, info, "gameEnded", _ended(info, outcome), now)
                case StoneRemovalBegan():
                    await self._put(transaction, info, "gameEnteredStoneRemoval", {}, now)
                case MarkingRejected(seat=seat):
                    await self._notifications.put(
                        transaction,
                        info.opponent(seat.opponent).account_id,
                        "gameResumedFromStoneRemoval",
                        {"game_id": info.id},
                        id=f"gameResumedFromStoneRemoval:{info.id}",
                        now=now,
                    )

    async def _put(
        self, transaction: "Transaction", info: "GameInfo", kind: str, members: Mapping[str, Any], now: datetime
    ) -> None:
        for account_id in sorted({info.black.account_id, info.white.account_id}):
            await self._notifications.put(
                transaction, account_id, kind, {"game_id": info.id, **members}, id=f"{kind}:{info.id}", now=now
            )


def _ended(info: "GameInfo", outcome: "Outcome") -> Mapping[str, Any]:
    winner = outcome.winner
    return {
        "name": info.name,
        "black": info.black.name,
        "white": info.white.name,
        "outcome": str(outcome),
        "black_lost": winner is not None and info.opponent(winner) is not info.black,
        "white_lost": winner is not None and info.opponent(winner) is not info.white,
        "annulled": outcome.is_annulled,
    }
