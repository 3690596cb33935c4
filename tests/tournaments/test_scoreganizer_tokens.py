"""Logging in over HTTP as Scoreganizer's clients do it: with its own client, and with all that it may send."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from scoreganizer_client_lib.exceptions import (
    ScoreganizerInvalidLoginData,
    ScoreganizerNotLoggedIn,
    ScoreganizerTokenTooRecent,
)
from scoreganizer_client_lib.scoreganizer import Scoreganizer

from tests.support.builders import User, a_verified_user, an_unverified_user, unique
from tests.support.raw import RawRequest, exchange
from tests.support.server import Server
from tests.support.waiting import until

HEADER = "X-Scoreganizer-Authorization"


@pytest.fixture
def impatient(engine: str, shared_server: Callable[..., Server]) -> Server:
    """A server whose tokens may be refreshed at once and are stale at once, and which lets nobody guess twice."""
    return shared_server(
        engine,
        "impatient",
        tournament_token_refresh_seconds=0,
        tournament_token_fresh_seconds=0,
        login_failures_per_account=2,
    )


@pytest.fixture
def client_of() -> Iterator[Callable[..., Scoreganizer]]:
    """Makes clients of a server, by the arguments of their class, and closes them."""
    made: list[Scoreganizer] = []

    def client_of(server: Server, auth_file: Path | None = None) -> Scoreganizer:
        auth_filename = None if auth_file is None else str(auth_file)
        client = Scoreganizer("127.0.0.1", server.port, https=False, auth_filename=auth_filename)
        client.session.trust_env = False
        made.append(client)
        return client

    yield client_of
    for client in made:
        client.session.close()


def obtain(server: Server, user: User) -> str:
    """A token for this account."""
    answer = server.post("/api/obtain_token", data={"username": user.display_name, "password": user.password})
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["token"]
    return token


def status(server: Server, header: str | bytes | None) -> str:
    """What `/api/token_status` says of a header."""
    answer = server.get("/api/token_status", headers=[] if header is None else [(HEADER, header)])
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"status"}
    found: str = answer.json()["status"]
    return found


def assert_refused(answer: httpx.Response, status: int, code: str, sentence: str) -> None:
    """It has just the code and a sentence: a `wait` beside one of these codes would crash the client."""
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"error", "detail"}
    assert (answer.json()["error"], answer.headers["X-Tengen-Error"]) == (code, code)
    assert sentence in answer.json()["detail"]


# ── its own client ──

Clients = Callable[..., Scoreganizer]


def test_the_client_logs_in_and_its_token_holds(server: Server, client_of: Clients) -> None:
    user = a_verified_user(server)
    client = client_of(server)
    assert client.token_status() == "not_sent"
    header = client.login(user.display_name, user.password)
    assert header.startswith(f"{user.display_name}:")
    assert len(header.rpartition(":")[2]) == 64
    assert (client.token_status(), client.token_status_ok()) == ("ok", True)
    assert client.refresh_login_if_stale() is None


def test_the_client_logs_in_by_email_too(server: Server, client_of: Clients) -> None:
    user = a_verified_user(server)
    client = client_of(server)
    client.login(user.email, user.password)
    assert client.token_status() == "ok"


def test_the_client_hears_that_its_token_is_too_recent(server: Server, client_of: Clients) -> None:
    user = a_verified_user(server)
    client = client_of(server)
    header = client.login(user.display_name, user.password)
    with pytest.raises(ScoreganizerTokenTooRecent) as refusal:
        client.refresh_login()
    assert refusal.value.error == "token_too_recent"
    assert status(server, header) == "ok"


def test_the_client_hears_that_it_is_not_logged_in(server: Server, client_of: Clients) -> None:
    client = client_of(server)
    with pytest.raises(ScoreganizerNotLoggedIn):
        client.refresh_login()
    client.set_auth_str("nobody:" + "0" * 64)
    with pytest.raises(ScoreganizerNotLoggedIn):
        client.refresh_login()
    assert (client.token_status(), client.token_status_ok()) == ("nonexistent", False)


@pytest.mark.parametrize("password", ["wrong", "", "correct horse "])
def test_the_client_hears_that_the_login_data_are_wrong(server: Server, client_of: Clients, password: str) -> None:
    user = a_verified_user(server)
    with pytest.raises(ScoreganizerInvalidLoginData):
        client_of(server).login(user.display_name, password)
    with pytest.raises(ScoreganizerInvalidLoginData):
        client_of(server).login(unique("nobody"), user.password)


def test_the_client_refreshes_a_stale_token(impatient: Server, client_of: Clients) -> None:
    user = a_verified_user(impatient)
    client = client_of(impatient)
    old = client.login(user.display_name, user.password)
    assert client.token_status() == "ok_stale"
    new = client.refresh_login_if_stale()
    assert new not in {None, old}
    assert client.token_status_ok()
    assert status(impatient, old) == "ok_stale"


def test_the_client_starts_with_an_empty_file_and_an_empty_header(
    server: Server, client_of: Clients, tmp_path: Path
) -> None:
    client = client_of(server, tmp_path / "auth")
    assert client.session.headers[HEADER] == ""
    assert client.token_status() == "not_sent"
    with pytest.raises(ScoreganizerNotLoggedIn):
        client.refresh_login()


def test_the_client_that_lost_its_users_name_stays_logged_in(
    impatient: Server, client_of: Clients, tmp_path: Path
) -> None:
    user, file = a_verified_user(impatient), tmp_path / "auth"
    client_of(impatient, file).login(user.display_name, user.password)
    restarted = client_of(impatient, file)
    assert restarted.token_status_ok()
    assert restarted.refresh_login().startswith("None:")
    assert restarted.token_status_ok()
    again = client_of(impatient, file)
    assert file.read_text().startswith("None:")
    assert again.token_status_ok()
    assert again.refresh_login().startswith("None:")
    assert again.token_status_ok()


# ── the header ──


def test_the_token_is_what_follows_the_last_colon(server: Server) -> None:
    user = a_verified_user(server, display_name=f"{unique('a:b')}:c")
    token = obtain(server, user)
    for name in (user.display_name, "None", "", user.email):
        assert status(server, f"{name}:{token}") == "ok", name
    assert status(server, token) == "ok"
    assert status(server, f"c:{token}") == "nonexistent"


def test_a_name_that_is_not_ascii_may_come_as_latin_1_or_as_utf_8(server: Server) -> None:
    user = a_verified_user(server, display_name=unique("Zoë"))
    token = obtain(server, user)
    for encoding in ("latin-1", "utf-8"):
        assert status(server, f"{user.display_name}:{token}".encode(encoding)) == "ok", encoding


@pytest.mark.parametrize("header", [None, "", ":", "None:", "ann:"])
def test_no_token_is_no_login_and_no_error(server: Server, header: str | None) -> None:
    assert status(server, header) == "not_sent"
    headers = {} if header is None else {HEADER: header}
    answer = server.post("/api/refresh_token", headers=headers)
    assert_refused(answer, 403, "not_logged_in", "carries no token")


@pytest.mark.parametrize(
    "header",
    [b"ann:\xff", b"\xff\xfe:4be1", b"ann:" + b"a" * 8_000, b"%00:%00", "ann:٣".encode(), b"ann:" + b"0" * 64, b"x"],
)
def test_what_is_no_token_of_ours_is_not_known(server: Server, header: bytes) -> None:
    raw = exchange(server, RawRequest(b"GET", b"/api/token_status", [(HEADER.encode(), header)]))
    assert (raw.status, raw.body) == (200, b'{"status":"nonexistent"}')
    refresh = exchange(server, RawRequest(b"POST", b"/api/refresh_token", [(HEADER.encode(), header)]))
    assert refresh.status == 403


def test_the_status_is_told_to_head_too(server: Server) -> None:
    answer = server.request("HEAD", "/api/token_status")
    assert (answer.status_code, answer.content) == (200, b"")


# ── obtaining ──


@pytest.mark.parametrize(
    "form",
    [{}, {"username": "ann"}, {"password": "secret"}, {"username": "", "password": "x"}, {"user": "a", "pass": "b"}],
)
def test_missing_login_data_are_said_to_be_missing(server: Server, form: dict[str, str]) -> None:
    assert_refused(server.post("/api/obtain_token", data=form), 403, "invalid_login_data", "`username`")


def test_a_form_of_parts_is_read_and_json_is_told_what_would_be_right(server: Server) -> None:
    user = a_verified_user(server)
    login = {"username": user.display_name, "password": user.password}
    parts = {name: (None, value) for name, value in login.items()}
    assert server.request("POST", "/api/obtain_token", files=parts).status_code == 200
    assert_refused(server.post("/api/obtain_token", login), 403, "invalid_login_data", "fields of a form")


def test_every_password_that_can_be_chosen_logs_in(server: Server) -> None:
    for password in ("a&b=c+d%20 e", "pässwörd 天元", "  blanks  "):
        obtain(server, a_verified_user(server, password=password))


def test_a_wrong_password_and_an_unknown_name_are_refused_alike(server: Server) -> None:
    user = a_verified_user(server)
    wrong = {"username": user.display_name, "password": "wrong"}
    unknown = {"username": unique("nobody"), "password": user.password}
    answers = [server.post("/api/obtain_token", data=form) for form in (wrong, unknown)]
    for answer in answers:
        assert_refused(answer, 403, "invalid_login_data", "no account with this user name and this password")
        assert "WWW-Authenticate" not in answer.headers
    assert answers[0].json() == answers[1].json()


def test_who_has_not_verified_the_email_is_told_to(server: Server) -> None:
    user = an_unverified_user(server)
    answer = server.post("/api/obtain_token", data={"username": user.email, "password": user.password})
    assert_refused(answer, 403, "invalid_login_data", "not verified")


def test_who_guesses_too_often_is_told_to_wait_even_with_the_right_password(impatient: Server) -> None:
    user = a_verified_user(impatient)
    for _ in range(2):
        impatient.post("/api/obtain_token", data={"username": user.display_name, "password": "wrong"})
    answer = impatient.post("/api/obtain_token", data={"username": user.display_name, "password": user.password})
    assert_refused(answer, 403, "invalid_login_data", "Wait before trying again")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"username=%00&password=%00"),
        ("application/x-www-form-urlencoded", b"username=%ed%a0%80&password=%ff"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=&&&===%%%"),
        ("application/x-www-form-urlencoded", b"username=a&" * 50_000),
        ("application/x-www-form-urlencoded; charset=nonsense", b"username=a&password=b"),
        ("application/x-www-form-urlencoded", b"username=" + b"a" * 1_000_000 + b"&password=b"),
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\nann'),
        (
            "multipart/form-data; boundary=x; charset=nonsense",
            b"--x\r\nContent-Disposition: nonsense\r\n\r\na\r\n--x--",
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="username"; filename="a"\r\n\r\na\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=" + "x" * 300, b"--x--"),
        ("multipart/form-data; boundary=\xff", b"--x--"),
    ],
)
def test_odd_forms_are_refused_with_a_code(server: Server, content_type: str, body: bytes) -> None:
    headers = [(b"Content-Type", content_type.encode("latin-1"))]
    answer = server.request("POST", "/api/obtain_token", content=body, headers=headers)
    assert answer.status_code in {400, 403, 422}, answer.text
    assert answer.json().keys() == {"error", "detail"}
    assert answer.json()["error"] in {"invalid_login_data", "invalid", "bad_request"}


async def test_logging_in_is_being_heard_from(server: Server) -> None:
    user = a_verified_user(server)

    def heard_from_at() -> str:
        answer = server.get("/v1/user/by-id", params={"user_id": user.id}, auth=user.auth)
        return str(answer.json()["last_online"])

    before = heard_from_at()
    assert heard_from_at() == before
    obtain(server, user)
    await until(lambda: heard_from_at() > before)


# ── refreshing, and the end ──


def test_a_token_too_recent_is_refused_with_the_time_in_a_header_alone(server: Server) -> None:
    token = obtain(server, a_verified_user(server))
    answer = server.post("/api/refresh_token", headers={HEADER: f"None:{token}"})
    assert_refused(answer, 429, "token_too_recent", "keep using it")
    assert 3500 < int(answer.headers["Retry-After"]) <= 3600


def test_refreshed_many_times_at_once_every_answer_is_a_token_that_holds(impatient: Server) -> None:
    token = obtain(impatient, a_verified_user(impatient))

    def refresh(_: int) -> httpx.Response:
        return impatient.post("/api/refresh_token", headers={HEADER: f"None:{token}"})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(refresh, range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    tokens = {answer.json()["token"] for answer in answers}
    assert len(tokens | {token}) == 9
    assert {status(impatient, f"None:{one}") for one in tokens} == {"ok_stale"}


@pytest.mark.parametrize("command", [("set-password", "--password", "a new password"), ("delete",)])
def test_the_operator_ends_every_token_of_an_account(server: Server, command: tuple[str, ...]) -> None:
    user = a_verified_user(server)
    token = obtain(server, user)
    verb, *options = command
    server.run("account", verb, str(user.id), *options)
    assert status(server, f"None:{token}") == "nonexistent"
    refused = server.post("/api/refresh_token", headers={HEADER: f"None:{token}"})
    assert_refused(refused, 403, "not_logged_in", "not known")


def test_a_deleted_account_does_not_log_in(server: Server) -> None:
    user = a_verified_user(server)
    server.run("account", "delete", str(user.id))
    answer = server.post("/api/obtain_token", data={"username": user.email, "password": user.password})
    assert_refused(answer, 403, "invalid_login_data", "deleted")


def test_tokens_and_passwords_are_not_logged(server: Server) -> None:
    user = a_verified_user(server, password="a very secret word")
    server.new_log()
    token = obtain(server, user)
    status(server, f"{user.display_name}:{token}")
    server.post("/api/refresh_token", headers={HEADER: f"None:{token}"})
    log = server.requests_logged("/api/refresh_token", 1)
    assert token not in log
    assert "secret word" not in log
