"""Clans over HTTP: every route of the metaserver's clan part, with its answers and its texts."""

import base64
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.support.builders import (
    Clan,
    User,
    a_clan,
    a_clan_member,
    a_game_server,
    a_tag,
    a_verified_user,
    an_icon,
    an_unverified_user,
    unique,
)
from tests.support.server import Server

UNKNOWN = 2**62


def command(server: Server, route: str, user: User, /, **body: Any) -> httpx.Response:
    return server.post(f"/v1/clan/{route}", body, auth=user.auth)


def ask(server: Server, route: str, user: User, /, **query: Any) -> httpx.Response:
    return server.get(f"/v1/clan/{route}", params=query, auth=user.auth)


def an_invited_user(server: Server, clan: Clan) -> User:
    user = a_verified_user(server)
    done(command(server, "invite", clan.owner, user_id=user.id, clan_id=clan.id))
    return user


def done(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()) == (200, None)


def refused(answer: httpx.Response, status: int, text: str) -> None:
    assert (answer.status_code, answer.json()) == (status, {"detail": text})
    assert answer.headers["X-Tengen-Error"]


def problems(answer: httpx.Response) -> dict[str, str]:
    """What a validation error says of each field."""
    assert answer.status_code == 422, answer.text
    return {".".join(map(str, problem["loc"])): problem["msg"] for problem in answer.json()["detail"]}


def member_ids(server: Server, clan: Clan, asker: User) -> list[int]:
    answer = ask(server, "members", asker, clan_id=clan.id)
    assert answer.status_code == 200
    return [link["user_id"] for link in answer.json()]


def is_wire_time(text: str) -> bool:
    return datetime.fromisoformat(text).tzinfo is None


# ── founding and looking up ──


def test_a_registered_clan_is_found_by_every_way(server: Server) -> None:
    owner, tag, name, icon = a_verified_user(server), a_tag(), unique("Night Foxes "), an_icon()
    answer = command(server, "register", owner, tag=f"  {tag} ", name=f" {name} ", icon=icon)
    assert answer.status_code == 200
    clan = answer.json()
    assert clan == {
        "id": clan["id"],
        "created": clan["created"],
        "deleted": None,
        "tag": tag,
        "name": name,
        "icon": icon,
    }
    assert is_wire_time(clan["created"])
    assert ask(server, "by-id", owner, clan_id=clan["id"]).json() == clan
    assert ask(server, "by-id/batch", owner, clan_ids=[clan["id"], UNKNOWN]).json() == [clan]
    assert clan in ask(server, "all", owner).json()
    assert ask(server, "all", owner, after_id=clan["id"] - 1, limit=1).json() == [clan]


def test_a_founder_is_owner_at_once(server: Server) -> None:
    clan = a_clan(server)
    (link,) = ask(server, "members", clan.owner, clan_id=clan.id).json()
    assert link == {
        "clan_id": clan.id,
        "user_id": clan.owner.id,
        "rank": "owner",
        "invited": link["invited"],
        "joined": link["joined"],
        "deleted": None,
        "deleted_reason": None,
    }
    assert is_wire_time(link["invited"])
    assert is_wire_time(link["joined"])
    assert ask(server, "for-user/by-id", a_verified_user(server), user_id=clan.owner.id).json() == [link]


def test_several_clans_come_in_the_order_of_their_ids(server: Server) -> None:
    owner = a_verified_user(server)
    made = [a_clan(server, owner=owner).id for _ in range(3)]
    answer = ask(server, "by-id/batch", owner, clan_ids=[*reversed(made), made[0]])
    assert [clan["id"] for clan in answer.json()] == made
    assert problems(ask(server, "by-id/batch", owner)) == {"query.clan_ids": "field required"}
    assert ask(server, "by-id/batch", owner, clan_ids=list(range(1, 600))).status_code == 422


def test_a_taken_tag_or_name_is_a_conflict(server: Server) -> None:
    clan, other = a_clan(server), a_verified_user(server)
    taken = command(server, "register", other, tag=clan.tag, name=clan.name, icon=an_icon())
    refused(taken, 409, "Clan tag taken")
    taken = command(server, "register", other, tag=a_tag(), name=clan.name.upper(), icon=an_icon())
    refused(taken, 409, "Clan name taken")


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("^900" * 5, "Clan tags can contain at most 4 colors"),
        ("FOXES", "Clan tags can contain at most 4 letters"),
        ("^xFOX", "'^' must always be followed by exactly three numbers or one of 'rgbwkycm'"),
        ("  ", "Clan tags must contain at least 1 letter"),
    ],
)
def test_a_tag_that_breaks_a_rule_is_refused(server: Server, tag: str, text: str) -> None:
    answer = command(server, "register", a_verified_user(server), tag=tag, name=unique("Foxes"), icon=an_icon())
    assert answer.status_code == 422
    assert answer.json()["detail"] == [{"loc": ["body", "tag"], "msg": text, "type": "value_error"}]


