"""What sockets show: `user_jwt` and `chat_auth`."""

import dataclasses
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tengen import signatures
from tengen.accounts import service as accounts
from tengen.accounts.runtime import Accounts
from tengen.accounts.service import Account
from tengen.core.database import Database
from tengen.core.platform import Platform
from tengen.core.values import utc_now
from tengen.oauth import user_jwt
from tengen.oauth.runtime import OAuth
from tengen.oauth.user_jwt import UserClaims
from tests.support.builders import NOON, an_account

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
ISSUER = "https://tengen.example"
KEY = Ed25519PrivateKey.generate()
KEYS = signatures.KeySet({"k1": KEY.public_key()})
NO_TEXTS = ["", "x", "a.b.c", "\0", "\ud800", "é" * 80, "0" * 80, "f" * 80, "F" * 80, "9" * 5000]


async def end(database: Database, changed: Account, closed: Account) -> None:
    async with database.write() as transaction:
        await accounts.set_password(transaction, changed.id, "another hash")
        await accounts.delete_account(transaction, closed.id, NOON)


async def an_unverified_account(database: Database) -> Account:
    return await an_account(database, mail_tokens=accounts.MailTokens(b"k", HOUR, 3, SECOND))


# ── user_jwt ──


async def test_a_user_jwt_says_whose_a_socket_is(database: Database, oauth: OAuth) -> None:
    user = await an_account(database)
    text = await oauth.user_jwt(user)
    assert await oauth.account_of_jwt(text) == user
    claims = jwt.decode(text, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 43_200
    assert (claims["sub"], claims["aud"], claims["gen"]) == (str(user.id), "realtime", 0)


async def test_a_user_jwt_is_void_with_the_password_and_with_the_account(database: Database, oauth: OAuth) -> None:
    changed, closed, new = await an_account(database), await an_account(database), await an_unverified_account(database)
    texts = [await oauth.user_jwt(user) for user in (changed, closed, new)]
    await end(database, changed, closed)
    assert [await oauth.account_of_jwt(text) for text in texts] == [None, None, None]


async def test_a_user_proof_is_no_user_jwt_nor_the_other_way_round(
    database: Database, oauth: OAuth, platform: Platform
) -> None:
    user, prover = await an_account(database), oauth.accounts.prover
    pair = await prover.issue(user, now=utc_now())
    assert await oauth.account_of_jwt(pair.signed_proof) is None
    assert await oauth.account_of_jwt(pair.proof) is None
    assert not await prover.holds(user, await oauth.user_jwt(user), now=utc_now())


async def test_another_workers_user_jwt_holds(database: Database, oauth: OAuth, platform: Platform) -> None:
    user = await an_account(database)
    other = OAuth.of(platform, Accounts.of(platform))
    assert await other.account_of_jwt(await oauth.user_jwt(user)) == user
    assert await other.account_of_chat_auth(oauth.chat_auth(user)) == user


@pytest.mark.parametrize("text", NO_TEXTS)
async def test_any_other_text_is_nobodys(oauth: OAuth, text: str) -> None:
    assert await oauth.account_of_jwt(text) is None
    assert await oauth.account_of_chat_auth(text) is None


def test_a_user_jwt_holds_until_it_expires_for_its_issuer_and_under_its_keys() -> None:
    claims = UserClaims(57, 2, NOON + HOUR)
    text = user_jwt.sign(claims, issuer=ISSUER, now=NOON, key=KEY, key_id="k1")
    other_keys = signatures.KeySet({"k1": Ed25519PrivateKey.generate().public_key()})
    assert user_jwt.read(text, keys=KEYS, issuer=ISSUER, now=NOON + HOUR - SECOND) == claims
    assert user_jwt.read(text, keys=KEYS, issuer=ISSUER, now=NOON + HOUR) is None
    assert user_jwt.read(text, keys=KEYS, issuer="https://other.example", now=NOON) is None
    assert user_jwt.read(text, keys=other_keys, issuer=ISSUER, now=NOON) is None
    assert user_jwt.read(text, keys=signatures.KeySet({}), issuer=ISSUER, now=NOON) is None
    assert user_jwt.read(text[:-1], keys=KEYS, issuer=ISSUER, now=NOON) is None


def test_what_is_signed_for_something_else_is_no_user_jwt() -> None:
    payload = {"iss": ISSUER, "sub": "57", "aud": "realtime", "iat": 0, "exp": 4_000_000_000, "gen": 2}

    def read(changes: dict[str, object], typ: str = user_jwt.TYPE) -> UserClaims | None:
        text = signatures.sign(payload | changes, typ=typ, key=KEY, key_id="k1")
        return user_jwt.read(text, keys=KEYS, issuer=ISSUER, now=NOON)

    assert read({}) is not None
    assert read({}, typ="JWT") is None
    changed: list[dict[str, object]] = [{"aud": "server:3"}, {"sub": "x"}, {"sub": "0"}, {"sub": str(2**64)}]
    changed += [{"gen": "x"}, {"exp": 1e400}]
    for changes in changed:
        assert read(changes) is None, changes


# ── chat_auth ──


async def test_a_chat_auth_says_whose_a_socket_is(database: Database, oauth: OAuth) -> None:
    user, other = await an_account(database), await an_account(database)
    text = oauth.chat_auth(user)
    assert await oauth.account_of_chat_auth(text) == user
    assert text == oauth.chat_auth(user)
    assert len(text) == 80
    for wrong in (oauth.chat_auth(other)[:16] + text[16:], text.upper(), text[:-1], text + "0"):
        assert await oauth.account_of_chat_auth(wrong) is None


async def test_a_chat_auth_is_void_with_the_password_and_with_the_account(database: Database, oauth: OAuth) -> None:
    changed, closed, new = await an_account(database), await an_account(database), await an_unverified_account(database)
    texts = [oauth.chat_auth(user) for user in (changed, closed, new)]
    await end(database, changed, closed)
    assert [await oauth.account_of_chat_auth(text) for text in texts] == [None, None, None]
    renewed = dataclasses.replace(changed, generation=changed.generation + 1)
    assert await oauth.account_of_chat_auth(oauth.chat_auth(renewed)) == renewed
