"""Logs: one event a line, whose it is, and no secrets."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.builders import a_verified_user, unique
from tests.support.server import Server, environment

LOGS = """
import logging
import sys
import structlog
from tengen.core.logging import configure_logging
from tengen.core.settings import Settings
configure_logging(Settings())
log = structlog.get_logger("tengen.test")
{body}
"""


def logged(body: str, **settings: Any) -> str:
    """What a program with this body writes to standard error."""
    done = subprocess.run(
        [sys.executable, "-c", LOGS.format(body=body)],
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_outside_a_terminal_each_event_is_a_line_of_json() -> None:
    (line,) = lines(logged('log.info("game_finished", game_id=7, note="zwei\\nZeilen")'))

    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "game_finished", "game_id": 7, "note": "zwei\nZeilen", "level": "info"}


def test_an_exception_is_part_of_its_line() -> None:
    body = 'try:\n    1 / 0\nexcept ZeroDivisionError:\n    log.exception("broken")'
    (line,) = lines(logged(body))

    assert (line["event"], line["level"]) == ("broken", "error")
    assert "ZeroDivisionError: division by zero" in line["exception"]


@pytest.mark.parametrize("form", ["json", "console"])
def test_an_exception_does_not_tell_the_values_of_variables(form: str) -> None:
    body = (
        "def sign_in(password):\n"
        "    try:\n        1 / 0\n"
        '    except ZeroDivisionError:\n        log.exception("broken")\n'
        '        logging.getLogger("library").exception("broken")\n'
        'sign_in("hu" + "sh")'
    )

    text = logged(body, log_format=form)

    assert text.count("ZeroDivisionError: division by zero") == 2
    assert "hush" not in text


def test_on_a_terminal_lines_are_for_people() -> None:
    text = logged('log.info("game_finished", game_id=7)', log_format="console")

    assert "game_finished" in text
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(text)


@pytest.mark.parametrize("form", ["json", "console"])
def test_values_that_name_a_secret_are_masked(form: str) -> None:
    names = ["password", "mail_token", "user_proof", "Authorization", "client_secret", "set_cookie", "api_key"]
    hushed = ", ".join(f'{name}="hush"' for name in names)

    text = logged(
        f'log.info("event", {hushed}, account_id=7)\n'
        'structlog.contextvars.bind_contextvars(session_token="hush")\n'
        'log.info("event")\n'
        'logging.getLogger("library").warning("careful", extra={"password": "hush"})',
        log_format=form,
    )

    assert "hush" not in text
    assert text.count("***") == len(names) + 2
    assert "careful" in text


def test_less_severe_events_than_wanted_are_left_out_and_libraries_speak_when_something_is_wrong() -> None:
    body = (
        'log.debug("a")\nlog.info("b")\nlog.warning("c")\n'
        'logging.getLogger("library").info("d")\nlogging.getLogger("library").warning("e")'
    )

    def events(level: str) -> list[str]:
        return [line["event"] for line in lines(logged(body, log_level=level))]

    assert events("info") == ["b", "c", "e"]
    assert events("debug") == ["a", "b", "c", "e"]
    assert events("error") == []


def access_lines(server: Server, path: str) -> list[dict[str, Any]]:
    server.get("/healthz")  # a line is written after its answer; once this is answered, the others' lines are there
    return [line for line in lines(server.new_log()) if line["event"] == "request" and line["path"] == path]


def test_each_request_is_a_line_with_its_id(server: Server) -> None:
    path = f"/{unique('nowhere')}"

    answer = server.get(path, params={"token": "hush"}, headers={"X-Request-ID": "trace.me-7"})

    (line,) = access_lines(server, path)
    assert line["request_id"] == answer.headers["X-Request-ID"] == "trace.me-7"
    assert (line["method"], line["status"], line["client"]) == ("GET", 404, "127.0.0.1")
    assert 0 < line["ms"] < 10_000
    assert line["level"] == "info"


def test_what_a_person_types_is_not_in_the_log(server: Server) -> None:
    password = unique("correct horse ")
    user = a_verified_user(server, password=password)
    token = server.mail_token(user.email)
    login = server.post("/v1/user/login", auth=user.auth).json()
    server.post("/v1/user/login", auth=(user.email, "wrong " + password))
    server.post("/v1/user/verify-user-proof", {"user_id": user.id, "user_proof": login["proof"]})
    server.post("/v1/user/register", {"username": user.email, "display_name": user.display_name, "password": password})
    server.post("/v1/user/register", {"username": "nobody", "display_name": "", "password": password})

    log = server.new_log()

    assert log.count('"request"') >= 6
    for secret in (password, token, login["proof"], login["signed_proof"], user.email):
        assert secret not in log
