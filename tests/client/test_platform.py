"""The client library in front of the real platform: every operation, as programs use them."""

import base64
import json
from collections.abc import Iterator

import pytest

from tengen.client import (
    AsyncClient,
    AsyncProofVerifier,
    ClanRank,
    Client,
    Conflict,
    Credentials,
    EmailTaken,
    EmailUnverified,
    Forbidden,
    Invalid,
    InvalidProof,
    Listing,
    NameTaken,
    NotFound,
    ProofVerifier,
    Race,
    ServerOrder,
    Team,
    TooManyRequests,
    TooManyServers,
    Unauthenticated,
    UnknownAccounts,
    WrongMailToken,
)
from tests.support.builders import PASSWORD, User, a_game_server, a_tag, a_verified_user, an_icon, unique
from tests.support.server import Server


@pytest.fixture
def nobody(server: Server) -> Iterator[Client]:
    """A client without credentials."""
    with Client(server.url) as client:
        yield client


class Clients:
    """Makes clients that are closed in the end."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._made: list[Client] = []

    def of(self, user: User) -> Client:
        """A client with this account's credentials."""
        return self.using(Credentials(user.email, user.password))

    def using(self, credentials: Credentials) -> Client:
        """A client with these credentials."""
        self._made.append(Client(self._server.url, credentials))
        return self._made[-1]

    def close(self) -> None:
        """Close them all."""
        for client in self._made:
            client.close()


@pytest.fixture
def clients(server: Server) -> Iterator[Clients]:
    """Clients of the running platform."""
    made = Clients(server)
    yield made
    made.close()


def a_server_listing(**changes: object) -> Listing:
    listing = {"host_name": "203.0.113.20", "port": 11235, "display_name": unique("Quiet Valley "), "game_type": "RTSS"}
    return Listing(**listing | {"max_player_count": 8, "description": "beginners"} | changes)  # type: ignore[arg-type]


def test_an_account_from_registration_to_its_proofs(server: Server, nobody: Client, clients: Clients) -> None:
    email, name = f"{unique('mira')}@tengen.example", unique("Mira")
    registered = nobody.register(email, name, PASSWORD)
    mira = clients.using(Credentials(email, PASSWORD))
    assert not nobody.verify_proof(registered.account.id, registered.proof.opaque)
    with pytest.raises(EmailUnverified):
        mira.login()
    with pytest.raises(WrongMailToken):
        mira.verify_email("AAAAAA")
    with pytest.raises(TooManyRequests) as refusal:
        mira.renew_mail_token()
    assert refusal.value.retry_after is not None
    assert 0 < refusal.value.retry_after.total_seconds() <= 30

    verified = mira.verify_email(server.mail_token(email))
    assert verified.account == registered.account
    signed_in = mira.login()
    assert signed_in.account.last_online_at is not None
    assert signed_in.proof.expires_at is not None
    assert signed_in.proof.signed is not None
    for proof in (verified.proof.opaque, signed_in.proof.opaque, signed_in.proof.signed):
        assert nobody.verify_proof(registered.account.id, proof)
        assert not nobody.verify_proof(registered.account.id + 1, proof)
    renamed = mira.change_display_name(unique("Mira II "))
    assert mira.account(renamed.id).display_name == renamed.display_name
    with pytest.raises(Forbidden):
        mira.renew_mail_token()


def test_refusals_around_accounts(server: Server, nobody: Client, clients: Clients) -> None:
    user, other = a_verified_user(server), a_verified_user(server)
    mira = clients.of(user)
    with pytest.raises(EmailTaken):
        nobody.register(user.email, unique("Mira"), PASSWORD)
    with pytest.raises(NameTaken):
        nobody.register(f"{unique('mira')}@tengen.example", user.display_name, PASSWORD)
    with pytest.raises(NameTaken):
        mira.change_display_name(other.display_name)
    with pytest.raises(Invalid) as refusal:
        nobody.register("no address", "", "short")
    assert [problem.where for problem in refusal.value.problems] == [
        "body.username",
        "body.display_name",
        "body.password",
    ]
    with pytest.raises(NotFound, match="User not found"):
        mira.account(2**40)
    with pytest.raises(Unauthenticated):
        clients.using(Credentials(user.email, "not this one")).login()
    with pytest.raises(Unauthenticated):
        nobody.account(user.id)
    found = mira.accounts([other.id, user.id, 2**40])
    assert [account.display_name for account in found] == [user.display_name, other.display_name]


def test_the_platform_is_alive(nobody: Client) -> None:
    assert nobody.is_alive()


