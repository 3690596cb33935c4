"""Games that are told by their SGF records alone. Pure."""

from datetime import UTC, datetime, time

from tengen.core.errors import Invalid
from tengen.games.named_game import NamedGame
from tengen.games.rated_games import PlayedGame
from tengen.games.records import RecordFacts
from tengen.games.report import EARLIEST, FUTURE
from tengen.games.result import Result
from tengen.go.points import Color
from tengen.go.sgf import SgfRecord

_WON_SOMEHOW = {f"{color.value}{plus}": color for color in Color for plus in ("", "+", "+?")}


class UnusableRecord(Invalid):
    """The record cannot be read, or leaves out what a game must say."""

    code = "unusable_record"


def read_game(content: bytes, *, ranked: bool, now: datetime) -> NamedGame:
    """The game of a record, its players by the names that it has for them (`PB`, `PW`).

    It was over on the last of its days (`DT`), at midnight UTC. Whatever a report of a game must say the record has to:
    raises `UnusableRecord` where it does not, or cannot be read.
    """
    try:
        record = SgfRecord.parse(content)
        facts = RecordFacts.of(record)
    except Invalid as error:
        raise UnusableRecord(error.message) from error
    if not record.black.name or not record.white.name:
        raise UnusableRecord("It does not say who played: PB and PW.")
    if record.komi is None:
        raise UnusableRecord("It does not say the komi: KM.")
    result = _result(record)
    played = PlayedGame(
        _played_at(record, now),
        result,
        record.handicap or 0,
        record.komi,
        *record.size,
        rules=facts.rules,
        ranked=ranked,
        speed=facts.speed,
    )
    return NamedGame(
        record.black.name,
        record.white.name,
        played,
        str(result),
        content=content,
        facts=facts,
    )


def _result(record: SgfRecord) -> Result:
    winner = _WON_SOMEHOW.get(record.result.upper())
    result = Result.in_record(record.result) if winner is None else Result.by_unsaid(winner)
    if result is None:
        raise UnusableRecord(f"It does not say who won: RE[{record.result[:20]}].")
    return result


def _played_at(record: SgfRecord, now: datetime) -> datetime:
    if not record.dates:
        raise UnusableRecord("It does not say when it was played: DT, as 2026-03-14.")
    played_at = datetime.combine(max(record.dates), time(), UTC)
    if not EARLIEST <= played_at <= now + FUTURE:
        raise UnusableRecord(f"The day of the game cannot be: {played_at:%Y-%m-%d}.")
    return played_at
