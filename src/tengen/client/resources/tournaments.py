"""Tournaments: listed, made, changed, entered; and the keys that prove when a game was played."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

from tengen.client.errors import KeyExists, NotYet
from tengen.client.operations import Operation, Page, Pages, Pause, Procedure, asking
from tengen.client.runners import AsyncRunner, Runner
from tengen.client.tournament_models import (
    Entry,
    EntryState,
    Tournament,
    TournamentDetails,
    TournamentKey,
    TournamentList,
    TournamentPlan,
    wire_time,
)
from tengen.client.wire import given, page_of

PATH = "/api/v2/tournaments"

_LEAST_WAIT = timedelta(seconds=0.2)
# The host may move the start: it is asked for again at times.
_LONGEST_WAIT = timedelta(minutes=10)


def tournaments(which: TournamentList = TournamentList.ACTIVE, *, host_id: int | None = None) -> Pages[Tournament]:
    """Tournaments in the order of their starts: those of a list, or of one host among them.

    An iterator, which asks for a page when the one before is used up.
    """

    def page(after: str | None) -> Operation[Page[Tournament]]:
        query = given(list=which, host=host_id, limit=100, after=after)
        return Operation("GET", PATH, page_of(Tournament.from_json), query=query)

    return Pages(page)


def tournament(tournament_id: int) -> Operation[TournamentDetails]:
    """A tournament by its id."""
    return Operation("GET", f"{PATH}/{tournament_id}", TournamentDetails.from_json)


def create_tournament(plan: TournamentPlan) -> Operation[TournamentDetails]:
    """Make a tournament, whose host is the caller."""
    return Operation("POST", PATH, TournamentDetails.from_json, body=plan.to_json())


def edit_tournament(
    tournament_id: int,
    *,
    name: str | None = None,
    location: str | None = None,
    mode: str | None = None,
    mode_parameters: str | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    open_entry: bool | None = None,
    hide_results: bool | None = None,
) -> Operation[TournamentDetails]:
    """Change what is planned, until the start; what is None stays. For the host.

    A mode is changed together with its parameters.
    """
    changes = {
        "name": name,
        "location": location,
        "mode": mode,
        "modeparams": mode_parameters,
        "start": None if starts_at is None else wire_time(starts_at),
        "end": None if ends_at is None else wire_time(ends_at),
        "open_entry": open_entry,
        "hide_results": hide_results,
    }
    body = {what: value for what, value in changes.items() if value is not None}
    return Operation("PATCH", f"{PATH}/{tournament_id}", TournamentDetails.from_json, body=body)


def cancel_tournament(tournament_id: int, reason: str) -> Operation[TournamentDetails]:
    """Call a tournament off, before its end. Whoever has to do with it is told by mail. For the host."""
    path = f"{PATH}/{tournament_id}/cancel"
    return Operation("POST", path, TournamentDetails.from_json, body={"reason": reason})


# Entries.


def tournament_entries(tournament_id: int, *, state: EntryState | None = None) -> Pages[Entry]:
    """Who takes part. The host sees entries in any state, or in one, and everybody their own.

    An iterator, as of tournaments.
    """

    def page(after: str | None) -> Operation[Page[Entry]]:
        query = given(state=state, limit=1000, after=after)
        return Operation("GET", f"{PATH}/{tournament_id}/entries", page_of(Entry.from_json), query=query)

    return Pages(page)


def _step(tournament_id: int, step: str, account: int | str | None = None) -> Operation[Entry]:
    body: dict[str, Any] = {"step": step} | ({} if account is None else {"account": account})
    return Operation("POST", f"{PATH}/{tournament_id}/entries", Entry.from_json, body=body, is_idempotent=True)


def enter_tournament(tournament_id: int) -> Operation[Entry]:
    """Take part, or ask to where entry is not open: the entry's `state` says which."""
    return _step(tournament_id, "request")


