"""The client library in front of the real platform: every operation, as programs use them."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tengen.client import (
    AsyncClient,
    AsyncProofVerifier,
    ChangeKind,
    ClanRank,
    Client,
    Conflict,
    Credentials,
    EmailTaken,
    EmailUnverified,
    Forbidden,
    GameNotFound,
    GameReport,
    Invalid,
    InvalidProof,
    KeyReused,
    Listing,
    MissingParameters,
    MissingTokens,
    NameTaken,
    NotFound,
    NothingToChange,
    PlayerToken,
    ProofVerifier,
    Race,
    ServerOrder,
    Team,
    TooManyRequests,
    TooManyServers,
    Unauthenticated,
    UnknownAccounts,
    UnknownToken,
    UnreadableRecord,
    WrongMailToken,
)
from tests.games.builders import SGF, GoServer, a_go_server
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


def a_game_report(club: GoServer, **changes: object) -> GameReport:
    black, white = (PlayerToken(player.id, player.token) for player in (club.black, club.white))
    played_at = datetime(2026, 3, 14, 19, 5, tzinfo=UTC) + timedelta(seconds=club.id)
    report = GameReport(club.id, black, white, "W+3.5", played_at, record=SGF, handicap=0, idempotency_key="table 7")
    return replace(report, **changes)  # type: ignore[arg-type]


def test_a_game_of_go_from_its_report_to_the_ratings(server: Server, nobody: Client, clients: Clients) -> None:
    club = a_go_server(server)
    ours, report = clients.using(Credentials.of_server(club.id, club.secret)), a_game_report(club)
    game = ours.report_game(report)
    assert (game.black_id, game.white_id, game.result, game.komi) == (club.black.id, club.white.id, "W+3.5", 7.5)
    assert (game.played_at, game.is_rated, game.has_record) == (report.played_at, True, True)
    assert ours.report_game(report) == game == nobody.game(game.id)
    assert nobody.game_record(game.id) == SGF.encode()
    rating = nobody.game_rating(game.id)
    assert rating.black is not None
    assert rating.white is not None
    assert rating.black.rank_after < rating.black.rank_before == rating.white.rank_before < rating.white.rank_after
    with pytest.raises(KeyReused):
        ours.report_game(replace(report, played_at=report.played_at + timedelta(hours=1)))
    with pytest.raises(UnknownToken):
        ours.report_game(replace(report, black=PlayerToken(club.black.id, club.white.token)))
    with pytest.raises(UnreadableRecord):
        ours.report_game(a_game_report(club, record="(;B[", komi=6.5, idempotency_key=None))
    with pytest.raises(MissingParameters, match="komi"):
        ours.report_game(a_game_report(club, record="(;B[pd])", idempotency_key=None))
    with pytest.raises(MissingTokens):
        clients.of(a_verified_user(server)).report_game(report)
    with pytest.raises(GameNotFound):
        nobody.game(2**40)


async def test_a_batch_of_games_is_reported_and_read_by_pages(server: Server, clients: Clients) -> None:
    club = a_go_server(server)
    credentials = Credentials.of_server(club.id, club.secret)
    first = a_game_report(club)
    reports = [replace(first, played_at=first.played_at + timedelta(hours=n), idempotency_key=None) for n in range(5)]
    reports[2] = replace(reports[2], result="W+")
    told = list(clients.using(credentials).report_games(reports))
    assert [reported.index for reported in told] == [0, 1, 2, 3, 4]
    assert [reported.is_new for reported in told] == [True, True, False, True, True]
    assert [reported.error and reported.error.code for reported in told] == [None, None, "invalid_result", None, None]
    async with AsyncClient(server.url, credentials) as client:
        again = [reported async for reported in client.report_games(reports)]
        assert [reported.game for reported in again] == [reported.game for reported in told]
        assert not any(reported.is_new for reported in again)
        page = await client.games(server_id=club.id, limit=3)
        rest = await client.games(server_id=club.id, limit=3, after=page.after)
    assert [*page.games, *rest.games] == [told[number].game for number in (4, 3, 1, 0)]
    assert rest.after is None
    window = clients.using(credentials).games(
        player_id=club.black.id, pool="go", since=reports[1].played_at, until=reports[4].played_at
    )
    assert [game.played_at for game in window.games] == [reports[3].played_at, reports[1].played_at]


def test_a_reported_game_is_corrected_annulled_and_restored(server: Server, nobody: Client, clients: Clients) -> None:
    club = a_go_server(server)
    ours = clients.using(Credentials.of_server(club.id, club.secret))
    game = ours.report_game(a_game_report(club))
    corrected = ours.correct_game(game.id, "Mistyped", result="B+R", swap_colors=True, komi=6.5)
    assert (corrected.result, corrected.black_id, corrected.komi) == ("B+R", game.white_id, 6.5)
    with pytest.raises(NothingToChange):
        ours.correct_game(game.id, "Mistyped", result="B+R")
    annulled = ours.annul_game(game.id, "White had help.")
    assert (annulled.is_annulled, annulled.is_rated, annulled.unrated_reason) == (True, False, "annulled")
    assert nobody.game_rating(game.id).pool is None
    assert ours.restore_game(game.id, "He had none.") == replace(corrected, id=game.id)
    correction, annulment, restoration = nobody.game_history(game.id)
    assert (correction.kind, correction.reason, correction.account_id) == (ChangeKind.CORRECTION, "Mistyped", None)
    assert (correction.before["result"], correction.after["result"]) == ("W+3.5", "B+R")
    assert [annulment.kind, restoration.kind] == [ChangeKind.ANNULMENT, ChangeKind.RESTORATION]
    with pytest.raises(Forbidden):
        clients.of(a_verified_user(server)).annul_game(game.id, "I lost it.")
    with pytest.raises(Unauthenticated):
        nobody.annul_game(game.id, "I lost it.")


def test_a_player_its_rating_and_its_place(server: Server, nobody: Client, clients: Clients) -> None:
    club = a_go_server(server)
    player = nobody.player(club.black.id)
    assert (player.name, player.server_id, player.rating, player.rank) == (club.black.name, club.id, None, None)
    assert nobody.player_by_token(club.black.token) == player
    ours, report = clients.using(Credentials.of_server(club.id, club.secret)), a_game_report(club)
    later = replace(report, played_at=report.played_at + timedelta(hours=1), idempotency_key=None)
    games = [ours.report_game(one).id for one in (report, later)]

    history = nobody.rating_history(club.white.id, limit=1)
    rest = nobody.rating_history(club.white.id, "go", limit=1, after=history.after)
    assert [game.game_id for game in (*history.games, *rest.games)] == games[::-1]
    assert rest.after is None
    assert history.current is not None
    assert (history.current.games, history.current.last_played_at) == (2, later.played_at)
    assert history.current.is_provisional
    opponent = history.games[0].opponent
    assert opponent is not None
    assert opponent.value < 24.3 < history.games[0].after.value
    assert nobody.player(club.white.id).rating == history.games[0].after.value == history.current.rating.value

    (standing,) = nobody.leaderboard(around=club.white.id, limit=1, provisional=True).standings
    assert (standing.account_id, standing.name) == (club.white.account_id, nobody.player(club.white.id).display_name)
    assert standing.current == history.current
    assert standing.position is not None
    (hidden,) = nobody.leaderboard(around=club.white.id, limit=1).standings
    assert (hidden.account_id, hidden.position) == (club.white.account_id, None)
    first = nobody.leaderboard(limit=1, provisional=True, inactive=True)
    second = nobody.leaderboard(limit=1, provisional=True, inactive=True, after=first.after)
    assert [standing.position for standing in (*first.standings, *second.standings)] == [1, 2]
    assert nobody.leaderboard(f"team:{club.id}").standings == ()
    with pytest.raises(NotFound):
        nobody.leaderboard("chess/..")
    with pytest.raises(NotFound):
        nobody.player(2**40)
    with pytest.raises(NotFound):
        nobody.player_by_token("5d0c")


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
