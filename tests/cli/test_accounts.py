"""`tengen account`."""

import fcntl
import os
import subprocess
import sys
import termios
from pathlib import Path

from tests.cli.program import Program
from tests.support.builders import PASSWORD, a_verified_user, unique
from tests.support.server import Server, environment

TENGEN = str(Path(sys.executable).with_name("tengen"))


def an_account(program: Program, *options: str, password: str = PASSWORD) -> dict[str, str]:
    word = unique("mira")
    who = ("--email", f"{word}@tengen.example", "--display-name", word.title(), "--password", password)
    return program.thing("account", "create", *who, *options)


def test_a_created_account_is_shown_and_listed(program: Program) -> None:
    made = an_account(program, "--verified", "--role", "admin", "--role", "host")
    assert made["roles"] == "admin, host"
    assert made["verified_at"] != "-"
    assert program.thing("account", "show", made["display_name"]) == made
    row = next(row for row in program.rows("account", "list", "--after", str(int(made["id"]) - 1)))
    assert made["email"] in row
    assert made["display_name"] in row


def test_an_account_is_named_by_its_id_too(program: Program) -> None:
    made = an_account(program, "--verified")
    assert program.thing("account", "show", made["id"]) == made
    assert program.thing("account", "show", made["email"].upper()) == made


def test_an_account_that_is_not_said_to_be_verified_is_mailed_a_token(program: Program) -> None:
    made = an_account(program)
    assert made["verified_at"] == "-"
    assert len(program.server.mail_token(made["email"])) == 6
    program.do("account", "verify", made["id"])
    assert program.thing("account", "show", made["id"])["verified_at"] != "-"


def test_a_taken_name_is_refused(program: Program) -> None:
    made = an_account(program, "--verified")
    other = ("--email", "other@tengen.example", "--password", PASSWORD)
    assert program.refusal("account", "create", *other, "--display-name", made["display_name"]) == "Display name taken"


def test_what_cannot_be_an_account_is_refused(program: Program) -> None:
    fresh = ("account", "create", "--display-name", unique("Mira"))
    assert program.refusal(*fresh, "--email", "mira", "--password", PASSWORD) == "'mira' is no e-mail address."
    short = program.refusal(*fresh, "--email", "mira@tengen.example", "--password", "1234567")
    assert short == "The password must have 8 to 128 characters."
    assert "no account 'nobody at all'" in program.refusal("account", "show", "nobody at all")


def test_an_account_needs_an_address_and_a_known_role(server: Server) -> None:
    program = Program(server, as_json=True)
    assert "--email" in program.misuse("account", "create", "--display-name", "Mira", "--json")
    assert "'king' is not one of" in program.misuse(
        "account", "create", "--email", "mira@tengen.example", "--display-name", "Mira", "--role", "king"
    )


def test_a_created_account_signs_in(server: Server) -> None:
    made = an_account(Program(server, as_json=True), "--verified")
    answer = server.post("/v1/user/login", auth=(made["email"], PASSWORD))
    assert answer.status_code == 200
    assert answer.json()["id"] == int(made["id"])


def test_a_new_password_voids_credentials_and_proofs_in_the_running_server_at_once(server: Server) -> None:
    user = a_verified_user(server)
    assert server.post("/v1/user/login", auth=user.auth).status_code == 200  # from now on the server remembers it
    Program(server, as_json=False).do("account", "set-password", user.email, "--password", "a new password")
    assert server.post("/v1/user/login", auth=user.auth).status_code == 401
    for proof in (user.proof, user.signed_proof):
        claim = {"user_id": user.id, "user_proof": proof}
        assert server.post("/v1/user/verify-user-proof", claim).json() is False
    assert server.post("/v1/user/login", auth=(user.email, "a new password")).status_code == 200


def test_a_deleted_account_is_nobodys_any_more(server: Server) -> None:
    user = a_verified_user(server)
    Program(server, as_json=False).do("account", "delete", str(user.id))
    answer = server.post("/v1/user/login", auth=user.auth)
    assert (answer.status_code, answer.json()["detail"]) == (401, "User is deleted")
    claim = {"user_id": user.id, "user_proof": user.proof}
    assert server.post("/v1/user/verify-user-proof", claim).json() is False


def test_a_deleted_account_is_still_shown(program: Program) -> None:
    made = an_account(program, "--verified")
    program.do("account", "delete", made["email"])
    assert program.thing("account", "show", made["id"])["deleted_at"] != "-"


def test_a_password_is_read_from_standard_input(server: Server) -> None:
    made = an_account(Program(server, as_json=True), "--verified")
    subprocess.run(
        [TENGEN, "account", "set-password", made["id"], "--json"],
        env=environment(**server.settings),
        input="a piped password\n",
        text=True,
        capture_output=True,
        check=True,
    )
    assert server.post("/v1/user/login", auth=(made["email"], "a piped password")).status_code == 200


def test_a_password_is_asked_for_on_a_terminal_and_not_shown(server: Server) -> None:
    made = an_account(Program(server, as_json=True), "--verified")
    keyboard, terminal = os.openpty()
    process = subprocess.Popen(
        [TENGEN, "account", "set-password", made["id"]],
        env=environment(**server.settings),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # its controlling terminal, on which it asks
    )
    os.close(terminal)
    seen = ""
    for question in ("Password: ", "Once more: "):
        seen += _read_until(keyboard, question)
        os.write(keyboard, b"a typed password\n")
    seen += _read_until(keyboard, "has a new password.")
    assert process.wait() == 0
    os.close(keyboard)
    assert "typed" not in seen
    assert server.post("/v1/user/login", auth=(made["email"], "a typed password")).status_code == 200


def _read_until(descriptor: int, text: str) -> str:
    seen = ""
    while text not in seen:
        seen += os.read(descriptor, 1024).decode()
    return seen
