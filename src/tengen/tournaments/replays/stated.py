"""What the file of a replay states, read without playing the game again. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from tengen.tournaments.modes import Milliseconds


class Button(IntEnum):
    """A button of the mouse."""

    LEFT = 1
    RIGHT = 2
    MIDDLE = 3
    UNKNOWN = 4
    """One, in formats that do not say which."""


class Releases(NamedTuple):
    """Which buttons were let go, a byte for each (`Button`), and when, in milliseconds of the replay's own count."""

    buttons: bytes
    times: Sequence[Milliseconds]


class ReleaseCodes:
    """The codes by which a format writes releases, for codes of events that stand in a row."""

    def __init__(self, buttons: Mapping[int, Button]) -> None:
        self._others = bytes(code for code in range(256) if code not in buttons)
        self._buttons = bytes(buttons.get(code, 0) for code in range(256))
        self._marks = bytes(code in buttons for code in range(256))

    def buttons(self, codes: bytes) -> bytes:
        """The buttons of the releases among the codes."""
        return codes.translate(self._buttons, self._others)

    def places(self, codes: bytes) -> list[int]:
        """Where they are."""
        marked = codes.translate(self._marks)
        found = []
        place = marked.find(1)
        while place >= 0:
            found.append(place)
            place = marked.find(1, place + 1)
        return found


@dataclass(frozen=True, slots=True)
class Stated:
    """What our own readers take from the bytes of a replay: texts that its player chose, times, and button releases."""

    player_name: str = field(repr=False)
    key_texts: tuple[str, ...] = field(repr=False)
    """Texts that may hold the tournament key, those first that count first. Secret: not shown by `repr`."""
    times: tuple[Milliseconds, ...]
    """How long the game took, as often as the file says it."""
    releases: Releases | None
    """None: only ms_toollib can tell (MVF, whose events are scrambled)."""
