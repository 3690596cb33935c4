"""Operations on challenges as they are stored: one is made, found, listed, kept alive, and ends.

A challenge ends once: whoever deletes its row decides what becomes of it, and of twenty who accept it at the same
moment one plays. The game has its number from the beginning.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NewType

from sqlalchemy import BigInteger, and_, bindparam, delete, func, insert, or_, select, update

from tengen.accounts import service as accounts
from tengen.core.errors import Conflict, NotFound
from tengen.core.values import AccountId, GameId, PlayerId
from tengen.games import service as games
from tengen.play.models import ChallengeRow
from tengen.play.offers import ColorWish, Offer, OfferedGame
from tengen.players import service as players
from tengen.players.service import HOME

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Row

    from tengen.accounts.service import AccountClosed
    from tengen.core.database import Connection, Transaction
    from tengen.players.service import Player

ChallengeId = NewType("ChallengeId", int)

MOST_OPEN = 50
"""Challenges of one player that wait for somebody."""

_UUID_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_UUID_LENGTH = 22
"""Of 57 letters, which makes 128 bits: whoever is told it is invited."""


class ChallengeNotFound(NotFound):
    """There is no such challenge, or none that the player may see: it was accepted, declined or withdrawn."""

    code = "challenge_not_found"


class TooManyChallenges(Conflict):
    """The player has challenged as many as one may."""

    code = "too_many_challenges"


@dataclass(frozen=True, slots=True)
class Challenge:
    """An offer to play that waits for somebody."""

    id: ChallengeId
    game_id: GameId
    uuid: str
    challenger: PlayerId
    challenged: PlayerId | None
    """None: open to whoever fits."""
    offer: Offer
    created_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether it is for whoever fits."""
        return self.challenged is None

    @property
    def is_listed(self) -> bool:
        """Whether everybody is shown it."""
        return self.is_open and not self.offer.is_invite_only

    def concerns(self, player_id: PlayerId) -> bool:
        """Whether the player may see it: all may, unless it is for another."""
        return self.is_open or player_id in (self.challenger, self.challenged)


def no_such_challenge() -> ChallengeNotFound:
    """The refusal for a challenge that is not, or no longer, there."""
    return ChallengeNotFound("Request not found")  # OGS' page recognises it by these words


# ── making ──


async def create(
    transaction: "Transaction", offer: Offer, *, challenger: "Player", challenged: PlayerId | None, now: datetime
) -> Challenge:
    """Let the challenger offer a game to a player, or to all. Four statements. Raises `TooManyChallenges`."""
    await accounts.hold_account(transaction, challenger.account_id)
    if (await transaction.one(_COUNT_OF, {"player": challenger.id}))[0] >= MOST_OPEN:
        raise TooManyChallenges(f"{MOST_OPEN} of your challenges wait for an answer: withdraw one before the next.")
    game_id = await games.reserve(transaction, HOME, now=now)
    uuid = "".join(secrets.choice(_UUID_LETTERS) for _ in range(_UUID_LENGTH))
    row = await transaction.one(
        _NEW,
        {
            "game_id": game_id,
            "challenger_id": challenger.id,
            "challenged_id": challenged,
            "uuid": uuid,
            "color": offer.color.value,
            "min_ranking": offer.min_ranking,
            "max_ranking": offer.max_ranking,
            "is_invite_only": offer.is_invite_only,
            "game": json.dumps(offer.game.to_json()),
            "created_at": now,
            "kept_alive_until": None,
        },
    )
    return Challenge(ChallengeId(row[0]), game_id, uuid, challenger.id, challenged, offer, now)


_COUNT_OF = select(func.count()).where(ChallengeRow.challenger_id == bindparam("player"))
_NEW = insert(ChallengeRow).returning(ChallengeRow.id)


# ── looking ──

_COLUMNS = (
    ChallengeRow.id,
    ChallengeRow.game_id,
    ChallengeRow.uuid,
    ChallengeRow.challenger_id,
    ChallengeRow.challenged_id,
    ChallengeRow.color,
    ChallengeRow.min_ranking,
    ChallengeRow.max_ranking,
    ChallengeRow.is_invite_only,
    ChallengeRow.game,
    ChallengeRow.created_at,
)
_BY_ID = select(*_COLUMNS).where(ChallengeRow.id == bindparam("challenge"))
_BY_UUID = select(*_COLUMNS).where(ChallengeRow.uuid == bindparam("uuid"))


def _challenge(row: "Row[*tuple[Any, ...]]") -> Challenge:
    number, game_id, uuid, challenger, challenged, color, lowest, highest, is_invite_only, game, created_at = row
    return Challenge(
        ChallengeId(number),
        GameId(game_id),
        uuid,
        PlayerId(challenger),
        None if challenged is None else PlayerId(challenged),
        Offer(OfferedGame.from_json(json.loads(game)), ColorWish(color), lowest, highest, is_invite_only),
        created_at,
    )


