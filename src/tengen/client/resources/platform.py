"""The platform itself: whether it is there, and its keys."""

from tengen.client.operations import Operation
from tengen.client.runners import AsyncRunner, Runner
from tengen.signatures import KeySet


def is_alive() -> Operation[bool]:
    """Whether the platform answers as it should."""
    return Operation("GET", "/", lambda json: bool(json == "OK"), is_authenticated=False)


def signing_keys() -> Operation[KeySet]:
    """The public keys under which signed proofs and receipts are verified."""
    return Operation("GET", "/.well-known/jwks.json", KeySet.from_jwks, is_authenticated=False)


class PlatformMethods(Runner):
    """The methods of `Client` for what concerns the platform itself."""

    def is_alive(self) -> bool:
        """Whether the platform answers as it should."""
        return self.run(is_alive())

    def signing_keys(self) -> KeySet:
        """The public keys under which signed proofs and receipts are verified."""
        return self.run(signing_keys())


class AsyncPlatformMethods(AsyncRunner):
    """The methods of `AsyncClient` for what concerns the platform itself."""

    async def is_alive(self) -> bool:
        """Whether the platform answers as it should."""
        return await self.run(is_alive())

    async def signing_keys(self) -> KeySet:
        """The public keys under which signed proofs and receipts are verified."""
        return await self.run(signing_keys())
