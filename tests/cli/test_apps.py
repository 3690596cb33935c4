"""`tengen app`."""

from tests.cli.program import Program
from tests.support.builders import unique


def test_an_app_gets_an_id_and_a_secret(program: Program) -> None:
    word = unique("owner")
    who = ("--email", f"{word}@tengen.example", "--display-name", word, "--password", "correct horse", "--verified")
    owner = program.thing("account", "create", *who)
    made = program.thing("app", "create", "--owner", word, "--name", "Go Stones", "--grant", "password")
    assert made["id"] == made["client_id"]
    assert len(made["client_id"]) == 32
    assert len(made["client_secret"]) == 64
    assert (made["owner_id"], made["name"], made["grant"]) == (owner["id"], "Go Stones", "password")


def test_an_app_needs_a_name_an_owner_and_a_known_grant(program: Program) -> None:
    assert "no account" in program.refusal(
        "app", "create", "--owner", "nobody at all", "--name", "Stones", "--grant", "authorization_code"
    )
    assert "1 to 100" in program.refusal("app", "create", "--owner", "x", "--name", " ", "--grant", "password")
    assert "'implicit' is not one of" in program.misuse(
        "app", "create", "--owner", "x", "--name", "Stones", "--grant", "implicit"
    )