async def test_a_game_server_verifies_proofs_made_for_it(server: Server, clients: Clients) -> None:
    user, ours, other = a_verified_user(server), a_game_server(server), a_game_server(server)
    fitting = clients.of(user).login(server_id=ours.id).proof.signed
    foreign = clients.of(user).login(server_id=other.id).proof.signed
    assert fitting is not None
    assert foreign is not None
    credentials = Credentials.of_server(ours.id, ours.secret)
    verifier = ProofVerifier(clients.using(credentials), server_id=ours.id)
    async with AsyncClient(server.url, credentials) as client:
        async_verifier = AsyncProofVerifier(client, server_id=ours.id)
        assert verifier.verify(fitting) == await async_verifier.verify(fitting)
        assert verifier.verify(fitting).account_id == user.id
        with pytest.raises(InvalidProof):
            await async_verifier.verify(foreign)
    with pytest.raises(InvalidProof):
        verifier.verify(foreign)


def test_a_game_server_from_registration_to_ratings(server: Server, nobody: Client, clients: Clients) -> None:
    owner, players = clients.of(a_verified_user(server)), [a_verified_user(server) for _ in range(2)]
    listing = a_server_listing()
    credentials = owner.register_server(listing)
    ours = clients.using(credentials)
    (mine,) = owner.my_servers()
    assert (mine.id, mine.updated_at, mine.current_map) == (credentials.server_id, None, "")

    heard = ours.heartbeat(listing, current_map="eden2", current_player_count=2)
    assert heard.updated_at is not None
    found = nobody.online_servers(
        game_type="RTSS", search=listing.display_name, not_full=True, sort=ServerOrder.PLAYERS
    )
    assert [server.id for server in found] == [mine.id]
    assert mine.id in {server.id for server in nobody.online_servers()}
    ours.heartbeat(listing, current_map="eden2", current_player_count=8)
    assert not nobody.online_servers(search=listing.display_name, not_full=True)
    with pytest.raises(Unauthenticated):
        clients.using(Credentials.of_server(mine.id, "5d0c" * 8)).heartbeat(
            listing, current_map="", current_player_count=0
        )

    with pytest.raises(NotFound):
        ours.team_stats(players[0].id, mine.id)
    teams = [Team(0, Race.HUMAN, [players[0].id, -1]), Team(1, Race.BEAST, [players[1].id], commander=players[0].id)]
    ours.report_match(teams, winner=0)
    ours.report_match(teams, winner=None)
    with pytest.raises(UnknownAccounts):
        ours.report_match([Team(0, Race.HUMAN, [2**40]), teams[1]], winner=0)
    won, lost = ours.team_stats_of([players[0].id, players[1].id, 2**40], mine.id)
    assert (won.matches_played_field, won.matches_won_field, won.matches_played_command) == (2, 1, 2)
    assert (lost.matches_played_field, lost.matches_won_field) == (2, 0)
    assert won.skill_rating > 800 > lost.skill_rating
    assert clients.of(players[0]).team_stats(players[0].id, mine.id) == won


def test_a_player_on_a_game_server_and_those_who_look_after_it(server: Server, clients: Clients) -> None:
    mira, tova = a_verified_user(server), a_verified_user(server)
    owner, admin = clients.of(mira), clients.of(tova)
    credentials = owner.register_server(listing := a_server_listing())
    server_id = credentials.server_id

    made = admin.add_player(server_id, name="mossy_stone")
    assert (made.name, made.server_id, made.account_id, len(made.token)) == ("mossy_stone", server_id, tova.id, 32)
    with pytest.raises(Conflict, match="reset"):
        admin.add_player(game_server=listing.display_name)
    with pytest.raises(Invalid, match="name"):
        owner.add_player(server_id, name="a" * 21)
    with pytest.raises(NotFound):
        owner.add_player(2**40)
    assert admin.reset_player_token(made.id) != made.token
    with pytest.raises(Forbidden):
        owner.reset_player_token(made.id)
    renamed = admin.rename_player(made.id, "stone")
    assert (renamed.name, renamed.server_name, renamed.has_token) == ("stone", listing.display_name, True)
    assert admin.my_players()[1:] == [renamed]
    assert owner.add_player(game_server=listing.display_name).name == mira.display_name[:20]

    with pytest.raises(Forbidden):
        admin.server_admins(server_id)
    added = owner.add_server_admin(server_id, display_name=tova.display_name)
    assert admin.server_admins(server_id)[1:] == [added]
    renewed = admin.reset_server_token(server_id)
    with pytest.raises(Unauthenticated):
        clients.using(credentials).heartbeat(listing, current_map="", current_player_count=0)
    clients.using(renewed).heartbeat(listing, current_map="", current_player_count=0)
    admin.remove_server_admin(server_id, tova.id)
    with pytest.raises(NotFound):
        owner.remove_server_admin(server_id, tova.id)
    with pytest.raises(Conflict):
        owner.add_server_admin(server_id, mira.id)


