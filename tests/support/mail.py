"""Reading the mail that a platform without SMTP writes into its data directory."""

import os
import re
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

_TOKEN = re.compile(r"^    ([A-Z]{6})$", re.MULTILINE)


def parse_mail(raw: bytes) -> EmailMessage:
    """A mail from its bytes."""
    return message_from_bytes(raw, policy=policy.default)


def plain_text(mail: EmailMessage) -> str:
    """The plain text part of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None, "the mail has no plain text"
    return str(part.get_content())


class Mailbox:
    """The mails in `<data>/mail`, by the address they went to. Each file is read once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._read: set[str] = set()
        self._mails: dict[str, list[EmailMessage]] = {}

    def mails_to(self, address: str) -> list[EmailMessage]:
        """Every mail to this address so far, in the order of sending."""
        for name in sorted(self._new_names()):
            self._read.add(name)
            mail = parse_mail((self._directory / name).read_bytes())
            self._mails.setdefault(str(mail["To"]), []).append(mail)
        return self._mails.get(address, [])

    def _new_names(self) -> list[str]:
        if not self._directory.exists():
            return []
        # Asked for all the time, while there are thousands of mails: without a path for each of them.
        with os.scandir(self._directory) as entries:
            unread = [entry.name for entry in entries if entry.name not in self._read]
        return [name for name in unread if name.endswith(".eml") and not name.startswith(".")]

    def wait_for(self, address: str, *, number: int = 1, seconds: float = 10.0) -> EmailMessage:
        """The `number`-th mail to this address, as soon as it is there."""
        give_up_at = time.monotonic() + seconds
        while time.monotonic() < give_up_at:
            mails = self.mails_to(address)
            if len(mails) >= number:
                return mails[number - 1]
            time.sleep(0.003)
        raise TimeoutError(f"mail number {number} to {address} has not come in {seconds} s")

    def token(self, address: str, *, number: int = 1) -> str:
        """The verification token in the `number`-th mail to this address."""
        found = _TOKEN.search(plain_text(self.wait_for(address, number=number)))
        assert found is not None, f"the mail to {address} holds no token"
        return found[1]
