"""What a record of a game of Go says, read once and kept with its bytes. Pure."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from tengen.games.record_times import speed_of_record
from tengen.go.points import Size
from tengen.go.replay import RecordWarning
from tengen.go.sgf import SgfRecord
from tengen.ratings.go_conditions import SpeedClass


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What a record says of its game, and what is odd about it when its moves are replayed on our board."""

    size: Size
    moves: int
    komi: float | None = None
    handicap: int | None = None
    rules: str | None = None
    """The ruleset's name; None if it names none, or none that we know."""
    result: str = ""
    """As it is written there."""
    black: str = ""
    white: str = ""
    """The players' names as it has them."""
    warnings: tuple[RecordWarning, ...] = ()
    speed: SpeedClass | None = None
    """That of its time control; None if it tells none that we can read."""

    @classmethod
    def read(cls, source: bytes | str) -> "RecordFacts":
        """What these bytes say, or this text, which has been decoded already, whatever encoding it names.

        Raises `InvalidRecord` and `RecordTooLarge`, with a sentence that says where.
        """
        return cls.of(SgfRecord.parse(source))

    @classmethod
    def of(cls, record: SgfRecord) -> "RecordFacts":
        """What a record says that has been read already."""
        ruleset = record.ruleset
        return cls(
            size=record.size,
            moves=len(record.moves),
            komi=record.komi,
            handicap=record.handicap,
            rules=None if ruleset is None else ruleset.name,
            result=record.result,
            black=record.black.name,
            white=record.white.name,
            warnings=record.replay().warnings,
            speed=speed_of_record(record),
        )

    @classmethod
    def from_json(cls, text: str) -> "RecordFacts":
        """The facts that `to_json` wrote."""
        fields = json.loads(text)
        speed = fields.get("speed")
        return cls(
            **{
                **fields,
                "size": Size(*fields["size"]),
                "warnings": read_warnings(fields["warnings"]),
                "speed": None if speed is None else SpeedClass(speed),
            }
        )

    def to_json(self) -> str:
        """To be stored beside the bytes."""
        return json.dumps(asdict(self))


def record_hash(content: bytes) -> bytes:
    """By which a record is stored once, and found: its SHA-256."""
    return hashlib.sha256(content).digest()


def write_warnings(warnings: tuple[RecordWarning, ...]) -> str | None:
    """To be stored; None if there are none."""
    return json.dumps([asdict(warning) for warning in warnings]) if warnings else None


def read_warnings(stored: str | list[dict[str, Any]] | None) -> tuple[RecordWarning, ...]:
    """The warnings that were stored."""
    found = json.loads(stored) if isinstance(stored, str) else stored or []
    return tuple(RecordWarning(**warning) for warning in found)
