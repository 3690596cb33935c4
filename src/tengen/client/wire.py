"""Small things that requests are made of, and answers read by."""

import base64
from collections.abc import Callable, Iterable
from json import loads
from typing import Any, TypeVar

from tengen.client.models import mark_in
from tengen.client.operations import Page, Query

T = TypeVar("T")


# How answers are read.


def nothing(_: Any) -> None:
    """The answer says nothing but that it is done."""
    return


def truth(json: Any) -> bool:
    """True or false, and nothing like it."""
    if not isinstance(json, bool):
        raise TypeError("it is neither true nor false")
    return json


def raw(content: bytes) -> bytes:
    """The bytes as they came."""
    return content


def token_in(json: Any) -> str:
    """The token in an object."""
    return str(json["token"])


def list_of(read: Callable[[Any], T]) -> Callable[[Any], list[T]]:
    """A list of what `read` reads."""

    def read_list(json: Any) -> list[T]:
        if not isinstance(json, list):
            raise TypeError("it is no list")
        return [read(item) for item in json]

    return read_list


def page_of(read: Callable[[Any], T]) -> Callable[[Any], Page[T]]:
    """A page of what `read` reads."""
    return lambda json: Page(tuple(read(item) for item in json["results"]), mark_in(json["next"]))


def line_of(read: Callable[[Any], T]) -> Callable[[str], T]:
    """A line of JSON, whose value `read` reads."""
    return lambda line: read(loads(line))


# What requests are made of.


def as_base64(content: bytes) -> str:
    """Bytes where only text can stand."""
    return base64.b64encode(content).decode()


def given(**parameters: str | int | None) -> Query:
    """The parameters of an address that are not None."""
    return [(name, value) for name, value in parameters.items() if value is not None]


def said(**members: str | float | None) -> dict[str, str | float]:
    """The members of an object that are not None."""
    return {name: value for name, value in members.items() if value is not None}


def form_of(**fields: str | None) -> dict[str, str]:
    """The fields of a form that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def many(name: str, ids: Iterable[int]) -> list[tuple[str, str | int]]:
    """A parameter that stands in an address once for each id."""
    return [(name, number) for number in ids]
