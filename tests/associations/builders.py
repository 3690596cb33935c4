"""Builders for tests of associations: a membership service, and members that it knows."""

import json
import secrets
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

_numbers = count(secrets.randbelow(10**8) + 10**8)


def a_number() -> str:
    """A member number of digits that no other call gives."""
    return str(next(_numbers))


@dataclass(frozen=True)
class Answer:
    """What the service says, and how."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_slow: bool = False
    """It says nothing until the service ends."""


def a_member(*, email: str | None, full_name: str | None = "Ada Lovelace") -> Answer:
    """The answer for a member, as the AGA's service gives it."""
    row = {"email": email, "full_name": full_name, "expiration_date": "2027-01-01"}
    return in_json({"success": True, "payload": {"row": row}})


def in_json(value: Any, *, status: int = 200) -> Answer:
    """An answer with this JSON value."""
    return Answer(json.dumps(value).encode(), status)


class MembershipSite:
    """The AGA's membership service, on a port of this machine. It knows the answers that it is given, by number."""

    def __init__(self) -> None:
        self.key = secrets.token_hex(16)
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        """What it was asked: paths with their queries."""
        self._end = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False  # they are waited for, and end with the event above
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/mm"

    def close(self) -> None:
        """Stop answering."""
        self._end.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, target: str) -> Answer:
        self.asked.append(target)
        parts = urlsplit(target)
        folder, _, number = parts.path.rpartition("/")
        if folder != "/mm/api/members" or parse_qs(parts.query) != {"api_key": [self.key]}:
            return in_json({"success": False}, status=403)
        return self.answers.get(number, in_json({"success": False, "message": "no such member"}))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = site._answer(self.path)
                if answer.is_slow:
                    site._end.wait()
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                with suppress(ConnectionError):  # it may be too much to read
                    self.wfile.write(answer.body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler
