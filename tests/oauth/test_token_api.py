"""Tokens over HTTP, as programs get, use, refresh and revoke them."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.oauth.builders import Program, a_program, bearer, change_password, close_account, whose
from tests.support.builders import PASSWORD, a_verified_user, an_unverified_user
from tests.support.raw import RawRequest, exchange
from tests.support.server import Server

FORM = (b"Content-Type", b"application/x-www-form-urlencoded")


def refused(answer: httpx.Response, status: int, error: str) -> bool:
    """Whether the answer is this refusal, in OAuth2's form and in no other."""
    assert answer.json().keys() == {"error", "error_description"}, answer.text
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert answer.headers["X-Tengen-Error"] == error
    assert answer.headers["Cache-Control"] == "no-store"
    description: str = answer.json()["error_description"]
    assert description.isascii(), description
    assert not {'"', "\\"} & set(description), description
    return True


# ── passwords ──


@pytest.mark.parametrize("client_type", ["public", "confidential"])
def test_a_password_is_exchanged_as_ogs_clients_do_it_without_a_secret(server: Server, client_type: str) -> None:
    user, program = a_verified_user(server), a_program(server, client_type=client_type)
    answer = server.post(
        "/oauth2/token/",
        data={
            "client_id": program.client_id,
            "grant_type": "password",
            "username": user.display_name,
            "password": user.password,
        },
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    tokens = answer.json()
    assert tokens.keys() == {"access_token", "refresh_token", "token_type", "expires_in", "scope"}
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 36000, "read write")
    assert whose(server, tokens) == user.id


@pytest.mark.parametrize("path", ["/oauth2/token/", "/oauth2/token", "//oauth2/token/", "//oauth2//token"])
def test_slashes_make_no_difference(server: Server, path: str) -> None:
    user, program = a_verified_user(server), a_program(server)
    form = {"grant_type": "password", "username": user.email, "password": user.password}
    body = urlencode(program.form | form).encode()
    answer = exchange(server, RawRequest(b"POST", path.encode(), [FORM], body))
    assert (answer.status, b'"access_token"' in answer.body) == (200, True), answer


