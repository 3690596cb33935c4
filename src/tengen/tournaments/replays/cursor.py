"""Reading bytes one field after the other, and never beyond their end. Pure."""


class UnreadableReplay(Exception):
    """The bytes are no replay that can be believed; its text says why, and never repeats what stands in them."""


MAX_TEXT_BYTES = 1024
"""Of one field: names, programs and keys have a tenth of that."""


class Cursor:
    """A place in bytes that moves forward. Whatever it is asked for raises `UnreadableReplay` if it is not there.

    Numbers are unsigned, the most significant byte first.
    """

    __slots__ = ("_content", "_end", "place")

    def __init__(self, content: bytes, place: int = 0) -> None:
        self._content = content
        self._end = len(content)
        self.place = place

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start = self.place
        end = start + size
        if end > self._end:
            raise UnreadableReplay("The replay is cut off.")
        self.place = end
        return self._content[start:end]

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        self.take(size)

    def number(self, size: int) -> int:
        """The number in the next `size` bytes."""
        return int.from_bytes(self.take(size), "big")

    def text(self) -> str:
        """The text up to the next zero byte."""
        end = self._content.find(b"\0", self.place, self.place + MAX_TEXT_BYTES)
        if end < 0:
            raise UnreadableReplay("The replay is cut off, or a text in it is too long.")
        found = self._content[self.place : end]
        self.place = end + 1
        return decoded(found)

    def counted_text(self) -> str:
        """The text behind a byte that says its length."""
        return decoded(self.take(self.number(1)))


def decoded(text: bytes) -> str:
    """A text whose encoding nobody says: UTF-8 where it can be, or else that of western Windows; never an error."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("cp1252", errors="replace")
