"""`tengen outbox`."""

from sqlalchemy import update

from tengen.core.database import open_database
from tengen.core.outbox import OutboxRow
from tests.cli.program import Program
from tests.cli.warm import run_warm
from tests.support.postgres import run_apart
from tests.support.server import Server
from tests.support.settings import some_settings


def a_program_whose_mail_waits(program: Program, email: str) -> Program:
    """The same program; a mail to `email` could not be delivered, for no mail server listens."""
    server = Server(**program.server.settings | {"smtp_url": "smtp://127.0.0.1:1"})
    who = ("--email", email, "--display-name", "Mira", "--password", "correct horse")
    assert run_warm(server, "account", "create", *who).returncode == 0
    server.close()
    return program


async def _give_up(server: Server) -> None:
    database = open_database(some_settings(server.data_dir, database_url=server.settings["database_url"]))
    async with database.write() as transaction:
        await transaction.run(update(OutboxRow).values(is_dead=True))
    await database.close()


def test_mail_that_fails_waits_and_is_listed(new_program: Program) -> None:
    program = a_program_whose_mail_waits(new_program, "mira@tengen.example")
    (row,) = program.json("outbox", "list")
    assert (row["consumer"], row["attempts"], row["is_dead"]) == ("mail", 1, False)
    assert row["last_error"]
    assert "mira@tengen.example" not in str(row)
    assert program.json("outbox", "list", "--dead") == []
    assert "mail" in program.text("outbox", "list")


def test_what_was_given_up_is_tried_again_on_demand(new_program: Program) -> None:
    program = a_program_whose_mail_waits(new_program, "mira@tengen.example")
    run_apart(_give_up(program.server))
    (row,) = program.json("outbox", "list", "--dead")
    assert program.json("outbox", "retry", str(row["id"])) == {"retried": 1}
    assert program.server.mail_token("mira@tengen.example")
    assert program.text("outbox", "list") == "Nothing waits.\n"
    assert "was given up" in program.refusal("outbox", "retry", str(row["id"]))
