"""Sample data: people, game servers, clans and two weeks of matches, made through the services that serve everybody.

Games of Go are not made here: their servers report them to the running platform (`tengen.demo.go_reports`). Neither are
replays of Minesweeper, which take a moment to be played and read (`tengen.demo.minesweeper_uploads`).
"""

import asyncio
import base64
import io
import json
import os
import random
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tengen.accounts import service as accounts
from tengen.accounts.names import DisplayName, Email
from tengen.accounts.runtime import Accounts
from tengen.accounts.service import Account, Role
from tengen.clans import service as clans
from tengen.clans.icons import Icon
from tengen.clans.tags import ClanName, ClanTag
from tengen.core.values import AccountId, ServerId, utc_now
from tengen.demo import go_sample, minesweeper_sample, play_sample
from tengen.demo.go_sample import GoSample
from tengen.demo.minesweeper_sample import MinesweeperSample
from tengen.demo.play_sample import PlaySample
from tengen.games import team_matches
from tengen.games.team_match import Race, Team, TeamMatch
from tengen.servers import service as servers
from tengen.servers.hosts import HostName
from tengen.servers.listing import Listing
from tengen.skins import service as skins
from tengen.tournaments.keychain import SEALED_FOR, Keychain

if TYPE_CHECKING:
    from tengen.core.database import Transaction
    from tengen.core.platform import Platform

_STAFF = ("Ada Admin", "Oskar Owner", "Kiyoshi Keeper")
_PLAYERS = (
    *("Mira", "Teodor", "Aiko", "Bruno", "Wanjiru", "Ines"),
    *("Kasimir", "Leila", "Sunniva", "Otto", "Priya", "Jun"),
)
_CREDENTIALS = "sample-credentials.json"
_SINCE = timedelta(days=30)
"""Ago, when everybody registered."""


@dataclass(frozen=True, slots=True)
class Login:
    """Whom to sign in as."""

    email: str
    display_name: str
    password: str


@dataclass(frozen=True, slots=True)
class SampleCredentials:
    """Everybody in the sample data whom one may want to sign in as. Made at random for each data directory."""

    admin: Login
    owner: Login
    players: tuple[Login, ...]
    servers: dict[str, str]
    """The arenas' secrets, by their ids."""
    # What follows is missing in data directories from before there was Go.
    keeper: Login | None = None
    """The owner of the servers on which Go is played."""
    go_people: tuple[Login, ...] = ()
    """Who plays Go beside the players of the arenas."""
    go: GoSample | None = None
    minesweeper: MinesweeperSample | None = None
    """Missing in data directories from before there were tournaments. The owner of the arenas is their host."""
    play: PlaySample | None = None
    """Missing in data directories from before Go was played here."""


async def is_wanted(platform: "Platform") -> bool:
    """Whether the platform is empty, so that sample data disturbs nobody."""
    async with platform.database.read() as connection:
        return not await accounts.has_accounts(connection)


async def fill(platform: "Platform", *, now: datetime | None = None, matches: int = 60) -> SampleCredentials:
    """Fill an empty platform, and keep the credentials in its data directory for `credentials`.

    People have fixed names and hidden skills, and matches fall as these make likely, so ratings look like real ones.
    All in one transaction: a start that is interrupted leaves nothing behind, and the next one tries again.
    """
    now = now or utc_now()
    passwords = Accounts.of(platform).passwords
    people = [_login(name) for name in (*_STAFF, *_PLAYERS, *go_sample.PEOPLE)]
    hashes = await asyncio.gather(*(passwords.hash(login.password) for login in people))
    chance = random.Random(19)  # noqa: S311  # decides who wins, guards nothing
    keychain = Keychain(platform.master_key.sealer(SEALED_FOR))
    async with platform.database.write() as transaction:
        admin, owner, keeper, *crowd = [
            await _register(transaction, login, password_hash, now - _SINCE)
            for login, password_hash in zip(people, hashes, strict=True)
        ]
        await accounts.grant_roles(transaction, admin.id, [Role.ADMIN])
        player_ids = [account.id for account in crowd[: len(_PLAYERS)]]
        arenas = await _open_arenas(transaction, owner.id, now)
        await _found_clans(transaction, player_ids, now - timedelta(days=14))
        await _play_matches(transaction, list(arenas), player_ids, matches, chance, now)
        found = SampleCredentials(
            admin=people[0],
            owner=people[1],
            players=tuple(people[len(_STAFF) : len(_STAFF) + len(_PLAYERS)]),
            servers={str(server_id): secret for server_id, secret in arenas.items()},
            keeper=people[2],
            go_people=tuple(people[len(_STAFF) + len(_PLAYERS) :]),
            go=await go_sample.settle(transaction, keeper.id, crowd, chance, now=now),
            minesweeper=await minesweeper_sample.settle(transaction, keychain, owner, crowd, now=now),
            play=await play_sample.settle(transaction, owner, crowd, now=now),
        )
        # Before the commit: data without its credentials would be of no use, credentials without data are written anew.
        _keep(platform.settings.data_dir / _CREDENTIALS, found)
    return found


