"""Fetching what a stranger's address names, without being led into our own network.

Only http and https; only public addresses, looked up here and then connected to as looked up, so that a name cannot
mean one address while it is checked and another while it is used; the same for every redirect; certificates are
verified; time and size are bounded, whatever the other side does.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

from tengen.core.errors import Invalid

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]


class FetchFailed(Invalid):
    """The address could not be fetched, or may not be."""

    code, status = "fetch_failed", 400


class FetchTimedOut(FetchFailed):
    """The other side took too long."""

    code = "fetch_timed_out"


def is_public(address: Address) -> bool:
    """Whether an address is one that anybody on the internet reaches, however it is dressed up."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner:
            return is_public(inner)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(address.packed[-4:]))
    return address.is_global and not address.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


async def resolve(host: str, port: int) -> Sequence[Address]:
    """The addresses of a host. Raises `OSError` if it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches by GET. `is_allowed` says which addresses may be connected to, `resolve` what a name means."""

    max_bytes: int
    timeout_seconds: float = 10.0
    max_redirects: int = 5
    is_allowed: Callable[[Address], bool] = is_public
    resolve: Resolve = resolve

    async def fetch(self, url: str) -> bytes:
        """The body of a 200 answer. Raises `FetchTimedOut` and `FetchFailed`, each with a sentence."""
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await self._follow(url)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise FetchTimedOut(f"{url} did not answer within {self.timeout_seconds:g} seconds.") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, ValueError, OverflowError) as error:
            raise FetchFailed(f"{url} could not be fetched: {type(error).__name__}.") from error

    async def _follow(self, url: str) -> bytes:
        # Redirects are followed here, for each must pass the same checks as the first address.
        async with httpx.AsyncClient(trust_env=False, timeout=self.timeout_seconds, follow_redirects=False) as client:
            for _ in range(self.max_redirects + 1):
                answer = await self._get(client, httpx.URL(url))
                if isinstance(answer, bytes):
                    return answer
                url = urljoin(url, answer.location)
        raise FetchFailed(f"{url} redirects more than {self.max_redirects} times.")

    async def _get(self, client: httpx.AsyncClient, url: httpx.URL) -> "bytes | _Redirect":
        request = client.build_request(
            "GET",
            url.copy_with(host=str(await self._checked_address(url)), userinfo=b""),
            headers={"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"},
            # The certificate must be the name's, although the connection goes to the address.
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        response = await client.send(request, stream=True)
        try:
            if response.has_redirect_location:
                return _Redirect(response.headers["location"])
            if response.status_code != 200:
                raise FetchFailed(f"{url} answered with status {response.status_code}.")
            return await self._read(url, response)
        finally:
            await response.aclose()

    async def _read(self, url: httpx.URL, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self.max_bytes:
                raise FetchFailed(f"{url} holds more than {self.max_bytes} bytes.")
        return bytes(body)

    async def _checked_address(self, url: httpx.URL) -> Address:
        if url.scheme not in {"http", "https"} or not url.host:
            raise FetchFailed(f"{url} is no http or https address.")
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = await self.resolve(url.raw_host.decode("ascii").strip("[]"), port)
        # All of them, or a name with one public and one private address would be a game of chance.
        if not addresses or not all(self.is_allowed(address) for address in addresses):
            raise FetchFailed(f"{url} is not a public address.")
        return addresses[0]


@dataclass(frozen=True, slots=True)
class _Redirect:
    location: str
