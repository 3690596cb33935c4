"""How answers that refuse become exceptions."""

from datetime import timedelta
from typing import Any, TypeVar

import pytest

import tengen.app  # with it come all parts of the platform, and their refusals
import tengen.core.errors
from tengen.client import (
    Conflict,
    EmailUnverified,
    FeedFull,
    Forbidden,
    Invalid,
    InvalidData,
    NotFound,
    NotInvited,
    NotYet,
    Problem,
    TengenError,
    TooEarly,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
)
from tengen.client.errors import refusal

T = TypeVar("T")


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, TengenError, "error"),
        (401, Unauthenticated, "unauthenticated"),
        (403, Forbidden, "forbidden"),
        (404, NotFound, "not_found"),
        (405, TengenError, "error"),
        (409, Conflict, "conflict"),
        (422, Invalid, "invalid"),
        (429, TooManyRequests, "too_many_requests"),
        (500, UnexpectedAnswer, "unexpected_answer"),
        (302, UnexpectedAnswer, "unexpected_answer"),
        (502, Unavailable, "unavailable"),
        (503, Unavailable, "unavailable"),
        (504, Unavailable, "unavailable"),
    ],
)
def test_an_answer_without_a_code_is_of_the_class_of_its_status(
    status: int, kind: type[TengenError], code: str
) -> None:
    error = refusal(status, {}, {"detail": "No."})
    assert type(error) is kind
    assert (error.status, error.code, error.message) == (status, code, "No.")


def test_a_code_that_this_library_has_no_class_for_is_kept() -> None:
    error = refusal(409, {"X-Tengen-Error": "clan_tag_taken"}, {"detail": "Clan tag taken"})
    assert type(error) is Conflict
    assert error.code == "clan_tag_taken"


def test_a_wrong_value_is_invalid_whether_the_platform_says_so_with_422_or_400() -> None:
    for status in (422, 400):
        error = refusal(status, {"X-Tengen-Error": "invalid"}, {"detail": "name: field required"})
        assert type(error) is Invalid
        assert (error.status, error.message) == (status, "name: field required")


def _all_subclasses(kind: type[T]) -> set[type[T]]:
    return {kind}.union(*(_all_subclasses(subclass) for subclass in kind.__subclasses__()))


def test_names_and_codes_are_those_of_the_platform() -> None:
    theirs = {(kind.__name__, kind.code) for kind in _all_subclasses(tengen.core.errors.TengenError)}
    ours = {(kind.__name__, kind.code) for kind in _all_subclasses(TengenError)}
    assert ours - theirs == {("Unreachable", "unreachable"), ("UnexpectedAnswer", "unexpected_answer")}


def test_an_unverified_e_mail_is_told_from_a_wrong_password() -> None:
    error = refusal(401, {"X-Tengen-Error": "email_unverified"}, {"detail": "User email is unverified"})
    assert isinstance(error, EmailUnverified)
    assert isinstance(error, Unauthenticated)


def test_validation_problems_are_listed_and_told() -> None:
    detail = [
        {"loc": ["body", "port"], "msg": "value is not a valid integer", "type": "type_error.integer"},
        {"loc": ["body", "teams", 0, "race"], "msg": "field required", "type": "value_error.missing"},
    ]
    error = refusal(422, {"X-Tengen-Error": "invalid"}, {"detail": detail})
    assert error.problems == (
        Problem("body.port", "value is not a valid integer"),
        Problem("body.teams.0.race", "field required"),
    )
    assert error.message == "body.port: value is not a valid integer; body.teams.0.race: field required"


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("30", timedelta(seconds=30)),
        ("0", timedelta(0)),
        ("soon", None),
        ("-1", None),
        ("²", None),
        ("Fri, 01 May 2026 12:00:00 GMT", None),
    ],
)
def test_the_wait_is_read_from_the_answer(header: str, wait: timedelta | None) -> None:
    error = refusal(429, {"Retry-After": header}, {"detail": "Wait at least 30 seconds"})
    assert error.retry_after == wait


@pytest.mark.parametrize("body", [None, "text", 7, [], {}, {"detail": None}, {"detail": [7]}, {"detail": {"a": 1}}])
def test_a_body_of_any_other_form_still_gives_a_sentence(body: Any) -> None:
    assert refusal(403, {}, body).message == "The platform answered with status 403."


@pytest.mark.parametrize(("status", "may_have_happened"), [(502, True), (503, False), (504, True)])
def test_only_a_lost_answer_may_stand_for_something_done(status: int, may_have_happened: bool) -> None:
    error = refusal(status, {}, None)
    assert isinstance(error, Unavailable)
    assert error.may_have_happened is may_have_happened


# Refusals about tournaments, which say more than a code and a sentence.


def test_what_else_a_refusal_says_is_at_hand() -> None:
    body = {"error": "invalid_data", "detail": "It was uploaded before.", "reason": "same_file"}
    error = refusal(403, {"X-Tengen-Error": "invalid_data"}, body)
    assert isinstance(error, InvalidData)
    assert (error.reason, str(error), error.facts) == ("same_file", "It was uploaded before.", {"reason": "same_file"})


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        (41.5, timedelta(seconds=41.5)),
        (0, timedelta(0)),
        (None, timedelta(0)),
        ("41.5", timedelta(0)),
        (True, timedelta(0)),
        (-1, timedelta(0)),
        (float("nan"), timedelta(0)),
        (10**400, timedelta(0)),
    ],
)
def test_how_long_it_is_too_early_is_told_if_it_is_a_time(wait: Any, expected: timedelta) -> None:
    error = refusal(403, {"X-Tengen-Error": "too_early"}, {"error": "too_early", "detail": "Not yet.", "wait": wait})
    assert isinstance(error, TooEarly)
    assert isinstance(error, NotYet)
    assert error.wait == expected


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("unavailable", Unavailable),
        ("feed_full", FeedFull),
        ("too_many_requests", TooManyRequests),
        ("internal", UnexpectedAnswer),
    ],
)
def test_what_only_the_code_tells_is_of_its_class_whatever_the_status(code: str, kind: type[TengenError]) -> None:
    error = refusal(403, {"X-Tengen-Error": code}, {"error": code, "detail": "Later."})
    assert type(error) is kind
    assert (error.code, error.status) == (code, 403)


def test_an_invitation_to_a_clan_and_one_to_a_tournament_are_told_apart() -> None:
    headers = {"X-Tengen-Error": "not_invited"}
    assert type(refusal(403, headers, {"detail": "There is no invitation."})) is NotInvited
    assert type(refusal(422, headers, {"detail": "There is no invitation."})) is Invalid
