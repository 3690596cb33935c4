"""OGS' client library in a process of its own, as its users run it: reads calls, writes what comes, in lines of JSON.

The library always speaks with OGS. Given the address of a platform in `new`, its requests and its socket go there
instead; nothing else of it is touched.

    {"call": "new", "args": ["http://127.0.0.1:8000"], "kwargs": {"username": "mizuki", ...}}
    {"call": "create_challenge", "args": ["okabot"], "kwargs": {"game_width": 9}}
    {"returned": [50123, 90456]}  or  {"raised": "IndexError", "error": "list index out of range"}

Names with a dot are of the socket or of a game: `sock.connect`, `game.move` with the game's number as its first
argument. What the library hands to callbacks is written as it comes: {"event": "move", "game": 90456, "data": {...}}.
"""

import json
import os
import sys
import threading
import traceback
from typing import Any

import requests
import socketio
from ogsapi.client import OGSClient

_OGS = "https://online-go.com/"
_writing = threading.Lock()
_out = sys.stdout
sys.stdout = sys.stderr  # the library prints


def main() -> None:
    """Serve calls until standard input ends."""
    player = _Player()
    threading.excepthook = player.complain
    for line in sys.stdin:
        request = json.loads(line)
        try:
            _write({"returned": player.call(request["call"], request["args"], request["kwargs"])})
        except Exception as error:  # what the library does not foresee, the test is to see
            _write({"raised": type(error).__name__, "error": str(error)})
    sys.stderr.flush()
    os._exit(0)  # the library's threads would go on


class _Player:
    """A client with the games that it has connected to."""

    def __init__(self) -> None:
        self.client: Any = None
        self.games: dict[int, Any] = {}
        self._has_left = False

    def call(self, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What the method of this name returns, as JSON has it."""
        if name == "new":
            _send_to(args[0])
            self.client = OGSClient(**kwargs)
            return {"user_id": self.client.credentials.user_id}
        target, _, method = name.rpartition(".")
        if target == "sock":
            return self._socket(method, args)
        if target == "game":
            return getattr(self.games[args[0]], method)(*args[1:], **kwargs)
        if name == "create_challenge_as_meant":
            return self._create_challenge_as_meant(*args, **kwargs)
        found = getattr(self.client, method)(*args, **kwargs)
        return found.hex() if isinstance(found, bytes) else found

    def complain(self, raised: threading.ExceptHookArgs) -> None:
        """Write down what a thread raised.

        Where a socket is disconnected, the library's writing thread may find it closed under its hands, and say so by
        whatever the system calls that: it is nobody's fault, and one line tells it.
        """
        names = {frame.name for frame in traceback.extract_tb(raised.exc_traceback)}
        if self._has_left and "_write_loop" in names and isinstance(raised.exc_value, OSError):
            sys.stderr.write(f"a disconnected socket was written to: {raised.exc_value!r}\n")
            return
        threading.__excepthook__(raised)

    def _create_challenge_as_meant(self, *args: Any, **kwargs: Any) -> Any:
        """The library makes the whole challenge, and then sends it as parameters of the query, where its game is lost.

        Here what it has made is sent as the body.
        """
        call = self.client.api.call_rest_endpoint

        def send(http_method: str, endpoint: str, params: Any = None, payload: Any = None) -> Any:
            is_challenge = http_method == "POST" and payload is None
            return call(http_method, endpoint, None if is_challenge else params, params if is_challenge else payload)

        self.client.api.call_rest_endpoint = send
        try:
            return self.client.create_challenge(*args, **kwargs)
        finally:
            self.client.api.call_rest_endpoint = call

    def _socket(self, method: str, args: list[Any]) -> Any:
        match method:
            case "connect":
                self.client.socket_connect(_told)
                return self.client.sock.socket.connected
            case "disconnect":
                self.games.clear()
                self._has_left = True
                return self.client.socket_disconnect()
            case "game_connect":
                number = args[0]
                self.games[number] = self.client.sock.game_connect(
                    number, lambda event_name, data: _told(event_name, data, number)
                )
                return None
            case "game_disconnect":
                self.games.pop(args[0])
                return self.client.sock.game_disconnect(args[0])
            case "listen":  # the version of python-socketio that the library wants hands on no event it has no name for
                name = args[0]
                return self.client.sock.socket.on(name, lambda data: _told(name, data))
            case "emit":
                return self.client.sock.socket.emit(event=args[0], data=args[1])
            case "state":
                sock = self.client.sock
                return {"drift": sock.clock_drift, "latency": sock.clock_latency, "last_ping": sock.last_ping}
            case "game_state":
                data = self.games[args[0]].game_data
                return {name: getattr(data, name) for name in ("phase", "moves", "width", "rules", "game_name")}
        return getattr(self.client.sock, method)(*args)


def _told(event_name: str, data: Any, game: int | None = None) -> None:
    _write({"event": event_name, "game": game, "data": data})


def _write(message: dict[str, Any]) -> None:
    with _writing:
        _out.write(json.dumps(message) + "\n")
        _out.flush()


def _send_to(address: str) -> None:
    """Send what is for OGS to this address."""
    request, connect = requests.request, socketio.Client.connect

    def local_request(method: str, url: Any, **how: Any) -> Any:
        return request(method, url.replace(_OGS, f"{address}/", 1), **how)

    def local_connect(self: Any, url: str, *args: Any, **how: Any) -> Any:
        return connect(self, url.replace(_OGS, f"{address}/", 1), *args, **how)

    patched: Any = requests
    patched.request = local_request
    patched.post = lambda url, **how: local_request("POST", url, **how)
    socketio.Client.connect = local_connect


if __name__ == "__main__":
    main()
