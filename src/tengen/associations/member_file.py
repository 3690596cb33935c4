"""An association's members in a file: CSV with the columns `number`, `email` and `full_name`."""

import asyncio
import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from tengen.accounts.names import Email, InvalidEmail
from tengen.associations.members import Member, MembershipUnavailable
from tengen.associations.numbers import InvalidMemberNumber, parse_number
from tengen.core.errors import TengenError

log = structlog.get_logger(__name__)

_COLUMNS = ("number", "email", "full_name")


class MemberFileInvalid(TengenError):
    """The file cannot be read, or is no list of members. For operators: the sentence names the file and the line."""

    code, status = "member_file_invalid", 500


@dataclass(frozen=True, slots=True)
class _Loaded:
    state: tuple[int, int, int]
    members: Mapping[str, Member]


class MemberFile:
    """Answers for an association out of a file, which is read anew when it has changed."""

    def __init__(self, association: str, path: Path) -> None:
        self._association = association
        self.source = str(path)
        self._path = path
        self._loaded: _Loaded | None = None

    async def find(self, number: str) -> Member | None:
        """The member of this number, or None. Raises `MembershipUnavailable` while the file is wrong."""
        try:
            return (await self.members()).get(number)
        except MemberFileInvalid as error:
            log.error("member_file_invalid", association=self._association, reason=error.message)
            name = self._association.upper()
            raise MembershipUnavailable(f"The list of members of {name} cannot be read now. Try again later.") from None

    async def members(self) -> Mapping[str, Member]:
        """Every member by number, as the file has them now. Raises `MemberFileInvalid`."""
        return await asyncio.to_thread(self._current)

    def _current(self) -> Mapping[str, Member]:
        try:
            status = self._path.stat()
            state = (status.st_mtime_ns, status.st_size, status.st_ino)
            if self._loaded is None or self._loaded.state != state:
                self._loaded = _Loaded(state, read_members(self._path.read_bytes(), str(self._path)))
        except OSError as error:
            raise MemberFileInvalid(f"{self._path} cannot be read: {error.strerror}.") from error
        return self._loaded.members


def read_members(content: bytes, name: str) -> dict[str, Member]:
    """The members in the bytes of such a file (UTF-8, the columns in any order), by number.

    `name` stands for the file in the refusal. Raises `MemberFileInvalid`.
    """
    members: dict[str, Member] = {}
    lines: dict[str, int] = {}
    for line, row in _rows(content, name):
        try:
            number = parse_number(row["number"])
            email = Email.parse(row["email"]) if row["email"].strip() else None
        except (InvalidMemberNumber, InvalidEmail) as error:
            what = row["number"] if isinstance(error, InvalidMemberNumber) else row["email"]
            kind = "member number" if isinstance(error, InvalidMemberNumber) else "e-mail address"
            raise MemberFileInvalid(f"{name}, line {line}: {what!r} is no {kind}.") from error
        if number in members:
            raise MemberFileInvalid(f"{name}, line {line}: number {number} stands in line {lines[number]} already.")
        members[number] = Member.of(None if email is None else email.address, row["full_name"])
        lines[number] = line
    return members


def _rows(content: bytes, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(_text(content, name), newline=""), strict=True)
    header: list[str] | None = None
    try:
        for fields in reader:
            if not any(map(str.strip, fields)):
                continue  # an empty line
            if header is None:
                header = _header(fields, name)
            elif len(fields) != len(header):
                raise MemberFileInvalid(
                    f"{name}, line {reader.line_num}: it has {len(fields)} fields instead of {len(header)}."
                )
            else:
                yield reader.line_num, dict(zip(header, fields, strict=True))
    except csv.Error as error:
        raise MemberFileInvalid(f"{name}, line {reader.line_num}: {error}.") from error
    if header is None:
        raise MemberFileInvalid(f"{name} is empty: it must begin with the columns {', '.join(_COLUMNS)}.")


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise MemberFileInvalid(f"{name}, line {line}: it is not encoded in UTF-8.") from error


def _header(fields: list[str], name: str) -> list[str]:
    header = [field.strip().lower() for field in fields]
    missing = [column for column in _COLUMNS if header.count(column) != 1]
    if missing:
        raise MemberFileInvalid(f"{name}, line 1: it must name the columns {', '.join(_COLUMNS)}, each once.")
    return header