def test_everything_that_is_wrong_with_a_new_clan_is_told_at_once(server: Server) -> None:
    answer = command(server, "register", a_verified_user(server), tag=7, name="x" * 101, icon="hi")
    assert problems(answer) == {
        "body.tag": "str type expected",
        "body.name": "Clan names can contain at most 100 characters",
        "body.icon": "Image could not be validated",
    }
    answer = command(server, "register", a_verified_user(server))
    assert problems(answer) == dict.fromkeys(["body.tag", "body.name", "body.icon"], "field required")


def test_an_unknown_clan_or_user_is_not_found(server: Server) -> None:
    user = a_verified_user(server)
    refused(ask(server, "by-id", user, clan_id=UNKNOWN), 404, "Clan not found")
    refused(ask(server, "members", user, clan_id=UNKNOWN), 404, "Clan not found")
    refused(ask(server, "for-user/by-id", user, user_id=UNKNOWN), 404, "User not found")
    refused(server.get(f"/v1/clan/icon/{UNKNOWN}.png"), 404, "Not Found")
    assert ask(server, "by-id/batch", user, clan_ids=[UNKNOWN]).json() == []


def test_game_servers_look_up_clans_too(server: Server) -> None:
    clan, game_server = a_clan(server), a_game_server(server)
    assert server.get("/v1/clan/by-id", params={"clan_id": clan.id}, auth=game_server.auth).json()["tag"] == clan.tag
    batch = server.get("/v1/clan/by-id/batch", params={"clan_ids": [clan.id]}, auth=game_server.auth)
    assert [found["id"] for found in batch.json()] == [clan.id]
    unverified = server.get("/v1/clan/by-id", params={"clan_id": clan.id}, auth=an_unverified_user(server).auth)
    refused(unverified, 401, "Incorrect username or password")


# ── icons ──


def test_an_icon_is_served_to_anybody(server: Server) -> None:
    clan = a_clan(server)
    answer = server.get(f"/v1/clan/icon/{clan.id}.png")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.content == base64.b64decode(an_icon())
    assert problems(server.get("/v1/clan/icon/fox.png")) == {"path.clan_id": "value is not a valid integer"}


def test_an_admin_changes_the_icon(server: Server) -> None:
    clan = a_clan(server)
    admin = a_clan_member(server, clan, rank="admin")
    icon = an_icon(width=64, height=64)
    changed = command(server, "update-icon", admin, clan_id=clan.id, icon=icon)
    assert changed.status_code == 200
    assert changed.json()["icon"] == icon
    assert changed.json() == ask(server, "by-id", admin, clan_id=clan.id).json()
    assert server.get(f"/v1/clan/icon/{clan.id}.png").content == base64.b64decode(icon)


def test_others_do_not_change_the_icon(server: Server) -> None:
    clan = a_clan(server)
    text = "User is not authorized to change icon for this clan"
    for user in (a_clan_member(server, clan), a_verified_user(server), an_invited_user(server, clan)):
        refused(command(server, "update-icon", user, clan_id=clan.id, icon=an_icon()), 403, text)
    refused(command(server, "update-icon", clan.owner, clan_id=UNKNOWN, icon=an_icon()), 403, text)


@pytest.mark.parametrize(
    ("icon", "text"),
    [
        (an_icon() + "hi", "Image could not be validated"),
        (an_icon(kind="JPEG"), "Image should be in PNG format"),
        (an_icon(width=128, height=64), "Image is too large"),
        (an_icon(width=64, height=32), "Image should be square"),
    ],
)
def test_a_bad_icon_is_refused_before_the_caller_is_looked_at(server: Server, icon: str, text: str) -> None:
    stranger = a_verified_user(server)
    for answer in (
        command(server, "update-icon", stranger, clan_id=UNKNOWN, icon=icon),
        command(server, "register", stranger, tag=a_tag(), name=unique("Foxes"), icon=icon),
    ):
        assert problems(answer) == {"body.icon": text}


# ── invitations ──


