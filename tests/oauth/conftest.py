"""Fixtures of log-ins that go on."""

from collections.abc import Callable, Iterator

import pytest

from tengen.accounts.runtime import Accounts
from tengen.core.platform import Platform
from tengen.oauth.runtime import OAuth
from tests.oauth.builders import Browser
from tests.support.server import Server


@pytest.fixture
def oauth(platform: Platform) -> OAuth:
    """What a running platform has of this feature."""
    return OAuth.of(platform, Accounts.of(platform))


@pytest.fixture
def browser() -> Iterator[Callable[[Server], Browser]]:
    """Opens browsers, and closes them."""
    opened: list[Browser] = []

    def open_browser(server: Server) -> Browser:
        opened.append(Browser(server))
        return opened[-1]

    yield open_browser
    for each in opened:
        each.client.close()
