"""The pages of log-ins, as a browser sees them: log-in, the question whether a program may, one's own programs."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlencode

import httpx
import pytest

from tests.oauth.builders import BACK, Browser, Pkce, Program, a_program, change_password, query_of, whose
from tests.support.builders import a_verified_user, an_unverified_user, unique
from tests.support.server import Server

NewBrowser = Callable[[Server], Browser]
HTML = {"Accept": "text/html"}


def a_web_program(server: Server, *, client_type: str = "public", redirect_uris: str = BACK) -> Program:
    """A program that sends people's browsers here."""
    return a_program(server, grant="authorization-code", client_type=client_type, redirect_uris=redirect_uris)


def address(program: Program, **changes: str) -> str:
    """Where a program sends the browser; without PKCE, unless a test adds it."""
    asked = {"client_id": program.client_id, "response_type": "code", "redirect_uri": BACK, "state": "af0 ifj&=s"}
    return "/oauth2/authorize/?" + urlencode({name: value for name, value in (asked | changes).items() if value})


def a_code(browser: Browser, program: Program, pkce: Pkce, **changes: str) -> str:
    """The code that the browser brings after its user said yes."""
    page = browser.get(address(program, **pkce.form, **changes))
    sent_back = browser.press(page, "Yes, it may")
    assert sent_back.status_code == 303, sent_back.text
    return query_of(sent_back.headers["Location"])["code"]


