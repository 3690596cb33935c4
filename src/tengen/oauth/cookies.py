"""The two cookies of a browser that is logged in, by the names that OGS' pages know.

`sessionid` says who asks, and no script can read it; `csrftoken` is for scripts to read, which send it back as
`X-CSRFToken`.
"""

from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection
from starlette.responses import Response

if TYPE_CHECKING:
    from datetime import timedelta

    from tengen.oauth.sessions import OpenSession

SESSION_COOKIE = "sessionid"
CSRF_COOKIE = "csrftoken"
CSRF_HEADER = "X-CSRFToken"


def session_token(request: HTTPConnection) -> str | None:
    """The session that the browser says it has."""
    return request.cookies.get(SESSION_COOKIE)


class Cookies:
    """Sets and removes the cookies. `is_secure`: they are sent over HTTPS alone."""

    def __init__(self, *, is_secure: bool) -> None:
        self._is_secure = is_secure

    def remember(self, response: Response, session: "OpenSession") -> None:
        """Let the browser keep the session as long as it lasts."""
        self._set(response, SESSION_COOKIE, session.token, session.lifetime, is_for_scripts=False)
        self.remember_csrf_token(response, session.csrf_token, session.lifetime)

    def remember_csrf_token(self, response: Response, token: str, lifetime: "timedelta") -> None:
        """Let the browser keep a token that its forms and scripts are to send back."""
        self._set(response, CSRF_COOKIE, token, lifetime, is_for_scripts=True)

    def forget(self, response: Response) -> None:
        """Let the browser forget both."""
        for name in (SESSION_COOKIE, CSRF_COOKIE):
            response.delete_cookie(name, path="/", secure=self._is_secure, httponly=name == SESSION_COOKIE)

    def _set(self, response: Response, name: str, value: str, lifetime: "timedelta", *, is_for_scripts: bool) -> None:
        response.set_cookie(
            name,
            value,
            max_age=int(lifetime.total_seconds()),
            path="/",
            secure=self._is_secure,
            httponly=not is_for_scripts,
            samesite="lax",
        )
