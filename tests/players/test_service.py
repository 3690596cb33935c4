"""Players in the database: joining a server, tokens, names, lists."""

import asyncio
from datetime import timedelta

import pytest

from tengen.accounts import service as accounts
from tengen.accounts.service import Account, Role
from tengen.core.database import Database, statements_executed
from tengen.core.security import digest, matches
from tengen.core.values import AccountId, PlayerId, ServerId
from tengen.players import service
from tengen.players.service import (
    HOME,
    IsHomePlayer,
    ListedPlayer,
    NewToken,
    NotPlayersOwner,
    Player,
    PlayerExists,
    PlayerKey,
    PlayerNotFound,
)
from tengen.servers import service as servers
from tests.players.builders import a_new_player
from tests.servers.builders import a_new_server
from tests.support.builders import NOON, an_account, unique

MINUTE = timedelta(minutes=1)
NOBODY = PlayerId(2**62)


async def made_by_a_report(database: Database, account: Account, server_id: ServerId) -> PlayerId:
    """The player that an account gets when a server reports its match."""
    async with database.write() as transaction:
        return (await service.ensure_players(transaction, server_id, [account.id], NOON))[account.id]


async def home_player_of(database: Database, account: Account) -> PlayerId:
    async with database.read() as connection:
        return (await service.players_on(connection, HOME, [account.id]))[account.id]


async def key_of(database: Database, player_id: PlayerId) -> PlayerKey:
    async with database.read() as connection:
        return (await service.player_keys(connection, [player_id]))[player_id]


async def reset(database: Database, player_id: PlayerId) -> NewToken:
    async with database.write() as transaction:
        return await service.reset_token(transaction, player_id)


async def rename(database: Database, player_id: PlayerId, name: str) -> ListedPlayer:
    async with database.write() as transaction:
        return await service.rename_player(transaction, player_id, name)


async def by_token(database: Database, token: str) -> Player | None:
    async with database.read() as connection:
        return await service.player_by_token(connection, token)


# ── joining ──


async def test_an_account_joins_a_server_by_a_name_and_gets_a_token(database: Database) -> None:
    account, server = await an_account(database), await a_new_server(database)
    made = await a_new_player(database, account=account, server_id=server.id, name="mossy_stone")
    assert (made.player.account_id, made.player.server_id, made.player.name) == (account.id, server.id, "mossy_stone")
    assert (await key_of(database, made.player.id)).player == made.player


async def test_a_token_has_32_hexadecimal_characters_and_only_its_hash_is_stored(database: Database) -> None:
    made = await a_new_player(database)
    assert len(bytes.fromhex(made.token)) == 16
    assert made.token == made.token.lower()
    assert (await key_of(database, made.player.id)).token_digest == digest(made.token)
    assert made.token not in repr(made)


async def test_who_chooses_no_name_has_the_first_twenty_characters_of_the_accounts(database: Database) -> None:
    account = await an_account(database, display_name=unique("Mira of the long names"))
    made = await a_new_player(database, account=account)
    assert made.player.name == "Mira of the long nam"


async def test_an_account_is_one_player_on_each_server_and_is_told_of_the_reset(database: Database) -> None:
    account, server = await an_account(database), await a_new_server(database)
    made = await a_new_player(database, account=account, server_id=server.id)
    with pytest.raises(PlayerExists) as refusal:
        await a_new_player(database, account=account, server_id=server.id, name="another")
    assert refusal.value.status == 409
    assert f"number {made.player.id}" in refusal.value.message
    assert "reset it" in refusal.value.message
    kept = await key_of(database, made.player.id)
    assert (kept.player, kept.token_digest) == (made.player, digest(made.token))
    await a_new_player(database, account=account)  # on another server
    await a_new_player(database, server_id=server.id)  # another account


async def test_of_two_attempts_at_the_same_moment_one_makes_the_player(database: Database) -> None:
    account, server = await an_account(database), await a_new_server(database)
    outcomes = await asyncio.gather(
        *(a_new_player(database, account=account, server_id=server.id) for _ in range(5)), return_exceptions=True
    )
    (made,) = [outcome for outcome in outcomes if isinstance(outcome, NewToken)]
    assert sum(isinstance(outcome, PlayerExists) for outcome in outcomes) == 4
    assert (await by_token(database, made.token)) == made.player


async def test_a_player_made_when_its_server_reported_a_match_gets_its_token_and_its_name(database: Database) -> None:
    account, server = await an_account(database), await a_new_server(database)
    player_id = await made_by_a_report(database, account, server.id)
    assert (await key_of(database, player_id)).token_digest is None
    made = await a_new_player(database, account=account, server_id=server.id, name="mossy_stone")
    assert made.player.id == player_id
    assert made.player.name == "mossy_stone"
    assert (await key_of(database, player_id)) == PlayerKey(made.player, digest(made.token))
    with pytest.raises(PlayerExists):
        await a_new_player(database, account=account, server_id=server.id)
    assert await made_by_a_report(database, account, server.id) == player_id


async def test_nobody_joins_this_platform_where_everybody_is_already(database: Database) -> None:
    account = await an_account(database)
    with pytest.raises(IsHomePlayer):
        await a_new_player(database, account=account, server_id=HOME)
    assert (await key_of(database, await home_player_of(database, account))).token_digest is None


# ── tokens and names ──


async def test_a_new_token_voids_the_old_one(database: Database) -> None:
    made, other = await a_new_player(database), await a_new_player(database)
    renewed = await reset(database, made.player.id)
    assert renewed.player == made.player
    stored = (await key_of(database, made.player.id)).token_digest
    assert stored is not None
    assert matches(renewed.token, stored)
    assert not matches(made.token, stored)
    assert (await key_of(database, other.player.id)).token_digest == digest(other.token)


