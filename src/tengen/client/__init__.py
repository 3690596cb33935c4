"""The client library: the platform from Python, for players' programs and for game servers.

A player signs in, picks a game server and gets a proof that only this one accepts:

    from tengen.client import Client, Credentials

    with Client("https://tengen.example", Credentials("mira@example.org", "correct horse")) as platform:
        server = platform.online_servers(game_type="arena", not_full=True)[0]
        proof = platform.login(server_id=server.id).proof
        # connect to server.host_name, server.port and show proof.signed

The game server checks it by itself, says regularly that it lives, and reports its matches:

    from tengen.client import Client, Credentials, InvalidProof, Listing, ProofVerifier, Race, Team

    with Client("https://tengen.example", Credentials.of_server(3, secret)) as platform:
        verifier = ProofVerifier(platform, server_id=3)
        try:
            account_id = verifier.verify(signed_proof).account_id
        except InvalidProof as error:
            print("No entry:", error)

        listing = Listing("203.0.113.20", 11235, "Quiet Valley", game_type="arena", max_player_count=32)
        platform.heartbeat(listing, current_map="eden2", current_player_count=2)
        platform.report_match([Team(0, Race.HUMAN, [57]), Team(1, Race.BEAST, [58])], winner=1)

`AsyncClient` and `AsyncProofVerifier` have the same methods, awaited. Refusals are exceptions of the tree under
`TengenError`. `examples/` has a whole game server and a player.
"""

from tengen.client.clients import AsyncClient, Client
from tengen.client.errors import (
    Conflict,
    EmailTaken,
    EmailUnverified,
    Forbidden,
    Invalid,
    NameTaken,
    NotFound,
    Problem,
    TengenError,
    TooManyRequests,
    TooManyServers,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    UnknownAccounts,
    Unreachable,
    WrongMailToken,
)
from tengen.client.models import (
    Account,
    Clan,
    ClanRank,
    Credentials,
    EndReason,
    GameServer,
    Listing,
    Membership,
    NewPlayer,
    OwnPlayer,
    Proof,
    Race,
    ServerAdmin,
    SignIn,
    Skin,
    Team,
    TeamStats,
)
from tengen.client.operations import Operation, ServerOrder
from tengen.client.verifiers import AsyncProofVerifier, ProofVerifier
from tengen.proofs import Claims, InvalidProof, KeySet, UnknownKey

__all__ = [
    "Account",
    "AsyncClient",
    "AsyncProofVerifier",
    "Claims",
    "Clan",
    "ClanRank",
    "Client",
    "Conflict",
    "Credentials",
    "EmailTaken",
    "EmailUnverified",
    "EndReason",
    "Forbidden",
    "GameServer",
    "Invalid",
    "InvalidProof",
    "KeySet",
    "Listing",
    "Membership",
    "NameTaken",
    "NewPlayer",
    "NotFound",
    "Operation",
    "OwnPlayer",
    "Problem",
    "Proof",
    "ProofVerifier",
    "Race",
    "ServerAdmin",
    "ServerOrder",
    "SignIn",
    "Skin",
    "Team",
    "TeamStats",
    "TengenError",
    "TooManyRequests",
    "TooManyServers",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "UnknownAccounts",
    "UnknownKey",
    "Unreachable",
    "WrongMailToken",
]
