"""Accounts on the wire of the metaserver, against a running server."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tengen import proofs
from tengen.accounts import service
from tengen.accounts.names import LoginName
from tengen.core.values import AccountId, utc_now
from tests.support.builders import PASSWORD, User, a_verified_user, an_unverified_user, unique
from tests.support.operations import operate
from tests.support.server import Server

UTC_WITHOUT_OFFSET = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?")


def instant(text: str) -> datetime:
    """A time on the wire."""
    assert UTC_WITHOUT_OFFSET.fullmatch(text), text
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def is_now(text: str) -> bool:
    return abs(utc_now() - instant(text)) < timedelta(seconds=30)


def refused(answer: httpx.Response, status: int, detail: str) -> bool:
    """Whether the answer is this refusal, with the header that belongs to its status."""
    has_headers = (status != 401 or answer.headers["WWW-Authenticate"] == "Basic") and (
        status != 429 or int(answer.headers["Retry-After"]) > 0
    )
    return (answer.status_code, answer.json()) == (status, {"detail": detail}) and has_headers


def wrong_fields(answer: httpx.Response) -> list[str]:
    """The fields that a validation error names."""
    assert answer.status_code == 422, answer.text
    return [problem["loc"][-1] for problem in answer.json()["detail"]]


def a_registration(**changes: Any) -> dict[str, Any]:
    return {
        "username": f"{unique('mira')}@tengen.example",
        "display_name": unique("Mira"),
        "password": PASSWORD,
    } | changes


def register(server: Server, **changes: Any) -> httpx.Response:
    return server.post("/v1/user/register", a_registration(**changes))


def login(server: Server, user: User, **how: Any) -> dict[str, Any]:
    answer = server.post("/v1/user/login", auth=user.auth, **how)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def by_id(server: Server, user_id: int, caller: User) -> httpx.Response:
    return server.get("/v1/user/by-id", params={"user_id": user_id}, auth=caller.auth)


def holds(server: Server, user_id: int, proof: str) -> bool:
    answer = server.post("/v1/user/verify-user-proof", {"user_id": user_id, "user_proof": proof})
    assert answer.status_code == 200, answer.text
    assert answer.json() in (True, False)
    return bool(answer.json())


def delete(server: Server, user: User) -> None:
    operate(server, lambda transaction: service.delete_account(transaction, AccountId(user.id), utc_now()))


@pytest.fixture
def strict_server(engine: str, shared_server: Callable[..., Server]) -> Server:
    """A server that lets little pass, and has one worker, so that what it remembers is seen. Share no names in it."""
    return shared_server(
        engine,
        "strict",
        login_failures_per_account=3,
        login_failures_per_address=5,
        registrations_per_address=2,
        mail_token_renewal_seconds=0.001,
    )


# ── authentication ──

USER_ROUTES = [
    ("POST", "/v1/user/login"),
    ("GET", "/v1/user/by-id?user_id=1"),
    ("GET", "/v1/user/by-id/batch?user_ids=1"),
    ("POST", "/v1/user/change-display-name"),
]
UNVERIFIED_USER_ROUTES = [("POST", "/v1/user/email/verify"), ("POST", "/v1/user/email/renew-token")]


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (None, "Not authenticated"),
        ("", "Not authenticated"),
        ("Bearer abc", "Not authenticated"),
        ("Basic ???", "Invalid authentication credentials"),
        ("Basic bWlyYQ==", "Invalid authentication credentials"),  # "mira", without a colon
        ("Basic /zr/", "Invalid authentication credentials"),  # no UTF-8
        ("Basic bm9ib2R5QHRlbmdlbi5leGFtcGxlOnNlY3JldA==", "Incorrect username or password"),
        ("Basic bQBpcmE6c2VjcmV0", "Incorrect username or password"),  # NUL in the name
    ],
)
@pytest.mark.parametrize(("method", "path"), [*USER_ROUTES, *UNVERIFIED_USER_ROUTES])
def test_without_right_credentials_every_route_says_what_is_wrong(
    server: Server, method: str, path: str, header: str | None, detail: str
) -> None:
    headers = {} if header is None else {"Authorization": header}

    assert refused(server.request(method, path, headers=headers), 401, detail)


@pytest.mark.parametrize(("method", "path"), [*USER_ROUTES, *UNVERIFIED_USER_ROUTES])
def test_a_wrong_password_is_told_before_a_bad_request(server: Server, method: str, path: str) -> None:
    user = a_verified_user(server)
    body = {} if method == "GET" else {"json": {"mail_token": 7, "display_name": []}}
    path = path.partition("?")[0]

    answer = server.request(method, path, auth=(user.email, "wrong password"), **body)

    assert refused(answer, 401, "Incorrect username or password")


@pytest.mark.parametrize("path", ["/v1/user/email/verify", "/v1/user/change-display-name"])
def test_a_body_that_is_no_json_is_told_before_missing_credentials(server: Server, path: str) -> None:
    assert server.request("POST", path, content=b"{").status_code == 422


def test_a_bad_body_is_told_before_the_rules_of_the_route(server: Server) -> None:
    verified = a_verified_user(server)

    answer = server.post("/v1/user/email/verify", {"mail_token": "SHORT"}, auth=verified.auth)

    assert wrong_fields(answer) == ["mail_token"]


def test_routes_for_users_ask_for_a_verified_address(server: Server) -> None:
    user = an_unverified_user(server)

    for method, path in USER_ROUTES:
        assert refused(server.request(method, path, auth=user.auth), 401, "User email is unverified")


def test_a_deleted_account_is_told_so_after_its_password_only(server: Server) -> None:
    user = a_verified_user(server)
    delete(server, user)

    for method, path in [*USER_ROUTES, ("POST", "/v1/user/email/renew-token")]:
        assert refused(server.request(method, path, auth=user.auth), 401, "User is deleted")
        wrong = server.request(method, path, auth=(user.email, "wrong password"))
        assert refused(wrong, 401, "Incorrect username or password")


def test_the_address_may_be_written_in_any_case_and_the_display_name_does_as_well(server: Server) -> None:
    user = a_verified_user(server)

    for name in (user.email.upper(), user.display_name, user.display_name.lower()):
        assert server.post("/v1/user/login", auth=(name, user.password)).json()["id"] == user.id


def test_a_password_in_any_script_signs_in(server: Server) -> None:
    user = a_verified_user(server, password="пароль天元 €")

    assert login(server, user)["id"] == user.id


# ── registration ──


def test_registration_answers_with_the_account_and_mails_a_token(server: Server) -> None:
    body = a_registration()

    answer = server.post("/v1/user/register", body)

    assert answer.status_code == 200
    made = answer.json()
    assert set(made) == {"id", "display_name", "created", "last_online", "proof", "signed_proof"}
    assert isinstance(made["id"], int)
    assert (made["display_name"], made["last_online"]) == (body["display_name"], None)
    assert is_now(made["created"])
    assert re.fullmatch("[0-9a-f]{64}", made["proof"])
    assert re.fullmatch("[A-Z]{6}", server.mail_token(body["username"]))


def test_the_domain_is_stored_in_lower_case_and_the_part_before_as_it_was_written(server: Server) -> None:
    name = unique("Mira.")
    assert register(server, username=f"{name}@Tengen.EXAMPLE").status_code == 200

    assert server.mail_token(f"{name}@tengen.example")


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"username": "mira"}, "username", "value is not a valid email address"),
        ({"username": "mira@localhost"}, "username", "value is not a valid email address"),
        ({"username": "mira\x00@tengen.example"}, "username", "value is not a valid email address"),
        ({"username": 7}, "username", "str type expected"),
        ({"username": None}, "username", "str type expected"),
        ({"display_name": ""}, "display_name", "ensure this value has at least 1 characters"),
        ({"display_name": "   "}, "display_name", "The display name is empty."),
        ({"display_name": "x" * 65}, "display_name", "ensure this value has at most 64 characters"),
        ({"display_name": "mira@tengen.example"}, "display_name", "Display name can't be an email address"),
        (
            {"display_name": "Mira\x00"},
            "display_name",
            "The display name holds the character U+0000, which is not allowed.",
        ),
        (
            {"display_name": "\u202emira"},
            "display_name",
            "The display name holds the character U+202E, which is not allowed.",
        ),
        ({"password": "7 chars"}, "password", "ensure this value has at least 8 characters"),
        ({"password": "x" * 33}, "password", "ensure this value has at most 32 characters"),
    ],
)
def test_what_cannot_be_registered_is_named(server: Server, changes: dict[str, Any], field: str, message: str) -> None:
    answer = register(server, **changes)

    assert wrong_fields(answer) == [field]
    (problem,) = answer.json()["detail"]
    assert (problem["loc"], problem["msg"]) == (["body", field], message)


@pytest.mark.parametrize("field", ["username", "display_name", "password"])
def test_a_lone_surrogate_is_no_failure_of_ours(server: Server, field: str) -> None:
    content = httpx.Request("POST", server.url, json=a_registration(**{field: "SURROGATE"})).content

    answer = server.request("POST", "/v1/user/register", content=content.replace(b"SURROGATE", rb"\ud800 mira"))

    assert answer.status_code == 422 or field == "password"


@pytest.mark.parametrize("length", [8, 32])
def test_passwords_of_eight_to_thirty_two_characters_are_accepted(server: Server, length: int) -> None:
    assert register(server, password="天" * length).status_code == 200


def test_a_disposable_address_is_refused(server: Server) -> None:
    answer = register(server, username=f"{unique('mira')}@mailinator.com")

    assert answer.status_code == 422
    assert "mailinator.com" in answer.json()["detail"]
    assert answer.headers["X-Tengen-Error"] == "disposable_email"


def test_a_taken_name_is_a_conflict_and_the_display_name_is_told_first(server: Server) -> None:
    user = a_verified_user(server)

    both = register(server, username=user.email, display_name=user.display_name)
    assert refused(both, 409, "Display name taken")
    assert refused(register(server, display_name=f" {user.display_name.upper()} "), 409, "Display name taken")
    assert refused(register(server, username=user.email.upper()), 409, "Username taken")
    assert both.headers["X-Tengen-Error"] == "display_name_taken"


def test_a_bad_registration_is_told_before_a_taken_name(server: Server) -> None:
    user = a_verified_user(server)

    answer = register(server, username=user.email, display_name=user.display_name, password="short")

    assert wrong_fields(answer) == ["password"]


def test_of_several_who_register_a_name_at_once_one_gets_it(server: Server) -> None:
    name = unique("Mira")
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: register(server, display_name=name), range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5


# ── the mailed token ──


def verify(server: Server, user: User, token: str) -> httpx.Response:
    return server.post("/v1/user/email/verify", {"mail_token": token}, auth=user.auth)


def a_wrong(token: str) -> str:
    return ("A" if token[0] != "A" else "B") + token[1:]


def test_the_token_verifies_the_address_and_gives_a_proof_that_holds(server: Server) -> None:
    user = an_unverified_user(server)

    answer = verify(server, user, server.mail_token(user.email))

    assert answer.status_code == 200
    found = answer.json()
    assert set(found) == {"id", "display_name", "created", "last_online", "proof", "signed_proof"}
    assert (found["id"], found["last_online"]) == (user.id, None)
    assert holds(server, user.id, found["proof"])
    assert holds(server, user.id, found["signed_proof"])
    verified = User(user.id, user.email, user.display_name, user.password, found["proof"], found["signed_proof"])
    assert is_now(by_id(server, user.id, verified).json()["last_online"])


@pytest.mark.parametrize("token", ["ABCDE", "ABCDEFGH", "", None, 123456])
def test_a_token_has_six_characters(server: Server, token: Any) -> None:
    assert wrong_fields(verify(server, an_unverified_user(server), token)) == ["mail_token"]


def test_a_wrong_token_is_refused_and_case_counts(server: Server) -> None:
    user = an_unverified_user(server)
    token = server.mail_token(user.email)

    for wrong in (a_wrong(token), token.lower(), "天" * 6, "\x00" * 6):
        assert refused(verify(server, user, wrong), 403, "Incorrect mail verification token")
    assert verify(server, user, token).status_code == 200


def test_who_is_verified_is_told_so_whatever_the_token(server: Server) -> None:
    user = a_verified_user(server)

    assert refused(verify(server, user, "ABCDEF"), 403, "User already verified mail")
    renewal = server.post("/v1/user/email/renew-token", auth=user.auth)
    assert refused(renewal, 403, "User already verified mail")


def test_after_ten_wrong_tokens_a_new_one_is_needed(server: Server) -> None:
    user = an_unverified_user(server)
    token = server.mail_token(user.email)
    for _ in range(10):
        assert verify(server, user, a_wrong(token)).status_code == 403

    detail = "No mail verification token found for user (request a new one)"
    assert refused(verify(server, user, token), 403, detail)


def test_a_new_token_is_not_sent_within_thirty_seconds(server: Server) -> None:
    user = an_unverified_user(server)

    answer = server.post("/v1/user/email/renew-token", auth=user.auth)

    assert refused(answer, 429, "Wait at least 30 seconds before requesting a new token")
    assert 25 <= int(answer.headers["Retry-After"]) <= 30


def test_a_new_token_makes_the_old_one_void(strict_server: Server) -> None:
    server = strict_server
    user = an_unverified_user(server)
    old = server.mail_token(user.email)

    answer = server.post("/v1/user/email/renew-token", auth=user.auth)

    assert (answer.status_code, answer.json()) == (200, "Token sent")
    new = server.mail_token(user.email, number=2)
    assert refused(verify(server, user, old), 403, "Incorrect mail verification token")
    assert verify(server, user, new).status_code == 200


# ── log-in and proofs ──


def test_login_answers_with_the_account_as_of_now(server: Server) -> None:
    user = a_verified_user(server)

    found = login(server, user)

    assert set(found) == {"id", "display_name", "created", "last_online", "proof", "signed_proof"}
    assert (found["id"], found["display_name"]) == (user.id, user.display_name)
    assert is_now(found["last_online"])
    assert by_id(server, user.id, user).json()["last_online"] == found["last_online"]


def test_a_proof_shows_its_bearer_and_nobody_else(server: Server) -> None:
    mira, tom = a_verified_user(server), a_verified_user(server)
    found = login(server, mira)

    for proof in (found["proof"], found["signed_proof"]):
        assert holds(server, mira.id, proof)
        assert holds(server, mira.id, proof)  # as often as one likes
        assert not holds(server, tom.id, proof)
        assert not holds(server, 2**62, proof)
        assert not holds(server, -mira.id, proof)


@pytest.mark.parametrize("form", ["proof", "signed_proof"])
def test_the_proof_of_an_unverified_account_does_not_hold(server: Server, form: str) -> None:
    user = an_unverified_user(server)

    assert not holds(server, user.id, getattr(user, form))


@pytest.mark.parametrize("odd", ["", "0" * 64, "天" * 64, "\x00", "a.b.c", "." * 64, "x" * 10_000])
def test_any_text_is_a_proof_that_does_not_hold(server: Server, odd: str) -> None:
    user = a_verified_user(server)

    assert not holds(server, user.id, odd)


def test_a_lone_surrogate_in_a_proof_is_no_failure_of_ours(server: Server) -> None:
    answer = server.request("POST", "/v1/user/verify-user-proof", content=rb'{"user_id": 1, "user_proof": "\ud800"}')

    assert answer.status_code in (200, 422)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["user_id", "user_proof"]),
        ({"user_id": "mira", "user_proof": ""}, ["user_id"]),
        ({"user_id": 2**63, "user_proof": ""}, ["user_id"]),
        ({"user_id": 1, "user_proof": None}, ["user_proof"]),
    ],
)
def test_a_claim_that_is_none_is_refused(server: Server, body: dict[str, Any], fields: list[str]) -> None:
    assert wrong_fields(server.post("/v1/user/verify-user-proof", body)) == fields


def test_being_proved_counts_as_being_online_and_failing_does_not(server: Server) -> None:
    user, caller = a_verified_user(server), a_verified_user(server)

    def last_online() -> datetime:
        return instant(by_id(server, user.id, caller).json()["last_online"])

    before = instant(login(server, user)["last_online"])
    assert not holds(server, user.id, "0" * 64)
    assert last_online() == before
    assert holds(server, user.id, user.proof)
    give_up_at = time.monotonic() + 5
    while last_online() == before and time.monotonic() < give_up_at:
        time.sleep(0.01)
    assert last_online() > before


def test_a_deleted_account_is_proved_no_more(server: Server) -> None:
    user = a_verified_user(server)
    delete(server, user)

    assert not holds(server, user.id, user.proof)
    assert not holds(server, user.id, user.signed_proof)


def key_set(server: Server) -> proofs.KeySet:
    answer = server.get("/.well-known/jwks.json")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    return proofs.KeySet.from_jwks(answer.json())


def test_a_signed_proof_is_verified_offline_with_the_published_keys(server: Server) -> None:
    user = a_verified_user(server)
    found = login(server, user)

    claims = proofs.verify(found["signed_proof"], keys=key_set(server), now=utc_now(), issuer=server.url)

    assert (claims.account_id, claims.issuer, claims.server_id) == (user.id, server.url, None)
    assert claims.expires_at - claims.issued_at == timedelta(minutes=10)
    with pytest.raises(proofs.InvalidProof, match="expired"):
        proofs.verify(found["signed_proof"], keys=key_set(server), now=claims.expires_at, issuer=server.url)


def test_a_signed_proof_for_one_game_server_is_none_for_another(server: Server) -> None:
    user = a_verified_user(server)
    keys = key_set(server)
    found = login(server, user, params={"server_id": 3})

    def verified(server_id: int) -> proofs.Claims:
        return proofs.verify(found["signed_proof"], keys=keys, now=utc_now(), issuer=server.url, server_id=server_id)

    assert verified(3).account_id == user.id
    with pytest.raises(proofs.InvalidProof):
        verified(4)
    assert holds(server, user.id, found["signed_proof"])


def test_proofs_and_keys_survive_a_restart(start_server: Callable[..., Server]) -> None:
    server = start_server()
    user = a_verified_user(server)
    keys = server.get("/.well-known/jwks.json").json()

    server.restart()

    assert server.get("/.well-known/jwks.json").json() == keys
    assert holds(server, user.id, user.proof)
    assert holds(server, user.id, user.signed_proof)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_proofs_run_out(start_server: Callable[..., Server]) -> None:
    server = start_server(proof_lifetime_seconds=1)
    user = a_verified_user(server)

    time.sleep(1)

    assert not holds(server, user.id, user.proof)
    assert not holds(server, user.id, user.signed_proof)


def test_a_change_of_password_voids_credentials_and_proofs_at_once(server: Server) -> None:
    user, other = a_verified_user(server), a_verified_user(server, password="another password")
    login(server, user)

    async def set_password(transaction: Any) -> None:
        _, stored = await service.account_by_login(transaction, LoginName.parse(other.email)) or (None, "")
        await service.set_password(transaction, AccountId(user.id), stored)

    operate(server, set_password)

    assert refused(server.post("/v1/user/login", auth=user.auth), 401, "Incorrect username or password")
    assert not holds(server, user.id, user.proof)
    assert not holds(server, user.id, user.signed_proof)
    assert server.post("/v1/user/login", auth=(user.email, "another password")).status_code == 200


def test_after_the_first_a_request_costs_no_hash_run(strict_server: Server) -> None:
    server = strict_server
    user = a_verified_user(server)
    server.post("/v1/user/login", auth=(unique("nobody"), "wrong password"))  # makes a hash to compare with

    def hash_runs(*requests: tuple[str, str]) -> float:
        before = server.metric("tengen_password_hash_runs_total")
        for auth in requests:
            server.post("/v1/user/login", auth=auth)
        return server.metric("tengen_password_hash_runs_total") - before

    right = (user.email, user.password)
    assert hash_runs(right, right, right) == 0  # the verification of the address was the first
    assert hash_runs((user.email, "wrong password")) == 1
    assert hash_runs((unique("nobody"), "wrong password")) == 1


# ── looking up and renaming ──


def test_an_account_is_looked_up_by_its_id(server: Server) -> None:
    user, caller = a_verified_user(server), a_verified_user(server)

    answer = by_id(server, user.id, caller)

    assert answer.status_code == 200
    assert set(answer.json()) == {"id", "display_name", "created", "last_online"}
    assert (answer.json()["id"], answer.json()["display_name"]) == (user.id, user.display_name)
    for unknown in (2**62, 0, -1):
        assert refused(by_id(server, unknown, caller), 404, "User not found")


def batch(server: Server, caller: User, *ids: int | str) -> httpx.Response:
    return server.get("/v1/user/by-id/batch", params={"user_ids": [*ids]}, auth=caller.auth)


def test_several_accounts_come_in_the_order_of_their_ids(server: Server) -> None:
    mira, tom = a_verified_user(server), a_verified_user(server)

    answer = batch(server, mira, tom.id, 2**62, mira.id, tom.id)

    assert answer.status_code == 200
    assert [found["id"] for found in answer.json()] == [mira.id, tom.id]
    assert answer.json()[1] == by_id(server, tom.id, mira).json()
    assert batch(server, mira, 2**62).json() == []


def test_a_batch_names_at_least_one_account_and_no_more_than_five_hundred(server: Server) -> None:
    user = a_verified_user(server)

    assert wrong_fields(batch(server, user)) == ["user_ids"]
    assert batch(server, user, "mira").json()["detail"][0]["loc"] == ["query", "user_ids", 0]
    assert len(batch(server, user, *[user.id] * 500).json()) == 1
    assert refused(batch(server, user, *[user.id] * 501), 422, "At most 500 ids can be asked for at once.")


def rename(server: Server, user: User, name: Any) -> httpx.Response:
    return server.post("/v1/user/change-display-name", {"display_name": name}, auth=user.auth)


def test_an_account_shows_another_name(server: Server) -> None:
    user = a_verified_user(server)
    name = unique("Mira II ")

    answer = rename(server, user, f" {name} ")

    assert answer.status_code == 200
    assert set(answer.json()) == {"id", "display_name", "created", "last_online"}
    assert answer.json()["display_name"] == name
    assert by_id(server, user.id, user).json() == answer.json()
    assert rename(server, user, name.upper()).json()["display_name"] == name.upper()
    assert server.post("/v1/user/login", auth=(user.display_name, user.password)).status_code == 401
    assert server.post("/v1/user/login", auth=(name, user.password)).status_code == 200


def test_a_taken_name_is_a_conflict_and_changes_nothing(server: Server) -> None:
    user, other = a_verified_user(server), a_verified_user(server)

    assert refused(rename(server, user, other.display_name.upper()), 409, "Display name taken")
    assert by_id(server, user.id, user).json()["display_name"] == user.display_name


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "mira@tengen.example", "Mi\nra", None, 7])
def test_what_cannot_be_a_name_is_refused(server: Server, name: Any) -> None:
    assert wrong_fields(rename(server, a_verified_user(server), name)) == ["display_name"]


# ── the brake ──


def from_afar(address: str) -> dict[str, Any]:
    """As a proxy on this machine passes on a request of somebody else's."""
    return {"headers": {"X-Forwarded-For": address}}


