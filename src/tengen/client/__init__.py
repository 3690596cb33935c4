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

A server on which Go is played reports its games with their records; both players' tokens show that they let it:

    from tengen.client import Client, Credentials, GameReport, PlayerToken

    with Client("https://tengen.example", Credentials.of_server(4, secret)) as platform:
        black, white = PlayerToken(71, blacks_token), PlayerToken(72, whites_token)
        game = platform.report_game(GameReport(4, black, white, "W+3.5", played_at=ended_at, record=sgf))
        print(platform.game_rating(game.id).white.text)

Whoever has a replay and the receipt for its upload learns from them what the platform says about it:

    from tengen.client import Client, ReceiptVerifier

    with Client("https://tengen.example") as platform:
        receipt = ReceiptVerifier(platform).verify(text)
        if receipt.matches(content):
            print("not before", receipt.key_made_at, "and not after", receipt.uploaded_at)

`AsyncClient`, `AsyncProofVerifier` and `AsyncReceiptVerifier` have the same methods, awaited. Refusals are exceptions
of the tree under `TengenError`. `examples/` has game servers and a player.
"""

from tengen.client.clients import AsyncClient, Client
from tengen.client.errors import (
    Conflict,
    EmailTaken,
    EmailUnverified,
    Forbidden,
    GameNotFound,
    Invalid,
    InvalidDate,
    InvalidReport,
    InvalidResult,
    InvalidTerms,
    KeyReused,
    MissingParameters,
    MissingRecord,
    MissingTokens,
    NameTaken,
    NotFound,
    NothingToChange,
    Problem,
    TengenError,
    TooManyRequests,
    TooManyServers,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    UnfetchedRecord,
    UnknownAccounts,
    UnknownToken,
    Unreachable,
    UnreadableRecord,
    WrongMailToken,
)
from tengen.client.models import (
    Account,
    ChangeKind,
    Clan,
    ClanRank,
    Credentials,
    CurrentRating,
    EndReason,
    Game,
    GameChange,
    GamePage,
    GameRating,
    GameReport,
    GameServer,
    Leaderboard,
    Listing,
    Membership,
    NewPlayer,
    OwnPlayer,
    Player,
    PlayerToken,
    Proof,
    Race,
    RatedGame,
    Rating,
    RatingHistory,
    RecordWarning,
    Reported,
    ServerAdmin,
    SideRating,
    SignIn,
    Skin,
    Standing,
    Team,
    TeamStats,
)
from tengen.client.operations import LineOperation, Operation, ServerOrder
from tengen.client.verifiers import AsyncProofVerifier, AsyncReceiptVerifier, ProofVerifier, ReceiptVerifier
from tengen.proofs import Claims, InvalidProof
from tengen.receipts import InvalidReceipt, Receipt
from tengen.signatures import InvalidKeySet, KeySet, UnknownKey

__all__ = [
    "Account",
    "AsyncClient",
    "AsyncProofVerifier",
    "AsyncReceiptVerifier",
    "ChangeKind",
    "Claims",
    "Clan",
    "ClanRank",
    "Client",
    "Conflict",
    "Credentials",
    "CurrentRating",
    "EmailTaken",
    "EmailUnverified",
    "EndReason",
    "Forbidden",
    "Game",
    "GameChange",
    "GameNotFound",
    "GamePage",
    "GameRating",
    "GameReport",
    "GameServer",
    "Invalid",
    "InvalidDate",
    "InvalidKeySet",
    "InvalidProof",
    "InvalidReceipt",
    "InvalidReport",
    "InvalidResult",
    "InvalidTerms",
    "KeyReused",
    "KeySet",
    "Leaderboard",
    "LineOperation",
    "Listing",
    "Membership",
    "MissingParameters",
    "MissingRecord",
    "MissingTokens",
    "NameTaken",
    "NewPlayer",
    "NotFound",
    "NothingToChange",
    "Operation",
    "OwnPlayer",
    "Player",
    "PlayerToken",
    "Problem",
    "Proof",
    "ProofVerifier",
    "Race",
    "RatedGame",
    "Rating",
    "RatingHistory",
    "Receipt",
    "ReceiptVerifier",
    "RecordWarning",
    "Reported",
    "ServerAdmin",
    "ServerOrder",
    "SideRating",
    "SignIn",
    "Skin",
    "Standing",
    "Team",
    "TeamStats",
    "TengenError",
    "TooManyRequests",
    "TooManyServers",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "UnfetchedRecord",
    "UnknownAccounts",
    "UnknownKey",
    "UnknownToken",
    "Unreachable",
    "UnreadableRecord",
    "WrongMailToken",
]