def exchange(program: Program, code: str, pkce: Pkce | None = None, **changes: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    verifier = {"code_verifier": pkce.verifier} if pkce else {}
    return program.ask(**(form | verifier | changes))


def refused(answer: httpx.Response, error: str) -> bool:
    assert (answer.status_code, answer.json()["error"]) == (400, error), answer.text
    return True


# ── the whole way ──


@pytest.mark.parametrize("client_type", ["public", "confidential"])
def test_a_browser_brings_the_program_a_code_that_it_exchanges(
    server: Server, browser: NewBrowser, client_type: str
) -> None:
    user, program, pkce = a_verified_user(server), a_web_program(server, client_type=client_type), Pkce()
    visit = browser(server)

    login = visit.get(address(program, **pkce.form, scope="read"))
    assert "Log in" in login.text
    following = visit.press(login, "Log in", username=user.email, password=user.password)
    assert following.status_code == 303
    question = visit.get(following.headers["Location"])
    assert "<h1>May Stones" in question.text
    assert user.display_name in question.text
    assert "see what you can see here" in question.text
    assert "in your name" not in question.text
    sent_back = visit.press(question, "Yes, it may")

    place, _, _ = sent_back.headers["Location"].partition("?")
    brought = query_of(sent_back.headers["Location"])
    assert (place, set(brought), brought["state"]) == (BACK, {"code", "state"}, "af0 ifj&=s")
    answer = exchange(program, brought["code"], pkce)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    tokens = answer.json()
    assert tokens["scope"] == "read"
    assert whose(server, tokens) == user.id
    assert whose(server, program.refresh(tokens).json()) == user.id


def test_who_says_no_is_sent_back_without_a_code(server: Server, browser: NewBrowser) -> None:
    program, visit = a_web_program(server), browser(server).log_in(a_verified_user(server))
    sent_back = visit.press(visit.get(address(program, **Pkce().form)), "No")
    told = query_of(sent_back.headers["Location"])
    assert (set(told), told["error"]) == ({"error", "error_description", "state"}, "access_denied")


def test_the_query_of_a_redirect_uri_is_kept(server: Server, browser: NewBrowser) -> None:
    back = "http://127.0.0.1:8400/back?from=tengen"
    program, visit = (
        a_web_program(server, redirect_uris=f"{BACK} {back}"),
        browser(server).log_in(a_verified_user(server)),
    )
    page = visit.get(address(program, **Pkce().form, redirect_uri=back, state=""))
    assert "form-action 'self' http://127.0.0.1:8400;" in page.headers["Content-Security-Policy"]
    told = query_of(visit.press(page, "Yes, it may").headers["Location"])
    assert (set(told), told["from"]) == ({"from", "code"}, "tengen")


def test_somebody_else_can_log_in_on_the_way(server: Server, browser: NewBrowser) -> None:
    first, second, program = a_verified_user(server), a_verified_user(server), a_web_program(server)
    visit = browser(server).log_in(first)
    left = visit.press(visit.get(address(program, **Pkce().form)), "I am somebody else")
    login = visit.get(left.headers["Location"])
    following = visit.press(login, "Log in", username=second.display_name, password=second.password)
    assert second.display_name in visit.get(following.headers["Location"]).text


# ── codes ──


def test_a_code_works_once_and_its_second_use_revokes_what_it_was_exchanged_for(
    server: Server, browser: NewBrowser
) -> None:
    program, pkce, visit = a_web_program(server), Pkce(), browser(server).log_in(a_verified_user(server))
    code = a_code(visit, program, pkce)
    tokens = program.refresh(exchange(program, code, pkce).json()).json()
    assert whose(server, tokens) is not None
    assert refused(exchange(program, code, pkce), "invalid_grant")
    assert whose(server, tokens) is None
    assert refused(program.refresh(tokens), "invalid_grant")


def test_of_two_that_use_a_code_at_once_one_gets_tokens_at_most(server: Server, browser: NewBrowser) -> None:
    program, pkce, visit = a_web_program(server), Pkce(), browser(server).log_in(a_verified_user(server))
    code = a_code(visit, program, pkce)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: exchange(program, code, pkce), range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    (tokens,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert whose(server, tokens) is None


def test_a_code_is_exchanged_as_it_was_asked_for_alone(server: Server, browser: NewBrowser) -> None:
    other_uri = "https://stones.example/other"
    program = a_web_program(server, redirect_uris=f"{BACK} {other_uri}")
    pkce, visit = Pkce(), browser(server).log_in(a_verified_user(server))
    code = a_code(visit, program, pkce)
    for verifier in (Pkce().verifier, pkce.challenge, "short", "\0" * 43, ""):
        assert refused(exchange(program, code, code_verifier=verifier), "invalid_grant")
    assert refused(exchange(program, code, pkce, redirect_uri=other_uri), "invalid_grant")
    assert refused(exchange(program, code, pkce, redirect_uri=""), "invalid_request")
    assert refused(exchange(a_web_program(server), code, pkce), "invalid_grant")
    for wrong in ("0" * 64, "\0", "x"):
        assert refused(exchange(program, wrong, pkce), "invalid_grant")
    assert exchange(program, code, pkce).status_code == 200  # none of that has used it up


def test_a_confidential_program_exchanges_with_its_secret_alone_and_may_do_without_pkce(
    server: Server, browser: NewBrowser
) -> None:
    program = a_web_program(server, client_type="confidential")
    visit = browser(server).log_in(a_verified_user(server))
    code = query_of(visit.press(visit.get(address(program)), "Yes, it may").headers["Location"])["code"]
    bare = Program(server, program.client_id, None, program.owner)
    assert exchange(bare, code).status_code == 401
    assert refused(exchange(program, code, Pkce()), "invalid_grant")
    assert exchange(program, code).status_code == 200


def test_a_code_is_void_after_a_change_of_password(server: Server, browser: NewBrowser) -> None:
    user, program, pkce = a_verified_user(server), a_web_program(server), Pkce()
    code = a_code(browser(server).log_in(user), program, pkce)
    change_password(server, user)
    assert refused(exchange(program, code, pkce), "invalid_grant")


def test_codes_run_out(engine: str, shared_server: Callable[..., Server], browser: NewBrowser) -> None:
    server = shared_server(engine, "short-coded", authorization_code_lifetime_seconds=0.001)
    program, pkce = a_web_program(server), Pkce()
    code = a_code(browser(server).log_in(a_verified_user(server)), program, pkce)
    assert refused(exchange(program, code, pkce), "invalid_grant")


# ── what is asked for wrongly ──


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ""}, "invalid_request"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "\0" * 43}, "invalid_request"),
    ],
    ids=str,
)
def test_the_program_is_told_what_is_wrong_with_its_request(
    server: Server, changes: dict[str, str], error: str
) -> None:
    answer = server.get(address(a_web_program(server), **(Pkce().form | changes)))
    assert answer.status_code == 303
    told = query_of(answer.headers["Location"])
    assert (told["error"], told["state"]) == (error, "af0 ifj&=s")


def test_a_program_registered_for_passwords_is_told_so(server: Server) -> None:
    answer = server.get(address(a_program(server), **Pkce().form))
    assert query_of(answer.headers["Location"])["error"] == "unauthorized_client"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "0" * 32},
        {"client_id": ""},
        {"client_id": "\0"},
        {"redirect_uri": ""},
        {"redirect_uri": BACK + "/"},
        {"redirect_uri": BACK.replace("https", "http")},
        {"redirect_uri": BACK + "?x=1"},
        {"redirect_uri": "https://stones.example.evil.example/back"},
        {"redirect_uri": BACK.upper()},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": f"{BACK} {BACK}"},
    ],
    ids=str,
)
def test_nobody_is_sent_where_the_program_is_not_known_to_be(server: Server, changes: dict[str, str]) -> None:
    answer = server.get(address(a_web_program(server), **(Pkce().form | changes)), headers=HTML)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_parameter_that_is_there_twice_is_refused(server: Server) -> None:
    program = a_web_program(server)
    answer = server.get(address(program, **Pkce().form) + f"&redirect_uri={quote('https://evil.example/')}")
    assert refused(answer, "invalid_request")