def test_an_account_logs_in_by_its_name_or_its_email_as_often_as_it_likes(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    by_name = program.log_in(user)
    by_email = program.ask(grant_type="password", username=user.email, password=user.password).json()
    assert by_name["access_token"] != by_email["access_token"]
    assert [whose(server, by_name), whose(server, by_email)] == [user.id, user.id]


def test_a_secret_need_not_be_sent_with_a_password_but_must_be_right(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server, client_type="confidential")
    other = a_program(server, client_type="confidential")
    asked = {"grant_type": "password", "username": user.email, "password": user.password}
    assert program.ask(**asked).status_code == 200
    assert other.client_secret is not None
    assert refused(program.ask(**asked, client_secret=other.client_secret), 401, "invalid_client")
    assert refused(a_program(server).ask(**asked, client_secret="hush"), 401, "invalid_client")


def test_only_apps_registered_for_passwords_are_given_tokens_for_them(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server, grant="authorization-code")
    answer = program.ask(grant_type="password", username=user.email, password=user.password)
    assert refused(answer, 400, "unauthorized_client")


@pytest.mark.parametrize(
    ("username", "password"), [("nobody at all", PASSWORD), ("a\0b", "c\0d"), ("x" * 100_000, "y" * 100_000)]
)
def test_who_is_not_known_gets_nothing(server: Server, username: str, password: str) -> None:
    answer = a_program(server).ask(grant_type="password", username=username, password=password)
    assert refused(answer, 400, "invalid_grant")


def test_a_wrong_password_says_no_more_than_an_unknown_name(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    wrong = program.ask(grant_type="password", username=user.email, password="wrong horse")
    unknown = program.ask(grant_type="password", username="nobody at all", password="wrong horse")
    assert refused(wrong, 400, "invalid_grant")
    assert wrong.json() == unknown.json()


def test_an_account_logs_in_only_once_its_email_is_verified(server: Server) -> None:
    user, program = an_unverified_user(server), a_program(server)
    answer = program.ask(grant_type="password", username=user.email, password=user.password)
    assert refused(answer, 400, "invalid_grant")
    assert "not verified" in answer.json()["error_description"]


def test_a_deleted_account_gets_nothing_and_its_tokens_are_void(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    tokens = program.log_in(user)
    close_account(server, user)
    answer = program.ask(grant_type="password", username=user.email, password=user.password)
    assert refused(answer, 400, "invalid_grant")
    assert whose(server, tokens) is None
    assert refused(program.refresh(tokens), 400, "invalid_grant")


def test_guessing_passwords_is_slowed_down_together_with_all_other_log_ins(
    engine: str, shared_server: Callable[..., Server]
) -> None:
    server = shared_server(engine, "distrustful", login_failures_per_account=3)
    user, program = a_verified_user(server), a_program(server)
    for guess in ("one", "two"):
        answer = program.ask(grant_type="password", username=user.email, password=guess)
        assert refused(answer, 400, "invalid_grant")
    assert server.post("/v1/user/login", auth=(user.email, "three")).status_code == 401
    # In capitals: as it was typed before, the right password is still remembered.
    answer = program.ask(grant_type="password", username=user.email.upper(), password=user.password)
    assert (answer.status_code, answer.json()["error"]) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) > 0


# ── which app asks ──


def basic(client_id: str, secret: str | None) -> dict[str, str]:
    """Id and secret in the header."""
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


@pytest.mark.parametrize("client_id", ["0" * 32, "x", "\0", "İ" * 50, "9" * 5000])
def test_an_app_that_is_not_known_is_refused_and_told_how_to_say_who_it_is(server: Server, client_id: str) -> None:
    form = {"client_id": client_id, "grant_type": "password", "username": "Mira", "password": PASSWORD}
    answer = server.post("/oauth2/token/", data=form)
    assert refused(answer, 401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_an_app_may_say_who_it_is_in_the_header(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server, client_type="confidential")
    form = {"grant_type": "password", "username": user.email, "password": user.password}
    headers = basic(program.client_id, program.client_secret)
    assert server.post("/oauth2/token/", data=form, headers=headers).status_code == 200
    assert server.post("/oauth2/token/", data=form | {"client_id": program.client_id}, headers=headers).is_success
    wrong = server.post("/oauth2/token/", data=form, headers=basic(program.client_id, "hush"))
    assert refused(wrong, 401, "invalid_client")
    broken = server.post("/oauth2/token/", data=form, headers={"Authorization": "Basic !"})
    assert refused(broken, 401, "invalid_client")


def test_an_app_says_who_it_is_in_one_way(server: Server) -> None:
    program, other = (a_program(server, client_type="confidential") for _ in range(2))
    headers = basic(program.client_id, program.client_secret)
    for form in (program.form, {"client_id": other.client_id}):
        answer = server.post("/oauth2/token/", data=form | {"grant_type": "password"}, headers=headers)
        assert refused(answer, 400, "invalid_request")


def test_an_app_whose_owner_has_closed_his_account_gets_nothing(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    close_account(server, program.owner)
    answer = program.ask(grant_type="password", username=user.email, password=user.password)
    assert refused(answer, 401, "invalid_client")


# ── what is asked for ──


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "invalid_request"),
        ({"grant_type": "password", "username": "Mira"}, "invalid_request"),
        ({"grant_type": "password", "username": "Mira", "password": "x", "scope": "admin"}, "invalid_scope"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "0" * 64}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "\0"}, "invalid_grant"),
    ],
    ids=str,
)
def test_what_is_missing_or_unknown_is_told_by_its_code(server: Server, form: dict[str, str], error: str) -> None:
    assert refused(a_program(server).ask(**form), 400, error)


