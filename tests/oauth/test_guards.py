"""Who asks: by an access token, by a browser's session, or by a password; and which of them counts."""

from collections.abc import Callable

import httpx
import pytest

from tests.oauth.builders import Browser, a_program, bearer, change_password, close_account
from tests.support.builders import User, a_verified_user, an_unverified_user
from tests.support.raw import RawRequest, exchange
from tests.support.server import Server

PATH = "/api/v1/me/api_clients"
NewBrowser = Callable[[Server], Browser]


def refused(answer: httpx.Response, status: int, code: str) -> bool:
    """Whether the answer is this refusal, in the words of every dialect under /api/v1."""
    assert (answer.status_code, answer.headers.get("X-Tengen-Error")) == (status, code), answer.text
    body = answer.json()
    return bool(body["detail"] and body["detail"] == body["message"] == body["error"])


def names(answer: httpx.Response) -> list[str]:
    """The names of the caller's programs: by these the tests know who was taken for the caller."""
    assert answer.status_code == 200, answer.text
    return [app["name"] for app in answer.json()]


def a_user_with(server: Server, name: str) -> User:
    """An account with a program of this name."""
    user = a_verified_user(server)
    a_program(server, owner=user, name=name)
    return user


def test_a_token_counts_before_a_session_and_that_before_a_password(server: Server, browser: NewBrowser) -> None:
    program = a_user_with(server, "token"), a_user_with(server, "session"), a_user_with(server, "password")
    by_token, by_session, by_password = program
    headers = bearer(a_program(server).log_in(by_token))
    visit = browser(server).log_in(by_session)
    assert names(visit.get(PATH, headers=headers)) == ["token"]
    assert names(visit.get(PATH)) == ["session"]
    assert names(visit.get(PATH, auth=by_password.auth)) == ["session"]
    assert names(server.get(PATH, auth=by_password.auth)) == ["password"]


def test_a_stranger_is_asked_who_he_is_and_no_browser_asks_him_for_a_password(server: Server) -> None:
    answer = server.get(PATH)
    assert refused(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["x", "0" * 64, "a b", "é", "A" * 64, "9" * 5000])
def test_a_token_that_does_not_hold_is_refused_whatever_else_is_sent(
    server: Server, browser: NewBrowser, token: str
) -> None:
    visit = browser(server).log_in(a_verified_user(server))
    headers = [(b"Authorization", f"Bearer {token}".encode("latin-1"))]
    answer = visit.client.get(PATH, headers=headers)
    assert refused(answer, 401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    if len(token) > 1:
        assert token not in answer.text


def test_the_scheme_is_written_in_any_case(server: Server) -> None:
    token = a_program(server).log_in(a_user_with(server, "mine"))["access_token"]
    assert names(server.get(PATH, headers={"Authorization": f"bEARER   {token}"})) == ["mine"]


@pytest.mark.parametrize("authorization", [b"", b"Bearer", b"Basic", b"Digest a=b", b"\xff", b"Bearer\xff x"])
def test_a_header_of_another_kind_says_nothing(server: Server, authorization: bytes) -> None:
    answer = exchange(server, RawRequest(b"GET", PATH.encode(), [(b"Authorization", authorization)]))
    assert answer.status == 401


def test_a_password_lets_in_as_everywhere(server: Server) -> None:
    user, new = a_user_with(server, "mine"), an_unverified_user(server)
    assert names(server.get(PATH, auth=user.auth)) == ["mine"]
    assert refused(server.get(PATH, auth=(user.email, "wrong horse")), 401, "wrong_credentials")
    assert refused(server.get(PATH, auth=new.auth), 401, "email_unverified")
    assert refused(server.get(PATH, headers={"Authorization": "Basic !"}), 401, "malformed_credentials")


def test_a_session_changes_something_only_with_its_csrf_token(server: Server, browser: NewBrowser) -> None:
    visit, other = (browser(server).log_in(a_verified_user(server)) for _ in range(2))
    body = {"name": "Mine", "redirect_uris": "https://stones.example/back"}
    for token in (None, "", "0" * 64, other.client.cookies["csrftoken"]):
        headers = {} if token is None else {"X-CSRFToken": token}
        assert refused(visit.client.post(PATH, json=body, headers=headers), 403, "csrf_failed")
    headers = {"X-CSRFToken": visit.client.cookies["csrftoken"]}
    assert visit.client.post(PATH, json=body, headers=headers).status_code == 201
    (made,) = visit.get(PATH).json()
    assert refused(visit.client.delete(f"{PATH}/{made['id']}"), 403, "csrf_failed")
    assert visit.client.delete(f"{PATH}/{made['id']}", headers=headers).json() == {"success": True}


def test_a_program_that_has_a_session_and_a_password_changes_something_by_the_password(
    server: Server, browser: NewBrowser
) -> None:
    by_session, by_password = a_verified_user(server), a_verified_user(server)
    visit = browser(server).log_in(by_session)
    body = {"name": "Mine", "redirect_uris": "https://stones.example/back"}
    assert visit.client.post(PATH, json=body, auth=by_password.auth).status_code == 201
    assert (names(visit.get(PATH)), names(server.get(PATH, auth=by_password.auth))) == ([], ["Mine"])


@pytest.mark.parametrize("ends", [change_password, close_account])
def test_a_session_that_is_over_is_none(
    server: Server, browser: NewBrowser, ends: Callable[[Server, User], None]
) -> None:
    user, other = a_verified_user(server), a_user_with(server, "other")
    visit = browser(server).log_in(user)
    assert names(visit.get(PATH)) == []
    ends(server, user)
    assert refused(visit.get(PATH), 401, "not_authenticated")
    assert names(visit.get(PATH, auth=other.auth)) == ["other"]


def test_another_sites_page_asks_nothing_by_a_session(server: Server, browser: NewBrowser) -> None:
    visit = browser(server).log_in(a_verified_user(server))
    headers = {"X-CSRFToken": visit.client.cookies["csrftoken"], "Sec-Fetch-Site": "cross-site"}
    assert visit.client.post(PATH, json={"name": "Mine"}, headers=headers).status_code == 403