# ── what keeps other sites' pages out ──


def test_the_question_is_answered_by_our_own_page_alone(server: Server, browser: NewBrowser) -> None:
    program, visit = a_web_program(server), browser(server).log_in(a_verified_user(server))
    page = visit.get(address(program, **Pkce().form))
    for token in ("", "0" * 64, "ü"):
        answer = visit.press(page, "Yes, it may", csrf_token=token)
        assert (answer.status_code, answer.headers["X-Tengen-Error"]) == (403, "csrf_failed")
    other = browser(server).log_in(a_verified_user(server))
    theirs = re.search(r'name="csrf_token" value="(\w+)"', other.get(address(program, **Pkce().form)).text)
    assert theirs is not None
    assert visit.press(page, "Yes, it may", csrf_token=theirs[1]).status_code == 403


def test_the_form_for_a_password_is_our_own(server: Server, browser: NewBrowser) -> None:
    user, visit = a_verified_user(server), browser(server)
    page = visit.get("/oauth2/applications")
    sent = {"username": user.email, "password": user.password}
    for token in ("", "0" * 64):
        answer = visit.press(page, "Log in", **sent, csrf_token=token)
        assert (answer.status_code, "sessionid" in visit.client.cookies) == (403, False)
    assert server.post("/oauth2/login", data=sent | {"csrf_token": "x"}).status_code == 403


def test_pages_are_not_shown_in_frames_stored_or_told_of_elsewhere(server: Server, browser: NewBrowser) -> None:
    program, visit = a_web_program(server), browser(server).log_in(a_verified_user(server))
    page = visit.get(address(program, **Pkce().form))
    policy = page.headers.get_list("Content-Security-Policy")
    assert len(policy) == 1
    assert "frame-ancestors 'none'" in policy[0]
    assert "form-action 'self' https://stones.example;" in policy[0]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "following",
    [
        *(
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "/oauth2/authorize@evil.example",
            "javascript:x",
        ),
        *("", "/v1/user/login", "/oauth2/applications\r\nLocation: x", "/oauth2/authorizé", "\0"),
    ],
)
def test_after_the_log_in_comes_a_page_of_ours(server: Server, browser: NewBrowser, following: str) -> None:
    user, visit = a_verified_user(server), browser(server)
    page = visit.get("/oauth2/applications")
    answer = visit.press(page, "Log in", username=user.email, password=user.password, next=following)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/oauth2/applications")


def test_what_a_program_is_called_is_text(server: Server, browser: NewBrowser) -> None:
    name = unique("<script>alert(1)</script>")
    program = a_program(server, grant="authorization-code", name=name)
    page = browser(server).log_in(a_verified_user(server)).get(address(program, **Pkce().form, state='"><script>'))
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text


# ── log-in ──


def test_a_session_is_a_cookie_that_scripts_cannot_read(server: Server, browser: NewBrowser) -> None:
    user, visit = a_verified_user(server), browser(server)
    page = visit.get("/oauth2/applications")
    answer = visit.press(page, "Log in", username=user.email, password=user.password)
    cookies = {cookie.partition("=")[0]: cookie.lower() for cookie in answer.headers.get_list("Set-Cookie")}
    assert cookies.keys() == {"sessionid", "csrftoken"}
    assert {"httponly", "samesite=lax", "path=/"} <= set(cookies["sessionid"].split("; "))
    assert "httponly" not in cookies["csrftoken"]
    assert "secure" not in cookies["sessionid"]  # the test's server has no HTTPS


@pytest.mark.parametrize("password", ["wrong horse", "", "\0", "x" * 10_000])
def test_a_wrong_password_is_told_and_the_name_kept(server: Server, browser: NewBrowser, password: str) -> None:
    user, visit = a_verified_user(server), browser(server)
    answer = visit.press(visit.get("/oauth2/applications"), "Log in", username=user.email, password=password)
    assert (answer.status_code, "WWW-Authenticate" in answer.headers) == (403, False)
    assert "Incorrect username or password." in answer.text
    assert f'value="{user.email}"' in answer.text
    assert password == "" or password not in answer.text


def test_an_account_without_a_verified_email_is_told_so(server: Server, browser: NewBrowser) -> None:
    user, visit = an_unverified_user(server), browser(server)
    answer = visit.press(visit.get("/oauth2/applications"), "Log in", username=user.email, password=user.password)
    assert (answer.status_code, "email is unverified" in answer.text) == (403, True)