NO_FORMS = [
    *(b"", b"{}", b"\xff\xfe\x00", b"grant_type=password&grant_type=password", b"[" * 100_000),
    *(b"&".join(b"a%d=1" % number for number in range(100)), b"%00=%00&%ff=%ed%a0%80", b"=&=;=" * 10),
]
NO_FORM_TYPES = ["application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x", ""]


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/revoke_token", "/oauth2/introspect"])
def test_what_is_no_form_is_refused(server: Server, path: str) -> None:
    for body in NO_FORMS:
        for content_type in NO_FORM_TYPES:
            answer = server.request("POST", path, content=body, headers={"Content-Type": content_type})
            assert refused(answer, 400, "invalid_request")


def test_too_large_a_form_is_refused_in_the_same_words(server: Server) -> None:
    answer = server.request("POST", "/oauth2/token", content=b"x" * 1_048_577)
    assert (answer.status_code, answer.json()["error"]) == (413, "body_too_large")


# ── scopes ──


def test_a_token_has_the_scopes_that_were_asked_for(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    assert program.log_in(user, scope="groups  read")["scope"] == "read groups"
    assert program.log_in(user, scope=" ")["scope"] == "read write"


def test_a_token_without_write_changes_nothing(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    reading = bearer(program.log_in(user, scope="read"))
    assert server.get("/api/v1/me/api_clients", headers=reading).status_code == 200
    for method, path in (("POST", "/api/v1/me/api_clients"), ("DELETE", "/api/v1/me/api_clients/x")):
        answer = server.request(method, path, json={"name": "Mine"}, headers=reading)
        assert (answer.status_code, answer.headers["X-Tengen-Error"]) == (403, "insufficient_scope")
        assert "scope write" in answer.json()["detail"]
        assert 'scope="write"' in answer.headers["WWW-Authenticate"]
    assert server.get("/api/v1/me/api_clients", headers=reading).json() == []


def test_a_token_without_read_reads_nothing(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    answer = server.get("/oauth2/userinfo", headers=bearer(program.log_in(user, scope="groups")))
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


# ── refreshing ──


def test_a_refreshed_token_is_another_and_the_old_one_is_void(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    old = program.log_in(user)
    answer = program.refresh(old)
    assert answer.status_code == 200, answer.text
    new = answer.json()
    assert new.keys() == old.keys()
    assert not {new["access_token"], new["refresh_token"]} & {old["access_token"], old["refresh_token"]}
    assert (whose(server, old), whose(server, new)) == (None, user.id)


def test_a_refresh_token_that_comes_twice_ends_the_log_in_and_no_other(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    other, stolen = program.log_in(user), program.log_in(user)
    newer = program.refresh(stolen).json()
    newest = program.refresh(newer).json()
    assert whose(server, newest) == user.id
    assert refused(program.refresh(stolen), 400, "invalid_grant")
    assert whose(server, newest) is None
    assert refused(program.refresh(newest), 400, "invalid_grant")
    assert whose(server, other) == user.id


def test_a_refreshed_token_may_do_less_and_never_more(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    less = program.refresh(program.log_in(user), scope="read").json()
    assert less["scope"] == "read"
    assert refused(program.refresh(less, scope="read write"), 400, "invalid_scope")
    again = program.refresh(less).json()  # the refusal has changed nothing
    assert again["scope"] == "read"


def test_one_app_cannot_refresh_the_token_of_another(server: Server) -> None:
    user, program, other = a_verified_user(server), a_program(server), a_program(server)
    tokens = program.log_in(user)
    assert refused(other.refresh(tokens), 400, "invalid_grant")
    assert whose(server, tokens) == user.id
    assert program.refresh(tokens).status_code == 200


def test_a_confidential_app_refreshes_with_its_secret_alone(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server, client_type="confidential")
    tokens = program.log_in(user)
    bare = Program(server, program.client_id, None, program.owner)
    assert refused(bare.refresh(tokens), 401, "invalid_client")
    assert program.refresh(tokens).status_code == 200


def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    tokens = program.log_in(user)
    swapped = {"access_token": tokens["refresh_token"], "refresh_token": tokens["access_token"]}
    assert whose(server, swapped) is None
    assert refused(program.refresh(swapped), 400, "invalid_grant")


# ── revoking ──


def revoke(program: Program, token: str) -> httpx.Response:
    return program.server.post("/oauth2/revoke_token/", data=program.form | {"token": token})


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_the_log_in(server: Server, which: str) -> None:
    user, program = a_verified_user(server), a_program(server)
    tokens = program.refresh(program.log_in(user)).json()
    answer = revoke(program, tokens[which])
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert whose(server, tokens) is None
    assert refused(program.refresh(tokens), 400, "invalid_grant")


@pytest.mark.parametrize("token", ["0" * 64, "x", "\0", "ü" * 1000])
def test_revoking_what_is_no_token_succeeds(server: Server, token: str) -> None:
    answer = revoke(a_program(server), token)
    assert (answer.status_code, answer.json()) == (200, {"success": True})


def test_an_app_cannot_revoke_the_tokens_of_another(server: Server) -> None:
    user, program, other = a_verified_user(server), a_program(server), a_program(server)
    tokens = program.log_in(user)
    assert revoke(other, tokens["access_token"]).status_code == 200
    assert whose(server, tokens) == user.id


def test_only_a_known_app_revokes(server: Server) -> None:
    tokens = a_program(server, client_type="confidential")
    assert refused(server.post("/oauth2/revoke_token/", data={"token": "x"}), 400, "invalid_request")
    bare = Program(server, tokens.client_id, None, tokens.owner)
    assert refused(revoke(bare, "x"), 401, "invalid_client")


# ── asking about tokens ──


def introspect(program: Program, tokens: dict[str, Any]) -> httpx.Response:
    return program.server.post("/oauth2/introspect/", data=program.form | {"token": tokens["access_token"]})


def test_a_confidential_app_learns_what_its_own_token_says(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server, client_type="confidential")
    said = introspect(program, program.log_in(user, scope="read")).json()
    assert said["exp"] - said["iat"] == 36000
    assert said == {
        "active": True,
        "scope": "read",
        "client_id": program.client_id,
        "username": user.display_name,
        "sub": str(user.id),
        "token_type": "Bearer",
        "exp": said["exp"],
        "iat": said["iat"],
    }


def test_of_other_tokens_an_app_learns_nothing(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server, client_type="confidential")
    other = a_program(server)
    for token in (other.log_in(user), {"access_token": "x"}, {"access_token": "\0"}):
        answer = introspect(program, token)
        assert (answer.status_code, answer.json()) == (200, {"active": False})
    assert refused(introspect(other, other.log_in(user)), 401, "invalid_client")


def test_a_token_tells_who_has_logged_in(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    answer = server.get("/oauth2/userinfo/", headers=bearer(program.log_in(user)))
    assert answer.json() == {"sub": str(user.id), "preferred_username": user.display_name}


# ── what ends them ──


def test_a_new_password_makes_all_tokens_void(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server)
    tokens = program.log_in(user)
    change_password(server, user)
    assert whose(server, tokens) is None
    assert refused(program.refresh(tokens), 400, "invalid_grant")


def test_tokens_run_out(engine: str, shared_server: Callable[..., Server]) -> None:
    server = shared_server(
        engine, "short-lived", access_token_lifetime_seconds=0.001, refresh_token_lifetime_seconds=0.001
    )
    user, program = a_verified_user(server), a_program(server)
    tokens = program.log_in(user)
    assert tokens["expires_in"] == 0
    assert whose(server, tokens) is None
    assert refused(program.refresh(tokens), 400, "invalid_grant")


def test_tokens_and_secrets_are_not_logged(server: Server) -> None:
    user, program = a_verified_user(server), a_program(server, client_type="confidential")
    server.new_log()
    tokens = program.log_in(user)
    whose(server, tokens)
    revoke(program, tokens["access_token"])
    log = server.requests_logged("/oauth2/revoke_token", 1)
    assert program.client_secret is not None
    for secret in (tokens["access_token"], tokens["refresh_token"], program.client_secret, user.password):
        assert secret not in log
