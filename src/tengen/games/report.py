"""A finished game of Go as a game server reports it: from the JSON on the wire to values. Pure.

A report is read in the order in which online-ratings checks it, for its clients know which refusal comes first: what
is missing, the tokens, then the values. The steps in between, who the tokens belong to and what is at a URL, are the
caller's.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from dateutil import parser as liberal_dates

from tengen.core.errors import Forbidden, Invalid, NotFound
from tengen.core.values import MAX_ID, PlayerId, ServerId
from tengen.games.records import RecordFacts, record_hash
from tengen.games.result import Ending, InvalidResult, Result
from tengen.go.points import MAX_SIDE

MAX_URL = 2_000
MAX_DATE = 64
MAX_NAME = 100
MAX_KEY = 200
MAX_HANDICAP = MAX_SIDE * MAX_SIDE
FUTURE = timedelta(days=1)
"""So far ahead may a game be dated: a server's local time, sent without its offset, is up to 14 hours ahead."""
EARLIEST = datetime(1000, 1, 1, tzinfo=UTC)
"""What is dated before is a slip, as `0014-08-19` is; and to PostgreSQL's driver the first moment of all is none."""


class InvalidReport(Invalid):
    """A value of the report is not what it must be."""

    code, status = "invalid_report", 400


class MissingParameters(InvalidReport):
    """The report leaves out what it must say."""

    code = "missing_parameters"


class MissingTokens(Forbidden):
    """The report does not come with all the tokens that it needs."""

    code = "missing_tokens"


class UnknownToken(NotFound):
    """A token is not that of the server or player that is named beside it."""

    code = "unknown_token"


class InvalidResultReported(InvalidReport):
    """The result is written in no way that we know."""

    code = "invalid_result"


class MissingRecord(InvalidReport):
    """The report has neither a record nor an address of one."""

    code = "missing_record"


class UnfetchedRecord(InvalidReport):
    """There is no record at the report's `game_url`."""

    code = "game_url_unfetched"


class UnreadableRecord(InvalidReport):
    """The record cannot be read as that of a game of Go."""

    code = "invalid_record"


class InvalidDate(InvalidReport):
    """The date cannot be read, lies ahead, or in another age."""

    code = "invalid_date"


class InvalidTerms(InvalidReport):
    """Handicap or komi are no numbers, or none that a game can have."""

    code = "invalid_terms"


_REQUIRED = ("server_id", "black_id", "white_id", "result", "handicap", "komi", "date_played")
_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,9}\s*", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What proves that this server reports, and that both players let it report for them."""

    server: str
    black: str
    white: str

    @classmethod
    def of(cls, server: str | None, black: str | None, white: str | None) -> "Tokens":
        """All three. Raises `MissingTokens` if one is missing."""
        if server is None or black is None or white is None:
            raise MissingTokens(
                "Did not submit required X-Auth-(Server-Token|Black-Player-Token|White-Player-Token) headers."
            )
        return cls(server, black, white)


