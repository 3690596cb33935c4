"""The tree of refusals, as the platform has it.

An answer that refuses carries its stable code in the header `X-Tengen-Error` and a sentence in its body. Here they
become an exception: of the class of its code if the code has one, else of the class of its status.

    TengenError
    ├── Invalid         422, 400  a value is not what it must be (`problems` lists them)
    │   ├── UnknownAccounts       a match with accounts that do not exist
    │   ├── InvalidTournament     name or location of a tournament
    │   ├── InvalidSchedule       it cannot run at these times
    │   ├── UnknownMode           there is no such mode
    │   ├── InvalidModeParameters the mode cannot be played with these parameters
    │   ├── InvalidReason         no reason was given, or one that is too long
    │   ├── InvalidGrant          with 400: password or refresh token do not hold
    │   ├── InvalidChallenge      no game can be offered so
    │   ├── InvalidPoint          the text names no point of the board
    │   ├── IllegalMove           the rules forbid the move
    │   │   ├── OutsideBoard          there is no such point
    │   │   ├── Occupied              a stone is there
    │   │   ├── Suicide               it would have no liberties
    │   │   ├── Ko                    the opponent has just captured here
    │   │   └── Superko               it repeats an earlier position
    │   └── InvalidReport         a value of a report of a game
    │       ├── MissingParameters     it leaves out what it must say
    │       ├── MissingRecord         there is neither a record nor an address of one
    │       ├── UnfetchedRecord       there is none at that address
    │       ├── UnreadableRecord      the record is no SGF of a game of Go
    │       ├── InvalidResult         the result is written in no way that is known
    │       ├── InvalidDate           the date cannot be read, or lies ahead
    │       └── InvalidTerms          handicap or komi are none that a game can have
    ├── Unauthenticated      401  who are you?
    │   ├── InvalidToken          the access token has expired, or was revoked
    │   ├── NotIdentified         over a live connection
    │   ├── EmailUnverified       the password is right, the e-mail not yet verified
    │   └── NotLoggedIn           with 403: tournaments that one has to do with, asked for by nobody
    ├── Forbidden            403  not you
    │   ├── WrongMailToken        not the token that was mailed
    │   ├── MissingTokens         a report without all of its tokens
    │   ├── NotInGame             the players' alone to do
    │   ├── PrivateGame           the players' alone to see
    │   ├── NotTournamentHost     the host's alone to do
    │   │   └── NotHost               about an entry
    │   ├── NotEntrant            the account's alone to do whose entry it is
    │   ├── NotParticipating      not in this tournament, or not yet
    │   ├── NotInvited            there is no invitation to answer
    │   ├── EntryRejected         the host does not want it
    │   ├── EntryClosed           nobody enters after the start
    │   ├── NotYet                too early (`wait`)
    │   │   ├── TooEarly              the tournament has not started
    │   │   └── KeyNotGeneratedYet    and so there is no key to fetch
    │   ├── KeyExists             the key was made already: fetch it
    │   ├── KeyNotGenerated       the key was not made yet: make it
    │   ├── KeyNeverGenerated     the tournament is over, and no key was made
    │   ├── TournamentOver        it has ended, or was cancelled
    │   ├── ModeConstraintViolated    the player's own time is over
    │   ├── InvalidData           a replay that cannot count, ever (`reason`)
    │   └── ReplaySealed          its key could still be used
    ├── NotFound             404  no such thing
    │   ├── GameNotFound          no such game
    │   ├── ChallengeNotFound     no such challenge: it was accepted, declined or withdrawn
    │   ├── AccountNotFound       no such account
    │   ├── TournamentNotFound    no such tournament
    │   ├── SubmissionNotFound    no such submission, or none that the caller may see
    │   ├── NoResult              the account has no line in the standings, or none that the caller may see
    │   └── UnknownToken          a token is not that of the server or player named beside it
    ├── Conflict             409  it exists, or has moved on
    │   ├── NameTaken             another account has this display name
    │   ├── EmailTaken            another account has this e-mail
    │   ├── KeyReused             an idempotency key that came with another report before
    │   ├── NothingToChange       the game is already as it is to be
    │   ├── NotYourTurn           the opponent's turn
    │   ├── TimeIsUp              the flag has fallen
    │   ├── GameIsOver            the game has ended
    │   ├── GameHasMovedOn        the command is about an earlier state of the game
    │   ├── MarkingDiffers        something else is marked than what is agreed with
    │   ├── NotRequested          there is no request to confirm or reject
    │   ├── NothingToWithdraw     there is nothing that the caller could take back
    │   ├── TournamentStarted     it runs: it is changed no more, and nobody leaves it
    │   ├── AlreadyDisqualified   the submission does not count already
    │   └── NotDisqualified       the submission counts already
    ├── TooManyRequests      429  later, please (`retry_after`)
    │   └── TooManyFollowers      as many feeds as one address may have
    ├── TooManyServers       400  no room for another game server
    ├── Unavailable          503  not now (`retry_after`); 502 and 504 of a proxy too
    │   ├── FeedFull              as many follow as may
    │   └── Unreachable           no answer at all
    └── UnexpectedAnswer          an answer that this library cannot read, or that no request should get (500)

Codes without a class of their own are in `code` all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

CODE_HEADER = "X-Tengen-Error"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one value of a request: where it stands (`body.port`), and a sentence."""

    where: str
    message: str


