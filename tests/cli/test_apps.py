"""`tengen app`."""

from tests.cli.program import Program
from tests.support.builders import unique

BACK = "https://stones.example/back"


def an_owner(program: Program) -> str:
    """The name of an account."""
    word = unique("owner")
    who = ("--email", f"{word}@tengen.example", "--display-name", word, "--password", "correct horse", "--verified")
    program.do("account", "create", *who)
    return word


def test_an_app_gets_an_id_and_a_secret(program: Program) -> None:
    owner = an_owner(program)
    made = program.thing("app", "create", "--owner", owner, "--name", "Go Stones", "--grant", "password")
    assert made["id"] == made["client_id"]
    assert len(made["client_id"]) == 32
    assert len(made["client_secret"]) == 64
    assert made["owner_id"] == program.thing("account", "show", owner)["id"]
    assert (made["name"], made["grant"], made["is_public"]) == ("Go Stones", "password", "no")


def test_an_app_to_which_people_are_sent_back_is_listed_and_deleted(program: Program) -> None:
    name = unique("Go Stones ")
    made = program.thing(
        *("app", "create", "--owner", an_owner(program), "--name", name, "--grant", "authorization-code", "--public"),
        *("--redirect-uri", BACK, "--redirect-uri", "org.example.stones:/back"),
    )
    assert (made["client_secret"], made["is_public"]) == ("-", "yes")
    (row,) = (row for row in program.rows("app", "list") if made["client_id"] in row)
    assert all(text in row for text in (name, BACK, "org.example.stones:/back"))
    program.do("app", "delete", made["client_id"])
    assert not any(made["client_id"] in row for row in program.rows("app", "list"))
    assert "no such app" in program.refusal("app", "delete", made["client_id"])


def test_an_app_needs_a_name_an_owner_a_known_grant_and_a_way_back(program: Program) -> None:
    asked = ("app", "create", "--owner", "nobody at all", "--grant")
    assert "no account" in program.refusal(*asked, "authorization_code", "--name", "Stones", "--redirect-uri", BACK)
    assert "needs a redirect URI" in program.refusal(*asked, "authorization_code", "--name", "Stones")
    assert "begins with https" in program.refusal(*asked, "password", "--name", "Stones", "--redirect-uri", "x")
    assert "1 to 100" in program.refusal(*asked, "password", "--name", " ")
    assert "'implicit' is not one of" in program.misuse(*asked, "implicit", "--name", "Stones")
