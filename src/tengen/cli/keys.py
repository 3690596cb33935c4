"""`tengen keys`: the keys that sign user proofs."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from tengen.accounts import keyring
from tengen.accounts.keyring import SEALED_FOR, SigningKey
from tengen.cli.answers import Answer, listing, thing
from tengen.cli.commands import new_group
from tengen.cli.platforms import platform_command
from tengen.core.platform import Platform
from tengen.core.values import utc_now

app = new_group("The keys that sign user proofs.")


@platform_command(app, "list")
async def list_(platform: Platform) -> Answer:
    """List the keys that verifiers are told of, and say which of them signs."""
    now = utc_now()
    async with platform.database.read() as connection:
        keys = await keyring.load(connection, platform.master_key.sealer(SEALED_FOR), now)
    signing = keyring.signing_key(keys, now)
    items = [_item(key, is_signing=key is signing) for key in keys]
    columns = ("id", "is_signing", "created_at", "active_from", "retires_at")
    return listing(items, columns, empty="There are no keys yet: the first is made when a proof is to be signed.")


@platform_command(app, "rotate")
async def rotate(
    platform: Platform,
    now: Annotated[
        bool,
        typer.Option(
            "--now", help="The old keys are void at once, with all that they signed: for a key that has leaked."
        ),
    ] = False,
) -> Answer:
    """Make a new key, and let the old ones retire.

    It is published at once and signs later, when every verifier knows it; the old ones stay published until the last
    proof they signed has run out.
    """
    settings = platform.settings
    instant = utc_now()
    async with platform.database.write() as transaction:
        key = await keyring.rotate(
            transaction,
            platform.master_key.sealer(SEALED_FOR),
            now=instant,
            lead=timedelta(seconds=0 if now else settings.signing_key_lead_seconds),
            # Of all that it signs and that runs out, what holds longest.
            proof_lifetime=timedelta(seconds=max(settings.proof_lifetime_seconds, settings.user_jwt_lifetime_seconds)),
        )
    return thing(_item(key, is_signing=key.active_from <= instant))


def _item(key: SigningKey, *, is_signing: bool) -> dict[str, Any]:
    return {
        "id": key.id,
        "is_signing": is_signing,
        "created_at": key.created_at,
        "active_from": key.active_from,
        "retires_at": key.retires_at,
    }
