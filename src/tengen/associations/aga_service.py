"""The American Go Association's membership service, over HTTP."""

import asyncio
from typing import Any

import httpx
import structlog
from pydantic_core import from_json

from tengen.associations.members import Member, MembershipUnavailable

log = structlog.get_logger(__name__)

_MOST_BYTES = 65_536


class AgaService:
    """Asks `<base_url>/api/members/<number>?api_key=…` for each member. The key is in no log and no refusal."""

    def __init__(self, base_url: str, api_key: str, *, timeout_seconds: float = 10.0) -> None:
        self.source = base_url
        self._api_key = api_key
        self._timeout_seconds = timeout_seconds

    async def find(self, number: str) -> Member | None:
        """The member of this number, or None. Raises `MembershipUnavailable`."""
        if not number.isdecimal():  # the AGA gives no others
            return None
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return _member(await self._ask(number))
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            # No more than the kind of error of others' making, whose text could name the address, and so the key.
            reason = str(error) if isinstance(error, _WrongAnswer) else type(error).__name__
            log.error("membership_service_failed", association="aga", reason=reason)
            raise MembershipUnavailable("The membership service of AGA does not answer. Try again later.") from None

    async def _ask(self, number: str) -> bytes:
        transport = _WithKey(self._api_key)
        async with httpx.AsyncClient(transport=transport, timeout=self._timeout_seconds, trust_env=False) as client:
            url = f"{self.source}/api/members/{number}"
            headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
            async with client.stream("GET", url, headers=headers) as response:
                if response.status_code not in {200, 404}:  # redirects are not followed: the key is for one address
                    raise _WrongAnswer(f"status {response.status_code}")
                return await _read(response)


class _WithKey(httpx.AsyncHTTPTransport):
    """Adds the key at the last moment: whatever is above, such as httpx' own log, knows the address without it."""

    def __init__(self, api_key: str) -> None:
        super().__init__(trust_env=False)
        self._api_key = api_key

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        keyed = httpx.Request(
            request.method,
            request.url.copy_merge_params({"api_key": self._api_key}),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await super().handle_async_request(keyed)


class _WrongAnswer(ValueError):
    """The service answers otherwise than it should. The text is ours, and holds nothing of the answer."""


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise _WrongAnswer(f"more than {_MOST_BYTES} bytes")
    return bytes(body)


def _member(body: bytes) -> Member | None:
    try:
        answer: Any = from_json(body)
    except ValueError as error:
        raise _WrongAnswer("no JSON") from error
    match answer:
        case {"success": True, "payload": {"row": {"email": str() | None as email, "full_name": str() | None as name}}}:
            return Member.of(email, name)
        case {"success": False} | {"success": True, "payload": None | [] | {"row": None | []}}:
            return None
        case _:
            raise _WrongAnswer("JSON of another form")
