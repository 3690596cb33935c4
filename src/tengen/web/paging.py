"""Lists in numbered pages, as OGS has them."""

from collections.abc import Sequence
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, Field

from tengen.core.values import MAX_ID
from tengen.web.queries import address_with

PAGE_SIZE, LARGEST_PAGE = 10, 100

T = TypeVar("T")


class PageChoice(BaseModel):
    """Which page of a list somebody wants."""

    page: int = Field(default=1, ge=1, le=MAX_ID // LARGEST_PAGE, description="From 1.")
    page_size: int = Field(default=PAGE_SIZE, ge=1, description="100 at most; more gives 100.")

    @property
    def size(self) -> int:
        """How many are on a page."""
        return min(self.page_size, LARGEST_PAGE)

    @property
    def offset(self) -> int:
        """How many come before the page."""
        return (self.page - 1) * self.size

    def of(self, whole: Sequence[T]) -> Sequence[T]:
        """The page of a list that is all there."""
        return whole[self.offset : self.offset + self.size]


def page_object(request: Request, choice: PageChoice, count: int, results: Sequence[Any]) -> dict[str, Any]:
    """A page of a list of `count`, with the addresses of those before and after it."""
    has_next = choice.offset + choice.size < count
    return {
        "count": count,
        "next": address_with(request, {"page": choice.page + 1}) if has_next else None,
        "previous": address_with(request, {"page": choice.page - 1}) if choice.page > 1 else None,
        "results": results,
    }
