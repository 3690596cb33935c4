"""A platform that is started again goes on where it was."""

import time
from collections.abc import Callable

import pytest

from tests.support.builders import a_game_server, a_verified_user
from tests.support.server import Server


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_second_start_brings_everything_back(
    start_server: Callable[..., Server], capsys: pytest.CaptureFixture[str]
) -> None:
    server = start_server()
    user = a_verified_user(server)
    game_server = a_game_server(server, owner=user, is_online=True)
    online = server.get("/v1/server/list/online").json()
    server.stop()

    started = time.monotonic()
    server.start(is_cold=True)
    seconds = time.monotonic() - started
    with capsys.disabled():
        print(f"\ntengen serve: from its second start to ready in {seconds:.2f} s")  # noqa: T201

    assert server.post("/v1/user/login", auth=user.auth).status_code == 200
    for proof in (user.proof, user.signed_proof):
        assert server.post("/v1/user/verify-user-proof", {"user_id": user.id, "user_proof": proof}).json() is True
    assert server.get("/v1/server/list/online").json() == online
    assert [found["id"] for found in online] == [game_server.id]
