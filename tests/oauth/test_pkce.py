"""Verifiers and challenges."""

import pytest

from tengen.oauth import pkce

# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_challenge_is_made_of_its_verifier_as_the_standard_shows() -> None:
    assert pkce.challenge_of(VERIFIER) == CHALLENGE
    assert pkce.fits(VERIFIER, CHALLENGE)
    assert pkce.is_challenge(CHALLENGE)


@pytest.mark.parametrize(
    "verifier", ["", VERIFIER[:-1], VERIFIER + "=", CHALLENGE, "x" * 129, "ü" * 43, "\0" * 43, VERIFIER + "\n"]
)
def test_nothing_else_fits(verifier: str) -> None:
    assert not pkce.fits(verifier, CHALLENGE)


@pytest.mark.parametrize("length", [43, 128])
def test_a_verifier_has_43_to_128_characters(length: int) -> None:
    verifier = ("azAZ09-._~" * 13)[:length]
    assert pkce.is_verifier(verifier)
    assert pkce.fits(verifier, pkce.challenge_of(verifier))


@pytest.mark.parametrize(
    "text", ["", CHALLENGE + "=", CHALLENGE[:-1], CHALLENGE.replace("-", "+"), "\0" * 43, "é" * 43]
)
def test_what_is_no_digest_is_no_challenge(text: str) -> None:
    assert not pkce.is_challenge(text)