@dataclass(frozen=True, slots=True)
class Report:
    """A report whose parts are all there; the values are read step by step."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, body: Any) -> "Report":
        """The report in this JSON value. Raises `InvalidReport` if it is no object."""
        if not isinstance(body, dict):
            raise InvalidReport("A report is a JSON object with the values of one game.")
        return cls(body)

    def require(self, facts: RecordFacts | None) -> None:
        """Raises `MissingParameters` unless everything is there that must be.

        Handicap and komi may be left to a record, and `facts` are what it says: None if it cannot be read. One that is
        still to be fetched counts as saying them.
        """
        missing = [name for name in _REQUIRED if self.values.get(name) is None]
        if "server_id" in missing and self.values.get("game_server") is not None:
            missing.remove("server_id")
        if facts is not None:
            said = {"handicap": True, "komi": facts.komi is not None}
            missing = [name for name in missing if not said.get(name)]
        elif self.record is None and self.values.get("game_url") is not None:
            missing = [name for name in missing if name not in {"handicap", "komi"}]
        if missing:
            raise MissingParameters(f"Missing required parameters: {', '.join(missing)}")

    @property
    def needs_facts(self) -> bool:
        """Whether the record must be read before it is known what is missing."""
        return self.record is not None and None in (self.values.get("handicap"), self.values.get("komi"))

    @property
    def record(self) -> str | bytes | None:
        """The record as it was sent: text, or what the caller fetched."""
        found = self.values.get("game_record")
        return found if isinstance(found, str | bytes) else None

    @property
    def server_id(self) -> ServerId | None:
        """The reporting server, None if it is named otherwise. Raises `InvalidReport`."""
        value = self.values.get("server_id")
        return None if value is None else ServerId(_id(value, "server_id"))

    @property
    def server_name(self) -> str | None:
        """The reporting server's name, where there is no id. Raises `InvalidReport`."""
        if self.values.get("server_id") is not None:
            return None
        value = self.values.get("game_server")
        if not isinstance(value, str) or len(value) > MAX_NAME:
            raise InvalidReport("game_server must be the name of a game server, or give its id as server_id.")
        return value

    @property
    def black_id(self) -> PlayerId:
        """Black's player. Raises `InvalidReport`."""
        return PlayerId(_id(self.values["black_id"], "black_id"))

    @property
    def white_id(self) -> PlayerId:
        """White's player. Raises `InvalidReport`."""
        return PlayerId(_id(self.values["white_id"], "white_id"))

    @property
    def result(self) -> str:
        """How the game ended, as it was written. Raises `InvalidResultReported`."""
        value = self.values["result"]
        try:
            result = Result.parse(value if isinstance(value, str) else "")
        except InvalidResult as error:
            raise InvalidResultReported("format of result is incorrect") from error
        if result.ending is Ending.WIN:  # whoever reports a game knows how it was won
            raise InvalidResultReported("format of result is incorrect")
        assert isinstance(value, str)
        return value

    @property
    def url(self) -> str | None:
        """Where the record is. Raises `MissingRecord` if there is neither a record nor a URL, and `InvalidReport`."""
        record, url = self.values.get("game_record"), self.values.get("game_url")
        if record is None and url is None:
            raise MissingRecord("One of game_record or game_url must be present")
        if record is not None and not isinstance(record, str | bytes):
            raise InvalidReport("game_record must be the text of an SGF file.")
        if url is not None and (not isinstance(url, str) or len(url) > MAX_URL or not url.isprintable()):
            raise InvalidReport(f"game_url must be an address of at most {MAX_URL} characters.")
        return url

    def played_at(self, now: datetime) -> datetime:
        """When it was played: an instant with an offset, or one in UTC. Raises `InvalidDate`."""
        value = self.values["date_played"]
        played_at = _instant(value, now) if isinstance(value, str) and 0 < len(value) <= MAX_DATE else None
        if played_at is None:
            raise InvalidDate("date_played must be in ISO 8601 format")
        if played_at > now + FUTURE:
            raise InvalidDate("date_played lies in the future")
        if played_at < EARLIEST:
            raise InvalidDate("date_played lies before the year 1000")
        return played_at

    def terms(self, facts: RecordFacts | None) -> tuple[int, float]:
        """Handicap and komi, from the record where the report leaves them out. Raises `InvalidTerms`."""
        handicap, komi = self.values.get("handicap"), self.values.get("komi")
        if handicap is None:
            handicap = (facts.handicap if facts else None) or 0
        if komi is None and facts is not None:
            komi = facts.komi
        stones, points = _stones(handicap), _points(komi)
        if stones is None or points is None:
            raise InvalidTerms("invalid handicap or komi")
        return stones, points

    @property
    def is_ranked(self) -> bool:
        """Whether the players wanted it rated: yes, unless it is said otherwise. Raises `InvalidReport`."""
        value = self.values.get("ranked")
        if value is not None and not isinstance(value, bool):
            raise InvalidReport("ranked must be true or false.")
        return value is not False

    @property
    def size(self) -> int | None:
        """The lines of the board, where the report says them beside the record. Raises `InvalidReport`."""
        value = self.values.get("size")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_SIDE:
            raise InvalidReport(f"size must be the number of lines of the board, at most {MAX_SIDE}.")
        return value

    def with_record(self, content: bytes) -> "Report":
        """The same report with the record that was fetched for it."""
        return Report({**self.values, "game_record": content})


def fingerprint(black: PlayerId, white: PlayerId, played_at: datetime, content: bytes) -> bytes:
    """What makes two reports of a server the same report: the players, the time, and the record."""
    what = [black, white, played_at.isoformat(), record_hash(content).hex()]
    return hashlib.sha256(json.dumps(what).encode()).digest()


def key_digest(key: str | None) -> bytes | None:
    """An `Idempotency-Key` in the form in which it is stored. Raises `InvalidReport` if it is empty or too long."""
    if key is None:
        return None
    if not 0 < len(key) <= MAX_KEY:
        raise InvalidReport(f"An Idempotency-Key has 1 to {MAX_KEY} characters.")
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def _id(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_ID:
        raise InvalidReport(f"{name} must be an integer.")
    return value


def _stones(value: Any) -> int | None:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 < value < MAX_HANDICAP + 1:
        return None
    return int(value)  # a fraction is cut off


def _points(value: Any) -> float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > MAX_HANDICAP:
        return None
    return float(value) if math.isfinite(value) else None


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if name is not None:
        raise ValueError(f"{name} is the name of no zone that is the same everywhere")
    return None  # the parser asks also where the text names no zone


def _instant(text: str, now: datetime) -> datetime | None:
    """ISO 8601, and whatever else people write: missing parts are today's, as the original fills them."""
    try:
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            today = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
            instant = liberal_dates.parse(text, default=today, tzinfos=_zone)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, ArithmeticError, AttributeError, IndexError):
        return None  # a parser that reads nearly anything also fails in nearly any way
