"""The text of an SGF record as the nodes of its main line: bytes in, properties out, or a refusal that says where.

Records come from anywhere. So their size, their nodes and values are counted before anything is built of them, and
nothing here calls itself, however deep the variations are nested. What a property means is not known here.
"""

import re
from collections.abc import Iterator
from itertools import islice

from sgfmill import sgf_grammar

from tengen.core.errors import Invalid

MAX_NODES = 30_000
MAX_VALUES = 100_000
"""Together with the caller's limit on bytes these bound the time of a record: well under a second."""

Node = dict[str, list[bytes]]
"""The properties of a node: raw values, in UTF-8, by names of upper-case letters."""

# Whole values, so that what is left are names, parentheses and semicolons. One that does not end reaches to the end of
# the text; the search would otherwise start anew at each bracket in it.
_OPEN_VALUE = rb"\[[^\\\]]*(?:\\.[^\\\]]*)*"
_VALUES = re.compile(_OPEN_VALUE + rb"(?:\]|\\?\Z)", re.DOTALL)
_TOKEN = re.compile(
    rb"\s*(?:(?P<value>" + _OPEN_VALUE + rb"\])|(?P<name>[A-Za-z]{1,64})|(?P<mark>[;()]))",
    re.DOTALL,
)
_CHARSET = re.compile(
    rb"(?:\s*[A-Za-z]+(?:\s*" + _OPEN_VALUE + rb"\])+){0,20}?\s*CA\s*\[([^\]]*)\]",
    re.DOTALL,
)
_TWO_NAMES = re.compile(rb"[A-Za-z]\s+[A-Za-z]")
_START = re.compile(rb"\s*\(\s*;")
_BLANKS = re.compile(rb"\s*")

# What records are written in, by the name in `CA` without its punctuation. Where an encoding is commonly named for a
# larger one that agrees with it, the larger one is meant, as browsers have it.
_CODECS = {
    "utf8": "utf-8",
    **dict.fromkeys(("ascii", "usascii"), "ascii"),
    **dict.fromkeys(("latin1", "iso88591", "l1"), "latin-1"),
    **{f"iso8859{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 7, 9, 10, 13, 15, 16)},
    **{f"latin{part}": f"latin{part}" for part in (2, 3, 4, 5, 9)},
    **{f"{word}{page}": f"cp{page}" for word in ("windows", "cp") for page in range(1250, 1259)},
    "koi8r": "koi8-r",
    "koi8u": "koi8-u",
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "cp936", "euccn", "xgbk"), "gb18030"),
    **dict.fromkeys(("big5", "big5hkscs", "cp950"), "big5hkscs"),
    **dict.fromkeys(("shiftjis", "sjis", "xsjis", "mskanji", "cp932", "windows31j"), "cp932"),
    **dict.fromkeys(("eucjp", "xeucjp", "ujis"), "euc-jp"),
    **dict.fromkeys(("iso2022jp", "jis"), "iso2022-jp"),
    **dict.fromkeys(("euckr", "ksc56011987", "cp949", "uhc"), "cp949"),
}

# After which tokens a token may stand: names, values and the marks themselves.
_MAY_FOLLOW = {
    "(": ("", "value", ";", ")"),
    ")": ("value", ";", ")"),
    ";": ("(", "value", ";"),
    "name": (";", "value"),
    "value": ("name", "value"),
}


class InvalidRecord(Invalid):
    """The bytes are no readable record of a game of Go. `line`: where, from 1, if it is one place."""

    code = "invalid_record"

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


class RecordTooLarge(InvalidRecord):
    """The record may be well-formed, but it is larger than any game needs."""

    code, status = "record_too_large", 413


