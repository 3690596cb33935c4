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

A player of Minesweeper enters a tournament, gets a key for the replays, and uploads them:

    from datetime import timedelta
    from pathlib import Path

    from tengen.client import Client, Credentials

    with Client("https://tengen.example", Credentials("mira@example.org", "correct horse")) as platform:
        platform.enter_tournament(12)
        key = platform.wait_for_key(12, patience=timedelta(hours=1)).text
        # put it where the program writes it into replays, and play
        upload = platform.upload_replay(12, Path("game.rmv"))
        print(upload.line.explanation)
        Path("game.receipt").write_text(upload.receipt)

Two play Go on the platform itself, live, whoever it is that challenges; this one waits for its turns:

    from tengen.client import AsyncClient, Credentials, Offer

    async with AsyncClient("https://tengen.example", Credentials("mira@example.org", "correct horse")) as platform:
        rin = await platform.opponent_named("Rin")
        made = await platform.challenge_player(rin.id, Offer(width=9, height=9))
        async with platform.live() as live:
            game = await live.join(made.game_id)  # when Rin has accepted
            async for event in game.events():
                if game.is_my_turn:
                    await game.play("pass")

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
    AccountNotFound,
    AlreadyDisqualified,
    ChallengeNotFound,
    Conflict,
    EmailTaken,
    EmailUnverified,
    EntryClosed,
    EntryRejected,
    FeedFull,
    Forbidden,
    GameHasMovedOn,
    GameIsOver,
    GameNotFound,
    IllegalMove,
    Invalid,
    InvalidChallenge,
    InvalidData,
    InvalidDate,
    InvalidGrant,
    InvalidModeParameters,
    InvalidPoint,
    InvalidReason,
    InvalidReport,
    InvalidResult,
    InvalidSchedule,
    InvalidTerms,
    InvalidToken,
    InvalidTournament,
    KeyExists,
    KeyNeverGenerated,
    KeyNotGenerated,
    KeyNotGeneratedYet,
    KeyReused,
    Ko,
    MarkingDiffers,
    MissingParameters,
    MissingRecord,
    MissingTokens,
    ModeConstraintViolated,
    NameTaken,
    NoResult,
    NotDisqualified,
    NotEntrant,
    NotFound,
    NothingToChange,
    NothingToWithdraw,
    NotHost,
    NotIdentified,
    NotInGame,
    NotInvited,
    NotLoggedIn,
    NotParticipating,
    NotRequested,
    NotTournamentHost,
    NotYet,
    NotYourTurn,
    Occupied,
    OutsideBoard,
    PrivateGame,
    Problem,
    ReplaySealed,
    SubmissionNotFound,
    Suicide,
    Superko,
    TengenError,
    TimeIsUp,
    TooEarly,
    TooManyFollowers,
    TooManyRequests,
    TooManyServers,
    TournamentNotFound,
    TournamentOver,
    TournamentStarted,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    UnfetchedRecord,
    UnknownAccounts,
    UnknownMode,
    UnknownToken,
    Unreachable,
    UnreadableRecord,
    WrongMailToken,
)
from tengen.client.live import Live, LiveEvent, LiveGame
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
from tengen.client.operations import LineOperation, Operation
from tengen.client.play_models import (
    AccessToken,
    App,
    Challenge,
    MadeChallenge,
    Offer,
    Opponent,
    PlayedGame,
    Tokens,
)
from tengen.client.resources.servers import ServerOrder
from tengen.client.tournament_models import (
    CountingGame,
    Doubt,
    Entry,
    EntryState,
    EventKind,
    Standings,
    StandingsLine,
    Submission,
    Tournament,
    TournamentDetails,
    TournamentEvent,
    TournamentKey,
    TournamentList,
    TournamentPhase,
    TournamentPlan,
    TournamentStatus,
    Upload,
)
from tengen.client.verifiers import AsyncProofVerifier, AsyncReceiptVerifier, ProofVerifier, ReceiptVerifier
from tengen.proofs import Claims, InvalidProof
from tengen.receipts import InvalidReceipt, Receipt
from tengen.signatures import InvalidKeySet, KeySet, UnknownKey