async def find(connection: "Connection", challenge_id: ChallengeId, *, reader: PlayerId) -> Challenge:
    """The challenge of this id, for one whom it concerns. One statement. Raises `ChallengeNotFound`."""
    row = await connection.first(_BY_ID, {"challenge": challenge_id})
    found = None if row is None else _challenge(row)
    if found is None or not found.concerns(reader):
        raise no_such_challenge()
    return found


async def find_by_uuid(connection: "Connection", uuid: str, *, reader: PlayerId) -> Challenge:
    """The challenge that somebody was told this of. One statement. Raises `ChallengeNotFound`."""
    row = await connection.first(_BY_UUID, {"uuid": uuid}) if uuid.isascii() and uuid.isalnum() else None
    found = None if row is None else _challenge(row)
    if found is None or not found.concerns(reader):
        raise no_such_challenge()
    return found


_PLAYER = bindparam("player", type_=BigInteger)
_IS_DIRECT = and_(
    ChallengeRow.challenged_id.is_not(None),
    or_(ChallengeRow.challenger_id == _PLAYER, ChallengeRow.challenged_id == _PLAYER),
)
_IS_LISTED = and_(ChallengeRow.challenged_id.is_(None), ChallengeRow.is_invite_only.is_(False))


async def page_of_direct(
    connection: "Connection", player_id: PlayerId, *, offset: int, limit: int
) -> tuple[int, list[Challenge]]:
    """How many challenges a player has got and sent to others, and some of them, the latest first. Two statements."""
    return await _page(connection, _IS_DIRECT, {"player": player_id}, offset, limit)


async def page_of_open(connection: "Connection", *, offset: int, limit: int) -> tuple[int, list[Challenge]]:
    """How many challenges are open to all, and some of them, the latest first. Two statements."""
    return await _page(connection, _IS_LISTED, {}, offset, limit)


async def _page(
    connection: "Connection", wanted: "ColumnElement[bool]", parameters: dict[str, Any], offset: int, limit: int
) -> tuple[int, list[Challenge]]:
    count = (await connection.one(select(func.count()).select_from(ChallengeRow).where(wanted), parameters))[0]
    rows = await connection.all(
        select(*_COLUMNS).where(wanted).order_by(ChallengeRow.id.desc()).offset(offset).limit(limit), parameters
    )
    return count, [_challenge(row) for row in rows]


# ── ending ──

_ALIVE_UNTIL = ChallengeRow.kept_alive_until
_END = delete(ChallengeRow).where(ChallengeRow.id == bindparam("challenge"))
_END_ABANDONED = _END.where(bindparam("now", type_=_ALIVE_UNTIL.type) >= _ALIVE_UNTIL)


async def end(
    transaction: "Transaction", challenge_id: ChallengeId, *, unless_alive_at: datetime | None = None
) -> None:
    """The challenge is accepted, declined or withdrawn. One statement.

    Raises `ChallengeNotFound` if it has ended already: of several at once, one ends it. So, too, if its challenger was
    heard of so lately that it is kept alive beyond `unless_alive_at`.
    """
    if unless_alive_at is None:
        ended = await transaction.run(_END, {"challenge": challenge_id})
    else:
        ended = await transaction.run(_END_ABANDONED, {"challenge": challenge_id, "now": unless_alive_at})
    if ended == 0:
        raise no_such_challenge()


_KEEP_ALIVE = (
    update(ChallengeRow)
    .where(ChallengeRow.id == bindparam("challenge"))
    .values(kept_alive_until=bindparam("until", type_=_ALIVE_UNTIL.type))
)


async def keep_alive(connection: "Connection", challenge_id: ChallengeId, until: datetime) -> None:
    """Let the challenge be abandoned then, unless its challenger is heard of again. One statement."""
    await connection.run(_KEEP_ALIVE, {"challenge": challenge_id, "until": until})


_ABANDONED = (
    select(*_COLUMNS)
    .where(bindparam("now", type_=_ALIVE_UNTIL.type) >= _ALIVE_UNTIL)
    .order_by(_ALIVE_UNTIL)
    .limit(bindparam("limit", type_=BigInteger))
)


async def abandoned(connection: "Connection", now: datetime, *, limit: int) -> list[Challenge]:
    """Challenges whose challengers are heard of no more, the longest abandoned first. One statement."""
    return [_challenge(row) for row in await connection.all(_ABANDONED, {"now": now, "limit": limit})]


async def forget(transaction: "Transaction", closed: "AccountClosed") -> None:
    """Nobody plays against an account that is closed: its challenges end, and those it has got. Two statements."""
    found = await players.home_players(transaction, [AccountId(closed.account_id)])
    for player in found.values():
        await transaction.run(_END_OF, {"player": player.id})


_END_OF = delete(ChallengeRow).where(or_(ChallengeRow.challenger_id == _PLAYER, ChallengeRow.challenged_id == _PLAYER))
