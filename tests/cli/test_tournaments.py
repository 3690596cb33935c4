"""`tengen tournament`."""

import csv
import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tengen.accounts.service import find_account
from tengen.core.database import Transaction
from tengen.core.security import MasterKey
from tengen.core.values import utc_now
from tengen.tournaments import archive, service
from tengen.tournaments.archive import Submission
from tengen.tournaments.entries import Step
from tengen.tournaments.keychain import SEALED_FOR, Keychain
from tengen.tournaments.submissions import Doubt
from tests.cli.program import Program
from tests.support.builders import unique
from tests.support.mail import Mailbox, plain_text
from tests.support.operations import operate
from tests.support.server import Server
from tests.support.settings import some_settings
from tests.tournaments.builders import HOUR, MINUTE, a_new_submission

STARTS_AT = utc_now().replace(microsecond=0) - HOUR
"""When the tournaments start that have begun."""


def an_account(program: Program, *, name: str | None = None) -> dict[str, str]:
    """A new account: its id, e-mail and display name."""
    word = unique("mira")
    who = ("--email", f"{word}@tengen.example", "--password", "correct horse", "--verified")
    return program.thing("account", "create", *who, "--display-name", name or word)


def a_tournament(program: Program, *options: str, starts_in: timedelta = -HOUR) -> dict[str, str]:
    """A new tournament of three hours, which has begun unless a test says otherwise, of a new host."""
    starts_at = STARTS_AT + HOUR + starts_in
    when = ("--start", starts_at.isoformat(), "--end", (starts_at + 3 * HOUR).isoformat())
    host = an_account(program)["email"]
    return program.thing("tournament", "create", "--host", host, "--name", unique("Sprint "), *when, *options)


def upload(
    server: Server, tournament: dict[str, str], who: str, *, enters: bool = True, **how: Any
) -> tuple[Submission, bytes]:
    """A replay that an account has uploaded, and its bytes; `enters`: it has to enter and to make its key first."""
    settings = some_settings(server.data_dir, database_url=server.settings["database_url"])
    keychain = Keychain(MasterKey.of(settings).sealer(SEALED_FOR))
    tournament_id = int(tournament["id"])

    async def store(transaction: Transaction) -> tuple[Submission, bytes]:
        account = await find_account(transaction, who)
        if enters:
            await service.take_step(transaction, tournament_id, account.id, Step.REQUEST, account, STARTS_AT)
            await keychain.make(transaction, tournament_id, account.id, STARTS_AT)
        new, content = a_new_submission(account, **{"uploaded_at": STARTS_AT + MINUTE} | how)
        held = await service.hold(transaction, tournament_id)
        return (await archive.store(transaction, held, new, content)).submission, content

    return operate(server, store)


def rows_of(path: str) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ── what is planned ──


def test_a_created_tournament_is_listed_and_shown(program: Program) -> None:
    host, name = an_account(program), unique("Spring Sprint ")
    when = ("--start", "2033-06-01T18:00", "--end", "2033-06-01T22:00:00+02:00")
    rules = ("--mode", "sum_timelimit", "--modeparams", "2+1+0;3600", "--no-open-entry", "--hide-results")
    where = ("--location", "Vienna")
    made = program.thing("tournament", "create", "--host", host["email"], "--name", name, *when, *rules, *where)
    (row,) = [row for row in program.rows("tournament", "list", "--list", "upcoming") if name in row]
    assert "2+1+0;3600" in row
    assert not [row for row in program.rows("tournament", "list", "--list", "in_progress") if name in row]
    shown = program.thing("tournament", "show", made["id"])
    expected = {
        "name": name,
        "location": "Vienna",
        "mode": "sum_timelimit",
        "modeparams": "2+1+0;3600",
        "phase": "upcoming",
        "open_entry": "no",
        "hide_results": "yes",
        "host_id": host["id"],
        "host": host["display_name"],
        "cancel_reason": "-",
        "participating": "0",
    }
    assert {what: shown[what] for what in expected} == expected
    times = [shown[what].replace("T", " ").removesuffix("+00:00") for what in ("start", "end")]
    assert times == ["2033-06-01 18:00:00", "2033-06-01 20:00:00"], "UTC where no offset is given"


def test_a_tournament_that_has_already_begun_can_be_made(program: Program) -> None:
    made = a_tournament(program)
    assert made["phase"] == "running"
    assert [row for row in program.rows("tournament", "list", "--list", "in_progress") if made["name"] in row]


