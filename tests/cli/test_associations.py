"""`tengen member`."""

from pathlib import Path

from tengen.associations import service
from tengen.associations.numbers import MemberNumber
from tengen.core.values import utc_now
from tests.associations.builders import a_number
from tests.cli.program import Program
from tests.support.builders import unique
from tests.support.operations import operate
from tests.support.server import Server


def an_account(program: Program) -> dict[str, str]:
    word = unique("mira")
    who = ("--email", f"{word}@tengen.example", "--display-name", word, "--password", "correct horse", "--verified")
    return program.thing("account", "create", *who)


def test_a_number_is_linked_by_hand_shown_and_unlinked(program: Program) -> None:
    account, number = an_account(program), a_number()
    assert "Nobody here has the number" in program.refusal("member", "show", "aga", number)
    program.do("member", "link", "AGA", f"0{number}", account["email"])
    shown = program.thing("member", "show", "aga", number)
    assert (shown["association"], shown["number"]) == ("aga", number)
    assert (shown["account_id"], shown["display_name"]) == (account["id"], account["display_name"])
    assert shown["is_stand_in"] == "no"
    program.do("member", "unlink", "aga", number)
    assert "Nobody has claimed the number" in program.refusal("member", "unlink", "aga", number)


def test_a_number_is_not_taken_from_an_account_by_linking_it_to_another(program: Program) -> None:
    number = a_number()
    holder, other = an_account(program), an_account(program)
    program.do("member", "link", "aga", number, holder["id"])
    assert "claimed by another account" in program.refusal("member", "link", "aga", number, other["id"])
    assert "Remove that one first" in program.refusal("member", "link", "aga", a_number(), holder["id"])
    assert program.thing("member", "show", "aga", number)["account_id"] == holder["id"]


def test_linking_by_hand_takes_over_from_a_stand_in(program: Program) -> None:
    account, number = an_account(program), MemberNumber("aga", a_number())
    operate(
        program.server,
        lambda transaction: service.ensure_stand_ins(transaction, number.association, [number.number], now=utc_now()),
    )
    stand_in = program.thing("member", "show", "aga", number.number)
    assert stand_in["display_name"] == str(number)
    assert stand_in["is_stand_in"] == "yes"
    program.do("member", "link", "aga", number.number, account["id"])
    assert program.thing("account", "show", stand_in["account_id"])["deleted_at"] != "-"


def test_what_is_no_number_and_no_account_is_refused(program: Program) -> None:
    assert "no account 'nobody at all'" in program.refusal("member", "link", "aga", a_number(), "nobody at all")
    closed = an_account(program)
    program.do("account", "delete", closed["id"])
    assert "is deleted" in program.refusal("member", "link", "aga", a_number(), closed["id"])
    assert "letters, digits and hyphens" in program.refusal("member", "show", "aga", "../x")
    assert "short word" in program.refusal("member", "show", "the AGA", "1")
    assert "Missing argument" in program.misuse("member", "show", "aga")


def test_lists_of_members_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "egf.csv"
    server = Server(tmp_path / "data", members_csv=f"egf={file}", aga_api_key="the key of the AGA")
    try:
        program = Program(server, as_json=True)
        assert f"{file} cannot be read" in program.refusal("member", "check")
        file.write_text("number,email,full_name\n7,,Ada\n7,,Ada\n")
        assert f"{file}, line 3: number 7 stands in line 2 already." in program.refusal("member", "check")
        file.write_text("number,email,full_name\n7,,Ada\n")
        assert program.json("member", "check") == [
            {"association": "aga", "source": "https://usgo.org/mm", "members": None},
            {"association": "egf", "source": str(file), "members": 1},
        ]
        assert "the key of the AGA" not in program.text("member", "check") + program.text("config")
    finally:
        server.close()


def test_without_lists_there_is_nothing_to_check(tmp_path: Path) -> None:
    server = Server(tmp_path)
    try:
        assert Program(server, as_json=True).json("member", "check") == []
        assert Program(server, as_json=False).text("member", "check") == "No association is set up.\n"
    finally:
        server.close()
