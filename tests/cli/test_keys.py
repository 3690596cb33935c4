"""`tengen keys`."""

from datetime import datetime, timedelta

from tests.cli.program import Program
from tests.support.builders import a_verified_user
from tests.support.server import Server


def test_a_new_key_is_listed_and_signs_later(program: Program) -> None:
    made = program.thing("keys", "rotate")
    assert made["is_signing"] == "no"
    assert any(made["id"] in row for row in program.rows("keys", "list"))


def test_a_new_key_signs_at_once_when_the_old_one_has_leaked(new_program: Program) -> None:
    leaked = new_program.json("keys", "rotate", "--now")
    made = new_program.json("keys", "rotate", "--now")
    assert made["is_signing"]
    (kept,) = new_program.json("keys", "list")
    assert (kept["id"], kept["is_signing"]) == (made["id"], True)
    assert leaked["id"] != made["id"]


def test_an_old_key_is_published_until_all_that_it_signed_has_run_out(new_program: Program) -> None:
    old = new_program.json("keys", "rotate", "--now")
    new = new_program.json("keys", "rotate")
    retires_at = {key["id"]: key["retires_at"] for key in new_program.json("keys", "list")}
    kept = datetime.fromisoformat(retires_at[old["id"]]) - datetime.fromisoformat(new["active_from"])
    assert kept >= timedelta(hours=12)  # for which sockets may show what it has signed
    assert retires_at[new["id"]] is None


def test_the_running_server_publishes_a_new_key(server: Server) -> None:
    a_verified_user(server)
    made = Program(server, as_json=True).json("keys", "rotate")
    server.restart()  # sooner than the few seconds for which it keeps the keys
    published = [key["kid"] for key in server.get("/.well-known/jwks.json").json()["keys"]]
    assert made["id"] in published
    assert len(published) > 1
