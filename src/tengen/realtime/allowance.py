"""How many messages a client may send."""

from enum import Enum, auto

_BURST_SECONDS = 4.0
"""Who was quiet for this long may send at once what it has not sent meanwhile."""
_ABUSE_SECONDS = 10.0
"""Who has sent this much too much, at the rate that is allowed, does not mean well."""


class Verdict(Enum):
    """What becomes of a message."""

    FINE = auto()
    WARN = auto()
    """The first that is too much: it is not looked at, and the client is told."""
    DROP = auto()
    """It is not looked at."""
    ABUSE = auto()
    """The connection is to be closed."""


class Allowance:
    """A bucket of messages: each takes one out, and time fills it again."""

    __slots__ = ("_at", "_burst", "_dropped", "_left", "_rate")

    def __init__(self, rate: float, now: float) -> None:
        """`rate`: messages a second that may be sent for ever. `now`, here and below: seconds of a steady clock."""
        self._rate = rate
        self._burst = rate * _BURST_SECONDS
        self._left = self._burst
        self._at = now
        self._dropped = 0.0

    def spend(self, now: float) -> Verdict:
        """A message has come."""
        left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if left >= 1:
            self._left = left - 1
            if left >= self._burst:  # as quiet as can be
                self._dropped = 0
            return Verdict.FINE
        self._left = left
        self._dropped += 1
        if self._dropped > self._rate * _ABUSE_SECONDS:
            return Verdict.ABUSE
        return Verdict.WARN if self._dropped == 1 else Verdict.DROP
