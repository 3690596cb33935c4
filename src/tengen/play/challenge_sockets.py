"""Challenges over live connections: challengers show that they wait."""

import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tengen.core.values import PlayerId
from tengen.play.challenges import ChallengeId, ChallengeNotFound
from tengen.play.requests import InvalidRequest, payload_of

if TYPE_CHECKING:
    from tengen.play.challenge_desk import ChallengeDesk
    from tengen.realtime.clients import Client
    from tengen.realtime.commands import Commands

SECONDS_BETWEEN = 3.0
"""Clients give a sign each second; one that comes sooner after the last that was noted is passed over."""
MOST_REMEMBERED = 50

_ID = re.compile(r"[0-9]{1,18}")


def register(commands: "Commands", desk: "ChallengeDesk") -> None:
    """Let challengers show that they wait."""
    commands.on("challenge/keepalive", ChallengeSockets(desk).keep_alive)


class _Signs:
    """When signs of one client were noted last, by challenge."""

    def __init__(self) -> None:
        self.noted_at: dict[ChallengeId, float] = {}

    def are_due(self, challenge_id: ChallengeId, now: float) -> bool:
        """Whether to note a sign that comes now."""
        return now - self.noted_at.get(challenge_id, -SECONDS_BETWEEN) >= SECONDS_BETWEEN

    def note(self, challenge_id: ChallengeId, now: float) -> None:
        """A sign is noted."""
        self.noted_at.pop(challenge_id, None)
        self.noted_at[challenge_id] = now
        while len(self.noted_at) > MOST_REMEMBERED:
            del self.noted_at[next(iter(self.noted_at))]


class ChallengeSockets:
    """What clients ask of challenges."""

    def __init__(self, desk: "ChallengeDesk") -> None:
        self._desk = desk

    async def keep_alive(self, client: "Client", payload: Any) -> None:
        """`challenge/keepalive`: the challenger waits. Late signs for a challenge that is gone are passed over.

        Raises `InvalidRequest` and `NotYourChallenge`.
        """
        challenge_id = _challenge_id(payload_of(payload).get("challenge_id"))
        signs = client.get(_Signs) or _Signs()
        now = time.monotonic()
        if client.identity is None or not signs.are_due(challenge_id, now):
            return
        signs.note(challenge_id, now)
        client.put(signs)
        with suppress(ChallengeNotFound):
            await self._desk.keep_alive(challenge_id, PlayerId(client.identity.player_id))


def _challenge_id(value: object) -> ChallengeId:
    """The id that clients write as a number or as text."""
    text = "" if isinstance(value, bool) else str(value) if isinstance(value, int | str) else ""
    if _ID.fullmatch(text) is None:
        raise InvalidRequest("challenge_id must be the number of a challenge.")
    return ChallengeId(int(text))
