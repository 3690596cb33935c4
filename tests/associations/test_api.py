"""Member numbers over HTTP: asked for, mailed, confirmed by page or by program, given back."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from tengen.associations.models import MemberClaimRow
from tengen.core.values import utc_now
from tests.associations.builders import Answer, MembershipSite, a_member, a_number, in_json
from tests.support.builders import User, a_verified_user, an_unverified_user, unique
from tests.support.mail import plain_text
from tests.support.operations import operate
from tests.support.server import Server

PATH = "/api/v1/me/memberships"
PAGE = "/memberships/confirm"
HTML = {"Accept": "text/html"}


def a_known_member(aga: MembershipSite) -> tuple[str, str]:
    """A member of the AGA: number, and address on file."""
    number, email = a_number(), f"{unique('ada')}@members.example"
    aga.answers[number] = a_member(email=email)
    return number, email


def ask(server: Server, user: User, number: str, *, association: str = "aga") -> httpx.Response:
    return server.post(PATH, {"association": association, "number": number}, auth=user.auth)


def a_link(server: Server, user: User, number: str, email: str, *, mail: int = 1) -> str:
    """The token of the link that the member is mailed."""
    answer = ask(server, user, number)
    assert answer.status_code == 202, answer.text
    text = plain_text(server.mailbox.wait_for(email, number=mail))
    found = re.search(rf"^    {re.escape(server.url + PAGE)}\?token=([0-9a-f]{{32}})$", text, re.MULTILINE)
    assert found is not None, text
    return found[1]


def an_account_with_a_number(server: Server, aga: MembershipSite) -> tuple[User, str]:
    user, (number, email) = a_verified_user(server), a_known_member(aga)
    token = a_link(server, user, number, email)
    assert server.post(f"{PATH}/confirm", {"token": token}, auth=user.auth).status_code == 200
    return user, number


def numbers(server: Server, user: User) -> list[tuple[str, str]]:
    answer = server.get(PATH, auth=user.auth)
    assert answer.status_code == 200, answer.text
    return [(membership["association"], membership["number"]) for membership in answer.json()]


def refused(answer: httpx.Response, status: int, code: str) -> bool:
    """Whether the answer is this refusal, in the words of every dialect under /api/v1."""
    assert (answer.status_code, answer.headers.get("X-Tengen-Error")) == (status, code), answer.text
    body = answer.json()
    return bool(body["detail"] and body["detail"] == body["message"] == body["error"])


# ── by program ──


def test_a_number_is_claimed_with_the_mailed_token(server: Server, aga: MembershipSite) -> None:
    user, (number, email) = a_verified_user(server), a_known_member(aga)
    asked = ask(server, user, f" 00{number} ", association="AGA")
    assert (asked.status_code, asked.json()) == (202, {"association": "aga", "number": number})
    assert numbers(server, user) == []
    token = a_link(server, user, number, email, mail=2)
    confirmed = server.post(f"{PATH}/confirm", {"token": token}, auth=user.auth)
    assert confirmed.status_code == 200
    assert confirmed.json().keys() == {"association", "number", "claimed_at"}
    assert numbers(server, user) == [("aga", number)]
    again = server.post(f"{PATH}/confirm", {"token": token}, auth=user.auth)
    assert refused(again, 404, "member_link_not_found")


def test_the_mail_goes_to_the_member_alone(server: Server, aga: MembershipSite) -> None:
    user, (number, email) = a_verified_user(server), a_known_member(aga)
    before = len(server.mailbox.mails_to(user.email))
    a_link(server, user, number, email)
    mail = server.mailbox.wait_for(email)
    assert number in mail["Subject"]
    assert user.display_name in plain_text(mail)
    assert user.email not in mail.as_string()
    assert len(server.mailbox.mails_to(user.email)) == before


def test_signed_in_as_somebody_else_there_is_no_such_link(server: Server, aga: MembershipSite) -> None:
    user, (number, email) = a_verified_user(server), a_known_member(aga)
    token = a_link(server, user, number, email)
    other = a_verified_user(server)
    assert refused(server.post(f"{PATH}/confirm", {"token": token}, auth=other.auth), 404, "member_link_not_found")
    assert (numbers(server, user), numbers(server, other)) == ([], [])


def test_a_number_that_another_has_claimed_is_told_to_be_and_nobody_is_mailed(
    server: Server, aga: MembershipSite
) -> None:
    holder, number = an_account_with_a_number(server, aga)
    before = len(aga.asked)
    answer = ask(server, a_verified_user(server), number)
    assert refused(answer, 409, "number_claimed")
    assert holder.display_name not in answer.text
    assert len(aga.asked) == before


def test_whoever_comes_second_with_a_link_is_refused(server: Server, aga: MembershipSite) -> None:
    first, second, (number, email) = a_verified_user(server), a_verified_user(server), a_known_member(aga)
    tokens = [a_link(server, user, number, email, mail=n) for n, user in enumerate((first, second), start=1)]
    assert server.post(f"{PATH}/confirm", {"token": tokens[0]}, auth=first.auth).status_code == 200
    late = server.post(f"{PATH}/confirm", {"token": tokens[1]}, auth=second.auth)
    assert refused(late, 409, "number_claimed")
    assert (numbers(server, first), numbers(server, second)) == ([("aga", number)], [])


def test_of_two_that_confirm_at_once_one_gets_the_number(server: Server, aga: MembershipSite) -> None:
    users, (number, email) = [a_verified_user(server) for _ in range(2)], a_known_member(aga)
    tokens = [a_link(server, user, number, email, mail=n) for n, user in enumerate(users, start=1)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda token, user: server.post(f"{PATH}/confirm", {"token": token}, auth=user.auth), tokens, users
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_an_account_has_one_number_of_an_association_until_it_gives_it_back(
    server: Server, aga: MembershipSite
) -> None:
    user, number = an_account_with_a_number(server, aga)
    other, email = a_known_member(aga)
    assert refused(ask(server, user, other), 409, "already_member")
    assert refused(ask(server, user, number), 409, "already_member")
    gone = server.request("DELETE", f"{PATH}/AGA", auth=user.auth)
    assert (gone.status_code, gone.content) == (204, b"")
    assert numbers(server, user) == []
    assert refused(server.request("DELETE", f"{PATH}/aga", auth=user.auth), 404, "membership_not_found")
    a_link(server, user, other, email)


def test_what_the_association_does_not_know_is_not_found(server: Server, aga: MembershipSite) -> None:
    user = a_verified_user(server)
    unknown = ask(server, user, a_number())
    assert refused(unknown, 404, "member_not_found")
    assert "AGA has no member with the number" in unknown.text
    assert refused(ask(server, user, "1", association="bga"), 404, "association_not_found")
    assert refused(ask(server, user, "10012345", association="egf"), 409, "no_mail_on_file")
    assert refused(ask(server, user, "10012346", association="egf"), 404, "member_not_found")


def test_a_list_of_members_may_change_while_the_platform_runs(server: Server, list_of_members: Path) -> None:
    number, email = a_number(), f"{unique('emanuel')}@members.example"
    with list_of_members.open("a") as file:
        file.write(f"{number},{email},Emanuel Lasker\n")
    user = a_verified_user(server)
    assert ask(server, user, number, association="egf").status_code == 202
    assert "Hello Emanuel Lasker," in plain_text(server.mailbox.wait_for(email))


@pytest.mark.parametrize(
    "wrong", [in_json({"oops": 1}), Answer(b"", 500), Answer(b"", 302, {"Location": "/"})], ids=["form", "500", "away"]
)
def test_an_association_that_does_not_answer_well_is_unavailable(
    server: Server, aga: MembershipSite, wrong: Answer
) -> None:
    number = a_number()
    aga.answers[number] = wrong
    answer = ask(server, a_verified_user(server), number)
    assert refused(answer, 503, "membership_unavailable")
    log = server.new_log()
    assert "membership_service_failed" in log
    assert aga.key not in log + answer.text


def test_one_account_asks_for_a_few_numbers_a_day(server: Server, aga: MembershipSite) -> None:
    user = a_verified_user(server)
    answers = [ask(server, user, a_number()) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [404] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 3600
    assert ask(server, a_verified_user(server), a_number()).status_code == 404


def test_one_member_gets_a_few_mails_a_day(server: Server, aga: MembershipSite) -> None:
    number, email = a_known_member(aga)
    answers = [ask(server, a_verified_user(server), number).status_code for _ in range(4)]
    assert answers == [202, 202, 202, 429]
    server.mailbox.wait_for(email, number=3)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"association": "aga"}, 400, "invalid"),
        ({"association": "aga", "number": 12345}, 400, "invalid"),
        ({"association": ["aga"], "number": "1"}, 400, "invalid"),
        ({"association": "aga", "number": "1" * 101}, 400, "invalid"),
        ({"association": "aga", "number": "1\0"}, 400, "invalid_member_number"),
        ({"association": "aga", "number": "../../x"}, 400, "invalid_member_number"),
        ({"association": "Deutscher Go-Bund", "number": "1"}, 400, "invalid_association"),
        ([], 400, "invalid"),
        (None, 400, "invalid"),
    ],
)
def test_what_is_no_number_is_refused(server: Server, body: Any, status: int, code: str) -> None:
    assert refused(server.post(PATH, body, auth=a_verified_user(server).auth), status, code)


@pytest.mark.parametrize(
    "raw", [b'{"token": "\\ud800"}', b'{"token": "\\u0000"}', b'{"token": ""}', b'{"token": 1e999}']
)
def test_a_token_that_is_none_opens_nothing(server: Server, raw: bytes) -> None:
    answer = server.request("POST", f"{PATH}/confirm", content=raw, auth=a_verified_user(server).auth)
    assert answer.status_code in {400, 404}


def test_numbers_are_ones_own_business(server: Server, aga: MembershipSite) -> None:
    an_account_with_a_number(server, aga)
    unverified = an_unverified_user(server)
    for auth in (None, unverified.auth):
        for method, path in (("GET", PATH), ("POST", PATH), ("POST", f"{PATH}/confirm"), ("DELETE", f"{PATH}/aga")):
            assert server.request(method, path, auth=auth).status_code == 401
    assert numbers(server, a_verified_user(server)) == []


# ── by page ──


def button(page: httpx.Response) -> dict[str, str]:
    """What the page's button would send."""
    assert page.status_code == 200, page.text
    assert f'<form method="post" action="{PAGE}">' in page.text
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', page.text))


