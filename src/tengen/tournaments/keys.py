"""Tournament keys: what a player writes into replays, and so proves that they are not older than the key. Pure.

A key reads `<account>_<tournament>_<32 hexadecimal digits>`: 128 random bits behind two numbers that tell people whose
it is. The numbers prove nothing: a key holds only if the whole of it is found among those made. Whoever has seen one
could upload for its owner, so keys are secret until the end, and cut off wherever a player's name is shown.

Each participant makes one key a tournament, after its start:

    situation            make a key            fetch the key
    has one              KeyExists             ok
    over, has none       TournamentOver        KeyNeverGenerated
    no participant       NotParticipating      NotParticipating
    not started          TooEarly              KeyNotGeneratedYet
    running, has none    ok                    KeyNotGenerated

in this order: a program that waits for its key must hear that it waits in vain before it is told to wait.
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NewType

from tengen.core.errors import Forbidden, Invalid
from tengen.core.values import MAX_ID, AccountId
from tengen.tournaments.entries import NotParticipating
from tengen.tournaments.schedule import Phase, Schedule, shown

TournamentId = NewType("TournamentId", int)

SECRET_BYTES = 16
"""Random bytes in a key: 128 bits."""

_KEY = re.compile(r"([1-9][0-9]{0,18})_([1-9][0-9]{0,18})_([0-9a-f]{32})")
# Programs written in Python have let the form of their bytes slip into the key: b'…'.
_KEY_IN_REPLAY = re.compile(r"([1-9][0-9]{0,18}_[1-9][0-9]{0,18}_)(?:b')?([0-9a-f]{32})'?")
_KEY_IN_NAME = re.compile(r"#?[0-9]{1,19}_[0-9]{1,19}_(?:b')?[0-9a-f]{32}'?")


class InvalidKey(Invalid):
    """The text is no tournament key."""

    code = "invalid_tournament_key"


class KeyExists(Forbidden):
    """The account has its key already."""

    code = "key_exists"


class KeyNotGenerated(Forbidden):
    """The account has no key yet, and could make one now."""

    code = "not_generated"


class KeyNeverGenerated(Forbidden):
    """The tournament is over, and the account never had a key."""

    code = "never_generated"


class NotYet(Forbidden):
    """It is too early; `wait` is the time until it will not be. Clients must be told it, and with no other refusal."""

    def __init__(self, message: str, *, wait: timedelta) -> None:
        super().__init__(message, facts={"wait": wait_seconds(wait)})
        self.wait = wait


class TooEarly(NotYet):
    """The tournament has not started: `wait` is the time until it does."""

    code = "too_early"


class KeyNotGeneratedYet(NotYet):
    """There is no key, since the tournament has not started: `wait` is the time until it does."""

    code = "not_generated_yet"


@dataclass(frozen=True, slots=True)
class TournamentKey:
    """A key as a value: whose, for which tournament, and its secret as 32 lower-case hexadecimal digits.

    `str` gives the key as players have it, `repr` hides the secret. `==` takes a time that tells about the secret;
    `matches` does not.
    """

    account_id: AccountId
    tournament_id: TournamentId
    secret: str = field(repr=False)

    @classmethod
    def make(cls, account_id: AccountId, tournament_id: TournamentId, random: bytes) -> "TournamentKey":
        """A new key of 16 random bytes. Raises `ValueError` for more or fewer."""
        if len(random) != SECRET_BYTES:
            raise ValueError(f"A key is made of {SECRET_BYTES} random bytes, not of {len(random)}.")
        return cls(account_id, tournament_id, random.hex())

    @classmethod
    def parse(cls, text: str) -> "TournamentKey":
        """The key that is written exactly so. Raises `InvalidKey`, which does not repeat the text."""
        match = _KEY.fullmatch(text)
        if match is None or max(int(match[1]), int(match[2])) > MAX_ID:
            raise InvalidKey("This is no tournament key: one reads '12_34_' and 32 hexadecimal digits in lower case.")
        return cls(AccountId(int(match[1])), TournamentId(int(match[2])), match[3])

    def matches(self, other: "TournamentKey") -> bool:
        """Whether both are the same key, in constant time."""
        return hmac.compare_digest(str(self), str(other))

    def __str__(self) -> str:
        return f"{self.account_id}_{self.tournament_id}_{self.secret}"


def find_key(texts: Iterable[str]) -> TournamentKey | None:
    """The key in the texts of a replay, those first that count first; None if no text holds one.

    A text is the key, or ends with `#` and the key. The order is that of the author of Scoreganizer: token, nickname,
    the nickname of the result line, name.
    """
    for text in texts:
        match = _KEY_IN_REPLAY.fullmatch(text.rpartition("#")[2].strip())
        if match is not None:
            try:
                return TournamentKey.parse(match[1] + match[2])
            except InvalidKey:
                continue
    return None


def without_key(name: str) -> str:
    """The name as it may be shown: without keys, wherever in it they stand; empty if nothing is left."""
    return _KEY_IN_NAME.sub(" ", name).strip()


def check_may_generate(schedule: Schedule, now: datetime, *, has_key: bool, is_participating: bool) -> None:
    """Whether an account may make its key now.

    Raises `KeyExists`, `TournamentOver`, `NotParticipating` or `TooEarly`, the first that holds.
    """
    if has_key:
        raise KeyExists("There is a key already: fetch it.")
    schedule.check_not_over(now)
    _check_participating(is_participating=is_participating)
    check_started(schedule, now)


def check_may_fetch(schedule: Schedule, now: datetime, *, has_key: bool, is_participating: bool) -> None:
    """Whether there is a key for an account to fetch now.

    Raises `KeyNeverGenerated`, `NotParticipating`, `KeyNotGeneratedYet` or `KeyNotGenerated`, the first that holds.
    """
    if has_key:
        return
    phase = schedule.phase(now)
    if phase.is_over:
        raise KeyNeverGenerated("The tournament is over, and no key was made for this account while it ran.")
    _check_participating(is_participating=is_participating)
    if phase is Phase.UPCOMING:
        message = f"Keys are made once the tournament has started, at {shown(schedule.starts_at)}."
        raise KeyNotGeneratedYet(message, wait=schedule.starts_at - now)
    raise KeyNotGenerated("This account has not made its key yet: make it now.")


def check_started(schedule: Schedule, now: datetime) -> None:
    """Raises `TooEarly` until the start."""
    if now < schedule.starts_at:
        message = f"The tournament has not started yet: it starts at {shown(schedule.starts_at)}."
        raise TooEarly(message, wait=schedule.starts_at - now)


def _check_participating(*, is_participating: bool) -> None:
    if not is_participating:
        raise NotParticipating(
            "This account does not participate in the tournament: enter it, or wait to be confirmed."
        )


_STEP = timedelta(milliseconds=100)


def wait_seconds(wait: timedelta) -> float:
    """A wait as Scoreganizer's clients are told it: in seconds, rounded up to tenths, at least 0.2.

    Up, because who asks too early is sent to wait again; the least, because clients subtract the time that their
    request took, and would ask without a pause.
    """
    tenths, rest = divmod(wait, _STEP)
    return max(2, tenths + bool(rest)) / 10


def key_expiry(schedule: Schedule, made_at: datetime, time_limit: timedelta | None) -> datetime | None:
    """The instant from which uploads with a key are refused for its age; None if only the tournament's end counts.

    `time_limit`: how long the mode lets each account play after it has made its key; the tournament's end comes first.
    """
    if time_limit is None:
        return None
    return made_at + min(time_limit, schedule.ends_at - made_at)
