"""Accounts: registration, log-in, proofs, names and team statistics."""

from collections.abc import Iterable

from tengen.client.models import (
    Account,
    SignIn,
    TeamStats,
)
from tengen.client.operations import Operation
from tengen.client.runners import AsyncRunner, Runner
from tengen.client.wire import given, list_of, many, nothing, truth


def register(email: str, display_name: str, password: str) -> Operation[SignIn]:
    """Make an account. A mail with a token follows; the proof holds once the e-mail is verified."""
    body = {"username": email, "display_name": display_name, "password": password}
    return Operation("POST", "/v1/user/register", SignIn.from_json, body=body, is_authenticated=False)


def verify_email(mail_token: str) -> Operation[SignIn]:
    """Verify the caller's e-mail with the six letters of the mail."""
    return Operation("POST", "/v1/user/email/verify", SignIn.from_json, body={"mail_token": mail_token})


def renew_mail_token() -> Operation[None]:
    """Have a new token mailed to the caller; the one before dies."""
    return Operation("POST", "/v1/user/email/renew-token", nothing)


def login(server_id: int | None = None) -> Operation[SignIn]:
    """Sign in, for a fresh proof: with `server_id` one that only this game server accepts."""
    return Operation("POST", "/v1/user/login", SignIn.from_json, query=given(server_id=server_id))


def verify_proof(account_id: int, proof: str) -> Operation[bool]:
    """Whether `proof`, in either form, is the account's and holds now."""
    body = {"user_id": account_id, "user_proof": proof}
    return Operation("POST", "/v1/user/verify-user-proof", truth, body=body, is_authenticated=False)


def account(account_id: int) -> Operation[Account]:
    """An account by its id."""
    return Operation("GET", "/v1/user/by-id", Account.from_json, query=given(user_id=account_id))


def accounts(account_ids: Iterable[int]) -> Operation[list[Account]]:
    """Accounts by their ids, one at least, in the order of their ids; unknown ones are left out."""
    return Operation("GET", "/v1/user/by-id/batch", list_of(Account.from_json), query=many("user_ids", account_ids))


def change_display_name(display_name: str) -> Operation[Account]:
    """Give the caller another display name."""
    body = {"display_name": display_name}
    return Operation("POST", "/v1/user/change-display-name", Account.from_json, body=body)


def team_stats(account_id: int, server_id: int) -> Operation[TeamStats]:
    """An account's team statistics and rating on one game server."""
    query = given(user_id=account_id, server_id=server_id)
    return Operation("GET", "/v1/user/stats", TeamStats.from_json, query=query)


def team_stats_of(account_ids: Iterable[int], server_id: int) -> Operation[list[TeamStats]]:
    """The same for many accounts, one at least; those that never played there are left out."""
    query = [*many("user_ids", account_ids), ("server_id", server_id)]
    return Operation("GET", "/v1/user/stats/batch", list_of(TeamStats.from_json), query=query)


class AccountMethods(Runner):
    """The methods of `Client` for accounts."""

    def register(self, email: str, display_name: str, password: str) -> SignIn:
        """Make an account. A mail with a token follows; the proof holds once the e-mail is verified."""
        return self.run(register(email, display_name, password))

    def verify_email(self, mail_token: str) -> SignIn:
        """Verify the caller's e-mail with the six letters of the mail."""
        return self.run(verify_email(mail_token))

    def renew_mail_token(self) -> None:
        """Have a new token mailed to the caller; the one before dies."""
        return self.run(renew_mail_token())

    def login(self, server_id: int | None = None) -> SignIn:
        """Sign in, for a fresh proof: with `server_id` one that only this game server accepts."""
        return self.run(login(server_id))

    def verify_proof(self, account_id: int, proof: str) -> bool:
        """Whether `proof`, in either form, is the account's and holds now."""
        return self.run(verify_proof(account_id, proof))

    def account(self, account_id: int) -> Account:
        """An account by its id."""
        return self.run(account(account_id))

    def accounts(self, account_ids: Iterable[int]) -> list[Account]:
        """Accounts by their ids, one at least, in the order of their ids; unknown ones are left out."""
        return self.run(accounts(account_ids))

    def change_display_name(self, display_name: str) -> Account:
        """Give the caller another display name."""
        return self.run(change_display_name(display_name))

    def team_stats(self, account_id: int, server_id: int) -> TeamStats:
        """An account's team statistics and rating on one game server."""
        return self.run(team_stats(account_id, server_id))

    def team_stats_of(self, account_ids: Iterable[int], server_id: int) -> list[TeamStats]:
        """The same for many accounts, one at least; those that never played there are left out."""
        return self.run(team_stats_of(account_ids, server_id))


class AsyncAccountMethods(AsyncRunner):
    """The methods of `AsyncClient` for accounts."""

    async def register(self, email: str, display_name: str, password: str) -> SignIn:
        """Make an account. A mail with a token follows; the proof holds once the e-mail is verified."""
        return await self.run(register(email, display_name, password))

    async def verify_email(self, mail_token: str) -> SignIn:
        """Verify the caller's e-mail with the six letters of the mail."""
        return await self.run(verify_email(mail_token))

    async def renew_mail_token(self) -> None:
        """Have a new token mailed to the caller; the one before dies."""
        return await self.run(renew_mail_token())

    async def login(self, server_id: int | None = None) -> SignIn:
        """Sign in, for a fresh proof: with `server_id` one that only this game server accepts."""
        return await self.run(login(server_id))

    async def verify_proof(self, account_id: int, proof: str) -> bool:
        """Whether `proof`, in either form, is the account's and holds now."""
        return await self.run(verify_proof(account_id, proof))

    async def account(self, account_id: int) -> Account:
        """An account by its id."""
        return await self.run(account(account_id))

    async def accounts(self, account_ids: Iterable[int]) -> list[Account]:
        """Accounts by their ids, one at least, in the order of their ids; unknown ones are left out."""
        return await self.run(accounts(account_ids))

    async def change_display_name(self, display_name: str) -> Account:
        """Give the caller another display name."""
        return await self.run(change_display_name(display_name))

    async def team_stats(self, account_id: int, server_id: int) -> TeamStats:
        """An account's team statistics and rating on one game server."""
        return await self.run(team_stats(account_id, server_id))

    async def team_stats_of(self, account_ids: Iterable[int], server_id: int) -> list[TeamStats]:
        """The same for many accounts, one at least; those that never played there are left out."""
        return await self.run(team_stats_of(account_ids, server_id))