class TengenError(Exception):
    """A refusal: a sentence for people (`message`), a `code` for programs.

    `status` is the HTTP status, None if there was no answer. `retry_after` is how long to wait at least before asking
    again, if the platform said so. `may_have_happened`: what was asked may have been done all the same, because only
    its answer was lost; what must not be done twice should then not be sent again. `facts` are what the platform says
    beside code and sentence, for programs.
    """

    code: str = "error"
    may_have_happened: bool = False

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        retry_after: timedelta | None = None,
        problems: tuple[Problem, ...] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.status = status
        self.retry_after = retry_after
        self.problems = problems
        self.facts = facts or {}


class Invalid(TengenError):
    """A value is not what it must be. `problems` says which, where the platform lists them."""

    code = "invalid"


class UnknownAccounts(Invalid):
    """The match names accounts that do not exist; nothing of it was counted."""

    code = "unknown_accounts"


class InvalidReport(Invalid):
    """A value of a report of a game is not what it must be; nothing of it was stored."""

    code = "invalid_report"


class MissingParameters(InvalidReport):
    """The report leaves out what it must say."""

    code = "missing_parameters"


class MissingRecord(InvalidReport):
    """The report has neither a record nor an address of one."""

    code = "missing_record"


class UnfetchedRecord(InvalidReport):
    """There is no record at the report's URL."""

    code = "game_url_unfetched"


class UnreadableRecord(InvalidReport):
    """The record cannot be read as that of a game of Go."""

    code = "invalid_record"


class InvalidResult(InvalidReport):
    """The result is written in no way that the platform knows."""

    code = "invalid_result"


class InvalidDate(InvalidReport):
    """The date cannot be read, or lies ahead."""

    code = "invalid_date"


class InvalidTerms(InvalidReport):
    """Handicap or komi are no numbers, or none that a game can have."""

    code = "invalid_terms"


class InvalidTournament(Invalid):
    """A tournament's name or location is not what it must be."""

    code = "invalid_tournament"


class InvalidSchedule(Invalid):
    """A tournament cannot run at these times."""

    code = "invalid_schedule"


class UnknownMode(Invalid):
    """There is no mode of this name."""

    code = "unknown_mode"


class InvalidModeParameters(Invalid):
    """The mode cannot be played with these parameters."""

    code = "invalid_mode_parameters"


class InvalidReason(Invalid):
    """There is no reason, or one that is too long."""

    code = "invalid_reason"


class InvalidGrant(Invalid):
    """Password or refresh token do not hold."""

    code = "invalid_grant"


class InvalidChallenge(Invalid):
    """No game can be offered so."""

    code = "invalid_challenge"


class InvalidPoint(Invalid):
    """The text names no point of the board."""

    code = "invalid_point"


class IllegalMove(Invalid):
    """The rules forbid the move."""

    code = "illegal_move"


class OutsideBoard(IllegalMove):
    """There is no such point."""

    code = "outside_board"


