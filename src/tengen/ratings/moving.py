"""Games that change from one pool to another: what they did to ratings in the first is taken back."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import delete

from tengen.core.database import among
from tengen.core.values import GameId
from tengen.ratings.models import RatingChangeRow

if TYPE_CHECKING:
    from tengen.core.database import Transaction

_FORGET = delete(RatingChangeRow).where(among(RatingChangeRow.game_id, "games"))


async def forget_games(transaction: "Transaction", game_ids: Collection[GameId]) -> None:
    """Strike these games from the history. The pools that they leave and enter must be disordered, and before."""
    await transaction.run(_FORGET, {"games": list(game_ids)})
