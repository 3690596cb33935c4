"""The running platform as routes get it."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from tengen.core.limits import counted_address
from tengen.core.platform import Platform


async def _platform(request: Request) -> Platform:
    platform: Platform = request.app.state.platform
    return platform


CurrentPlatform = Annotated[Platform, Depends(_platform)]


def client_address(request: HTTPConnection) -> str:
    """Where the request comes from, as rate limits count it (`counted_address`)."""
    return counted_address(request.client.host) if request.client else "unknown"