def accept_tournament_invitation(tournament_id: int) -> Operation[Entry]:
    """Take part, as the caller was invited to."""
    return _step(tournament_id, "accept")


def decline_tournament_invitation(tournament_id: int) -> Operation[Entry]:
    """Not take part, though the caller was invited to."""
    return _step(tournament_id, "decline")


def withdraw_from_tournament(tournament_id: int) -> Operation[Entry]:
    """Take the caller's request back; until the start the participation, too."""
    return _step(tournament_id, "withdraw")


def invite_to_tournament(tournament_id: int, account: int | str) -> Operation[Entry]:
    """Invite the account with this id, or this display name; it is in if it has asked already. For the host."""
    return _step(tournament_id, "invite", account)


def retract_tournament_invitation(tournament_id: int, account: int | str) -> Operation[Entry]:
    """Take an invitation back that was not answered yet. For the host."""
    return _step(tournament_id, "withdraw", account)


def confirm_tournament_entry(tournament_id: int, account: int | str) -> Operation[Entry]:
    """Let an account in that has asked to take part. For the host."""
    return _step(tournament_id, "confirm", account)


def reject_tournament_entry(tournament_id: int, account: int | str) -> Operation[Entry]:
    """Do not let an account in; until the start one that is in, either. For the host."""
    return _step(tournament_id, "reject", account)


# Keys.


def fetch_key(tournament_id: int) -> Operation[TournamentKey]:
    """The key that the caller has made."""
    return Operation("GET", f"{PATH}/{tournament_id}/key", TournamentKey.from_json)


def make_key(tournament_id: int) -> Procedure[TournamentKey]:
    """Make the caller's key, which can be done from the start on; if it was made already, fetch it.

    In a mode with a time limit the caller's time begins with it.
    """
    made = Operation("POST", f"{PATH}/{tournament_id}/key", TournamentKey.from_json, is_idempotent=True)
    try:
        return (yield from asking(made))
    except KeyExists:
        return (yield from asking(fetch_key(tournament_id)))


def wait_for_key(tournament_id: int, *, patience: timedelta | None = None) -> Procedure[TournamentKey]:
    """Make the caller's key as soon as the tournament starts, or fetch it.

    The wait is by the platform's clock, and follows the host who moves the start. Raises `TooEarly`, with its
    `wait`, as soon as it is clear that it takes longer than `patience`; None: whatever it takes.
    """
    left = timedelta.max if patience is None else patience
    while True:
        try:
            return (yield from make_key(tournament_id))
        except NotYet as error:
            if error.wait > left:
                raise
            pause = min(max(error.wait, _LEAST_WAIT), _LONGEST_WAIT)
        yield Pause(pause)
        left -= pause