def test_a_list_goes_on_after_a_tournament_in_the_order_of_starts(program: Program) -> None:
    later, earlier = a_tournament(program, starts_in=90 * HOUR), a_tournament(program, starts_in=89 * HOUR)
    upcoming = program.rows("tournament", "list", "--list", "active")
    order = [row for row in upcoming if later["name"] in row or earlier["name"] in row]
    assert [earlier["name"] in row for row in order] == [True, False]
    rest = program.rows("tournament", "list", "--after", earlier["id"])
    assert any(later["name"] in row for row in rest)
    assert not any(earlier["name"] in row for row in rest)
    assert len(program.rows("tournament", "list", "--after", earlier["id"], "--limit", "1")) == 1
    assert "no tournament" in program.refusal("tournament", "list", "--after", "999999")


REFUSED = (
    (["--host", "nobody at all"], "There is no account"),
    (["--name", ""], "The name must have 1 to 100 characters"),
    (["--start", "tomorrow"], "The start is not written as"),
    (["--end", "2033-13-01T18:00"], "The end is not written as"),
    (["--end", "2033-06-01T16:00"], "would end before it starts"),
    (["--start", "2020-06-01", "--end", "2020-06-02"], "would be over already"),
    (["--end", "2090-06-01"], "must end before"),
    (["--mode", "fastest"], "There is no mode 'fastest'. There are best, sum, sum_timelimit."),
    (["--modeparams", "three"], "write '1+1+1'"),
    (["--mode", "sum_timelimit"], "write '1+1+1;3600'"),
    (["--mode", "best", "--modeparams", "novice"], "write 'beginner', 'intermediate' or 'expert'"),
)
"""Options that cannot be, and what is said about them."""


def test_what_cannot_be_a_tournament_is_refused(new_program: Program) -> None:
    host = an_account(new_program)["email"]
    usual = {"--host": host, "--name": "Sprint", "--start": "2033-06-01T18:00", "--end": "2033-06-01T20:00"}
    for options, why in REFUSED:
        given = usual | dict(zip(options[::2], options[1::2], strict=True))
        words = [word for option in given.items() for word in option]
        assert why in new_program.refusal("tournament", "create", *words)
    assert new_program.json("tournament", "list") == []


def test_what_is_planned_can_be_changed_until_the_start(program: Program) -> None:
    made = a_tournament(program, starts_in=HOUR)
    name = unique("Autumn ")
    edited = program.thing(
        *("tournament", "edit", made["id"], "--name", name, "--mode", "best", "--modeparams", "expert"),
        *("--end", "2033-01-01", "--no-open-entry"),
    )
    assert (edited["name"], edited["mode"], edited["modeparams"]) == (name, "best", "expert")
    assert edited["end"].replace("T", " ").startswith("2033-01-01 00:00:00")
    assert (edited["open_entry"], edited["start"]) == ("no", made["start"])
    assert "would end before it starts" in program.refusal("tournament", "edit", made["id"], "--end", "2020-01-01")
    assert "has started" in program.refusal("tournament", "edit", a_tournament(program)["id"], "--name", "Late")


# ── entries ──


def test_the_operator_lets_entrants_in_as_a_host_does(program: Program) -> None:
    cup = a_tournament(program, "--no-open-entry", starts_in=HOUR)
    asked, invited, regretted = an_account(program), an_account(program), an_account(program)

    async def ask(transaction: Transaction) -> None:
        account = await find_account(transaction, asked["email"])
        await service.take_step(transaction, int(cup["id"]), account.id, Step.REQUEST, account, utc_now())

    operate(program.server, ask)
    step = program.thing("tournament", "confirm", cup["id"], asked["email"])
    assert (step["state"], step["name"]) == ("participating", asked["display_name"])
    assert program.thing("tournament", "invite", cup["id"], invited["id"])["state"] == "invited"
    assert program.thing("tournament", "invite", cup["id"], regretted["display_name"])["state"] == "invited"
    assert program.thing("tournament", "withdraw", cup["id"], regretted["email"])["state"] == "withdrawn"
    assert program.thing("tournament", "reject", cup["id"], asked["email"])["state"] == "rejected"
    assert program.thing("tournament", "reject", cup["id"], asked["email"])["state"] == "rejected", "a repetition"
    rows = program.rows("tournament", "entries", cup["id"])
    states = {"rejected": asked, "invited": invited, "withdrawn": regretted}
    for row, (state, account) in zip(rows, states.items(), strict=True):
        assert state in row
        assert account["display_name"] in row
    rest = program.rows("tournament", "entries", cup["id"], "--after", asked["id"], "--limit", "1")
    assert [row.split() for row in rest] == [rows[1].split()]
    shown = program.thing("tournament", "show", cup["id"])
    assert (shown["participating"], shown["requested"], shown["invited"]) == ("0", "0", "1")


