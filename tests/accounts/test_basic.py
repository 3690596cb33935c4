"""Basic credentials (RFC 7617) out of a header."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.accounts.basic import CHALLENGE, Credentials, MalformedCredentials, NotAuthenticated


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "credentials"),
    [
        # RFC 7617, sections 2 and 2.1.
        ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", Credentials("Aladdin", "open sesame")),
        ("Basic dGVzdDoxMjPCow==", Credentials("test", "123£")),
        ("basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", Credentials("Aladdin", "open sesame")),
        ("BASIC   QWxhZGRpbjpvcGVuIHNlc2FtZQ== ", Credentials("Aladdin", "open sesame")),
        (f"Basic {encoded('mira:a:b:c')}", Credentials("mira", "a:b:c")),
        (f"Basic {encoded('mira:')}", Credentials("mira", "")),
        (f"Basic {encoded(':')}", Credentials("", "")),
    ],
)
def test_login_and_password_are_read(header: str, credentials: Credentials) -> None:
    assert Credentials.parse(header) == credentials


@given(login=st.text(alphabet=st.characters(exclude_characters=":", exclude_categories=["Cs"])), password=st.text())
def test_whatever_can_be_written_is_read(login: str, password: str) -> None:
    try:
        header = f"Basic {encoded(f'{login}:{password}')}"
    except UnicodeEncodeError:
        return
    assert Credentials.parse(header) == Credentials(login, password)


@pytest.mark.parametrize("header", [None, "", "Basic", "Basic ", "Bearer QWxhZGRpbg==", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="])
def test_without_basic_credentials_nobody_is_authenticated(header: str | None) -> None:
    with pytest.raises(NotAuthenticated, match="Not authenticated") as refusal:
        Credentials.parse(header)
    assert refusal.value.headers == CHALLENGE == {"WWW-Authenticate": "Basic"}


@pytest.mark.parametrize(
    "header",
    [
        "Basic !!!",
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ",
        f"Basic {encoded('no colon')}",
        f"Basic {base64.b64encode(bytes([0xFF, 0x3A, 0xFE])).decode()}",
        "Basic ü",
        "Basic QWxh ZGRpbjpvcGVuIHNlc2FtZQ==",
    ],
    ids=["not base64", "not padded", "no colon", "not UTF-8", "not ASCII", "torn"],
)
def test_what_is_basic_and_not_credentials_is_refused(header: str) -> None:
    with pytest.raises(MalformedCredentials, match="Invalid authentication credentials") as refusal:
        Credentials.parse(header)
    assert refusal.value.headers == CHALLENGE


@given(header=st.text() | st.text().map("Basic ".__add__))
def test_any_header_is_read_or_refused(header: str) -> None:
    with suppress(NotAuthenticated, MalformedCredentials):
        Credentials.parse(header)


def test_a_password_is_not_shown() -> None:
    assert "open sesame" not in repr(Credentials("Aladdin", "open sesame"))