def main_line(source: bytes | str, *, max_bytes: int) -> Iterator[Node]:
    """The nodes of the first variation, from the root.

    Bytes are read in the encoding that they name in `CA`; without one in UTF-8, or if they are not that, in Latin-1,
    SGF's default. Text has been decoded already, whatever it says. All values are given in UTF-8. What follows the
    first game is ignored. Raises `InvalidRecord`, `RecordTooLarge`.
    """
    if len(source) > max_bytes or (isinstance(source, str) and len(_encoded(source)) > max_bytes):
        raise RecordTooLarge(f"The record is larger than {max_bytes // 1024} KiB.")
    data = _encoded(source) if isinstance(source, str) else _in_utf8(source)
    if _START.match(data) is None:
        raise InvalidRecord("This is no SGF record: it does not begin with '(;'.", line=1)
    _count(data)
    try:
        tree = sgf_grammar.parse_sgf_game(data)
    except ValueError as error:
        raise _fault(data) or InvalidRecord(f"The record cannot be read: {error}.") from None
    return iter(sgf_grammar.main_sequence_iter(tree))


def _encoded(text: str) -> bytes:
    try:
        return text.removeprefix("\ufeff").encode()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise InvalidRecord(
            f"The record holds half a character (a lone surrogate) in line {line}.", line=line
        ) from None


def _in_utf8(data: bytes) -> bytes:
    data = data.removeprefix(b"\xef\xbb\xbf")
    named = _charset(data)
    codec = _CODECS.get(re.sub(r"[^a-z0-9]", "", named.lower()))
    if codec is None:
        try:
            data.decode()
        except UnicodeDecodeError as error:
            if named:
                raise _undecodable(data, error.start, f"it names an unknown encoding, {named[:40]!r}") from None
            return data.decode("latin-1").encode()
        return data
    try:
        return data.decode(codec).encode()
    except UnicodeDecodeError as error:
        raise _undecodable(data, error.start, f"it is not in {named[:40]}, as it says") from None


def _charset(data: bytes) -> str:
    start = _START.match(data)
    named = start and _CHARSET.match(data, start.end(), start.end() + 4096)
    return named[1].decode("latin-1").strip() if named else ""


def _undecodable(data: bytes, offset: int, reason: str) -> InvalidRecord:
    line = data.count(b"\n", 0, offset) + 1
    byte = data[offset]
    return InvalidRecord(f"The record cannot be read in line {line}, at the byte {byte:#04x}: {reason}.", line=line)


def _count(data: bytes) -> None:
    structure, values = _VALUES.subn(b"[", data)
    if max(structure.count(b";"), structure.count(b"(")) > MAX_NODES:
        raise RecordTooLarge(f"The record has more than {MAX_NODES:,} nodes.")
    if values > MAX_VALUES:
        raise RecordTooLarge(f"The record has more than {MAX_VALUES:,} values of properties.")
    # Names that follow each other are wrong, and half a million of them would take their time to be found so. Behind
    # the game, where all is ignored, they may stand.
    if _TWO_NAMES.search(structure) and (fault := _fault(data)):
        raise fault


def _fault(data: bytes) -> InvalidRecord | None:
    """Why the text is no game, found by looking at each token and the one before it; None if it is one."""
    before, position, depth = "", 0, 0
    while True:
        token = _TOKEN.match(data, position)
        if token is None:
            return _stop(data, position)
        kind = token.lastgroup if token["mark"] is None else token["mark"].decode()
        assert kind is not None
        if before not in _MAY_FOLLOW[kind]:
            return _misplaced(data, token.start(token.lastgroup or 0))
        depth += {"(": 1, ")": -1}.get(kind, 0)
        if depth == 0:
            return None
        before, position = kind, token.end()


def _stop(data: bytes, position: int) -> InvalidRecord:
    blanks = _BLANKS.match(data, position)
    offset = blanks.end() if blanks else position
    if offset == len(data):
        return InvalidRecord("The record ends too early: a closing parenthesis is missing.", line=_line(data, offset))
    if data[offset : offset + 1] == b"[":
        line = _line(data, offset)
        return InvalidRecord(f"The record ends too early: the bracket in line {line} is not closed.", line=line)
    return _misplaced(data, offset)


def _misplaced(data: bytes, offset: int) -> InvalidRecord:
    line = _line(data, offset)
    start = data.rfind(b"\n", 0, offset) + 1
    column = len(data[start:offset].decode(errors="replace")) + 1
    found = next(islice(data[offset : offset + 4].decode(errors="replace"), 1), "")
    return InvalidRecord(
        f"The record cannot be read in line {line}, character {column}: unexpected {found!r}.", line=line
    )


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1