def test_from_invitation_to_kick(server: Server) -> None:
    clan, guest = a_clan(server), a_verified_user(server)
    done(command(server, "invite", clan.owner, user_id=guest.id, clan_id=clan.id))

    (invitation,) = server.get("/v1/user/clan-invites", auth=guest.auth).json()
    assert invitation == {
        "clan_id": clan.id,
        "user_id": guest.id,
        "rank": "member",
        "invited": invitation["invited"],
        "joined": None,
        "deleted": None,
        "deleted_reason": None,
    }
    assert ask(server, "invites", clan.owner, clan_id=clan.id).json() == [invitation]
    assert member_ids(server, clan, guest) == [clan.owner.id]
    assert ask(server, "for-user/by-id", guest, user_id=guest.id).json() == []

    done(command(server, "invite-response", guest, clan_id=clan.id, accept=True))
    assert member_ids(server, clan, guest) == [clan.owner.id, guest.id]
    assert ask(server, "invites", guest, clan_id=clan.id).json() == []
    assert server.get("/v1/user/clan-invites", auth=guest.auth).json() == []
    assert server.post("/v1/user/verify-clan-membership", {"clan_id": clan.id}, auth=guest.auth).json() is True

    done(command(server, "kick", clan.owner, clan_id=clan.id, user_id=guest.id))
    assert member_ids(server, clan, guest) == [clan.owner.id]
    assert server.post("/v1/user/verify-clan-membership", {"clan_id": clan.id}, auth=guest.auth).json() is False


def test_who_may_invite_whom(server: Server) -> None:
    clan = a_clan(server)
    member, invited = a_clan_member(server, clan), an_invited_user(server, clan)
    stranger = a_verified_user(server)
    not_in_it = "Clan doesn't exist or inviter isn't in it"
    for outsider in (stranger, invited):
        refused(command(server, "invite", outsider, user_id=stranger.id, clan_id=clan.id), 403, not_in_it)
    refused(command(server, "invite", clan.owner, user_id=stranger.id, clan_id=UNKNOWN), 403, not_in_it)
    no_admin = command(server, "invite", member, user_id=stranger.id, clan_id=clan.id)
    refused(no_admin, 403, "Inviter is not clan admin")
    nobody = command(server, "invite", clan.owner, user_id=UNKNOWN, clan_id=clan.id)
    refused(nobody, 422, "Invitee doesn't exist")
    for related in (member, invited, clan.owner):
        again = command(server, "invite", clan.owner, user_id=related.id, clan_id=clan.id)
        refused(again, 422, "Invitee has an existing relation to clan (invited/member/left/kicked)")


def test_a_declined_invitation_is_answered_and_can_be_followed_by_another(server: Server) -> None:
    clan = a_clan(server)
    guest = an_invited_user(server, clan)
    done(command(server, "invite-response", guest, clan_id=clan.id, accept=False))
    assert server.get("/v1/user/clan-invites", auth=guest.auth).json() == []
    for accept in (True, False):
        again = command(server, "invite-response", guest, clan_id=clan.id, accept=accept)
        refused(again, 422, "User previously declined this invitation")
    done(command(server, "invite", clan.owner, user_id=guest.id, clan_id=clan.id))
    done(command(server, "invite-response", guest, clan_id=clan.id, accept="1"))
    assert member_ids(server, clan, guest) == [clan.owner.id, guest.id]


def test_whoever_is_not_invited_is_told_why(server: Server) -> None:
    clan = a_clan(server)

    def answer(user: User) -> httpx.Response:
        return command(server, "invite-response", user, clan_id=clan.id, accept=True)

    refused(answer(a_verified_user(server)), 422, "User is not invited to join clan")
    member = a_clan_member(server, clan)
    refused(answer(member), 422, "User is already a member of clan")
    done(command(server, "leave", member, clan_id=clan.id))
    refused(answer(member), 422, "User has left clan and was not reinvited")
    kicked = a_clan_member(server, clan)
    done(command(server, "kick", clan.owner, clan_id=clan.id, user_id=kicked.id))
    refused(answer(kicked), 422, "User was kicked from clan and was not reinvited")
    uninvited = an_invited_user(server, clan)
    done(command(server, "kick", clan.owner, clan_id=clan.id, user_id=uninvited.id))
    refused(answer(uninvited), 422, "User is not invited to join clan")
    nowhere = command(server, "invite-response", member, clan_id=UNKNOWN, accept=True)
    refused(nowhere, 422, "User is not invited to join clan")


