"""What the file of a replay states, read without playing the game again. Pure."""

from dataclasses import dataclass, field
from enum import IntEnum

from tengen.tournaments.modes import Milliseconds


class Button(IntEnum):
    """A button of the mouse."""

    LEFT = 1
    RIGHT = 2
    MIDDLE = 3
    UNKNOWN = 4
    """One, in formats that do not say which."""


Release = tuple[int, Milliseconds]
"""A button (`Button`) let go, and when, in milliseconds of the replay's own count. A plain pair: there are hundreds."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What our own readers take from the bytes of a replay: texts that its player chose, times, and button releases."""

    player_name: str = field(repr=False)
    key_texts: tuple[str, ...] = field(repr=False)
    """Texts that may hold the tournament key, those first that count first. Secret: not shown by `repr`."""
    times: tuple[Milliseconds, ...]
    """How long the game took, as often as the file says it."""
    releases: tuple[Release, ...] | None
    """None: only ms_toollib can tell (MVF, whose events are scrambled)."""
