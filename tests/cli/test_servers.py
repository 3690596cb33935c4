"""`tengen server`."""

import pytest

from tests.cli.program import Program
from tests.support.builders import a_listing, a_verified_user, unique
from tests.support.server import Server


@pytest.fixture
def owner(program: Program) -> str:
    """The e-mail of an account that may own servers."""
    word = unique("host")
    who = ("--email", f"{word}@tengen.example", "--display-name", word, "--password", "correct horse", "--verified")
    return program.thing("account", "create", *who)["email"]


def test_a_created_server_is_listed_and_its_secret_can_be_renewed(program: Program, owner: str) -> None:
    name = unique("Quiet Valley ")
    made = program.thing("server", "create", "--owner", owner, "--name", name, "--url", "https://valley.example:8443/")
    assert len(made["secret"]) == 32
    rows = program.rows("server", "list", "--after", str(int(made["id"]) - 1))
    assert name in rows[0]
    assert "8443" in rows[0]
    assert made["secret"] not in rows[0]
    renewed = program.thing("server", "reset-secret", made["id"])
    assert renewed["id"] == made["id"]
    assert renewed["secret"] != made["secret"]


def test_what_cannot_be_a_server_is_refused(program: Program, owner: str) -> None:
    named = ("server", "create", "--name", "Valley")
    assert "no account" in program.refusal(*named, "--url", "https://valley.example", "--owner", "nobody at all")
    assert "address" in program.refusal(*named, "--url", "valley", "--owner", owner)
    assert program.refusal("server", "reset-secret", "999999") == "Server not found"
    assert program.refusal("server", "reset-secret", "1") == "Server not found"
    assert program.refusal("server", "delete", "1") == "Server not found"


def test_a_deleted_server_stays_in_the_administrators_list_and_cannot_be_renewed(program: Program, owner: str) -> None:
    made = program.thing("server", "create", "--owner", owner, "--name", "Valley", "--url", "203.0.113.20")
    program.do("server", "delete", made["id"])
    assert program.rows("server", "list", "--after", str(int(made["id"]) - 1))
    assert program.refusal("server", "reset-secret", made["id"]) == "Server not found"
    assert program.refusal("server", "delete", made["id"]) == "Server not found"


def test_a_created_server_signs_in_by_its_newest_secret_alone(server: Server) -> None:
    program = Program(server, as_json=True)
    owner = a_verified_user(server)
    made = program.json("server", "create", "--owner", owner.email, "--name", "Valley", "--url", "203.0.113.20")
    renewed = program.json("server", "reset-secret", str(made["id"]))
    heartbeat = a_listing() | {"current_map": "eden2", "current_player_count": 7}

    def status(secret: str) -> int:
        return server.post("/v1/server/update", heartbeat, auth=(str(made["id"]), secret)).status_code

    assert status(made["secret"]) == 401
    assert status(renewed["secret"]) == 200
