"""Skins over HTTP."""

import pytest

from tengen.clans.membership import ClanId
from tengen.core.database import open_database
from tengen.core.values import AccountId
from tengen.skins import service as skins
from tests.support.builders import NOON, a_clan, a_verified_user, unique
from tests.support.postgres import run_apart
from tests.support.server import Server
from tests.support.settings import some_settings

UNKNOWN = 2**62


def a_skin_for(server: Server, *, user_id: int | None = None, clan_id: int | None = None) -> dict[str, object]:
    """Makes a skin and gives it, as an administrator does beside the running server."""
    model_path = f"units/nomad/{unique('shield')}.model"

    async def make() -> int:
        settings = some_settings(server.data_dir, database_url=server.settings["database_url"])
        database = open_database(settings)
        async with database.write() as transaction:
            skin = await skins.create_skin(transaction, kind="shield", unit="nomad", model_path=model_path, now=NOON)
            if user_id is not None:
                await skins.give_to_account(transaction, skin.id, AccountId(user_id), NOON)
            if clan_id is not None:
                await skins.give_to_clan(transaction, skin.id, ClanId(clan_id), NOON)
        await database.close()
        return skin.id

    skin_id = run_apart(make())
    return {"id": skin_id, "description": None, "kind": "shield", "unit": "nomad", "model_path": model_path}


def test_a_user_has_the_skins_given_to_them_and_on_request_those_of_a_clan_after_them(server: Server) -> None:
    clan = a_clan(server)
    of_clan = a_skin_for(server, clan_id=clan.id)
    own = [a_skin_for(server, user_id=clan.owner.id) for _ in range(2)]
    asker = a_verified_user(server)

    def ask(**query: int) -> object:
        answer = server.get("/v1/skin/for-user/by-id", params=query, auth=asker.auth)
        assert answer.status_code == 200
        return answer.json()

    assert ask(user_id=clan.owner.id) == own
    assert ask(user_id=clan.owner.id, clan_id=clan.id) == [*own, of_clan]
    assert ask(user_id=asker.id) == []
    assert ask(user_id=asker.id, clan_id=clan.id) == [of_clan]


def test_a_clan_has_the_skins_given_to_it(server: Server) -> None:
    clan, bare = a_clan(server), a_clan(server)
    given = [a_skin_for(server, clan_id=clan.id) for _ in range(2)]
    for clan_id, expected in ((clan.id, given), (bare.id, [])):
        answer = server.get("/v1/skin/for-clan/by-id", params={"clan_id": clan_id}, auth=clan.owner.auth)
        assert (answer.status_code, answer.json()) == (200, expected)


def test_an_unknown_user_or_clan_is_not_found(server: Server) -> None:
    user = a_verified_user(server)
    for path, query, text in (
        ("for-user", {"user_id": UNKNOWN}, "User not found"),
        ("for-user", {"user_id": UNKNOWN, "clan_id": UNKNOWN}, "User not found"),
        ("for-user", {"user_id": user.id, "clan_id": UNKNOWN}, "Clan not found"),
        ("for-clan", {"clan_id": UNKNOWN}, "Clan not found"),
    ):
        answer = server.get(f"/v1/skin/{path}/by-id", params=query, auth=user.auth)
        assert (answer.status_code, answer.json()) == (404, {"detail": text})


@pytest.mark.parametrize("path", ["for-user", "for-clan"])
def test_skins_are_shown_to_users_who_say_what_they_want(server: Server, path: str) -> None:
    nobody = server.get(f"/v1/skin/{path}/by-id")
    assert (nobody.status_code, nobody.json()) == (401, {"detail": "Not authenticated"})
    vague = server.get(f"/v1/skin/{path}/by-id", auth=a_verified_user(server).auth)
    assert vague.status_code == 422
    (problem,) = vague.json()["detail"]
    assert (problem["loc"][0], problem["msg"]) == ("query", "field required")
