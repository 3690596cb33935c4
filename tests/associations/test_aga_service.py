"""The AGA's membership service: what it may answer, and that its key stays between it and us."""

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from structlog.typing import EventDict

from tengen.accounts.names import Email
from tengen.associations.aga_service import AgaService
from tengen.associations.members import Member, MembershipUnavailable
from tengen.core.values import utc_now
from tests.associations.builders import Answer, MembershipSite, a_member, a_number, in_json
from tests.support.network import free_port

MAIL = "ada@members.example"


@pytest.fixture
def logged() -> Iterator[list[EventDict]]:
    """What is logged."""
    with structlog.testing.capture_logs() as events:
        yield events


async def ask(site: MembershipSite, number: str, *, timeout_seconds: float = 10.0) -> Member | None:
    return await AgaService(site.url, site.key, timeout_seconds=timeout_seconds).find(number)


async def the_answer(site: MembershipSite, answer: Answer) -> Member | None:
    number = a_number()
    site.answers[number] = answer
    return await ask(site, number)


async def test_a_member_has_an_address_and_a_name(aga: MembershipSite) -> None:
    number = a_number()
    aga.answers[number] = a_member(email=MAIL, full_name="Ada Lovelace")
    assert await ask(aga, number) == Member(Email.parse(MAIL), "Ada Lovelace")
    assert aga.asked[-1] == f"/mm/api/members/{number}?api_key={aga.key}"


@pytest.mark.parametrize(
    "unknown",
    [
        in_json({"success": False}),
        in_json({"success": False, "message": "no such member"}, status=404),
        in_json({"success": True, "payload": {"row": None}}),
        in_json({"success": True, "payload": {"row": []}}),
        in_json({"success": True, "payload": []}),
    ],
    ids=["no success", "not found", "no row", "empty row", "empty payload"],
)
async def test_a_number_may_be_nobodys(aga: MembershipSite, unknown: Answer) -> None:
    assert await the_answer(aga, unknown) is None


async def test_a_number_that_the_aga_never_gives_is_nobodys_without_asking(aga: MembershipSite) -> None:
    before = len(aga.asked)
    assert await ask(aga, "A-7") is None
    assert len(aga.asked) == before


@pytest.mark.parametrize("email", [None, "", "unknown", "ada@members.example\nBcc: all@members.example", "a@b"])
async def test_an_address_that_mail_cannot_go_to_is_none(aga: MembershipSite, email: str | None) -> None:
    assert await the_answer(aga, a_member(email=email)) == Member(None, "Ada Lovelace")


@pytest.mark.parametrize("name", [None, "", " ", "Ada\nLovelace", "\u202eAda"])
async def test_a_name_that_is_no_line_is_none(aga: MembershipSite, name: str | None) -> None:
    assert await the_answer(aga, a_member(email=MAIL, full_name=name)) == Member(Email.parse(MAIL), "")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (Answer(b"<html>Fatal error"), "no JSON"),
        (Answer(b""), "no JSON"),
        (Answer(b"\xff"), "no JSON"),
        (Answer(b"[" * 60_000), "no JSON"),
        (in_json([]), "JSON of another form"),
        (in_json({"success": True}), "JSON of another form"),
        (in_json({"success": 0}), "JSON of another form"),
        (in_json({"success": True, "payload": {"row": {"email": 7, "full_name": "Ada"}}}), "JSON of another form"),
        (in_json({"success": True, "payload": {"row": {"email": MAIL}}}), "JSON of another form"),
        (Answer(b"{}", 500), "status 500"),
        (Answer(b"{}", 401), "status 401"),
        (Answer(b"x" * 65_537), "more than 65536 bytes"),
        (Answer(b"", 302, {"Location": "https://elsewhere.example/"}), "status 302"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_another_answer_is_none_and_the_log_says_why(
    aga: MembershipSite, logged: list[EventDict], wrong: Answer, reason: str
) -> None:
    with pytest.raises(MembershipUnavailable) as refusal:
        await the_answer(aga, wrong)
    assert refusal.value.status == 503
    assert [(event["event"], event["reason"]) for event in logged] == [("membership_service_failed", reason)]


async def test_a_redirect_is_not_followed(aga: MembershipSite) -> None:
    there = a_number()
    aga.answers[there] = a_member(email=MAIL)
    with pytest.raises(MembershipUnavailable):
        await the_answer(aga, Answer(b"", 302, {"Location": f"{aga.url}/api/members/{there}?api_key={aga.key}"}))
    assert there not in "".join(aga.asked)


async def test_a_service_that_keeps_us_waiting_is_given_up(logged: list[EventDict]) -> None:
    site, number = MembershipSite(), a_number()
    site.answers[number] = Answer(b"", is_slow=True)
    try:
        with pytest.raises(MembershipUnavailable, match="does not answer"):
            await ask(site, number, timeout_seconds=0.2)
    finally:
        site.close()
    assert "Timeout" in logged[0]["reason"]


async def test_a_service_that_is_away_or_is_no_service_does_not_answer() -> None:
    for url in (f"http://127.0.0.1:{free_port()}/mm", f"https://127.0.0.1:{free_port()}", "https://", "http://[::1"):
        with pytest.raises(MembershipUnavailable):
            await AgaService(url, "key").find("1")


async def test_the_key_does_not_go_to_a_service_without_a_good_certificate(
    tmp_path: Path, logged: list[EventDict]
) -> None:
    said: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.append(await reader.read())
        writer.close()

    impostor = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=a_certificate_of_its_own(tmp_path))
    async with impostor:
        port = impostor.sockets[0].getsockname()[1]
        with pytest.raises(MembershipUnavailable):
            await AgaService(f"https://127.0.0.1:{port}/mm", "key").find("1")
    assert logged[0]["reason"] == "ConnectError"
    assert said in ([], [b""])


async def test_the_key_is_in_no_log_and_no_refusal(
    aga: MembershipSite, logged: list[EventDict], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await the_answer(aga, a_member(email=MAIL))
    refusals = []
    for wrong in (Answer(b"{}", 500), Answer(aga.key.encode()), Answer(b"", 302, {"Location": "/elsewhere"})):
        with pytest.raises(MembershipUnavailable) as refusal:
            await the_answer(aga, wrong)
        refusals.append(str(refusal.getrepr()))
    said = [record.getMessage() for record in caplog.records]
    assert any("/mm/api/members/" in line for line in said)  # the libraries do tell of requests
    assert aga.key not in "\n".join([*said, *refusals, str(logged)])


def a_certificate_of_its_own(directory: Path) -> ssl.SSLContext:
    """TLS with a certificate for 127.0.0.1 that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = directory / "impostor.pem"
    unencrypted = serialization.NoEncryption()
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted)
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