DETAIL = "Too many failed attempts. Wait before trying again."


def guess(server: Server, name: str, address: str) -> httpx.Response:
    return server.post("/v1/user/login", auth=(name, "wrong password"), **from_afar(address))


def test_guessing_at_an_account_is_braked_wherever_it_comes_from(strict_server: Server) -> None:
    name = unique("nobody")
    for address in ("198.51.100.1", "198.51.100.2", "127.0.0.1"):
        assert guess(strict_server, name, address).status_code == 401

    answer = guess(strict_server, name.upper(), "198.51.100.3")
    assert refused(answer, 429, DETAIL)
    assert answer.headers["X-Tengen-Error"] == "too_many_requests"


def test_guessing_at_many_accounts_is_braked_by_address(strict_server: Server) -> None:
    for _ in range(5):
        assert guess(strict_server, unique("nobody"), "203.0.113.1").status_code == 401

    assert refused(guess(strict_server, unique("nobody"), "203.0.113.1"), 429, DETAIL)
    assert guess(strict_server, unique("nobody"), "203.0.113.2").status_code == 401


def test_whoever_signed_in_before_goes_on_while_somebody_guesses(strict_server: Server) -> None:
    user = a_verified_user(strict_server)
    for _ in range(3):
        assert guess(strict_server, user.email, "127.0.0.1").status_code == 401
    assert refused(guess(strict_server, user.email, "127.0.0.1"), 429, DETAIL)

    assert login(strict_server, user)["id"] == user.id


def register_from(server: Server, address: str) -> int:
    return server.post("/v1/user/register", a_registration(), **from_afar(address)).status_code


def test_registrations_are_braked_by_address(strict_server: Server) -> None:
    one_host = ("2001:db8::1", "2001:db8::2", "2001:db8::3")
    assert [register_from(strict_server, address) for address in one_host] == [200, 200, 429]
    assert register_from(strict_server, "2001:db8:0:1::1") == 200
    assert [register_from(strict_server, "127.0.0.1") for _ in range(3)] == [200] * 3  # this machine's own programs


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_an_address_is_believed_from_a_trusted_proxy_only(start_server: Callable[..., Server]) -> None:
    server = start_server(registrations_per_address=1, forwarded_allow_ips="203.0.113.77")

    assert [register_from(server, "203.0.113.1") for _ in range(3)] == [200] * 3