def test_an_admin_retracts_an_invitation(server: Server) -> None:
    clan = a_clan(server)
    guest, admin = an_invited_user(server, clan), a_clan_member(server, clan, rank="admin")
    done(command(server, "retract-invite", admin, user_id=guest.id, clan_id=clan.id))
    assert ask(server, "invites", admin, clan_id=clan.id).json() == []
    late = command(server, "invite-response", guest, clan_id=clan.id, accept=True)
    refused(late, 422, "This invitation has been retracted")
    twice = command(server, "retract-invite", admin, user_id=guest.id, clan_id=clan.id)
    refused(twice, 422, "User is not invited to join clan")
    done(command(server, "invite", admin, user_id=guest.id, clan_id=clan.id))
    by_member = command(server, "retract-invite", a_clan_member(server, clan), user_id=guest.id, clan_id=clan.id)
    refused(by_member, 403, "User is not authorized to retract invitations of this clan")
    by_guest = command(server, "retract-invite", guest, user_id=guest.id, clan_id=clan.id)
    refused(by_guest, 403, "Clan doesn't exist or user is not in it.")


def test_members_alone_see_the_invitations(server: Server) -> None:
    clan = a_clan(server)
    guest = an_invited_user(server, clan)
    seen = ask(server, "invites", a_clan_member(server, clan), clan_id=clan.id).json()
    assert [link["user_id"] for link in seen] == [guest.id]
    text = "User is not authorized to view clan invites for this clan"
    for outsider in (a_verified_user(server), guest):
        refused(ask(server, "invites", outsider, clan_id=clan.id), 403, text)
    refused(ask(server, "invites", clan.owner, clan_id=UNKNOWN), 403, text)


# ── members ──


def test_who_may_kick_whom(server: Server) -> None:
    clan = a_clan(server)
    admin, member = a_clan_member(server, clan, rank="admin"), a_clan_member(server, clan)
    stranger = a_verified_user(server)
    not_in_it = "Clan doesn't exist or user is not in it."

    def kick(user: User, target: User, clan_id: int = clan.id) -> httpx.Response:
        return command(server, "kick", user, clan_id=clan_id, user_id=target.id)

    refused(kick(stranger, member), 403, not_in_it)
    refused(kick(clan.owner, stranger), 403, not_in_it)
    refused(kick(clan.owner, member, UNKNOWN), 403, not_in_it)
    refused(kick(member, clan.owner), 403, "User is not authorized to kick members of this clan")
    refused(kick(admin, clan.owner), 403, "Clan admins cannot be kicked")
    refused(kick(clan.owner, admin), 403, "Clan admins cannot be kicked")
    done(kick(admin, member))
    refused(kick(admin, member), 403, not_in_it)


def test_an_admin_who_has_left_has_no_powers(server: Server) -> None:
    clan = a_clan(server)
    admin, member = a_clan_member(server, clan, rank="admin"), a_clan_member(server, clan)
    done(command(server, "leave", admin, clan_id=clan.id))
    not_in_it = "Clan doesn't exist or user is not in it."
    refused(command(server, "kick", admin, clan_id=clan.id, user_id=member.id), 403, not_in_it)
    refused(command(server, "leave", admin, clan_id=clan.id), 403, not_in_it)
    refused(
        command(server, "invite", admin, clan_id=clan.id, user_id=member.id),
        403,
        "Clan doesn't exist or inviter isn't in it",
    )
    assert ask(server, "for-user/by-id", admin, user_id=admin.id).json() == []


def test_ranks_go_down_from_those_who_outrank(server: Server) -> None:
    clan = a_clan(server)
    first, second = a_clan_member(server, clan), a_clan_member(server, clan)

    def update(user: User, subject: User, rank: str, clan_id: int = clan.id) -> httpx.Response:
        return command(server, "update-rank", user, user_id=subject.id, clan_id=clan_id, rank=rank)

    promoted = update(clan.owner, first, "admin")
    assert promoted.status_code == 200
    (link,) = ask(server, "for-user/by-id", first, user_id=first.id).json()
    assert promoted.json() == link
    assert (link["user_id"], link["rank"]) == (first.id, "admin")
    refused(update(first, clan.owner, "member"), 403, "Modifying user does not outrank subject user.")
    refused(update(first, first, "member"), 403, "Modifying user does not outrank subject user.")
    refused(update(first, second, "owner"), 403, "New rank is above the modifying user's rank.")
    assert update(first, second, "admin").json()["rank"] == "admin"
    assert update(clan.owner, first, "member").json()["rank"] == "member"
    assert update(clan.owner, first, "owner").json()["rank"] == "owner"
    stranger = a_verified_user(server)
    refused(update(stranger, second, "admin"), 403, "Clan doesn't exist or modifying user is not in it.")
    refused(update(first, second, "admin", UNKNOWN), 403, "Clan doesn't exist or modifying user is not in it.")
    guest = an_invited_user(server, clan)
    for outsider in (stranger, guest):
        refused(update(clan.owner, outsider, "admin"), 403, "Clan doesn't exist or subject user is not in it.")
    assert list(problems(update(clan.owner, second, "king"))) == ["body.rank"]


