"""`tengen skin`."""

from tests.cli.program import Program
from tests.support.builders import a_clan, a_verified_user, unique
from tests.support.server import Server


def a_skin(program: Program) -> dict[str, str]:
    path = unique("units/nomad/shield") + ".model"
    return program.thing("skin", "add", "--kind", "shield", "--unit", "nomad", "--model-path", path)


def test_a_skin_is_added_given_to_an_account_and_listed(program: Program) -> None:
    word = unique("mira")
    who = ("--email", f"{word}@tengen.example", "--display-name", word, "--password", "correct horse", "--verified")
    program.do("account", "create", *who)
    skin = a_skin(program)
    program.do("skin", "give", skin["id"], "--account", word)
    (row,) = program.rows("skin", "list", "--account", word)
    assert skin["model_path"] in row
    assert row in program.rows("skin", "list", "--after", str(int(skin["id"]) - 1))


def test_a_clans_skin_is_seen_by_game_servers(server: Server) -> None:
    program = Program(server, as_json=False)
    clan = a_clan(server)
    skin = a_skin(program)
    program.do("skin", "give", skin["id"], "--clan", str(clan.id))
    (row,) = program.rows("skin", "list", "--clan", str(clan.id))
    assert skin["model_path"] in row


def test_a_skin_is_given_to_somebody_who_exists(server: Server) -> None:
    program = Program(server, as_json=True)
    skin = a_skin(program)
    user = a_verified_user(server)
    assert "no skin 999999" in program.refusal("skin", "give", "999999", "--account", user.email)
    assert "no account" in program.refusal("skin", "give", skin["id"], "--account", "nobody at all")
    assert "lan not found" in program.refusal("skin", "give", skin["id"], "--clan", "999999")
    assert "--account or --clan" in program.misuse("skin", "give", skin["id"])
    assert "--account or --clan" in program.misuse("skin", "list", "--account", user.email, "--clan", "1")
