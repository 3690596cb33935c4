"""The sample data, in the platform's database and in the file of its credentials."""

import json

from tengen.accounts import service as accounts
from tengen.core.platform import Platform
from tengen.core.values import AccountId, GameId
from tengen.demo import sample
from tengen.oauth import apps
from tengen.play import challenges
from tengen.play import service as live_games
from tengen.players import service as players

CREDENTIALS = "sample-credentials.json"


async def test_an_empty_platform_gets_forty_players_of_go_on_three_servers(platform: Platform) -> None:
    assert await sample.is_wanted(platform)
    found = await sample.fill(platform, matches=3)
    assert not await sample.is_wanted(platform)
    assert found.go is not None
    assert len({player.email for player in found.go.players}) == 40 == len(found.players) + len(found.go_people)
    assert {len(there) for there in found.go.by_server.values()} <= set(range(20, 40))
    async with platform.database.read() as connection:
        for player in found.go.players[:5]:
            known = await players.player_by_token(connection, player.token)
            assert known is not None
            assert (known.id, known.name, known.server_id) == (player.id, player.name, player.server_id)
        (keeper,) = (await accounts.accounts_by_ids(connection, [AccountId(3)])).values()
    assert found.keeper is not None
    assert keeper.display_name == found.keeper.display_name


async def test_the_credentials_are_kept_as_they_were_made(platform: Platform) -> None:
    found = await sample.fill(platform, matches=3)
    assert sample.credentials(platform.settings.data_dir) == found
    file = platform.settings.data_dir / CREDENTIALS
    assert file.stat().st_mode & 0o777 == 0o600


async def test_credentials_from_before_there_was_go_are_read(platform: Platform) -> None:
    found = await sample.fill(platform, matches=3)
    file = platform.settings.data_dir / CREDENTIALS
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({name: kept[name] for name in ("admin", "owner", "players", "servers")}))
    older = sample.credentials(platform.settings.data_dir)
    assert older is not None
    assert (older.admin, older.owner, older.players, older.servers) == (
        found.admin,
        found.owner,
        found.players,
        found.servers,
    )
    assert (older.keeper, older.go_people, older.go) == (None, (), None)


async def test_a_game_of_go_is_under_way_and_a_challenge_waits(platform: Platform) -> None:
    found = await sample.fill(platform, matches=3)
    assert found.play is not None
    async with platform.database.read() as connection:
        stored = await live_games.find(connection, GameId(found.play.game_id))
        count, (challenge,) = await challenges.page_of_open(connection, offset=0, limit=10)
        app = await apps.app_by_client_id(connection, found.play.client_id)
    assert not stored.game.is_over
    assert len(stored.game.moves) == 36
    assert (count, challenge.id) == (1, found.play.challenge_id)
    assert app is not None
    assert app.is_public
