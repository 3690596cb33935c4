"""Mail: what is sent, and the two ways of sending it."""

import secrets
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol
from urllib.parse import unquote, urlsplit

from tengen.core.events import Event
from tengen.core.values import utc_now

if TYPE_CHECKING:
    from tengen.core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class MailRequested(Event):
    """A mail is to go out. Secret, for mails carry tokens."""

    is_secret: ClassVar[bool] = True

    to: str
    subject: str
    text: str
    html: str


class Mailer(Protocol):
    """Sends a mail, or raises."""

    async def send(self, mail: MailRequested) -> None:
        """Hand the mail over. Raises if that failed; the outbox tries again."""
        ...


def compose(mail: MailRequested, sender: str) -> EmailMessage:
    """The mail as a message with a plain and an HTML part."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(utc_now())
    message["Message-ID"] = make_msgid(domain="tengen")
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message


class FileMailer:
    """Writes each mail as `<time>-<random>.eml` into a directory: for trying the platform out, and for tests."""

    def __init__(self, directory: Path, sender: str) -> None:
        self._directory = directory
        self._sender = sender

    async def send(self, mail: MailRequested) -> None:
        """Write the mail. A reader never sees half of one: the file appears by renaming."""
        self._directory.mkdir(parents=True, exist_ok=True)
        name = f"{utc_now():%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}.eml"
        draft = self._directory / f".{name}"
        draft.write_bytes(compose(mail, self._sender).as_bytes())
        draft.rename(self._directory / name)


class SmtpMailer:
    """Hands mail to the SMTP server of `SMTP_URL`."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or parts.hostname is None:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:port or smtps://…")
        self._sender = sender
        self._host = parts.hostname
        self._is_tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._is_tls else 587)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, mail: MailRequested) -> None:
        """Send over one connection; STARTTLS where the server offers it."""
        import aiosmtplib  # most platforms start without it

        await aiosmtplib.send(
            compose(mail, self._sender),
            hostname=self._host,
            port=self._port,
            use_tls=self._is_tls,
            username=self._username,
            password=self._password,
            timeout=30,
        )


def make_mailer(settings: "Settings") -> Mailer:
    """The mailer that the settings ask for."""
    if settings.smtp_url is not None:
        return SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from)
    return FileMailer(settings.data_dir / "mail", settings.mail_from)
