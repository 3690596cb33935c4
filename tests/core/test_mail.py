"""Mail: into files, over SMTP, and as it reads at the other end."""

from pathlib import Path

import aiosmtplib
import pytest

from tengen.core.mail import FileMailer, MailRequested, SmtpMailer, compose, make_mailer
from tests.support.mail import Mailbox, parse_mail, plain_text
from tests.support.network import free_port
from tests.support.settings import some_settings
from tests.support.smtp import MailServer

SENDER = "Tengen <tengen@club.example>"


def a_mail(*, to: str = "mira@tengen.example", subject: str = "Welcome", text: str = "Hello\n") -> MailRequested:
    return MailRequested(to=to, subject=subject, text=text, html=f"<p>{text}</p>")


async def test_without_smtp_a_mail_becomes_a_file(tmp_path: Path) -> None:
    mailer = make_mailer(some_settings(tmp_path, mail_from=SENDER))

    await mailer.send(a_mail(subject="Grüße an 未来", text="Zug um Zug: 天元\n.\nEnde\n"))

    (file,) = (tmp_path / "mail").iterdir()
    assert file.suffix == ".eml"
    mail = parse_mail(file.read_bytes())
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "mira@tengen.example", "Grüße an 未来")
    assert plain_text(mail) == "Zug um Zug: 天元\n.\nEnde\n"
    html = mail.get_body(("html",))
    assert html is not None
    assert "天元" in html.get_content()


async def test_files_of_mails_sort_as_they_were_sent(tmp_path: Path) -> None:
    mailer = FileMailer(tmp_path, SENDER)
    for number in range(20):
        await mailer.send(a_mail(subject=str(number)))

    subjects = [mail["Subject"] for mail in Mailbox(tmp_path).mails_to("mira@tengen.example")]
    assert subjects == [str(number) for number in range(20)]


async def test_a_mail_goes_over_smtp(tmp_path: Path) -> None:
    async with MailServer().running() as server:
        mailer = make_mailer(some_settings(tmp_path, smtp_url=f"smtp://127.0.0.1:{server.port}", mail_from=SENDER))
        await mailer.send(a_mail(text="A line\n.\nwith a dot\n"))

    (delivery,) = server.deliveries
    assert (delivery.sender, delivery.recipients) == ("tengen@club.example", ["mira@tengen.example"])
    assert plain_text(parse_mail(delivery.content)) == "A line\n.\nwith a dot\n"
    assert not (tmp_path / "mail").exists()


async def test_name_and_password_of_the_address_sign_in(tmp_path: Path) -> None:
    async with MailServer(accounts={"ten gen": "p@ss/word"}).running() as server:
        right = SmtpMailer(f"smtp://ten%20gen:p%40ss%2Fword@127.0.0.1:{server.port}", SENDER)
        wrong = SmtpMailer(f"smtp://ten%20gen:guess@127.0.0.1:{server.port}", SENDER)

        await right.send(a_mail())
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await wrong.send(a_mail())

    assert len(server.deliveries) == 1


@pytest.mark.parametrize("refusal", ["451 Later, please", "550 Not from you"])
async def test_a_mail_that_is_not_taken_is_an_error(refusal: str) -> None:
    async with MailServer(answer_to_mail=refusal).running() as server:
        with pytest.raises(aiosmtplib.SMTPException, match=refusal[4:]):
            await SmtpMailer(f"smtp://127.0.0.1:{server.port}", SENDER).send(a_mail())


async def test_a_mail_server_that_is_away_is_an_error() -> None:
    with pytest.raises(aiosmtplib.SMTPException):
        await SmtpMailer(f"smtp://127.0.0.1:{free_port()}", SENDER).send(a_mail())


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25"])
def test_an_address_that_is_no_mail_servers_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL"):
        SmtpMailer(url, SENDER)


@pytest.mark.parametrize("field", ["to", "subject"])
def test_a_line_break_adds_no_header(field: str) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        compose(a_mail(**{field: "mira@tengen.example\r\nBcc: everybody@tengen.example"}), SENDER)


def test_a_line_that_looks_like_a_header_stays_text() -> None:
    mail = parse_mail(compose(a_mail(text="Bcc: everybody@tengen.example\n"), SENDER).as_bytes())

    assert mail["Bcc"] is None
    assert mail["Message-ID"]
    assert mail["Date"]
