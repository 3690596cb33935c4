"""Who clients are, on live connections."""

from typing import TYPE_CHECKING, Any

from tengen.realtime.clients import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tengen.accounts.service import Account
    from tengen.oauth.runtime import OAuth
    from tengen.profiles.runtime import Profiles
    from tengen.realtime.clients import Client
    from tengen.realtime.hub import Hub
    from tengen.realtime.messages import Json
    from tengen.realtime.runtime import Realtime
    from tengen.realtime.sessions import Sessions

_NEWS = "user"
"""The name of a client's subscription to what its account is told."""


def register(realtime: "Realtime", sessions: "Sessions", profiles: "Profiles", oauth: "OAuth") -> None:
    """Let clients say who they are."""
    realtime.commands.on("authenticate", Authentication(realtime.hub, sessions, profiles, oauth).authenticate)


class Authentication:
    """Finds out who clients are, and lets them hear what their accounts are told from then on."""

    def __init__(self, hub: "Hub", sessions: "Sessions", profiles: "Profiles", oauth: "OAuth") -> None:
        self._hub = hub
        self._sessions = sessions
        self._profiles = profiles
        self._oauth = oauth

    async def authenticate(self, client: "Client", payload: Any) -> "Json":
        """`authenticate`: acknowledged with the player's id and name, or null for a guest.

        Who says again what they have said before is told the same, and nothing happens. Who says something else is
        somebody else from then on, or a guest.
        """
        identity = await self._identity_of(payload if isinstance(payload, dict) else {})
        if identity is None:
            client.subscriptions.end(_NEWS)
            client.identity = None
            return None
        if client.identity is None or client.identity.account_id != identity.account_id:
            await self._listen(client, identity)
            client.identity = identity
            self._sessions.authenticated(client)
        client.identity = identity  # by another name, perhaps
        return {"id": identity.player_id, "username": identity.name}

    async def _identity_of(self, payload: "Mapping[str, Any]") -> Identity | None:
        account = await self._account_of(payload.get("jwt"))
        if account is None:
            return await self._by_chat_auth(payload.get("auth"), payload.get("player_id"))
        return await self._identity(account)

    async def _account_of(self, jwt: object) -> "Account | None":
        return await self._oauth.account_of_jwt(jwt) if isinstance(jwt, str) and jwt else None

    async def _by_chat_auth(self, auth: object, player_id: object) -> Identity | None:
        """As programs authenticate that are older than `jwt`: the text must be that of the player."""
        account = await self._oauth.account_of_chat_auth(auth) if isinstance(auth, str) else None
        identity = None if account is None else await self._identity(account)
        return identity if identity is not None and str(identity.player_id) == str(player_id) else None

    async def _identity(self, account: "Account") -> Identity:
        player = await self._profiles.player_of(account.id)
        return Identity(account.id, player.id, player.name)

    async def _listen(self, client: "Client", identity: Identity) -> None:
        subscription = self._hub.subscribe(f"user:{identity.account_id}", client.forward)
        client.subscriptions.add(_NEWS, subscription)
        await subscription.begun()