class TournamentMethods(Runner):
    """The methods of `Client` for tournaments, entries and keys."""

    def tournaments(
        self, which: TournamentList = TournamentList.ACTIVE, *, host_id: int | None = None
    ) -> Iterator[Tournament]:
        """Tournaments in the order of their starts: those of a list, or of one host among them.

        An iterator, which asks for a page when the one before is used up.
        """
        return self.each(tournaments(which, host_id=host_id))

    def tournament(self, tournament_id: int) -> TournamentDetails:
        """A tournament by its id."""
        return self.run(tournament(tournament_id))

    def create_tournament(self, plan: TournamentPlan) -> TournamentDetails:
        """Make a tournament, whose host is the caller."""
        return self.run(create_tournament(plan))

    def edit_tournament(
        self,
        tournament_id: int,
        *,
        name: str | None = None,
        location: str | None = None,
        mode: str | None = None,
        mode_parameters: str | None = None,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        open_entry: bool | None = None,
        hide_results: bool | None = None,
    ) -> TournamentDetails:
        """Change what is planned, until the start; what is None stays. For the host.

        A mode is changed together with its parameters.
        """
        return self.run(
            edit_tournament(
                tournament_id,
                name=name,
                location=location,
                mode=mode,
                mode_parameters=mode_parameters,
                starts_at=starts_at,
                ends_at=ends_at,
                open_entry=open_entry,
                hide_results=hide_results,
            )
        )

    def cancel_tournament(self, tournament_id: int, reason: str) -> TournamentDetails:
        """Call a tournament off, before its end. Whoever has to do with it is told by mail. For the host."""
        return self.run(cancel_tournament(tournament_id, reason))

    def tournament_entries(self, tournament_id: int, *, state: EntryState | None = None) -> Iterator[Entry]:
        """Who takes part. The host sees entries in any state, or in one, and everybody their own.

        An iterator, as of tournaments.
        """
        return self.each(tournament_entries(tournament_id, state=state))

    def enter_tournament(self, tournament_id: int) -> Entry:
        """Take part, or ask to where entry is not open: the entry's `state` says which."""
        return self.run(enter_tournament(tournament_id))

    def accept_tournament_invitation(self, tournament_id: int) -> Entry:
        """Take part, as the caller was invited to."""
        return self.run(accept_tournament_invitation(tournament_id))

    def decline_tournament_invitation(self, tournament_id: int) -> Entry:
        """Not take part, though the caller was invited to."""
        return self.run(decline_tournament_invitation(tournament_id))

    def withdraw_from_tournament(self, tournament_id: int) -> Entry:
        """Take the caller's request back; until the start the participation, too."""
        return self.run(withdraw_from_tournament(tournament_id))

    def invite_to_tournament(self, tournament_id: int, account: int | str) -> Entry:
        """Invite the account with this id, or this display name; it is in if it has asked already. For the host."""
        return self.run(invite_to_tournament(tournament_id, account))

    def retract_tournament_invitation(self, tournament_id: int, account: int | str) -> Entry:
        """Take an invitation back that was not answered yet. For the host."""
        return self.run(retract_tournament_invitation(tournament_id, account))

    def confirm_tournament_entry(self, tournament_id: int, account: int | str) -> Entry:
        """Let an account in that has asked to take part. For the host."""
        return self.run(confirm_tournament_entry(tournament_id, account))

    def reject_tournament_entry(self, tournament_id: int, account: int | str) -> Entry:
        """Do not let an account in; until the start one that is in, either. For the host."""
        return self.run(reject_tournament_entry(tournament_id, account))

    def fetch_key(self, tournament_id: int) -> TournamentKey:
        """The key that the caller has made."""
        return self.run(fetch_key(tournament_id))

    def make_key(self, tournament_id: int) -> TournamentKey:
        """Make the caller's key, which can be done from the start on; if it was made already, fetch it.

        In a mode with a time limit the caller's time begins with it.
        """
        return self.perform(make_key(tournament_id))

    def wait_for_key(self, tournament_id: int, *, patience: timedelta | None = None) -> TournamentKey:
        """Make the caller's key as soon as the tournament starts, or fetch it.

        The wait is by the platform's clock, and follows the host who moves the start. Raises `TooEarly`, with its
        `wait`, as soon as it is clear that it takes longer than `patience`; None: whatever it takes.
        """
        return self.perform(wait_for_key(tournament_id, patience=patience))