class Occupied(IllegalMove):
    """A stone is there."""

    code = "point_occupied"


class Suicide(IllegalMove):
    """The stone would have no liberties, and the rules do not allow that."""

    code = "suicide"


class Ko(IllegalMove):
    """The opponent has just captured here, and it may not be taken back at once."""

    code = "ko"


class Superko(IllegalMove):
    """The move repeats an earlier position of the whole board."""

    code = "superko"


class Unauthenticated(TengenError):
    """The credentials are missing or wrong."""

    code = "unauthenticated"


class EmailUnverified(Unauthenticated):
    """The password is right, but the account's e-mail is not verified yet."""

    code = "email_unverified"


class InvalidToken(Unauthenticated):
    """The access token is not known, has expired, or was revoked: refresh it, or log in again."""

    code = "invalid_token"


class NotIdentified(Unauthenticated):
    """Nobody says what players say over a live connection."""

    code = "not_identified"


class NotLoggedIn(Unauthenticated):
    """Nobody asks for what is somebody's."""

    code = "not_logged_in"


class Forbidden(TengenError):
    """The caller is known, and may not do this."""

    code = "forbidden"


class WrongMailToken(Forbidden):
    """This is not the token that was mailed."""

    code = "wrong_mail_token"


class MissingTokens(Forbidden):
    """The report does not come with all the tokens that it needs."""

    code = "missing_tokens"


class NotInGame(Forbidden):
    """Only the two who play the game may do this."""

    code = "not_in_game"


class PrivateGame(Forbidden):
    """Only the players of a private game may watch it."""

    code = "private_game"


class NotTournamentHost(Forbidden):
    """Only the tournament's host may do this."""

    code = "not_tournament_host"


class NotHost(NotTournamentHost):
    """Only the tournament's host may do this about an entry."""

    code = "not_host"


class NotEntrant(Forbidden):
    """Only the account whose entry it is may do this."""

    code = "not_entrant"


class NotParticipating(Forbidden):
    """The caller does not take part in the tournament, or not yet."""

    code = "not_participating"


class NotInvited(Forbidden):
    """There is no invitation to answer."""

    code = "not_invited"


class EntryRejected(Forbidden):
    """The host has rejected the entry, and the host alone can undo that."""

    code = "entry_rejected"


class EntryClosed(Forbidden):
    """The mode lets nobody enter after the start."""

    code = "entry_closed"


class NotYet(Forbidden):
    """It is too early. `wait` is the time until it will not be, by the platform's clock."""

    @property
    def wait(self) -> timedelta:
        """How long it is too early; zero if the platform did not say."""
        return self.retry_after or timedelta()


class TooEarly(NotYet):
    """The tournament has not started: `wait` is the time until it does."""

    code = "too_early"


class KeyNotGeneratedYet(NotYet):
    """There is no key, since the tournament has not started: `wait` is the time until it does."""

    code = "not_generated_yet"


class KeyExists(Forbidden):
    """The caller has made the key already: it can be fetched."""

    code = "key_exists"


class KeyNotGenerated(Forbidden):
    """The caller has not made the key yet, and could now."""

    code = "not_generated"


class KeyNeverGenerated(Forbidden):
    """The tournament is over, and the caller never had a key."""

    code = "never_generated"


class TournamentOver(Forbidden):
    """The tournament has ended, or was cancelled."""

    code = "tournament_over"


class ModeConstraintViolated(Forbidden):
    """The mode does not let a replay count any more: the player's own time is over."""

    code = "mode_constraint_violated"


class InvalidData(Forbidden):
    """A replay that cannot count, however often it is sent."""

    code = "invalid_data"

    @property
    def reason(self) -> str:
        """Why, in a word for programs: `no_key`, `same_file`…; empty if the platform did not say."""
        return str(self.facts.get("reason", ""))


class ReplaySealed(Forbidden):
    """Before the end only who has uploaded a replay gets it: the key in it could still be used."""

    code = "replay_sealed"


class NotFound(TengenError):
    """There is no such thing, or none that the caller may see."""

    code = "not_found"


class GameNotFound(NotFound):
    """There is no such game."""

    code = "game_not_found"


