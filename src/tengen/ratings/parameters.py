"""The parameters of a rating system as names and numbers, for files and command lines. Pure.

A system is a frozen dataclass; what is within it is named with a dot: `players.spread`, `conditions.surface.spread`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from math import inf
from typing import Any, TypeVar, cast

from tengen.core.errors import Invalid

T = TypeVar("T")


class InvalidParameter(Invalid):
    """There is no parameter of this name, or it cannot have this value."""

    code = "invalid_parameter"


@dataclass(frozen=True, slots=True)
class Knob:
    """A parameter that can be fitted to results."""

    name: str
    start: float
    """Where a search begins."""
    unit: float | None = None
    """How far apart two values are that make a difference; None: the parameter is positive, and counts by factors."""
    most: float = inf
    """A search does not go beyond this."""


def parameters_of(system: object) -> dict[str, float]:
    """All numbers of a system by their names."""
    return dict(_numbers(system, ""))


def with_parameters(system: T, values: Mapping[str, float]) -> T:
    """The system with some numbers changed. Raises `InvalidParameter` for a name it does not have."""
    for name, value in values.items():
        known = parameters_of(system)
        if name not in known:
            raise InvalidParameter(f"There is no parameter {name[:60]!r}. There are: {', '.join(known)}.")
        system = _changed(system, name.split("."), value)
    return system


def _numbers(thing: object, prefix: str) -> Iterator[tuple[str, float]]:
    for name, value in _members(thing).items():
        if isinstance(value, float):
            yield prefix + name, value
        elif is_dataclass(value) or isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}.")


def _members(thing: object) -> Mapping[str, object]:
    if isinstance(thing, Mapping):
        return thing
    return {field.name: getattr(thing, field.name) for field in fields(cast("Any", thing))}


def _changed(thing: T, path: list[str], value: float) -> T:
    name, *rest = path
    new = _changed(_members(thing)[name], rest, value) if rest else value
    if isinstance(thing, Mapping):
        return cast("T", {**thing, name: new})
    return cast("T", replace(cast("Any", thing), **{name: new}))
