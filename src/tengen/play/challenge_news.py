"""What players are told of challenges wherever they are, once the transaction that changes them is committed."""

from datetime import datetime
from typing import TYPE_CHECKING

from tengen.play import challenge_messages as messages
from tengen.play.game_list import list_entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tengen.core.database import Transaction
    from tengen.notifications.runtime import Notifications
    from tengen.play.challenge_messages import Json
    from tengen.play.challenges import Challenge
    from tengen.play.declines import Decline
    from tengen.play.info import GameInfo
    from tengen.play.state import LiveGame
    from tengen.profiles.service import Profile
    from tengen.realtime.hub import Hub

LOBBY = "lobby"
"""The topic of those who look for a game."""
STARTED: "Json" = {"kind": "started"}
"""What those hear who wait for a game on its topic."""


class ChallengeNews:
    """Notifies the players of challenges, and the lobby."""

    def __init__(self, notifications: "Notifications", hub: "Hub") -> None:
        self._notifications = notifications
        self._hub = hub

    async def offered(
        self,
        transaction: "Transaction",
        challenge: "Challenge",
        challenger: "Profile",
        challenged: "Profile | None",
        now: datetime,
    ) -> None:
        """Somebody has challenged a player, or whoever fits."""
        if challenged is not None:
            members = messages.challenged(challenge, challenger)
            await self._put(transaction, challenged, "challenge", members, _notice(challenge), now)
        if challenge.is_listed:
            self._tell_lobby(transaction, [messages.seek_entry(challenge, challenger)])

    async def started(
        self,
        transaction: "Transaction",
        challenge: "Challenge",
        info: "GameInfo",
        game: "LiveGame",
        accepting: "Profile",
    ) -> None:
        """The challenge was accepted, and the game has begun."""
        accounts = sorted({info.black.account_id, info.white.account_id})
        active: Json = {"event": "active_game", "payload": list_entry(info, game, info.started_at)}
        # In this order: those who wait for the game see it first; bots play once it is among their games.
        self._tell_later(transaction, f"game:{info.id}", STARTED)
        for account_id in accounts:
            self._tell_later(transaction, f"user:{account_id}", active)
        for account_id in accounts:
            await self._notifications.put(
                transaction,
                account_id,
                "gameStarted",
                messages.game_started(info),
                id=f"gameStarted:{info.id}",
                now=info.started_at,
            )
        await self._forget(transaction, challenge, None if challenge.is_open else accepting)
        if challenge.is_listed:
            entries = [messages.seek_start(challenge.id, info), messages.seek_end(challenge.id)]
            self._tell_lobby(transaction, entries)

    async def declined(
        self,
        transaction: "Transaction",
        challenge: "Challenge",
        challenger: "Profile",
        challenged: "Profile",
        decline: "Decline",
        now: datetime,
    ) -> None:
        """The challenged player does not want to play."""
        await self._forget(transaction, challenge, challenged)
        if decline.says_why:
            kind, members = "gameOfferRejected", messages.offer_rejected(challenge, challenged, decline)
        else:
            kind, members = "gameDeclined", messages.game_declined(challenge, challenger, challenged)
        await self._put(transaction, challenger, kind, members, f"{kind}:{challenge.game_id}", now)

    async def withdrawn(self, transaction: "Transaction", challenge: "Challenge", challenged: "Profile | None") -> None:
        """The challenger does not want to play any more, or has gone."""
        await self._forget(transaction, challenge, challenged)
        if challenge.is_listed:
            self._tell_lobby(transaction, [messages.seek_end(challenge.id)])

    async def _put(
        self,
        transaction: "Transaction",
        profile: "Profile",
        kind: str,
        members: "Json",
        notice: str,
        now: datetime,
    ) -> None:
        await self._notifications.put(transaction, profile.account.id, kind, members, id=notice, now=now)

    async def _forget(self, transaction: "Transaction", challenge: "Challenge", challenged: "Profile | None") -> None:
        if challenged is not None:
            await self._notifications.drop(transaction, challenged.account.id, _notice(challenge))

    def _tell_lobby(self, transaction: "Transaction", entries: "Sequence[Json]") -> None:
        self._tell_later(transaction, LOBBY, {"event": messages.SEEK_GRAPH, "payload": entries})

    def _tell_later(self, transaction: "Transaction", topic: str, message: "Json") -> None:
        transaction.when_committed(lambda: self._hub.publish(topic, message))


def _notice(challenge: "Challenge") -> str:
    """The id of the notification by which a player learns of a challenge."""
    return f"challenge:{challenge.id}"