class ChallengeNotFound(NotFound):
    """There is no such challenge, or none that the caller may see: it was accepted, declined or withdrawn."""

    code = "challenge_not_found"


class AccountNotFound(NotFound):
    """There is no such account."""

    code = "account_not_found"


class TournamentNotFound(NotFound):
    """There is no such tournament."""

    code = "no_such_tournament"


class SubmissionNotFound(NotFound):
    """There is no such submission in the tournament, or none that the caller may see."""

    code = "no_such_submission"


class NoResult(NotFound):
    """The account has no line in the standings, or none that the caller may see."""

    code = "no_result"


class UnknownToken(NotFound):
    """A token is not that of the server or player that is named beside it: it was reset, or mistyped."""

    code = "unknown_token"


class Conflict(TengenError):
    """The thing exists already, or has changed meanwhile."""

    code = "conflict"


class NameTaken(Conflict):
    """Another account has this display name."""

    code = "display_name_taken"


class EmailTaken(Conflict):
    """Another account has this e-mail."""

    code = "username_taken"


class KeyReused(Conflict):
    """An idempotency key came with another report before."""

    code = "idempotency_key_reused"


class NothingToChange(Conflict):
    """The game is already as it is to be."""

    code = "nothing_to_change"


class NotYourTurn(Conflict):
    """It is the opponent's turn."""

    code = "not_your_turn"


class TimeIsUp(Conflict):
    """The flag of the player to move has fallen."""

    code = "time_is_up"


class GameIsOver(Conflict):
    """The game has ended."""

    code = "game_over"


class GameHasMovedOn(Conflict):
    """The command is about an earlier state of the game."""

    code = "game_has_moved_on"


class MarkingDiffers(Conflict):
    """Something else is marked than what the player agrees with."""

    code = "marking_differs"


class NotRequested(Conflict):
    """There is no request to confirm or reject."""

    code = "not_requested"


class NothingToWithdraw(Conflict):
    """There is nothing that the caller could take back."""

    code = "nothing_to_withdraw"


class TournamentStarted(Conflict):
    """The tournament runs: it is changed no more, and who participates does so to its end."""

    code = "tournament_started"


class AlreadyDisqualified(Conflict):
    """The submission is disqualified already."""

    code = "already_disqualified"


class NotDisqualified(Conflict):
    """The submission is not disqualified."""

    code = "not_disqualified"


class TooManyRequests(TengenError):
    """The caller has to wait: `retry_after` says how long at least."""

    code = "too_many_requests"


class TooManyFollowers(TooManyRequests):
    """As many feeds are open from this address as may be."""

    code = "too_many_followers"


class TooManyServers(TengenError):
    """The account has registered as many game servers as it may."""

    code = "too_many_servers"


class Unavailable(TengenError):
    """The platform cannot answer now; the same request may succeed later."""

    code = "unavailable"


class FeedFull(Unavailable):
    """As many follow tournaments as may. It can be asked for the standings from time to time instead."""

    code = "feed_full"


class Unreachable(Unavailable):
    """No answer came: the connection was refused, was lost, or took too long."""

    code = "unreachable"

    def __init__(self, message: str, *, may_have_happened: bool) -> None:
        super().__init__(message)
        self.may_have_happened = may_have_happened


class UnexpectedAnswer(TengenError):
    """The answer is none that this library can read: not the platform, or its mistake."""

    code = "unexpected_answer"
    may_have_happened = True


