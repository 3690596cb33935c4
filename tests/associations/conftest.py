"""Fixtures: the AGA's membership service, and a platform that asks it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.associations.builders import MembershipSite
from tests.support.server import Server


@pytest.fixture(scope="session")
def aga() -> Iterator[MembershipSite]:
    """The AGA's membership service. Tests share it, so they take numbers of their own (`a_number`)."""
    site = MembershipSite()
    yield site
    site.close()


@pytest.fixture(scope="session")
def list_of_members(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The EGF's list of members: one of them, without an address."""
    path = tmp_path_factory.mktemp("members") / "egf, of May.csv"
    path.write_text("number,email,full_name\n10012345,,Emanuel Lasker\n")
    return path


@pytest.fixture
def server(
    engine: str,
    shared_server: Callable[..., Server],
    aga: MembershipSite,
    list_of_members: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Server]:
    """A running server that knows members of the AGA and the EGF, shared by the tests of this folder."""
    settings: dict[str, Any] = {
        "aga_api_key": aga.key,
        "aga_url": aga.url,
        "members_csv": f"egf={list_of_members}",
    }
    if engine == "postgresql":
        settings |= {"redis_url": request.getfixturevalue("redis_url"), "workers": 2}
    server = shared_server(engine, "members", **settings)
    server.new_log()
    yield server
    print(f"── log of {server.url} ──\n{server.new_log()}")  # noqa: T201
