"""Files that are read a line at a time, and what cannot be read in them: kept aside as it stands there."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import BinaryIO, NamedTuple

_SHOWN = 20
"""So many bad lines are told of; the others are in the file."""
_PIECE = 65_536


class Span(NamedTuple):
    """Where a line stands: its number, from 1, and its first byte and the one behind its last."""

    number: int
    begin: int
    end: int


class Source:
    """The lines of a text file in UTF-8, and how far it has been read."""

    def __init__(self, path: Path, *, max_line: int) -> None:
        """Of a line with many more than `max_line` characters only so much is given as shows that it is too long."""
        self.path = path
        self.size = path.stat().st_size
        self.last = Span(0, 0, 0)
        """The line that was read last."""
        self._limit = 4 * (max_line + 1)  # no character has more bytes

    def lines(self) -> Iterator[str]:
        """One after another. Bytes that are no UTF-8 become U+FFFD, and a mark at the beginning is left out."""
        with self.path.open("rb") as file:
            number = end = 0
            while line := file.readline(self._limit):
                number, begin, end = number + 1, end, end + len(line)
                text = line
                while line and not line.endswith(b"\n"):
                    line = file.readline(_PIECE)
                    end += len(line)
                self.last = Span(number, begin, end)
                yield text.decode("utf-8-sig" if number == 1 else "utf-8", "replace")

    def spanned_lines(self) -> Iterator[tuple[Span, str]]:
        """The same, each with the place where it stands."""
        for line in self.lines():
            yield self.last, line


class Rejects:
    """The lines of a file that are no games: told of by `say`, and copied to a file beside it, byte for byte.

    That file is made anew by each import, with its first bad line; put right, it can be imported itself. Lines may be
    added by several threads.
    """

    def __init__(self, source: Source, say: Callable[[str], None], *, has_header: bool = False) -> None:
        """`has_header`: the first line of the file goes before the bad ones, for it tells what their cells are."""
        self.path = source.path.with_name(f"{source.path.name}.rejected")
        self.count = 0
        self._source = source
        self._say = say
        self._has_header = has_header
        self._adding = Lock()

    def add(self, span: Span, reason: str) -> None:
        """Keep a line aside. `reason` is a sentence without the file's name. Raises `OSError`."""
        with self._adding:
            self._add(span, reason)

    def _add(self, span: Span, reason: str) -> None:
        with self._source.path.open("rb") as source, self.path.open("ab" if self.count else "wb") as rejects:
            if self._has_header and not self.count:
                rejects.write(source.readline())
            _copy(source, rejects, span)
        self.count += 1
        if self.count <= _SHOWN:
            self._say(f"{self._source.path}, line {span.number}: {reason}")
        elif self.count == _SHOWN + 1:
            self._say(f"More lines are wrong: all are in {self.path}.")


def _copy(source: BinaryIO, target: BinaryIO, span: Span) -> None:
    source.seek(span.begin)
    left = span.end - span.begin
    last = b""
    while left and (piece := source.read(min(left, _PIECE))):
        target.write(piece)
        left -= len(piece)
        last = piece
    if not last.endswith(b"\n"):
        target.write(b"\n")