def credentials(data_dir: Path) -> SampleCredentials | None:
    """The credentials of the sample data in this directory, or None if there is none."""
    try:
        kept = json.loads((data_dir / _CREDENTIALS).read_text())
    except FileNotFoundError:
        return None
    keeper, go, minesweeper, play = (kept.get(name) for name in ("keeper", "go", "minesweeper", "play"))
    return SampleCredentials(
        Login(**kept["admin"]),
        Login(**kept["owner"]),
        tuple(Login(**login) for login in kept["players"]),
        kept["servers"],
        keeper and Login(**keeper),
        tuple(Login(**login) for login in kept.get("go_people", ())),
        go and GoSample.from_json(go),
        minesweeper and MinesweeperSample.from_json(minesweeper),
        play and PlaySample(**play),
    )


def _keep(path: Path, found: SampleCredentials) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(found), file, indent=2)


async def _register(transaction: "Transaction", login: Login, password_hash: str, since: datetime) -> Account:
    return await accounts.register(
        transaction,
        email=Email.parse(login.email),
        display_name=DisplayName.parse(login.display_name),
        password_hash=password_hash,
        now=since,
        mail_tokens=None,
    )


def _login(name: str) -> Login:
    return Login(f"{name.split()[0].lower()}@tengen.example", name, secrets.token_urlsafe(9))


def _listings() -> list[Listing]:
    names = (("Quiet Valley", "Beginners are welcome"), ("Crossroads", "Open to all"), ("High Keep", "No mercy"))
    return [
        Listing(
            host_name=HostName.parse("127.0.0.1"),
            port=11235 + number,
            display_name=name,
            description=description,
            game_type="RTSS",
            max_player_count=16,
        )
        for number, (name, description) in enumerate(names)
    ]


async def _open_arenas(transaction: "Transaction", owner_id: AccountId, now: datetime) -> dict[ServerId, str]:
    """The arenas, heard of just now, with their secrets."""
    arenas = {}
    for listing in _listings():
        arena = await servers.register(transaction, owner_id, listing, limit=None, now=now - _SINCE)
        await servers.heartbeat(
            transaction, arena.id, listing, current_map="crossroads", current_player_count=0, now=now
        )
        arenas[arena.id] = arena.secret
    return arenas


async def _play_matches(
    transaction: "Transaction",
    arenas: Sequence[ServerId],
    player_ids: Sequence[AccountId],
    count: int,
    chance: random.Random,
    now: datetime,
) -> None:
    skills = {player_id: chance.gauss(0, 1) for player_id in player_ids}
    for number in range(count):
        played_at = now - timedelta(days=14) * (1 - number / count)
        match = _match(player_ids, skills, chance)
        await team_matches.report_team_match(transaction, chance.choice(arenas), match, now=played_at)


async def _found_clans(transaction: "Transaction", player_ids: Sequence[AccountId], now: datetime) -> None:
    icon_colors = ((40, 60, 120), (150, 60, 30))
    for number, (tag, name) in enumerate((("^rFOX", "Night Foxes"), ("^090IVY", "Ivy Wall"))):
        founder, *invited = player_ids[number * 4 : number * 4 + 4]
        clan = await clans.found_clan(
            transaction,
            founder,
            tag=ClanTag.parse(tag),
            name=ClanName.parse(name),
            icon=Icon.parse(_icon(icon_colors[number])),
            now=now,
        )
        for member in invited:
            await clans.invite(transaction, clan.id, founder, member, now)
            await clans.answer_invitation(transaction, clan.id, member, accept=True, now=now)
        skin = await skins.create_skin(
            transaction, kind="shield", unit="nomad", model_path=f"units/nomad/shield_{number}.model", now=now
        )
        await skins.give_to_clan(transaction, skin.id, clan.id, now)


def _icon(color: tuple[int, int, int]) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (32, 32), color).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def _match(player_ids: Sequence[AccountId], skills: dict[AccountId, float], chance: random.Random) -> TeamMatch:
    drawn = chance.sample(list(player_ids), 8)
    fields = (drawn[:4], drawn[4:])
    teams = [
        Team(number, race, field, commander=field[0])
        for number, (race, field) in enumerate(zip((Race.HUMAN, Race.BEAST), fields, strict=True))
    ]
    lead = sum(skills[who] for who in fields[0]) - sum(skills[who] for who in fields[1]) + chance.gauss(0, 2)
    return TeamMatch(teams, winner=None if abs(lead) < 0.2 else int(lead < 0))
