"""Log-ins of programs: tokens for a password, and the programs that may ask for them."""

from tengen.client.operations import Operation
from tengen.client.play_models import App, Tokens
from tengen.client.runners import AsyncRunner, Runner
from tengen.client.wire import form_of


def register_app(name: str) -> Operation[App]:
    """Register the caller's program, to log people in by their passwords. It is public: it has no secret."""
    body = {"name": name, "client_type": "public", "authorization_grant_type": "password"}
    return Operation("POST", "/api/v1/me/api_clients", App.from_json, body=body)


def tokens(client_id: str, username: str, password: str, *, client_secret: str | None = None) -> Operation[Tokens]:
    """Tokens for an account's password. `client_id` is the program's, `username` a display name or an e-mail.

    The password need not be kept: a client logs in by `tokens.credentials`, and `refresh_tokens` renews them.
    """
    form = form_of(
        grant_type="password", client_id=client_id, client_secret=client_secret, username=username, password=password
    )
    return Operation("POST", "/oauth2/token", Tokens.from_json, form=form, is_authenticated=False)


def refresh_tokens(client_id: str, refresh_token: str, *, client_secret: str | None = None) -> Operation[Tokens]:
    """The next pair of tokens. The refresh token is used up: sent again, it ends the whole log-in."""
    form = form_of(
        grant_type="refresh_token", client_id=client_id, client_secret=client_secret, refresh_token=refresh_token
    )
    return Operation("POST", "/oauth2/token", Tokens.from_json, form=form, is_authenticated=False)


class TokenMethods(Runner):
    """The methods of `Client` for log-ins by tokens."""

    def register_app(self, name: str) -> App:
        """Register the caller's program, to log people in by their passwords. It is public: it has no secret."""
        return self.run(register_app(name))

    def tokens(self, client_id: str, username: str, password: str, *, client_secret: str | None = None) -> Tokens:
        """Tokens for an account's password. `client_id` is the program's, `username` a display name or an e-mail.

        The password need not be kept: a client logs in by `tokens.credentials`, and `refresh_tokens` renews them.
        """
        return self.run(tokens(client_id, username, password, client_secret=client_secret))

    def refresh_tokens(self, client_id: str, refresh_token: str, *, client_secret: str | None = None) -> Tokens:
        """The next pair of tokens. The refresh token is used up: sent again, it ends the whole log-in."""
        return self.run(refresh_tokens(client_id, refresh_token, client_secret=client_secret))


class AsyncTokenMethods(AsyncRunner):
    """The methods of `AsyncClient` for log-ins by tokens."""

    async def register_app(self, name: str) -> App:
        """Register the caller's program, to log people in by their passwords. It is public: it has no secret."""
        return await self.run(register_app(name))

    async def tokens(self, client_id: str, username: str, password: str, *, client_secret: str | None = None) -> Tokens:
        """Tokens for an account's password. `client_id` is the program's, `username` a display name or an e-mail.

        The password need not be kept: a client logs in by `tokens.credentials`, and `refresh_tokens` renews them.
        """
        return await self.run(tokens(client_id, username, password, client_secret=client_secret))

    async def refresh_tokens(self, client_id: str, refresh_token: str, *, client_secret: str | None = None) -> Tokens:
        """The next pair of tokens. The refresh token is used up: sent again, it ends the whole log-in."""
        return await self.run(refresh_tokens(client_id, refresh_token, client_secret=client_secret))