__all__ = [
    "AccessToken",
    "Account",
    "AccountNotFound",
    "AlreadyDisqualified",
    "App",
    "AsyncClient",
    "AsyncProofVerifier",
    "AsyncReceiptVerifier",
    "Challenge",
    "ChallengeNotFound",
    "ChangeKind",
    "Claims",
    "Clan",
    "ClanRank",
    "Client",
    "Conflict",
    "CountingGame",
    "Credentials",
    "CurrentRating",
    "Doubt",
    "EmailTaken",
    "EmailUnverified",
    "EndReason",
    "Entry",
    "EntryClosed",
    "EntryRejected",
    "EntryState",
    "EventKind",
    "FeedFull",
    "Forbidden",
    "Game",
    "GameChange",
    "GameHasMovedOn",
    "GameIsOver",
    "GameNotFound",
    "GamePage",
    "GameRating",
    "GameReport",
    "GameServer",
    "IllegalMove",
    "Invalid",
    "InvalidChallenge",
    "InvalidData",
    "InvalidDate",
    "InvalidGrant",
    "InvalidKeySet",
    "InvalidModeParameters",
    "InvalidPoint",
    "InvalidProof",
    "InvalidReason",
    "InvalidReceipt",
    "InvalidReport",
    "InvalidResult",
    "InvalidSchedule",
    "InvalidTerms",
    "InvalidToken",
    "InvalidTournament",
    "KeyExists",
    "KeyNeverGenerated",
    "KeyNotGenerated",
    "KeyNotGeneratedYet",
    "KeyReused",
    "KeySet",
    "Ko",
    "Leaderboard",
    "LineOperation",
    "Listing",
    "Live",
    "LiveEvent",
    "LiveGame",
    "MadeChallenge",
    "MarkingDiffers",
    "Membership",
    "MissingParameters",
    "MissingRecord",
    "MissingTokens",
    "ModeConstraintViolated",
    "NameTaken",
    "NewPlayer",
    "NoResult",
    "NotDisqualified",
    "NotEntrant",
    "NotFound",
    "NotHost",
    "NotIdentified",
    "NotInGame",
    "NotInvited",
    "NotLoggedIn",
    "NotParticipating",
    "NotRequested",
    "NotTournamentHost",
    "NotYet",
    "NotYourTurn",
    "NothingToChange",
    "NothingToWithdraw",
    "Occupied",
    "Offer",
    "Operation",
    "Opponent",
    "OutsideBoard",
    "OwnPlayer",
    "PlayedGame",
    "Player",
    "PlayerToken",
    "PrivateGame",
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
    "ReplaySealed",
    "Reported",
    "ServerAdmin",
    "ServerOrder",
    "SideRating",
    "SignIn",
    "Skin",
    "Standing",
    "Standings",
    "StandingsLine",
    "Submission",
    "SubmissionNotFound",
    "Suicide",
    "Superko",
    "Team",
    "TeamStats",
    "TengenError",
    "TimeIsUp",
    "Tokens",
    "TooEarly",
    "TooManyFollowers",
    "TooManyRequests",
    "TooManyServers",
    "Tournament",
    "TournamentDetails",
    "TournamentEvent",
    "TournamentKey",
    "TournamentList",
    "TournamentNotFound",
    "TournamentOver",
    "TournamentPhase",
    "TournamentPlan",
    "TournamentStarted",
    "TournamentStatus",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "UnfetchedRecord",
    "UnknownAccounts",
    "UnknownKey",
    "UnknownMode",
    "UnknownToken",
    "Unreachable",
    "UnreadableRecord",
    "Upload",
    "WrongMailToken",
]
