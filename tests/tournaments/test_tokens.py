"""The tokens of Scoreganizer's clients, and the odd headers that carry them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.tournaments.tokens import (
    NotLoggedIn,
    SentToken,
    Token,
    TokenPeriods,
    TokenStatus,
    TokenTooRecent,
    check_logged_in,
    check_may_refresh,
    token_status,
)
from tests.tournaments.builders import HOUR, MINUTE, NOON, SECOND

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
ANNS = frozenset({"ann", "ann@example.org"})
SENT = SentToken("ann", "4be1")


def a_token(*, replaced_after: timedelta | None = None, is_revoked: bool = False) -> Token:
    replaced_at = None if replaced_after is None else NOON + replaced_after
    return Token(NOON, ANNS, replaced_at, is_revoked)


@pytest.mark.parametrize(
    ("header", "name", "token"),
    [
        ("ann:4be1", "ann", "4be1"),
        ("ann:of:cleves:4be1", "ann:of:cleves", "4be1"),
        ("None:4be1", None, "4be1"),
        (":4be1", None, "4be1"),
        ("4be1", None, "4be1"),
        ("  ann : 4be1 ", "ann", "4be1"),
        ("none:4be1", "none", "4be1"),
        ("ann@example.org:4be1", "ann@example.org", "4be1"),
        ("Zoë:4be1", "Zoë", "4be1"),
        ("Zoë:4be1".encode().decode("latin-1"), "Zoë", "4be1"),
        ("天元:4be1", "天元", "4be1"),
    ],
)
def test_a_header_is_read_with_all_that_clients_make_of_it(header: str, name: str | None, token: str) -> None:
    assert SentToken.parse(header) == SentToken(name, token)


@pytest.mark.parametrize("header", [None, "", "   ", ":", "ann:", "None: ", "ann: \t"])
def test_a_header_without_a_token_says_nothing(header: str | None) -> None:
    assert SentToken.parse(header) is None


@given(st.text())
def test_any_text_can_be_a_header(header: str) -> None:
    sent = SentToken.parse(header)
    assert sent is None or sent.token
    assert token_status(sent, a_token(), NOON) in TokenStatus


def test_a_token_is_hidden_where_it_is_printed_for_developers() -> None:
    assert "4be1" not in repr(SENT)


@pytest.mark.parametrize(
    ("age", "status"),
    [
        (-SECOND, "ok"),  # another worker's clock is ahead
        (timedelta(), "ok"),
        (7 * DAY - MICROSECOND, "ok"),
        (7 * DAY, "ok_stale"),
        (30 * DAY - MICROSECOND, "ok_stale"),
        (30 * DAY, "expired"),
        (3000 * DAY, "expired"),
    ],
)
def test_a_token_is_fresh_for_a_week_and_void_after_thirty_days(age: timedelta, status: str) -> None:
    assert token_status(SENT, a_token(), NOON + age) == status


def test_a_request_without_a_token_or_with_an_unknown_one_is_told_so() -> None:
    assert token_status(None, None, NOON) == "not_sent"
    assert token_status(SENT, None, NOON) == "nonexistent"


def test_a_change_of_password_ends_every_token() -> None:
    assert token_status(SENT, a_token(is_revoked=True), NOON) == "nonexistent"


@pytest.mark.parametrize("name", ["ann", "Ann", "ANN@example.org", None])
def test_the_owner_is_known_by_the_token_with_either_name_or_none(name: str | None) -> None:
    assert token_status(SentToken(name, "4be1"), a_token(), NOON) == "ok"


def test_another_name_with_a_token_makes_it_void() -> None:
    assert token_status(SentToken("bob", "4be1"), a_token(), NOON) == "nonexistent"


def test_a_replaced_token_is_honoured_for_five_minutes_and_calls_for_a_refresh() -> None:
    token = a_token(replaced_after=DAY)
    assert token_status(SENT, token, NOON + DAY) == "ok_stale"
    assert token_status(SENT, token, NOON + DAY + 5 * MINUTE - MICROSECOND) == "ok_stale"
    assert token_status(SENT, token, NOON + DAY + 5 * MINUTE) == "expired"


def test_a_token_is_not_refreshed_in_its_first_hour() -> None:
    with pytest.raises(TokenTooRecent) as refusal:
        check_may_refresh(SENT, a_token(), NOON + HOUR - 90 * SECOND)
    assert (refusal.value.code, refusal.value.status) == ("token_too_recent", 429)
    assert refusal.value.retry_after == timedelta(seconds=90)
    assert not hasattr(refusal.value, "wait")  # a wait in the body would crash the client
    check_may_refresh(SENT, a_token(), NOON + HOUR)


def test_who_lost_the_answer_to_a_refresh_may_ask_again_while_the_old_token_is_honoured() -> None:
    token = a_token().replaced(NOON + DAY)
    check_may_refresh(SENT, token, NOON + DAY + 4 * MINUTE)
    again = token.replaced(NOON + DAY + 4 * MINUTE)
    assert again == token  # the grace is given once
    with pytest.raises(NotLoggedIn):
        check_may_refresh(SENT, again, NOON + DAY + 5 * MINUTE)


@pytest.mark.parametrize(
    ("sent", "token", "why"),
    [
        (None, None, "carries no token"),
        (SENT, None, "not known"),
        (SENT, a_token(is_revoked=True), "not known"),
        (SentToken("bob", "4be1"), a_token(), "not this user's"),
        (SENT, Token(NOON - 30 * DAY, ANNS), "has expired"),
    ],
)
def test_who_is_not_logged_in_is_told_why(sent: SentToken | None, token: Token | None, why: str) -> None:
    with pytest.raises(NotLoggedIn, match=why) as refusal:
        check_may_refresh(sent, token, NOON)
    assert (refusal.value.code, refusal.value.status) == ("not_logged_in", 403)


def test_the_periods_are_arguments() -> None:
    periods = TokenPeriods(2 * MINUTE, HOUR, MINUTE, timedelta())
    ages = {MINUTE: "ok", 2 * MINUTE: "ok_stale", HOUR: "expired"}
    assert {age: token_status(SENT, a_token(), NOON + age, periods) for age in ages} == ages
    assert token_status(SENT, a_token(replaced_after=MINUTE), NOON + MINUTE, periods) == "expired"
    check_may_refresh(SENT, a_token(), NOON + MINUTE, periods)


def test_a_token_may_be_refreshed_at_once_or_only_when_it_is_stale() -> None:
    check_may_refresh(SENT, a_token(), NOON, TokenPeriods(refresh_after=timedelta()))
    when_stale = TokenPeriods(refresh_after=7 * DAY)
    with pytest.raises(TokenTooRecent):
        check_may_refresh(SENT, a_token(), NOON + 7 * DAY - MICROSECOND, when_stale)
    check_may_refresh(SENT, a_token(), NOON + 7 * DAY, when_stale)


@pytest.mark.parametrize(
    "periods",
    [
        {"fresh": 30 * DAY},
        {"refresh_after": 8 * DAY},
        {"refresh_after": -SECOND},
        {"grace": -SECOND},
    ],
)
def test_periods_by_which_no_token_could_be_refreshed_in_time_are_refused(periods: dict[str, timedelta]) -> None:
    with pytest.raises(ValueError, match="refreshed once they are stale"):
        TokenPeriods(**periods)


ages = st.timedeltas(timedelta(), 60 * DAY)


@given(ages, ages, st.one_of(st.none(), ages))
def test_a_token_only_ever_gets_older(one: timedelta, other: timedelta, replaced_after: timedelta | None) -> None:
    order = list(TokenStatus)
    earlier, later = sorted([one, other])
    token = a_token(replaced_after=replaced_after)
    assert order.index(token_status(SENT, token, NOON + earlier)) <= order.index(
        token_status(SENT, token, NOON + later)
    )


@given(ages, st.one_of(st.none(), ages))
def test_a_token_holds_exactly_when_clients_believe_so(age: timedelta, replaced_after: timedelta | None) -> None:
    status = token_status(SENT, a_token(replaced_after=replaced_after), NOON + age)
    assert status.is_valid is status.startswith("ok")
    if status.is_valid:
        check_logged_in(status)
    else:
        with pytest.raises(NotLoggedIn):
            check_logged_in(status)
