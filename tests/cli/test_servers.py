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


def test_a_deleted_account_gets_neither_servers_nor_apps(program: Program, owner: str) -> None:
    program.do("account", "delete", owner)
    where = ("--name", "Valley", "--url", "https://valley.example")
    assert "is deleted" in program.refusal("server", "create", "--owner", owner, *where)
    assert "is deleted" in program.refusal("app", "create", "--owner", owner, "--name", "Bot", "--grant", "password")


def test_who_looks_after_a_server_is_added_listed_and_removed(program: Program, owner: str) -> None:
    word = unique("tova")
    who = ("--email", f"{word}@tengen.example", "--display-name", word, "--password", "correct horse", "--verified")
    program.do("account", "create", *who)
    made = program.thing("server", "create", "--owner", owner, "--name", "Valley", "--url", "203.0.113.20")
    program.do("server", "admin", "add", made["id"], word)
    assert "already" in program.refusal("server", "admin", "add", made["id"], word)
    first, second = program.rows("server", "admin", "list", made["id"])
    assert owner.partition("@")[0] in first
    assert "yes" in first
    assert word in second
    assert "no" in second
    program.do("server", "admin", "remove", made["id"], word)
    (remaining,) = program.rows("server", "admin", "list", made["id"])
    assert remaining.split() == first.split()
    assert "owner" in program.refusal("server", "admin", "remove", made["id"], owner)
    assert "no admin" in program.refusal("server", "admin", "remove", made["id"], word)
    assert "no account" in program.refusal("server", "admin", "add", made["id"], "nobody at all")
    assert program.refusal("server", "admin", "list", "1") == "Server not found"


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
