"""Ports for the servers of tests, and the wall around the tests."""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any


def free_port() -> int:
    """A TCP port on the loopback interface that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class OutsideNetwork(AssertionError):
    """A test reached for another machine."""


def only_loopback(connect: Callable[[socket.socket, Any], Any]) -> Callable[[socket.socket, Any], Any]:
    """`connect`, which refuses addresses of other machines. Unix sockets are this machine's own."""

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not _is_loopback(address[0]):
            raise OutsideNetwork(f"tests stay on this machine, and {address} is elsewhere")
        return connect(self, address)

    return guarded


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
