"""Programs as they are registered and stored."""

import asyncio

import pytest
from sqlalchemy import func, select

from tengen.core.database import Database
from tengen.core.errors import TengenError
from tengen.core.security import matches
from tengen.oauth import apps
from tengen.oauth.apps import AppNotFound, TooManyApps
from tengen.oauth.clients import ClientCredentials
from tengen.oauth.codes import Consent, new_family
from tengen.oauth.models import AppRow, OAuthCodeRow, OAuthTokenRow
from tengen.oauth.redirects import InvalidRedirectUri
from tengen.oauth.refusals import InvalidClient
from tengen.oauth.registration import AppForm, Grant, InvalidApp
from tengen.oauth.runtime import OAuth
from tengen.oauth.scopes import DEFAULT
from tests.oauth.builders import BACK, MINUTE, an_app
from tests.support.builders import NOON, an_account


async def test_an_apps_secret_is_told_once_and_stored_as_its_digest(database: Database) -> None:
    made = await an_app(database)
    async with database.read() as connection:
        row = await connection.one(select(AppRow.client_id, AppRow.secret_digest, AppRow.redirect_uris))

    assert made.client_secret is not None
    assert tuple(row)[::2] == (made.app.client_id, BACK)
    assert matches(made.client_secret, row.secret_digest)
    assert made.client_secret not in repr(made)


async def test_a_public_app_has_no_secret_and_none_is_right(database: Database) -> None:
    made = await an_app(database, is_public=True)
    assert made.client_secret is None
    async with database.read() as connection:
        client = await apps.client_of(connection, ClientCredentials(made.app.client_id, ""))
        client.check_is_authenticated()
        with pytest.raises(InvalidClient):
            await apps.client_of(connection, ClientCredentials(made.app.client_id, "hush"))


async def test_a_confidential_app_is_authenticated_by_its_secret(database: Database) -> None:
    made = await an_app(database)
    assert made.client_secret is not None
    async with database.read() as connection:
        client = await apps.client_of(connection, ClientCredentials(made.app.client_id, made.client_secret))
        client.check_is_authenticated()
        assert client.app == made.app
        unproved = await apps.client_of(connection, ClientCredentials(made.app.client_id, ""))
    with pytest.raises(InvalidClient, match="send its client_secret"):
        unproved.check_is_authenticated()


async def test_an_account_has_so_many_apps_and_after_deleting_one_another(database: Database) -> None:
    owner = await an_account(database)
    made = [await an_app(database, owner=owner, limit=2, now=NOON + n * MINUTE) for n in range(2)]
    await an_app(database, limit=2)  # somebody else's
    with pytest.raises(TooManyApps, match="You have 2 apps"):
        await an_app(database, owner=owner, limit=2)
    async with database.write() as transaction:
        await apps.delete_app(transaction, made[0].app.client_id, owner_id=owner.id)
    await an_app(database, owner=owner, limit=2, name="Third", now=NOON + 3 * MINUTE)
    async with database.read() as connection:
        found = await apps.list_apps(connection, owner_id=owner.id)
    assert [app.name for app in found] == ["Stones", "Third"]


async def test_of_registrations_at_the_same_moment_no_more_succeed_than_may(database: Database) -> None:
    owner = await an_account(database)
    made = await asyncio.gather(*(an_app(database, owner=owner, limit=2) for _ in range(4)), return_exceptions=True)
    assert sorted(isinstance(each, TooManyApps) for each in made) == [False, False, True, True]


async def test_an_app_is_deleted_with_its_tokens_and_codes_by_its_owner_alone(database: Database, oauth: OAuth) -> None:
    owner, other, user = [await an_account(database) for _ in range(3)]
    app, kept = (await an_app(database, owner=owner)).app, (await an_app(database, owner=other)).app
    for each in (app, kept):
        await oauth.codes.issue(user, Consent(each.client_id, BACK, DEFAULT, None), now=NOON)
        async with database.write() as transaction:
            await oauth.tokens.issue(
                transaction,
                user.id,
                generation=0,
                client_id=each.client_id,
                scopes=DEFAULT,
                family=new_family(),
                now=NOON,
            )
    for client_id, who in ((app.client_id, other.id), ("x", owner.id), ("\0", owner.id), ("0" * 32, None)):
        with pytest.raises(AppNotFound):
            async with database.write() as transaction:
                await apps.delete_app(transaction, client_id, owner_id=who)
    async with database.write() as transaction:
        await apps.delete_app(transaction, app.client_id, owner_id=owner.id)
    async with database.read() as connection:
        for table in (AppRow, OAuthTokenRow, OAuthCodeRow):
            left = await connection.one(select(func.count(), func.max(table.client_id)).select_from(table))
            assert tuple(left) == (1, kept.client_id)


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\0b", "a\u202eb", "\ud800", "a\nb"])
def test_an_app_has_a_name_that_can_be_shown(name: str) -> None:
    with pytest.raises(InvalidApp):
        AppForm.parse(name=name, grant=Grant.PASSWORD, is_public=True, redirect_uris="")


def test_an_app_to_which_people_are_sent_back_says_where() -> None:
    with pytest.raises(InvalidApp, match="redirect URI"):
        AppForm.parse(name="Stones", grant=Grant.AUTHORIZATION_CODE, is_public=True, redirect_uris=" ")
    with pytest.raises(InvalidRedirectUri):
        AppForm.parse(name="Stones", grant=Grant.PASSWORD, is_public=True, redirect_uris="x")
    form = AppForm.parse(name=" Stones ", grant=Grant.PASSWORD, is_public=True, redirect_uris="")
    assert (form.name, form.redirect_uris) == ("Stones", ())


async def test_a_refusal_tells_nothing_of_the_secret(database: Database) -> None:
    made = await an_app(database)
    async with database.read() as connection:
        with pytest.raises(TengenError) as refusal:
            await apps.client_of(connection, ClientCredentials(made.app.client_id, "a wrong secret"))
    assert "wrong secret" not in str(refusal.value)