def test_steps_that_do_not_fit_are_refused(program: Program) -> None:
    cup, account = a_tournament(program, "--no-open-entry", starts_in=HOUR), an_account(program)
    who = (cup["id"], account["email"])
    assert "no request to confirm" in program.refusal("tournament", "confirm", *who)
    assert "no request to reject" in program.refusal("tournament", "reject", *who)
    assert "nothing to withdraw" in program.refusal("tournament", "withdraw", *who)
    assert "There is no account" in program.refusal("tournament", "invite", cup["id"], "nobody at all")
    program.do("account", "delete", account["email"])
    assert "is deleted" in program.refusal("tournament", "invite", cup["id"], account["id"])


def test_a_tournament_that_there_is_not_is_refused(new_program: Program) -> None:
    mira, why = an_account(new_program)["email"], ("--reason", "Snow")
    looks = (["show"], ["entries"], ["standings"], ["submissions"], ["export"])
    steps = (["confirm", mira], ["reject", mira], ["invite", mira], ["withdraw", mira])
    words = (["edit"], ["cancel", *why], ["disqualify", "1", *why], ["restore", "1", *why])
    for name, *rest in (*looks, *steps, *words):
        assert new_program.refusal("tournament", name, "77", *rest) == "There is no tournament 77."


def test_a_cancelled_tournament_says_why_and_its_entrants_are_told_by_mail(program: Program) -> None:
    cup = a_tournament(program, "--no-open-entry", starts_in=HOUR)
    invited, rejected = an_account(program), an_account(program)
    program.do("tournament", "invite", cup["id"], invited["email"])
    program.do("tournament", "invite", cup["id"], rejected["email"])
    program.do("tournament", "withdraw", cup["id"], rejected["email"])
    assert "Give a reason" in program.refusal("tournament", "cancel", cup["id"], "--reason", " ")
    program.do("tournament", "cancel", cup["id"], "--reason", "The hall is under water.")
    mailbox = Mailbox(program.server.data_dir / "mail")
    mail = mailbox.wait_for(invited["email"])
    assert mail["Subject"] == f"Cancelled: {cup['name']}"
    assert "The hall is under water." in plain_text(mail)
    assert mailbox.mails_to(rejected["email"]) == []
    shown = program.thing("tournament", "show", cup["id"])
    assert (shown["phase"], shown["cancel_reason"]) == ("cancelled", "The hall is under water.")
    assert "was cancelled" in program.refusal("tournament", "cancel", cup["id"], "--reason", "Again")
    assert "was cancelled" in program.refusal("tournament", "invite", cup["id"], invited["email"])


# ── what came in ──


def test_standings_follow_a_disqualification_and_its_end(program: Program) -> None:
    cup = a_tournament(program, "--modeparams", "1+0+0", "--hide-results")
    mira, tova = an_account(program), an_account(program)
    fast, _ = upload(program.server, cup, mira["email"], time=5410)
    upload(program.server, cup, mira["email"], time=9000, enters=False)
    upload(program.server, cup, tova["email"], time=7250)

    def order() -> list[str]:
        rows = program.rows("tournament", "standings", cup["id"])
        return [next(who["display_name"] for who in (mira, tova) if who["display_name"] in row) for row in rows]

    assert order() == [mira["display_name"], tova["display_name"]]
    judged = program.thing("tournament", "disqualify", cup["id"], str(fast.id), "--reason", "Two mice at once.")
    assert (judged["id"], judged["disqualified"]) == (str(fast.id), "Two mice at once.")
    assert order() == [tova["display_name"], mira["display_name"]]
    first, *_ = program.rows("tournament", "submissions", cup["id"])
    assert "Two mice at once." in first
    again = ("tournament", "disqualify", cup["id"], str(fast.id), "--reason", "Again")
    assert "disqualified already" in program.refusal(*again)
    restored = program.thing("tournament", "restore", cup["id"], str(fast.id), "--reason", "It was one mouse.")
    assert restored["disqualified"] == "-"
    assert order() == [mira["display_name"], tova["display_name"]]
    assert "nothing to restore" in program.refusal(
        "tournament", "restore", cup["id"], str(fast.id), "--reason", "Again"
    )
    assert len(program.rows("tournament", "standings", cup["id"], "--limit", "1")) == 1


def test_a_judgement_needs_a_reason_and_a_submission_of_the_tournament(program: Program) -> None:
    cup, other = a_tournament(program), a_tournament(program)
    submission, _ = upload(program.server, cup, an_account(program)["email"])
    here = ("tournament", "disqualify", cup["id"], str(submission.id))
    assert "--reason" in program.misuse(*here)
    assert "Give a reason" in program.refusal(*here, "--reason", "")
    elsewhere = program.refusal("tournament", "disqualify", other["id"], str(submission.id), "--reason", "Two mice")
    assert elsewhere == f"There is no submission {submission.id} in this tournament."


