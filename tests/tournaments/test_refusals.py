"""What the refusals of tournaments are to Scoreganizer's own client: the exceptions that it makes of them."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from scoreganizer_client_lib import exceptions as theirs

from tengen.core.errors import Conflict, Forbidden, Invalid, NotFound, TengenError, TooManyRequests
from tengen.tournaments.entries import NotParticipating
from tengen.tournaments.keys import KeyExists, KeyNeverGenerated, KeyNotGenerated, KeyNotGeneratedYet, NotYet, TooEarly
from tengen.tournaments.logins import InvalidLoginData
from tengen.tournaments.modes import InvalidData, ModeConstraintViolated, Reason
from tengen.tournaments.schedule import TournamentOver
from tengen.tournaments.tokens import NotLoggedIn, TokenTooRecent
from tengen.web.errors import coded_body
from tests.tournaments.builders import SECOND


@dataclass(frozen=True)
class Answer:
    """As much of an answer as the client looks at."""

    body: Any
    elapsed: timedelta = timedelta()
    content: bytes = b"{}"

    def json(self) -> Any:
        return self.body


def as_the_client_raises(refusal: TengenError) -> Any:
    return theirs.build_exception(Answer(coded_body(refusal.code, refusal.message, refusal.facts)))


@pytest.mark.parametrize(
    ("refusal", "exception"),
    [
        (TooEarly("No.", wait=SECOND), theirs.ScoreganizerTooEarly),
        (KeyNotGeneratedYet("No.", wait=SECOND), theirs.ScoreganizerNotGeneratedYet),
        (KeyExists("No."), theirs.ScoreganizerKeyExists),
        (KeyNotGenerated("No."), theirs.ScoreganizerNotGenerated),
        (KeyNeverGenerated("No."), theirs.ScoreganizerNeverGenerated),
        (InvalidLoginData("No."), theirs.ScoreganizerInvalidLoginData),
        (NotLoggedIn("No."), theirs.ScoreganizerNotLoggedIn),
        (TokenTooRecent("No.", retry_after=SECOND), theirs.ScoreganizerTokenTooRecent),
        (InvalidData("No.", reason=Reason.SAME_FILE), theirs.ScoreganizerInvalidData),
        (TournamentOver("No."), theirs.ScoreganizerTournamentOver),
        (ModeConstraintViolated("No."), theirs.ScoreganizerModeConstraintViolated),
        (NotParticipating("No."), theirs.ScoreganizerError),
        (TooManyRequests("No.", retry_after=SECOND), theirs.ScoreganizerError),
        (Invalid("No."), theirs.ScoreganizerError),
        (NotFound("No."), theirs.ScoreganizerError),
        (Conflict("No."), theirs.ScoreganizerError),
        (Forbidden("No."), theirs.ScoreganizerError),
    ],
    ids=lambda value: getattr(value, "code", ""),
)
def test_the_client_makes_of_each_refusal_the_exception_that_is_meant(refusal: TengenError, exception: type) -> None:
    assert type(as_the_client_raises(refusal)) is exception


@pytest.mark.parametrize(
    ("wait", "told"), [(timedelta(milliseconds=41_420), 41.5), (timedelta(days=3), 259_200.0), (timedelta(), 0.2)]
)
def test_the_client_is_told_how_long_to_wait(wait: timedelta, told: float) -> None:
    for refusal in (TooEarly("No.", wait=wait), KeyNotGeneratedYet("No.", wait=wait)):
        assert refusal.facts == {"wait": told}
        assert as_the_client_raises(refusal).wait_time == timedelta(seconds=told)


def test_why_a_replay_is_refused_is_told_to_programs() -> None:
    assert InvalidData("No.", reason=Reason.SAME_FILE).facts == {"reason": "same_file"}


@pytest.fixture(autouse=True)
def _all_refusals() -> None:
    importlib.import_module("tengen.app")  # and with it every module that has some


def refusals(kind: type[TengenError] = TengenError) -> Iterator[type[TengenError]]:
    for narrower in kind.__subclasses__():
        if narrower.__module__.startswith("tengen."):
            yield narrower
        yield from refusals(narrower)


def test_just_the_refusals_that_the_client_waits_for_tell_a_wait() -> None:
    # A `wait` that is missing crashes the client, as one too many does.
    waited_for = {code for code, kind in theirs.EXCEPTION_CLS_MAP.items() if issubclass(kind, theirs.ScoreganizerWait)}
    assert {kind.code for kind in refusals(NotYet)} == waited_for
    assert {kind for kind in refusals() if kind.code in waited_for} == set(refusals(NotYet))


def test_no_refusal_asks_the_client_to_send_a_file_again() -> None:
    assert "retry" not in {kind.code for kind in refusals()}  # it would send it empty
