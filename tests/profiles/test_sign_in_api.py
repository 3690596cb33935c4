"""Signing in with a browser, and what clients learn of the platform and of whom it takes them for."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.games.builders import refused
from tests.profiles.http_builders import Person, a_person, as_program
from tests.support.builders import PASSWORD, an_unverified_user, unique
from tests.support.server import Server

CONFIG, LOGIN, LOGOUT, REGISTER = "/api/v1/ui/config", "/api/v0/login", "/api/v0/logout", "/api/v0/register"
ME = "/api/v1/me"


def words(text: str) -> set[str]:
    """The names in a list of them."""
    return set(text.split())


# OGS' wire contract, section 2.2, "GET /api/v1/ui/config".
USER = words(
    """anonymous id username registration_date ratings country professional ranking provisional can_create_tournaments
    is_moderator is_superuser is_tournament_moderator moderator_powers offered_moderator_powers supporter
    supporter_level tournament_admin ui_class icon email email_validated is_announcer has_active_warning_flag need_rank
    starting_rank_hint last_supporter_trial"""
)
KEYS = words(
    """user user_jwt chat_auth notification_auth incident_auth superchat_auth cdn cdn_release cdn_host ggs_host
    server_name release version csrf_token aga_ratings_enabled profanity_filter ignores dismissable_messages ogs
    billing_mor_locations last_game whats_new"""
)


@pytest.fixture
def browser(server: Server) -> Iterator[httpx.Client]:
    """A browser of its own, which keeps its cookies."""
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        yield client


def credentials(person: Person, **changes: Any) -> dict[str, Any]:
    return {"username": person.name, "password": person.user.password} | changes


# ── what clients learn ──


def test_a_guest_is_told_everything_but_who_it_is(server: Server) -> None:
    for path in (CONFIG, f"{CONFIG}/"):
        answer = server.get(path)
        config = answer.json()
        assert config.keys() >= KEYS
        assert config["user"].keys() == USER
        assert (config["user"]["anonymous"], config["user"]["id"]) == (True, 0)
        assert (config["user_jwt"], config["chat_auth"], config["csrf_token"]) == ("", "", "")
        assert type(config["user"]["ranking"]) is float
        assert answer.headers["Cache-Control"] == "no-store"


def test_an_account_is_told_who_it_is_and_gets_what_its_sockets_need(server: Server) -> None:
    mira = a_person(server)
    config = server.get(CONFIG, headers=as_program(mira)).json()
    assert config.keys() >= KEYS
    user = config["user"]
    assert user.keys() == USER
    assert (user["anonymous"], user["id"], user["username"]) == (False, mira.id, mira.name)
    assert (user["email"], user["email_validated"], user["provisional"]) == (mira.user.email, True, 1)
    assert config["user_jwt"].count(".") == 2
    assert config["chat_auth"]
    assert config["csrf_token"] == ""


def test_who_sends_what_does_not_hold_is_not_taken_for_a_guest(server: Server) -> None:
    refused(server.get(CONFIG, headers={"Authorization": "Bearer wrong"}), 401, "invalid_token")


# ── logging in and out ──


def test_a_browser_is_logged_in_and_learns_what_it_would_ask_for_next(server: Server, browser: httpx.Client) -> None:
    mira = a_person(server)
    answer = browser.post(LOGIN, json=credentials(mira, ebi="1.2.3", timezone="Europe/Berlin"))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["user"]["id"], told["user"]["anonymous"]) == (mira.id, False)
    assert browser.cookies["csrftoken"] == told["csrf_token"]
    asked = browser.get(CONFIG).json()
    secrets = {"user_jwt": ""}  # signed anew each second
    assert {**asked, **secrets} == {**told, **secrets}
    assert browser.get(ME).json()["id"] == mira.id
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_changes_something_only_with_its_csrf_token(server: Server, browser: httpx.Client) -> None:
    mira = a_person(server)
    token = browser.post(LOGIN, json=credentials(mira)).json()["csrf_token"]
    change = {"profile": {"country": "jp"}}
    refused(browser.put(f"{ME}/settings", json=change), 403, "csrf_failed")
    assert browser.put(f"{ME}/settings", json=change, headers={"X-CSRFToken": token}).status_code == 200


def test_who_logs_out_is_a_stranger_again(server: Server, browser: httpx.Client) -> None:
    browser.post(LOGIN, json=credentials(a_person(server)))
    session = dict(browser.cookies)
    for _ in range(2):
        answer = browser.get(LOGOUT)
        assert (answer.status_code, answer.json()) == (200, {"success": "You are logged out"})
    assert not browser.cookies
    assert browser.get(CONFIG).json()["user"]["anonymous"] is True
    stolen = "; ".join(f"{name}={value}" for name, value in session.items())
    refused(server.get(ME, headers={"Cookie": stolen}), 401, "not_authenticated")


def test_who_logs_in_again_leaves_no_session_behind(server: Server, browser: httpx.Client) -> None:
    mira, taro = a_person(server), a_person(server)
    browser.post(LOGIN, json=credentials(mira))
    before = browser.cookies["sessionid"]
    browser.post(f"{LOGIN}/", json=credentials(taro))
    assert browser.get(ME).json()["id"] == taro.id
    refused(server.get(ME, headers={"Cookie": f"sessionid={before}"}), 401, "not_authenticated")


def test_a_form_does_as_well_as_json_and_the_e_mail_as_well_as_the_name(server: Server, browser: httpx.Client) -> None:
    mira = a_person(server)
    assert browser.post(LOGIN, data=credentials(mira, username=mira.user.email)).json()["user"]["id"] == mira.id


@pytest.mark.parametrize("username", ["", "nobody", "\0", "x" * 400])
def test_a_wrong_password_is_refused_without_a_prompt_of_the_browser(
    server: Server, browser: httpx.Client, username: str
) -> None:
    mira = a_person(server)
    for wrong in (credentials(mira, password="wrong horse"), credentials(mira, username=username)):
        answer = browser.post(LOGIN, json=wrong)
        assert refused(answer, 401, "wrong_credentials") == "Incorrect username or password"
        assert "WWW-Authenticate" not in answer.headers
        assert not browser.cookies
        # Programs are challenged as before.
        elsewhere = server.post("/v1/user/login", auth=(mira.name, "wrong horse"))
        assert elsewhere.headers["WWW-Authenticate"] == "Basic"


@pytest.mark.parametrize("body", [{}, {"username": "Mira"}, {"username": 1, "password": 2}, [], "x"])
def test_what_names_nobody_is_refused_with_the_dialects_error(server: Server, body: Any) -> None:
    refused(server.post(LOGIN, body), 400, "invalid")
    refused(server.post(REGISTER, body), 400, "invalid")


def test_the_pages_of_other_sites_log_nobody_in(server: Server) -> None:
    answer = server.post(LOGIN, credentials(a_person(server)), headers={"Sec-Fetch-Site": "cross-site"})
    refused(answer, 403, "cross_site")


# ── registering ──


def a_form(**changes: Any) -> dict[str, Any]:
    return {
        "username": unique("Mizuki "),
        "password": PASSWORD,
        "email": f"{unique('mizuki')}@tengen.example",
        "ebi": "1.2",
    } | changes


def test_a_new_account_is_mailed_a_token_and_logs_in_once_it_has_entered_it(
    server: Server, browser: httpx.Client
) -> None:
    form = a_form()
    answer = browser.post(REGISTER, json=form)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told.keys() >= KEYS
    user = told["user"]
    assert (user["username"], user["email"], user["email_validated"]) == (form["username"], form["email"], False)
    assert (told["user_jwt"], told["chat_auth"]) == ("", "")
    assert not browser.cookies
    refused(browser.post(LOGIN, json=form), 401, "email_unverified")
    auth = (form["email"], form["password"])
    token = {"mail_token": server.mail_token(form["email"])}
    assert server.post("/v1/user/email/verify", token, auth=auth).status_code == 200
    logged_in = browser.post(LOGIN, json=form).json()["user"]
    assert (logged_in["id"], logged_in["email_validated"]) == (user["id"], True)


def test_a_name_or_an_address_that_is_taken_is_refused(server: Server) -> None:
    known = an_unverified_user(server)
    refused(server.post(REGISTER, a_form(username=known.display_name)), 409, "display_name_taken")
    refused(server.post(REGISTER, a_form(email=known.email)), 409, "username_taken")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"password": "short"}, "invalid", "password"),
        ({"password": "x" * 33}, "invalid", "password"),
        ({"email": "nobody"}, "invalid", "email"),
        ({"email": "mira@mailinator.com"}, "disposable_email", "disposable"),
        ({"username": ""}, "invalid", "username"),
        ({"username": "mira@tengen.example"}, "invalid", "username"),
        ({"username": "half \ud800"}, "invalid", "username"),
    ],
)
def test_what_makes_no_account_is_refused_with_a_reason(
    server: Server, changes: dict[str, Any], code: str, field: str
) -> None:
    body = json.dumps(a_form(**changes))  # as httpx would not write it: half a character is escaped
    answer = server.client.post(REGISTER, content=body, headers={"Content-Type": "application/json"})
    assert field in refused(answer, 400, code)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_registrations_from_one_address_are_limited_together_with_those_of_the_metaserver(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(registrations_per_address=2)
    there = {"X-Forwarded-For": "198.51.100.7"}
    metaserver = {"username": "a@tengen.example", "display_name": "a", "password": PASSWORD}
    assert server.post("/v1/user/register", metaserver, headers=there).status_code == 200
    assert server.post(REGISTER, a_form(), headers=there).status_code == 200
    answer = server.post(REGISTER, a_form(), headers=there)
    assert "Try again later" in refused(answer, 429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) > 0