def test_an_owner_has_room_for_five_game_servers(server: Server, clients: Clients) -> None:
    owner = clients.of(a_verified_user(server))
    for _ in range(5):
        owner.register_server(a_server_listing())
    with pytest.raises(TooManyServers):
        owner.register_server(a_server_listing())


def test_a_clan_from_its_foundation_to_the_last_farewell(server: Server, nobody: Client, clients: Clients) -> None:
    users = [a_verified_user(server) for _ in range(3)]
    owner, member, guest = (clients.of(user) for user in users)
    icon = base64.b64decode(an_icon())
    clan = owner.register_clan(a_tag(), unique("Night Foxes "), icon)
    assert (clan.icon, clan.deleted_at) == (icon, None)
    with pytest.raises(Conflict):
        member.register_clan(clan.tag, unique("Day Foxes "), icon)
    assert clan in owner.clans()
    assert owner.clans(after_id=clan.id - 1, limit=1) == [clan]
    assert owner.clan(clan.id) == clan
    assert owner.clans_by_id([clan.id, 2**40]) == [clan]
    assert nobody.clan_icon(clan.id) == icon
    other_icon = base64.b64decode(an_icon(width=32, height=32))
    assert owner.update_clan_icon(clan.id, other_icon).icon == other_icon

    for user in users[1:]:
        owner.invite_to_clan(user.id, clan.id)
    (invitation,) = member.my_clan_invitations()
    assert (invitation.rank, invitation.is_active) == (ClanRank.MEMBER, False)
    assert [open_one.account_id for open_one in owner.clan_invitations(clan.id)] == [users[1].id, users[2].id]
    owner.retract_clan_invitation(users[2].id, clan.id)
    with pytest.raises(Invalid, match="retracted"):
        guest.respond_to_clan_invitation(clan.id, accept=True)
    owner.invite_to_clan(users[2].id, clan.id)
    guest.respond_to_clan_invitation(clan.id, accept=False)
    assert not guest.am_clan_member(clan.id)
    member.respond_to_clan_invitation(clan.id, accept=True)
    assert member.am_clan_member(clan.id)
    game_server = a_game_server(server)
    asking = clients.using(Credentials.of_server(game_server.id, game_server.secret))
    assert asking.is_clan_member(users[1].id, clan.id)
    assert not asking.is_clan_member(users[2].id, clan.id)
    (membership,) = owner.memberships(users[1].id)
    assert membership.is_active

    assert owner.update_clan_rank(users[1].id, clan.id, ClanRank.ADMIN).rank is ClanRank.ADMIN
    member.leave_clan(clan.id)
    owner.invite_to_clan(users[2].id, clan.id)
    guest.respond_to_clan_invitation(clan.id, accept=True)
    owner.kick_from_clan(users[2].id, clan.id)
    with pytest.raises(Forbidden):
        guest.kick_from_clan(users[0].id, clan.id)
    assert [remaining.account_id for remaining in owner.clan_members(clan.id)] == [users[0].id]
    with pytest.raises(NotFound):
        owner.clan_members(2**40)


def test_the_skins_of_accounts_and_clans(server: Server, clients: Clients) -> None:
    user = a_verified_user(server)
    mira = clients.of(user)
    clan = mira.register_clan(a_tag(), unique("Night Foxes "), base64.b64decode(an_icon()))

    def give(*to: str) -> int:
        path = unique("units/nomad/shield") + ".model"
        made = server.run("skin", "add", "--kind", "shield", "--unit", "nomad", "--model-path", path, "--json")
        skin_id = int(json.loads(made.stdout)["id"])
        server.run("skin", "give", str(skin_id), *to)
        return skin_id

    own, shared = give("--account", user.email), give("--clan", str(clan.id))
    assert [skin.id for skin in mira.skins_of_account(user.id)] == [own]
    assert [skin.id for skin in mira.skins_of_account(user.id, clan.id)] == [own, shared]
    assert [skin.id for skin in mira.skins_of_clan(clan.id)] == [shared]
    with pytest.raises(NotFound):
        mira.skins_of_clan(2**40)
