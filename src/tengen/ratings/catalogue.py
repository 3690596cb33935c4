"""The rating systems there are, by name: those that come with Tengen, and those of other packages.

A package adds one by an entry point of the group `tengen.rating_systems` that leads to its class.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, Self, runtime_checkable

from tengen.core.errors import NotFound, TengenError
from tengen.ratings.parameters import Knob
from tengen.ratings.systems import RatingSystem

GROUP = "tengen.rating_systems"


class SystemNotFound(NotFound):
    """There is no rating system of this name."""

    code = "rating_system_not_found"


class SystemNotLoaded(TengenError):
    """The package that has a rating system of this name does not work."""

    code = "rating_system_not_loaded"


@runtime_checkable
class Catalogued(RatingSystem, Protocol):
    """A rating system that can be had by its name: a frozen dataclass whose numbers are its parameters."""

    @classmethod
    def suited(cls, *, has_ranks: bool, kinds: Sequence[str]) -> Self:
        """The system as it is to begin with, for games whose players declare ranks, or do not, and whose conditions
        are of these kinds."""

    def knobs(self) -> list[Knob]:
        """The parameters that can be fitted to results."""


def systems() -> Mapping[str, type[Catalogued]]:
    """All of them. Loads what other packages have added. Raises `SystemNotLoaded`."""
    return {point.name: _loaded(point) for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def system_named(name: str) -> type[Catalogued]:
    """The one of this name. Raises `SystemNotFound` and `SystemNotLoaded`."""
    points = entry_points(group=GROUP, name=name)
    if not points:
        known = ", ".join(sorted({point.name for point in entry_points(group=GROUP)}))
        raise SystemNotFound(f"There is no rating system {name[:40]!r}. There are: {known}.")
    return _loaded(next(iter(points)))


def _loaded(point: EntryPoint) -> type[Catalogued]:
    try:
        found: type[Catalogued] = point.load()
    except (ImportError, AttributeError) as error:
        raise SystemNotLoaded(f"The rating system {point.name!r} cannot be loaded: {error}.") from error
    return found