def test_guessing_is_slowed_down(engine: str, shared_server: Callable[..., Server], browser: NewBrowser) -> None:
    server = shared_server(engine, "distrustful", login_failures_per_account=3)
    user, visit = a_verified_user(server), browser(server)
    page = visit.get("/oauth2/applications")
    for guess in ("one", "two", "three"):
        assert visit.press(page, "Log in", username=user.email, password=guess).status_code == 403
    answer = visit.press(page, "Log in", username=user.email.upper(), password=user.password)
    assert (answer.status_code, "Too many failed attempts" in answer.text) == (429, True)


def test_who_logs_out_is_logged_out(server: Server, browser: NewBrowser) -> None:
    visit = browser(server).log_in(a_verified_user(server))
    token = visit.client.cookies["sessionid"]
    page = visit.get("/oauth2/applications")
    assert visit.press(page, "Log out", csrf_token="x").status_code == 403
    assert visit.press(page, "Log out").status_code == 303
    assert "sessionid" not in visit.client.cookies
    assert "Log in" in server.get("/oauth2/applications", headers={"Cookie": f"sessionid={token}"}).text


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "\xff", '"', "a; sessionid=b", "é" * 64])
def test_a_session_that_is_none_is_asked_to_log_in(server: Server, token: str) -> None:
    headers = [(b"Cookie", f"sessionid={token}".encode("latin-1"))]
    answer = server.get("/oauth2/applications", headers=headers)
    assert (answer.status_code, "Log in" in answer.text) == (200, True)


# ── one's own programs ──


def register(visit: Browser, **fields: str) -> httpx.Response:
    filled = {"name": "Go Stones", "client_type": "confidential", "grant": "authorization_code", "redirect_uris": BACK}
    return visit.press(visit.get("/oauth2/applications"), "Register", **(filled | fields))


def test_a_program_is_registered_shown_and_deleted(server: Server, browser: NewBrowser) -> None:
    visit = browser(server).log_in(a_verified_user(server))
    made = register(visit, redirect_uris=f"{BACK}\r\norg.example.stones:/back")
    found = re.findall(r"<dd><code>([0-9a-f]+)</code></dd>", made.text)
    assert [len(text) for text in found] == [32, 64]
    client_id, secret = found
    page = visit.get("/oauth2/applications")
    assert client_id in page.text
    assert secret not in page.text
    assert "org.example.stones:/back" in page.text
    assert visit.press(page, "Delete").status_code == 303
    assert client_id not in visit.get("/oauth2/applications").text


def test_a_program_that_cannot_be_registered_is_told_why_and_what_was_typed_is_kept(
    server: Server, browser: NewBrowser
) -> None:
    visit = browser(server).log_in(a_verified_user(server))
    answer = register(visit, redirect_uris="ftp://stones.example/")
    assert (answer.status_code, "A redirect URI begins with https://" in answer.text) == (400, True)
    assert "ftp://stones.example/</textarea>" in answer.text
    assert register(visit, name="a\0b").status_code == 400
    assert register(visit, csrf_token="x").status_code == 403
    assert "You have registered no app yet." in visit.get("/oauth2/applications").text


def test_nobody_deletes_the_program_of_somebody_else(server: Server, browser: NewBrowser) -> None:
    visit, program = browser(server).log_in(a_verified_user(server)), a_web_program(server)
    register(visit)
    page = visit.get("/oauth2/applications")
    token = re.search(r'name="csrf_token" value="(\w+)"', page.text)
    assert token is not None
    for client_id in (program.client_id, "x", "%00", "0" * 5000):
        answer = visit.client.post(f"/oauth2/applications/{client_id}/delete", data={"csrf_token": token[1]})
        assert answer.status_code == 404
    assert len(server.get("/api/v1/me/api_clients", auth=program.owner.auth).json()) == 1


@pytest.mark.parametrize("path", ["login", "logout", "authorize", "applications", "applications/x/delete"])
def test_whatever_is_sent_to_a_page_there_is_an_answer(server: Server, path: str) -> None:
    bodies = (b"", b"\xff\x00", b"a=b&a=b", b"[" * 100_000, b"csrf_token=%00&next=%00&client_id=%00", b"{}")
    for body in bodies:
        for cookie in ("", "csrftoken=; sessionid=", f"csrftoken={'0' * 64}; sessionid={'0' * 64}"):
            answer = server.request("POST", f"/oauth2/{path}", content=body, headers={**HTML, "Cookie": cookie})
            assert answer.status_code < 500, (body[:20], cookie)