class AsyncTournamentMethods(AsyncRunner):
    """The methods of `AsyncClient` for tournaments, entries and keys."""

    def tournaments(
        self, which: TournamentList = TournamentList.ACTIVE, *, host_id: int | None = None
    ) -> AsyncIterator[Tournament]:
        """Tournaments in the order of their starts: those of a list, or of one host among them.

        An iterator, which asks for a page when the one before is used up.
        """
        return self.each(tournaments(which, host_id=host_id))

    async def tournament(self, tournament_id: int) -> TournamentDetails:
        """A tournament by its id."""
        return await self.run(tournament(tournament_id))

    async def create_tournament(self, plan: TournamentPlan) -> TournamentDetails:
        """Make a tournament, whose host is the caller."""
        return await self.run(create_tournament(plan))

    async def edit_tournament(
        self,
        tournament_id: int,
        *,
        name: str | None = None,
        location: str | None = None,
        mode: str | None = None,
        mode_parameters: str | None = None,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        open_entry: bool | None = None,
        hide_results: bool | None = None,
    ) -> TournamentDetails:
        """Change what is planned, until the start; what is None stays. For the host.

        A mode is changed together with its parameters.
        """
        return await self.run(
            edit_tournament(
                tournament_id,
                name=name,
                location=location,
                mode=mode,
                mode_parameters=mode_parameters,
                starts_at=starts_at,
                ends_at=ends_at,
                open_entry=open_entry,
                hide_results=hide_results,
            )
        )

    async def cancel_tournament(self, tournament_id: int, reason: str) -> TournamentDetails:
        """Call a tournament off, before its end. Whoever has to do with it is told by mail. For the host."""
        return await self.run(cancel_tournament(tournament_id, reason))

    def tournament_entries(self, tournament_id: int, *, state: EntryState | None = None) -> AsyncIterator[Entry]:
        """Who takes part. The host sees entries in any state, or in one, and everybody their own.

        An iterator, as of tournaments.
        """
        return self.each(tournament_entries(tournament_id, state=state))

    async def enter_tournament(self, tournament_id: int) -> Entry:
        """Take part, or ask to where entry is not open: the entry's `state` says which."""
        return await self.run(enter_tournament(tournament_id))

    async def accept_tournament_invitation(self, tournament_id: int) -> Entry:
        """Take part, as the caller was invited to."""
        return await self.run(accept_tournament_invitation(tournament_id))

    async def decline_tournament_invitation(self, tournament_id: int) -> Entry:
        """Not take part, though the caller was invited to."""
        return await self.run(decline_tournament_invitation(tournament_id))

    async def withdraw_from_tournament(self, tournament_id: int) -> Entry:
        """Take the caller's request back; until the start the participation, too."""
        return await self.run(withdraw_from_tournament(tournament_id))

    async def invite_to_tournament(self, tournament_id: int, account: int | str) -> Entry:
        """Invite the account with this id, or this display name; it is in if it has asked already. For the host."""
        return await self.run(invite_to_tournament(tournament_id, account))

    async def retract_tournament_invitation(self, tournament_id: int, account: int | str) -> Entry:
        """Take an invitation back that was not answered yet. For the host."""
        return await self.run(retract_tournament_invitation(tournament_id, account))

    async def confirm_tournament_entry(self, tournament_id: int, account: int | str) -> Entry:
        """Let an account in that has asked to take part. For the host."""
        return await self.run(confirm_tournament_entry(tournament_id, account))

    async def reject_tournament_entry(self, tournament_id: int, account: int | str) -> Entry:
        """Do not let an account in; until the start one that is in, either. For the host."""
        return await self.run(reject_tournament_entry(tournament_id, account))

    async def fetch_key(self, tournament_id: int) -> TournamentKey:
        """The key that the caller has made."""
        return await self.run(fetch_key(tournament_id))

    async def make_key(self, tournament_id: int) -> TournamentKey:
        """Make the caller's key, which can be done from the start on; if it was made already, fetch it.

        In a mode with a time limit the caller's time begins with it.
        """
        return await self.perform(make_key(tournament_id))

    async def wait_for_key(self, tournament_id: int, *, patience: timedelta | None = None) -> TournamentKey:
        """Make the caller's key as soon as the tournament starts, or fetch it.

        The wait is by the platform's clock, and follows the host who moves the start. Raises `TooEarly`, with its
        `wait`, as soon as it is clear that it takes longer than `patience`; None: whatever it takes.
        """
        return await self.perform(wait_for_key(tournament_id, patience=patience))
