"""`tengen player`."""

import pytest

from tests.cli.program import Program
from tests.support.builders import a_game_server, a_verified_user, unique
from tests.support.server import Server


@pytest.fixture
def account(program: Program) -> str:
    """The e-mail of an account."""
    word = unique("mira")
    who = ("--email", f"{word}@tengen.example", "--display-name", word, "--password", "correct horse", "--verified")
    return program.thing("account", "create", *who)["email"]


@pytest.fixture
def server_id(program: Program, account: str) -> str:
    """The id of a game server."""
    where = ("--name", "Quiet Valley", "--url", "https://valley.example")
    return program.thing("server", "create", "--owner", account, *where)["id"]


def test_a_created_player_is_listed_and_its_token_can_be_renewed(
    program: Program, account: str, server_id: str
) -> None:
    made = program.thing("player", "create", "--server", server_id, "--account", account, "--name", "mossy_stone")
    assert len(bytes.fromhex(made["token"])) == 16
    assert (made["name"], made["server_id"]) == ("mossy_stone", server_id)
    (row,) = program.rows("player", "list", "--server", server_id)
    assert made["id"] in row
    assert "mossy_stone" in row
    assert "Quiet Valley" in row
    assert made["token"] not in row
    home, joined = program.rows("player", "list", "--account", account)
    assert joined.split() == row.split()
    assert home.split() != row.split()
    (rest,) = program.rows("player", "list", "--account", account, "--after", str(int(made["id"]) - 1))
    assert rest.split() == row.split()
    renewed = program.thing("player", "reset-token", made["id"])
    assert renewed["token"] != made["token"]
    assert {**renewed, "token": ""} == {**made, "token": ""}


def test_a_player_has_the_accounts_name_unless_another_is_given(program: Program, account: str, server_id: str) -> None:
    made = program.thing("player", "create", "--server", server_id, "--account", account)
    assert made["name"] == account.partition("@")[0]


def test_what_cannot_be_a_player_is_refused(program: Program, account: str, server_id: str) -> None:
    here = ("player", "create", "--server", server_id, "--account")
    assert "no account" in program.refusal(*here, "nobody at all")
    assert "20 characters" in program.refusal(*here, account, "--name", "a" * 21)
    program.do(*here, account)
    assert "reset" in program.refusal(*here, account)
    assert program.refusal("player", "create", "--server", "999999", "--account", account) == "Server not found"
    assert "this platform" in program.refusal("player", "create", "--server", "1", "--account", account)
    assert program.refusal("player", "reset-token", "999999") == "Player not found"
    program.do("account", "delete", account)
    program.do("server", "delete", server_id)
    assert "deleted" in program.refusal(*here, account)
    assert len(program.rows("player", "list", "--account", account)) == 2


def test_a_players_token_from_the_command_line_is_known_to_the_running_server(server: Server) -> None:
    program = Program(server, as_json=True)
    user, game_server = a_verified_user(server), a_game_server(server)
    made = program.json("player", "create", "--server", str(game_server.id), "--account", user.email)
    _, joined = server.get("/api/v1/me/players", auth=user.auth).json()
    assert (joined["id"], joined["has_token"]) == (made["id"], True)
