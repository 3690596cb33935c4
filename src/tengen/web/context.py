"""The running platform, and what paints its pictures, as routes get them."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from tengen.core.limits import counted_address
from tengen.core.pictures import Pictures
from tengen.core.platform import Platform


async def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


CurrentPlatform = Annotated[Platform, Depends(_platform)]


async def _pictures(request: Request) -> Pictures:
    pictures: Pictures = request.app.state.pictures
    return pictures


CurrentPictures = Annotated[Pictures, Depends(_pictures)]


def client_address(request: HTTPConnection) -> str:
    """Where the request comes from, as rate limits count it (`counted_address`)."""
    return counted_address(request.client.host) if request.client else "unknown"