_BY_CODE: Mapping[str, type[TengenError]] = {
    kind.code: kind
    for kind in (
        Invalid,
        UnknownAccounts,
        InvalidReport,
        MissingParameters,
        MissingRecord,
        UnfetchedRecord,
        UnreadableRecord,
        InvalidResult,
        InvalidDate,
        InvalidTerms,
        InvalidGrant,
        InvalidChallenge,
        InvalidPoint,
        IllegalMove,
        OutsideBoard,
        Occupied,
        Suicide,
        Ko,
        Superko,
        InvalidToken,
        NotIdentified,
        NotInGame,
        PrivateGame,
        ChallengeNotFound,
        NotYourTurn,
        TimeIsUp,
        GameIsOver,
        GameHasMovedOn,
        MarkingDiffers,
        EmailUnverified,
        NotLoggedIn,
        WrongMailToken,
        MissingTokens,
        GameNotFound,
        UnknownToken,
        NameTaken,
        EmailTaken,
        KeyReused,
        NothingToChange,
        TooManyServers,
        InvalidTournament,
        InvalidSchedule,
        UnknownMode,
        InvalidModeParameters,
        InvalidReason,
        NotTournamentHost,
        NotHost,
        NotEntrant,
        NotParticipating,
        EntryRejected,
        EntryClosed,
        TooEarly,
        KeyNotGeneratedYet,
        KeyExists,
        KeyNotGenerated,
        KeyNeverGenerated,
        TournamentOver,
        ModeConstraintViolated,
        InvalidData,
        ReplaySealed,
        AccountNotFound,
        TournamentNotFound,
        SubmissionNotFound,
        NoResult,
        NotRequested,
        NothingToWithdraw,
        TournamentStarted,
        AlreadyDisqualified,
        NotDisqualified,
        TooManyFollowers,
        FeedFull,
        # There are paths at which questions are never answered with the status of these.
        TooManyRequests,
        Unavailable,
    )
} | {"game_url_unfetched": InvalidReport, "internal": UnexpectedAnswer}
_BY_STATUS: Mapping[int, type[TengenError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    422: Invalid,
    429: TooManyRequests,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}
# Seconds: beyond it is no time that anybody means.
_LONGEST_WAIT = 1e12
# In every dialect these are the code and the sentence.
_SAID_ELSEWHERE = {"error", "detail", "error_description", "message"}
# A proxy that got no answer of the platform in time, or lost it.
_ANSWER_LOST = {502, 504}


def refusal(status: int, headers: Mapping[str, str], body: Any) -> TengenError:
    """The exception for an answer that refuses; `body` is its JSON, None if it is none."""
    detail = _members(body).get("detail", _members(body).get("error_description"))
    problems = _problems(detail)
    message = "; ".join(f"{problem.where}: {problem.message}" for problem in problems)
    if isinstance(detail, str):
        message = detail
    facts = {name: value for name, value in _members(body).items() if name not in _SAID_ELSEWHERE}
    code = headers.get(CODE_HEADER)
    kind = _kind(status, code or "")
    retry_after = _retry_after(headers.get("Retry-After"))
    error = kind(
        message or f"The platform answered with status {status}.",
        code=code,
        status=status,
        retry_after=_wait(facts.get("wait")) if retry_after is None else retry_after,
        problems=problems,
        facts=facts,
    )
    error.may_have_happened = error.may_have_happened or status in _ANSWER_LOST
    return error


def refused_command(code: str, message: str) -> TengenError:
    """The exception for a command that was refused over a live connection."""
    return _BY_CODE.get(code, TengenError)(message, code=code)


def _kind(status: int, code: str) -> type[TengenError]:
    # An invitation to a clan that is not there has the same code with another status: it is a value that is not right.
    if (status, code) == (403, NotInvited.code):
        return NotInvited
    is_refusal = 400 <= status < 500
    return _BY_CODE.get(code) or _BY_STATUS.get(status) or (TengenError if is_refusal else UnexpectedAnswer)


def _members(body: Any) -> Mapping[str, Any]:
    return body if isinstance(body, Mapping) else {}


def _problems(detail: Any) -> tuple[Problem, ...]:
    if not isinstance(detail, list):
        return ()
    items = [item for item in detail if isinstance(item, Mapping)]
    return tuple(
        Problem(".".join(str(part) for part in item.get("loc", ())), str(item.get("msg", ""))) for item in items
    )


def _retry_after(value: str | None) -> timedelta | None:
    # The platform sends whole seconds. The header's other form, a date, would need a clock here and is left out.
    return timedelta(seconds=int(value)) if value and value.isascii() and value.isdecimal() else None


def _wait(seconds: Any) -> timedelta | None:
    """The wait that a body tells: seconds, and fractions of them."""
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    return timedelta(seconds=seconds) if is_number and 0 <= seconds < _LONGEST_WAIT else None
