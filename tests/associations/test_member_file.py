"""Members in a file: what may stand in it, what is said of one that is wrong, and when it is read again."""

import os
from pathlib import Path

import pytest
import structlog

from tengen.accounts.names import Email
from tengen.associations.member_file import MemberFile, MemberFileInvalid, read_members
from tengen.associations.members import Member, MembershipUnavailable

HEADER = "number,email,full_name\n"
LASKER = Member(Email.parse("emanuel@members.example"), "Emanuel Lasker")
FILE = HEADER + "10012345,emanuel@members.example,Emanuel Lasker\n"


@pytest.mark.parametrize(
    "text",
    [
        FILE,
        FILE.replace("\n", "\r\n"),
        "\ufeff" + FILE,
        FILE.removesuffix("\n"),
        "\n" + FILE + " , \n",
        "Full_Name,Club, NUMBER ,Email\nEmanuel Lasker,Berlin,0010012345, emanuel@members.example \n",
        'number,email,full_name\n"10012345","emanuel@members.example","Emanuel Lasker"\n',
    ],
    ids=["plain", "Windows", "byte order mark", "no last line break", "empty lines", "other columns", "quoted"],
)
def test_a_file_lists_members_by_number(text: str) -> None:
    assert read_members(text.encode(), "egf.csv") == {"10012345": LASKER}


def test_a_member_may_have_no_address_and_no_name() -> None:
    assert read_members(f"{HEADER}7,,\n".encode(), "egf.csv") == {"7": Member(None, "")}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "egf.csv is empty: it must begin with the columns number, email, full_name."),
        (b"\n\n", "egf.csv is empty: it must begin with the columns number, email, full_name."),
        (b"7,a@b.example,Ada\n", "egf.csv, line 1: it must name the columns number, email, full_name, each once."),
        (b"number,email\n", "egf.csv, line 1: it must name the columns number, email, full_name, each once."),
        (b"number,email,full_name,email\n", "egf.csv, line 1: it must name the columns"),
        (b"number,email,full_name\n7,a@b.example\n", "egf.csv, line 2: it has 2 fields instead of 3."),
        (b"number,email,full_name\n\n7,,Ada,Countess\n", "egf.csv, line 3: it has 4 fields instead of 3."),
        (b"number,email,full_name\n7,,A\n,,B\n", "egf.csv, line 3: '' is no member number."),
        (b"number,email,full_name\n7 8,,A\n", "egf.csv, line 2: '7 8' is no member number."),
        (b"number,email,full_name\n7,ada,A\n", "egf.csv, line 2: 'ada' is no e-mail address."),
        (b"number,email,full_name\n7,,A\n8,,B\n007,,C\n", "egf.csv, line 4: number 7 stands in line 2 already."),
        (b"number,email,full_name\n7,,A\n8,,\xe9\n", "egf.csv, line 3: it is not encoded in UTF-8."),
        (b'number,email,full_name\n7,,"A"B\n', "egf.csv, line 2: "),
        (b'number,email,full_name\n7,,"A\n', "egf.csv, line 2: "),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(content: bytes, said: str) -> None:
    with pytest.raises(MemberFileInvalid) as refusal:
        read_members(content, "egf.csv")
    assert refusal.value.message.startswith(said)


async def test_a_file_is_read_anew_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "egf.csv"
    path.write_text(FILE)
    file = MemberFile("egf", path)
    assert await file.find("10012345") == LASKER
    assert await file.find("8") is None
    path.write_text(f"{FILE}8,,Ada\n")
    assert await file.find("8") == Member(None, "Ada")


async def test_a_file_of_the_same_length_in_its_place_is_read_anew(tmp_path: Path) -> None:
    path, other = tmp_path / "egf.csv", tmp_path / "new.csv"
    path.write_text(f"{HEADER}7,,Ada\n")
    file = MemberFile("egf", path)
    assert await file.find("7") == Member(None, "Ada")
    other.write_text(f"{HEADER}8,,Ada\n")
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.rename(path)
    assert await file.find("7") is None


async def test_a_file_that_has_not_changed_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "egf.csv"
    path.write_text(FILE)
    file = MemberFile("egf", path)
    assert await file.members() is await file.members()


async def test_while_a_file_is_wrong_nobody_is_found_and_the_log_says_why(tmp_path: Path) -> None:
    path = tmp_path / "egf.csv"
    file = MemberFile("egf", path)
    with structlog.testing.capture_logs() as logged:
        for content in (None, HEADER + "?,,\n"):
            if content:
                path.write_text(content)
            with pytest.raises(MembershipUnavailable) as refusal:
                await file.find("7")
            assert str(tmp_path) not in refusal.value.message  # which strangers read
    assert [event["reason"] for event in logged] == [
        f"{path} cannot be read: No such file or directory.",
        f"{path}, line 2: '?' is no member number.",
    ]
    path.write_text(FILE)
    assert await file.find("10012345") == LASKER