def test_submissions_are_listed_with_what_is_odd_about_them(program: Program) -> None:
    cup, mira = a_tournament(program), an_account(program)
    assert program.rows("tournament", "submissions", cup["id"]) == []
    assert program.rows("tournament", "standings", cup["id"]) == []
    submission, _ = upload(program.server, cup, mira["email"])
    late, _ = upload(program.server, cup, mira["email"], enters=False, doubts=frozenset({Doubt.CLOCK_DISAGREES}))
    one, other = program.rows("tournament", "submissions", cup["id"])
    assert "clock_disagrees" not in one
    assert "clock_disagrees" in other
    (rest,) = program.rows("tournament", "submissions", cup["id"], "--after", str(submission.id))
    assert rest.split() == other.split()
    assert str(late.id) in rest


def test_an_export_has_the_standings_the_submissions_and_every_replay_byte_for_byte(
    program: Program, tmp_path: Path
) -> None:
    cup = a_tournament(program, "--modeparams", "2+0+0")
    formula = unique("=mira")
    mira, tova = an_account(program, name=formula), an_account(program)
    one, one_content = upload(program.server, cup, mira["email"], time=5410)
    two, two_content = upload(program.server, cup, tova["email"], time=7250, replay_format="rmv")
    program.do("tournament", "disqualify", cup["id"], str(two.id), "--reason", "Two mice, at once")
    told = program.thing("tournament", "export", cup["id"], "--to", str(tmp_path / "new" / "cup"))
    assert told["count"] == "2"
    (line,) = rows_of(told["standings"])
    assert (line["rank"], line["name"], line["score"], line["complete"]) == ("1", f"'{formula}", "5.410", "no")
    first, second = rows_of(told["submissions"])
    assert (first["id"], first["name"], first["reason"]) == (str(one.id), f"'{formula}", "")
    assert (second["id"], second["reason"]) == (str(two.id), "Two mice, at once")
    with zipfile.ZipFile(told["replays"]) as file:
        assert {name: file.read(name) for name in file.namelist()} == {
            first["file"]: one_content,
            second["file"]: two_content,
        }
    assert mira["display_name"] not in first["file"]


def test_who_exports_before_the_end_is_told_to_keep_the_keys_secret(server: Server, tmp_path: Path) -> None:
    program = Program(server, as_json=True)
    running, coming = a_tournament(program), a_tournament(program, starts_in=HOUR)
    to = ("--to", str(tmp_path))
    assert "keys in them secret" in program.text("tournament", "export", running["id"], *to)
    program.do("tournament", "cancel", coming["id"], "--reason", "Snow")
    assert "secret" not in program.text("tournament", "export", coming["id"], *to)


def test_a_place_that_cannot_be_written_to_is_named(program: Program, tmp_path: Path) -> None:
    cup = a_tournament(program)
    (tmp_path / "file").write_text("in the way")
    below = tmp_path / "file" / "cup"
    refusal = program.refusal("tournament", "export", cup["id"], "--to", str(below))
    assert refusal == f"The files cannot be written to {below}: Not a directory."
    assert "--to" in program.misuse("tournament", "export", cup["id"], "--to", str(tmp_path / "file"))
    (tmp_path / f"tournament-{cup['id']}-standings.csv").mkdir()
    refusal = program.refusal("tournament", "export", cup["id"], "--to", str(tmp_path))
    assert refusal == f"The files cannot be written to {tmp_path}: Is a directory."


def test_programs_get_instants_with_their_offset_and_times_in_seconds(new_program: Program) -> None:
    cup = new_program.json("tournament", "show", a_tournament(new_program)["id"])
    assert datetime.fromisoformat(cup["start"]) == STARTS_AT
    assert datetime.fromisoformat(cup["end"]) == STARTS_AT + 3 * HOUR
    submission, _ = upload(new_program.server, {"id": str(cup["id"])}, an_account(new_program)["email"], time=5410)
    (listed,) = new_program.json("tournament", "submissions", str(cup["id"]))
    assert listed["time"] == 5.41
    assert listed["sha256"] == submission.replay_hash.hex()
    (line,) = new_program.json("tournament", "standings", str(cup["id"]))
    assert (line["rank"], line["score"], line["games"], line["complete"]) == (1, 5.41, ["beginner 5.410"], False)
    assert json.dumps(line).count("5.41") == 2
