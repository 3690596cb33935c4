"""A mail server of a few lines, which keeps what it is sent."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Delivery:
    """A mail as it came in: the envelope, and the bytes with the line ends of files."""

    sender: str
    recipients: list[str]
    content: bytes


@dataclass
class MailServer:
    """What an SMTP server (RFC 5321) says to a client that speaks properly.

    `accounts`: who may sign in, by AUTH PLAIN (RFC 4954), and must; nobody has to if it is empty. `answer_to_mail`:
    what it says to the sender's address, to refuse one.
    """

    accounts: dict[str, str] = field(default_factory=dict)
    answer_to_mail: str = "250 OK"
    deliveries: list[Delivery] = field(default_factory=list)
    port: int = 0
    _conversations: list[asyncio.Task[None]] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["MailServer"]:
        """Serve on a free port while the block lasts."""
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self
            await asyncio.gather(*self._conversations)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = asyncio.current_task()
        assert conversation is not None
        self._conversations.append(conversation)
        await self._converse(reader, writer)
        writer.close()
        await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        is_known = not self.accounts
        delivery = Delivery("", [], b"")
        say("220 mail.example ESMTP")
        while line := (await reader.readline()).decode().strip():
            verb = line.partition(" ")[0].upper()
            if verb == "EHLO":
                say("250-mail.example")
                say("250 AUTH PLAIN" if self.accounts else "250 8BITMIME")
            elif verb == "AUTH":
                is_known = self._knows(line.rpartition(" ")[2])
                say("235 Welcome" if is_known else "535 Who are you?")
            elif verb == "MAIL":
                delivery = Delivery(_address(line), [], b"")
                say(self.answer_to_mail if is_known else "530 Authentication required")
            elif verb == "RCPT":
                delivery.recipients.append(_address(line))
                say("250 OK")
            elif verb == "DATA":
                say("354 Go on")
                sent = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
                # Dots that begin a line are doubled on the way (RFC 5321, 4.5.2).
                delivery.content = sent.replace(b"\r\n..", b"\r\n.").replace(b"\r\n", b"\n")
                self.deliveries.append(delivery)
                say("250 Taken")
            elif verb == "QUIT":
                say("221 Bye")
                break
            else:
                say("250 OK")

    def _knows(self, encoded: str) -> bool:
        _, name, password = base64.b64decode(encoded).decode().split("\0")
        return self.accounts.get(name) == password


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]