def test_the_last_owner_leaves_last_and_the_clan_ends(server: Server) -> None:
    clan = a_clan(server)
    member, guest = a_clan_member(server, clan), an_invited_user(server, clan)
    text = "The last owner cannot leave while the clan has other members: make one of them owner first."
    refused(command(server, "leave", clan.owner, clan_id=clan.id), 403, text)
    done(command(server, "leave", member, clan_id=clan.id))
    done(command(server, "leave", clan.owner, clan_id=clan.id))
    assert member_ids(server, clan, member) == []
    ended = ask(server, "by-id", member, clan_id=clan.id).json()
    assert is_wire_time(ended["deleted"])
    assert clan.id not in [found["id"] for found in ask(server, "all", member).json()]
    assert server.get("/v1/user/clan-invites", auth=guest.auth).json() == []
    assert a_clan(server, tag=clan.tag, name=clan.name).id != clan.id


def test_memberships_are_verified_for_users_and_game_servers(server: Server) -> None:
    clan, game_server = a_clan(server), a_game_server(server)
    guest = an_invited_user(server, clan)

    def verify(user_id: int, clan_id: int) -> Any:
        body = {"user_id": user_id, "clan_id": clan_id}
        answer = server.post("/v1/server/verify-clan-membership", body, auth=game_server.auth)
        assert answer.status_code == 200
        return answer.json()

    assert verify(clan.owner.id, clan.id) is True
    assert verify(guest.id, clan.id) is False
    assert verify(clan.owner.id, UNKNOWN) is False
    assert verify(UNKNOWN, clan.id) is False
    for user, clan_id, expected in ((clan.owner, clan.id, True), (guest, clan.id, False), (clan.owner, UNKNOWN, False)):
        answer = server.post("/v1/user/verify-clan-membership", {"clan_id": clan_id}, auth=user.auth)
        assert (answer.status_code, answer.json()) == (200, expected)


# ── who is asked who they are, and what comes first ──


def as_routes() -> list[tuple[str, str]]:
    reads = ["all", "by-id", "by-id/batch", "for-user/by-id", "members", "invites"]
    commands = ["register", "update-icon", "invite", "invite-response", "retract-invite", "leave", "kick"]
    return [
        *(("GET", f"/v1/clan/{name}") for name in reads),
        *(("POST", f"/v1/clan/{name}") for name in [*commands, "update-rank"]),
        ("GET", "/v1/user/clan-invites"),
        ("POST", "/v1/user/verify-clan-membership"),
        ("POST", "/v1/server/verify-clan-membership"),
    ]


@pytest.mark.parametrize(("method", "path"), as_routes())
def test_every_route_but_the_icon_asks_who_is_there_first(server: Server, method: str, path: str) -> None:
    nobody = server.request(method, path, json={} if method == "POST" else None)
    refused(nobody, 401, "Not authenticated")
    assert nobody.headers["WWW-Authenticate"] == "Basic"
    # A name of its own for each route: wrong passwords are counted by name, and the tests share the server.
    auth = (f"{unique('nobody')}@tengen.example", "wrong")
    wrong = server.request(method, path, json={} if method == "POST" else None, auth=auth)
    refused(wrong, 401, "Incorrect username or password")


@pytest.mark.parametrize(("method", "path"), [route for route in as_routes() if "by-id" not in route[1]])
def test_unverified_users_have_no_clans(server: Server, method: str, path: str) -> None:
    user = an_unverified_user(server)
    answer = server.request(method, path, json={} if method == "POST" else None, auth=user.auth)
    is_for_servers = path.startswith("/v1/server")
    refused(answer, 401, "Incorrect username or password" if is_for_servers else "User email is unverified")


def test_numbers_may_come_as_text_and_must_be_numbers(server: Server) -> None:
    clan, guest = a_clan(server), a_verified_user(server)
    done(command(server, "invite", clan.owner, user_id=str(guest.id), clan_id=str(clan.id)))
    done(command(server, "invite-response", guest, clan_id=str(clan.id), accept="true"))
    assert problems(command(server, "kick", clan.owner, clan_id="nine", user_id=2**70)).keys() == {
        "body.clan_id",
        "body.user_id",
    }
    assert server.post("/v1/clan/kick", content=b"no json", auth=clan.owner.auth).status_code == 422
