"""Builders over HTTP for tests of people: an account's player on this platform, and what it asks."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.oauth.builders import a_program, bearer
from tests.support.builders import User, a_verified_user
from tests.support.server import Server


@dataclass(frozen=True)
class Person:
    """Somebody with an account and a player on this platform, who has logged in by password."""

    server: Server
    user: User
    id: int
    """Of the player."""

    @property
    def name(self) -> str:
        """The display name as it was made."""
        return self.user.display_name

    def ask(self, method: str, path: str, json: Any = None, **how: Any) -> httpx.Response:
        """Send a request with e-mail and password."""
        return self.server.request(method, path, **({"json": json, "auth": self.user.auth} | how))

    def read(self, path: str, **how: Any) -> Any:
        """GET a path; the answer's JSON."""
        answer = self.ask("GET", path, **how)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def done(self, method: str, path: str, json: Any = None, **how: Any) -> Any:
        """Change something; the answer's JSON."""
        answer = self.ask(method, path, json, **how)
        assert answer.status_code == 200, answer.text
        return answer.json()


def a_person(server: Server, *, display_name: str | None = None) -> Person:
    """Somebody with a verified account."""
    user = a_verified_user(server, display_name=display_name)
    answer = server.get("/api/v1/me", auth=user.auth)
    assert answer.status_code == 200, answer.text
    return Person(server, user, answer.json()["id"])


def as_program(person: Person) -> dict[str, str]:
    """The headers of a program that has logged in for somebody."""
    return bearer(a_program(person.server).log_in(person.user))