def test_the_link_shows_a_page_that_acts_when_its_button_is_pressed(server: Server, aga: MembershipSite) -> None:
    user, (number, email) = a_verified_user(server), a_known_member(aga)
    token = a_link(server, user, number, email)
    for _ in range(3):  # machines that read mail follow links
        page = server.get(PAGE, params={"token": token})
        assert user.display_name in page.text
        assert f"AGA {number}" in page.text
        assert page.headers["Cache-Control"] == "no-store"
    assert numbers(server, user) == []
    done = server.request("POST", PAGE, data=button(page))
    assert done.status_code == 200
    assert user.display_name in done.text
    assert numbers(server, user) == [("aga", number)]
    for gone in (
        server.get(PAGE, params={"token": token}, headers=HTML),
        server.request("POST", PAGE, data={"token": token}),
    ):
        assert (gone.status_code, gone.headers["X-Tengen-Error"]) == (404, "member_link_not_found")
    assert token not in server.new_log()


def test_names_on_the_page_are_only_shown(server: Server, aga: MembershipSite) -> None:
    user = a_verified_user(server, display_name=unique("<i>Mira&"))
    number, email = a_known_member(aga)
    page = server.get(PAGE, params={"token": a_link(server, user, number, email)})
    assert "&lt;i&gt;Mira&amp;" in page.text
    assert "<i>" not in page.text


def test_a_page_of_another_site_presses_no_button(server: Server, aga: MembershipSite) -> None:
    user, (number, email) = a_verified_user(server), a_known_member(aga)
    token = a_link(server, user, number, email)
    answer = server.request("POST", PAGE, data={"token": token}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert numbers(server, user) == []


def test_a_link_of_yesterday_shows_a_page_that_says_so(server: Server, aga: MembershipSite) -> None:
    user, (number, email) = a_verified_user(server), a_known_member(aga)
    token = a_link(server, user, number, email)
    mailed = update(MemberClaimRow).where(MemberClaimRow.account_id == user.id)
    operate(server, lambda transaction: transaction.run(mailed.values(created_at=utc_now() - timedelta(days=1))))
    for answer in (
        server.get(PAGE, params={"token": token}, headers=HTML),
        server.request("POST", PAGE, data={"token": token}, headers=HTML),
    ):
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "This link does not work" in answer.text
    late = server.post(f"{PATH}/confirm", {"token": token}, auth=user.auth)
    assert refused(late, 404, "member_link_not_found")
    assert numbers(server, user) == []


@pytest.mark.parametrize(
    "form",
    [
        b"",
        b"token=",
        b"token=%00",
        b"token=%ff&token=x",
        b"token",
        b"\xff",
        b"a=1&" * 20,
        b'{"token": "x"}',
        b"token=\xf0%",
    ],
)
def test_a_form_without_a_token_that_was_mailed_opens_nothing(server: Server, form: bytes) -> None:
    answer = server.request("POST", PAGE, content=form, headers=HTML)
    assert (answer.status_code, answer.headers["X-Tengen-Error"]) == (404, "member_link_not_found")


@pytest.mark.parametrize("query", ["", "?token", "?token=%00", "?token=%ff", "?token=a&token=b", "?other=1"])
def test_a_page_without_a_token_that_was_mailed_is_not_there(server: Server, query: str) -> None:
    answer = server.get(PAGE + query, headers=HTML)
    assert (answer.status_code, answer.headers["X-Tengen-Error"]) == (404, "member_link_not_found")