async def test_a_player_without_a_token_gets_its_first_by_a_reset(database: Database) -> None:
    player_id = await made_by_a_report(database, await an_account(database), (await a_new_server(database)).id)
    renewed = await reset(database, player_id)
    assert await by_token(database, renewed.token) == renewed.player


async def test_a_renamed_player_keeps_its_token(database: Database) -> None:
    made = await a_new_player(database, name="mossy_stone")
    renamed = await rename(database, made.player.id, "stone")
    assert renamed.player == Player(made.player.id, made.player.account_id, "stone", made.player.server_id)
    assert (renamed.server_name, renamed.has_token, renamed.created_at) == ("Quiet Valley", True, NOON)
    assert await by_token(database, made.token) == renamed.player


async def test_players_on_one_server_may_bear_one_name(database: Database) -> None:
    server = await a_new_server(database)
    made = [await a_new_player(database, server_id=server.id, name="mossy_stone") for _ in range(2)]
    assert made[0].player.id != made[1].player.id


async def test_players_on_this_platform_have_neither_tokens_nor_names_of_their_own(database: Database) -> None:
    account = await an_account(database)
    player_id = await home_player_of(database, account)
    with pytest.raises(IsHomePlayer):
        await reset(database, player_id)
    with pytest.raises(IsHomePlayer):
        await rename(database, player_id, "mossy_stone")
    kept = await key_of(database, player_id)
    assert (kept.player.name, kept.token_digest) == (account.display_name, None)


async def test_there_is_nothing_to_change_in_unknown_players(database: Database) -> None:
    with pytest.raises(PlayerNotFound):
        await reset(database, NOBODY)
    with pytest.raises(PlayerNotFound):
        await rename(database, NOBODY, "mossy_stone")


async def test_a_player_is_managed_by_its_account_and_by_administrators(database: Database) -> None:
    owner, other = await an_account(database), await an_account(database, roles=(Role.MODERATOR, Role.HOST))
    admin = await an_account(database, roles=(Role.ADMIN, Role.BOT))
    made = await a_new_player(database, account=owner)
    async with database.read() as connection:
        for account in (owner, admin):
            await service.check_may_manage(connection, made.player.id, account)
        with pytest.raises(NotPlayersOwner):
            await service.check_may_manage(connection, made.player.id, other)
        for account in (owner, admin, other):
            with pytest.raises(PlayerNotFound):
                await service.check_may_manage(connection, NOBODY, account)


# ── looking up ──


async def test_a_player_is_found_by_its_token_alone_with_one_statement(database: Database) -> None:
    made, other = await a_new_player(database), await a_new_player(database)
    counter = [0]
    statements_executed.set(counter)
    assert await by_token(database, made.token) == made.player
    assert counter == [1]
    assert await by_token(database, other.token) == other.player
    right = made.token
    for token in ("", right.upper(), right[:-1], f"{right}0", f" {right}", "\x00", "ß", "\ud800", "0" * 5000):
        assert await by_token(database, token) is None, token


async def test_a_list_has_the_players_of_an_account_or_of_a_server_in_the_order_of_their_ids(
    database: Database,
) -> None:
    account, server = await an_account(database), await a_new_server(database)
    mine = [await a_new_player(database, account=account) for _ in range(2)]
    mine.append(await a_new_player(database, account=account, server_id=server.id, now=NOON + MINUTE))
    player_id = await made_by_a_report(database, other := await an_account(database), server.id)
    async with database.read() as connection:
        of_account = await service.list_players(connection, account_id=account.id)
        of_server = await service.list_players(connection, server_id=server.id)
        of_both = await service.list_players(connection, account_id=account.id, server_id=server.id)
        here = (await servers.servers_by_ids(connection, [HOME]))[HOME]
    home, *joined = of_account
    assert (home.player.server_id, home.server_name, home.has_token) == (HOME, here.display_name, False)
    assert [listed.player for listed in joined] == [made.player for made in mine]
    assert of_both == [ListedPlayer(mine[-1].player, "Quiet Valley", has_token=True, created_at=NOON + MINUTE)]
    assert [listed.player.id for listed in of_server] == [mine[-1].player.id, player_id]
    assert (of_server[1].player.account_id, of_server[1].has_token) == (other.id, False)


async def test_a_list_goes_on_after_an_id_and_costs_two_statements_however_long_it_is(database: Database) -> None:
    account = await an_account(database)
    made = [await a_new_player(database, account=account) for _ in range(4)]
    counter = [0]
    statements_executed.set(counter)
    async with database.read() as connection:
        first = await service.list_players(connection, account_id=account.id, limit=3)
        assert counter == [2]
        rest = await service.list_players(connection, account_id=account.id, after_id=first[-1].player.id)
    assert [listed.player.id for listed in first + rest][1:] == [one.player.id for one in made]


async def test_players_on_deleted_servers_are_still_listed(database: Database) -> None:
    made = await a_new_player(database)
    async with database.write() as transaction:
        await servers.delete_server(transaction, made.player.server_id, NOON)
    async with database.read() as connection:
        listed = await service.list_players(connection, account_id=AccountId(made.player.account_id))
    assert [one.player.id for one in listed][1:] == [made.player.id]


async def test_a_closed_accounts_tokens_are_void(database: Database) -> None:
    made = await a_new_player(database)
    async with database.write() as transaction:
        await accounts.delete_account(transaction, made.player.account_id, NOON)
    async with database.read() as connection:
        assert await service.player_by_token(connection, made.token) is None
        assert (await service.player_keys(connection, [made.player.id]))[made.player.id].token_digest is None
