"""What the platform answers, as values.

Every `from_json` takes the decoded JSON of one object and raises `KeyError`, `TypeError` or `ValueError` if it is not
what it must be. Times on the wire are UTC without an offset; here they are aware.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

from tengen.client.errors import CODE_HEADER, TengenError, refusal

Json = Mapping[str, Any]


def instant(text: str) -> datetime:
    """A time on the wire; without an offset it is UTC."""
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def instant_or_none(text: str | None) -> datetime | None:
    """The same, where there may be none."""
    return None if text is None else instant(text)


def mark_in(address: str | None) -> str | None:
    """What the address of the next page says after which it begins."""
    return None if address is None else parse_qs(urlsplit(address).query)["after"][0]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: an account by its e-mail and password, or a game server by its id and secret."""

    username: str
    password: str = field(repr=False)

    @classmethod
    def of_server(cls, server_id: int, secret: str) -> "Credentials":
        """The credentials of a game server: its id, and the secret it got at registration."""
        return cls(str(server_id), secret)

    @classmethod
    def from_json(cls, json: Json) -> "Credentials":
        """The answer to a game server's registration."""
        return cls(str(json["username"]), str(json["password"]))

    @property
    def is_of_server(self) -> bool:
        """Whether these are a game server's: its id stands where an account has its e-mail."""
        return self.username.isascii() and self.username.isdecimal()

    @property
    def server_id(self) -> int:
        """The game server's id. Raises `ValueError` if these are an account's credentials."""
        return int(self.username)


@dataclass(frozen=True, slots=True)
class Account:
    """A person or a bot."""

    id: int
    display_name: str
    created_at: datetime
    last_online_at: datetime | None

    @classmethod
    def from_json(cls, json: Json) -> "Account":
        """An account as others see it."""
        return cls(
            id=int(json["id"]),
            display_name=str(json["display_name"]),
            created_at=instant(json["created"]),
            last_online_at=instant_or_none(json["last_online"]),
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """Shows a game server that its bearer is the account `account_id`, without the password.

    `opaque` is 64 hexadecimal characters, which a game server lets the platform check. `signed` is a JWT, which a game
    server checks by itself (`ProofVerifier`); None from a platform that does not sign. Both hold for some minutes:
    `expires_at` is what the signed form says about itself, unchecked, for its bearer, who wants to log in in time.
    """

    account_id: int
    opaque: str = field(repr=False)
    signed: str | None = field(repr=False)
    expires_at: datetime | None

    @classmethod
    def from_json(cls, json: Json) -> "Proof":
        """The proof in an answer that has one."""
        signed = json.get("signed_proof") or None
        return cls(
            account_id=int(json["id"]),
            opaque=str(json["proof"]),
            signed=signed,
            expires_at=None if signed is None else _expiry(signed),
        )


def _expiry(signed: str) -> datetime:
    try:
        payload = jwt.decode(signed, options={"verify_signature": False})
        return datetime.fromtimestamp(payload["exp"], UTC)
    except jwt.PyJWTError as error:
        raise ValueError(f"the signed proof is no JWT: {error}") from error


@dataclass(frozen=True, slots=True)
class SignIn:
    """An account that has just signed in, registered or verified its e-mail, and its fresh proof."""

    account: Account
    proof: Proof

    @classmethod
    def from_json(cls, json: Json) -> "SignIn":
        """An answer with account and proof in one object."""
        return cls(Account.from_json(json), Proof.from_json(json))


@dataclass(frozen=True, slots=True)
class Listing:
    """What a game server says about itself in the directory.

    `host_name` is an IPv4 or IPv6 address or an `https` URL; `game_type` has at most 10 characters, `display_name` at
    most 100, `description` at most 200.
    """

    host_name: str
    port: int
    display_name: str
    game_type: str
    max_player_count: int
    description: str = ""

    def to_json(self) -> dict[str, Any]:
        """The listing as the wire has it."""
        return {
            "host_name": self.host_name,
            "port": self.port,
            "display_name": self.display_name,
            "description": self.description,
            "game_type": self.game_type,
            "max_player_count": self.max_player_count,
        }


@dataclass(frozen=True, slots=True)
class GameServer:
    """A game server in the directory. `updated_at` is its last heartbeat, None before the first."""

    id: int
    host_name: str
    port: int
    display_name: str
    description: str
    game_type: str
    max_player_count: int
    current_map: str
    current_player_count: int
    updated_at: datetime | None

    @classmethod
    def from_json(cls, json: Json) -> "GameServer":
        """A game server as the directory lists it."""
        return cls(
            id=int(json["id"]),
            host_name=str(json["host_name"]),
            port=int(json["port"]),
            display_name=str(json["display_name"]),
            description=str(json["description"] or ""),
            game_type=str(json["game_type"]),
            max_player_count=int(json["max_player_count"]),
            current_map=str(json["current_map"]),
            current_player_count=int(json["current_player_count"]),
            updated_at=instant_or_none(json["updated"]),
        )


class ClanRank(StrEnum):
    """What a member of a clan may do: an owner and an admin invite, kick and change the icon."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class EndReason(StrEnum):
    """How an invitation or a membership ended."""

    DECLINED = "declined"
    KICKED = "kicked"
    LEFT = "left"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class Clan:
    """A team of accounts. `tag` may hold colour codes (`^r`, `^123`); `icon` is a PNG."""

    id: int
    tag: str
    name: str
    icon: bytes = field(repr=False)
    created_at: datetime
    deleted_at: datetime | None

    @classmethod
    def from_json(cls, json: Json) -> "Clan":
        """A clan."""
        return cls(
            id=int(json["id"]),
            tag=str(json["tag"]),
            name=str(json["name"]),
            icon=base64.b64decode(json["icon"]),
            created_at=instant(json["created"]),
            deleted_at=instant_or_none(json["deleted"]),
        )


@dataclass(frozen=True, slots=True)
class Membership:
    """What ties an account to a clan: an open invitation, a membership, or one that has ended."""

    clan_id: int
    account_id: int
    rank: ClanRank
    invited_at: datetime
    joined_at: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None

    @classmethod
    def from_json(cls, json: Json) -> "Membership":
        """A link between an account and a clan."""
        reason = json["deleted_reason"]
        return cls(
            clan_id=int(json["clan_id"]),
            account_id=int(json["user_id"]),
            rank=ClanRank(json["rank"]),
            invited_at=instant(json["invited"]),
            joined_at=instant_or_none(json["joined"]),
            ended_at=instant_or_none(json["deleted"]),
            end_reason=None if reason is None else EndReason(reason),
        )

    @property
    def is_active(self) -> bool:
        """Whether the account is a member now."""
        return self.joined_at is not None and self.ended_at is None


@dataclass(frozen=True, slots=True)
class Skin:
    """Another look for a unit of a game, given to an account or a clan."""

    id: int
    description: str | None
    kind: str
    unit: str
    model_path: str

    @classmethod
    def from_json(cls, json: Json) -> "Skin":
        """A skin."""
        return cls(
            id=int(json["id"]),
            description=json["description"],
            kind=str(json["kind"]),
            unit=str(json["unit"]),
            model_path=str(json["model_path"]),
        )


@dataclass(frozen=True, slots=True)
class TeamStats:
    """An account's team matches on one game server: counts in the field and as commander, and the team rating.

    `skill_rating` begins at 800; the wire has it without its fraction.
    """

    account_id: int
    server_id: int
    first_seen_at: datetime
    last_seen_at: datetime
    matches_played_field: int
    matches_played_command: int
    matches_won_field: int
    matches_won_command: int
    skill_rating: int

    @classmethod
    def from_json(cls, json: Json) -> "TeamStats":
        """The statistics of one account on one game server."""
        return cls(
            account_id=int(json["user_id"]),
            server_id=int(json["server_id"]),
            first_seen_at=instant(json["first_seen"]),
            last_seen_at=instant(json["last_seen"]),
            matches_played_field=int(json["matches_played_field"]),
            matches_played_command=int(json["matches_played_command"]),
            matches_won_field=int(json["matches_won_field"]),
            matches_won_command=int(json["matches_won_command"]),
            skill_rating=int(json["skill_rating"]),
        )


class Race(StrEnum):
    """The side a team plays."""

    HUMAN = "human"
    BEAST = "beast"


@dataclass(frozen=True, slots=True)
class Team:
    """A team of a finished match: its number (0 to 3), its side, and who played.

    `field_players` are 1 to 32 account ids, `commander` is one; ids of 0 and below are guests without an account. The
    commander need not be among the field players.
    """

    id: int
    race: Race
    field_players: Sequence[int]
    commander: int = 0

    def to_json(self) -> dict[str, Any]:
        """The team as the wire has it."""
        return {
            "id": self.id,
            "race": self.race.value,
            "field_players": [{"user_id": account_id} for account_id in self.field_players],
            "commander": self.commander,
        }

    @classmethod
    def from_json(cls, json: Json) -> "Team":
        """A team as `to_json` wrote it: for game servers that keep matches they could not report yet."""
        return cls(
            id=int(json["id"]),
            race=Race(json["race"]),
            field_players=tuple(int(player["user_id"]) for player in json["field_players"]),
            commander=int(json["commander"]),
        )


@dataclass(frozen=True, slots=True)
class ServerAdmin:
    """An account that looks after a game server, as its owner or beside them. `since_at`: when that began."""

    account_id: int
    display_name: str
    is_owner: bool
    since_at: datetime

    @classmethod
    def from_json(cls, json: Json) -> "ServerAdmin":
        """An admin of a game server."""
        return cls(
            account_id=int(json["account_id"]),
            display_name=str(json["display_name"]),
            is_owner=bool(json["is_owner"]),
            since_at=instant(json["since"]),
        )


@dataclass(frozen=True, slots=True)
class NewPlayer:
    """An account that has just become a player on a game server. `token` lets the server report the player's games."""

    id: int
    name: str
    server_id: int
    account_id: int
    token: str = field(repr=False)

    @classmethod
    def from_json(cls, json: Json) -> "NewPlayer":
        """A new player."""
        return cls(
            id=int(json["id"]),
            name=str(json["name"]),
            server_id=int(json["server_id"]),
            account_id=int(json["account_id"]),
            token=str(json["token"]),
        )


@dataclass(frozen=True, slots=True)
class OwnPlayer:
    """A player of the caller's on a game server. Without a token the server cannot report games for it yet."""

    id: int
    name: str
    server_id: int
    server_name: str
    has_token: bool

    @classmethod
    def from_json(cls, json: Json) -> "OwnPlayer":
        """A player as its owner sees it."""
        return cls(
            id=int(json["id"]),
            name=str(json["name"]),
            server_id=int(json["server_id"]),
            server_name=str(json["server_name"]),
            has_token=bool(json["has_token"]),
        )


@dataclass(frozen=True, slots=True)
class Player:
    """A player as everybody sees it: an account on a game server. Its rating is the account's, whatever the server."""

    id: int
    name: str
    """On its server."""
    server_id: int
    display_name: str
    """The account's."""
    rating: float | None
    """In Go, from 0 to 40; None before the first rated game."""
    rank: str | None
    """`30k` to `9d`; None before the first rated game."""
    is_bot: bool
    aga_id: str | None
    """Member number of the American Go Association."""
    registered_at: datetime

    @classmethod
    def from_json(cls, json: Json) -> "Player":
        """A player."""
        return cls(
            id=int(json["id"]),
            name=str(json["name"]),
            server_id=int(json["server_id"]),
            display_name=str(json["username"]),
            rating=None if json["rating"] is None else float(json["rating"]),
            rank=json["rank"],
            is_bot=bool(json["is_bot"]),
            aga_id=json["aga_id"],
            registered_at=instant(json["registration_date"]),
        )


# Ratings.


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating as its pool shows it: in Go from 0 to 40, where 30.0 is 1 dan, and in other pools a plain value."""

    value: float
    rank: str | None
    """`30k` to `9d`; None in pools without ranks."""
    deviation: float
    """Its uncertainty, on the same scale."""

    @classmethod
    def from_json(cls, json: Json) -> "Rating":
        """A rating."""
        return cls(float(json["rating"]), json["rank"], float(json["deviation"]))


@dataclass(frozen=True, slots=True)
class CurrentRating:
    """A rating as it is today, and what it rests on."""

    rating: Rating
    games: int
    last_played_at: datetime | None
    is_provisional: bool
    """Whether it is too uncertain to count on."""
    is_inactive: bool
    """Whether there was no rated game for a year."""

    @classmethod
    def from_json(cls, json: Json) -> "CurrentRating":
        """A rating of today."""
        return cls(
            rating=Rating.from_json(json),
            games=int(json["games"]),
            last_played_at=instant_or_none(json["last_played"]),
            is_provisional=bool(json["provisional"]),
            is_inactive=bool(json["inactive"]),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """An account's place on a leaderboard, from 1. It has none where it was asked for and would be left out."""

    position: int | None
    account_id: int
    player_id: int
    """Its player on the platform itself."""
    name: str
    current: CurrentRating

    @classmethod
    def from_json(cls, json: Json) -> "Standing":
        """A line of a leaderboard."""
        return cls(
            position=None if json["position"] is None else int(json["position"]),
            account_id=int(json["account_id"]),
            player_id=int(json["player_id"]),
            name=str(json["name"]),
            current=CurrentRating.from_json(json),
        )


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """A page of a leaderboard. With `after` the next page is asked for; it is None on the last."""

    pool: str
    standings: tuple[Standing, ...]
    after: str | None

    @classmethod
    def from_json(cls, json: Json) -> "Leaderboard":
        """A page of a leaderboard."""
        standings = tuple(Standing.from_json(standing) for standing in json["results"])
        return cls(str(json["pool"]), standings, mark_in(json["next"]))


@dataclass(frozen=True, slots=True)
class RatedGame:
    """What a game did to a rating. Before it and of the opponent: as the game found them."""

    game_id: int
    played_at: datetime
    before: Rating
    after: Rating
    expected: float
    """The score that was to be expected, from 0 to 1."""
    opponent: Rating | None
    """None in a game of teams."""

    @classmethod
    def from_json(cls, json: Json) -> "RatedGame":
        """A line of a rating's history."""
        return cls(
            game_id=int(json["game_id"]),
            played_at=instant(json["played_at"]),
            before=Rating.from_json(json["before"]),
            after=Rating.from_json(json["after"]),
            expected=float(json["expected"]),
            opponent=None if json["opponent"] is None else Rating.from_json(json["opponent"]),
        )


@dataclass(frozen=True, slots=True)
class RatingHistory:
    """A player's rating, and a page of the games that moved it, the last first. `after`: as of a leaderboard."""

    pool: str
    player_id: int
    account_id: int
    current: CurrentRating | None
    """None before the first rated game."""
    games: tuple[RatedGame, ...]
    after: str | None

    @classmethod
    def from_json(cls, json: Json) -> "RatingHistory":
        """A page of a rating's history."""
        return cls(
            pool=str(json["pool"]),
            player_id=int(json["player_id"]),
            account_id=int(json["account_id"]),
            current=None if json["current"] is None else CurrentRating.from_json(json["current"]),
            games=tuple(RatedGame.from_json(game) for game in json["results"]),
            after=mark_in(json["next"]),
        )


# Games of Go.


@dataclass(frozen=True, slots=True)
class PlayerToken:
    """A player on a game server, with the token by which it lets the server report its games."""

    player_id: int
    token: str = field(repr=False)


_KEY = re.compile(r"[!-~](?:[ -~]{0,198}[!-~])?")


@dataclass(frozen=True, slots=True)
class GameReport:
    """A finished game of Go, as the game server `server_id` reports it.

    `result` is written `B+3.5`, `W+R` (resignation), `B+T` (time), `W+F` (forfeit), `0`, `Void` or `?`. `played_at` is
    when the game was over, an aware instant. Of `record`, the text of an SGF file, and `url`, where the platform
    fetches it, one is needed; handicap and komi are the record's where they are None. `is_ranked` is false if the
    players did not want the game rated. `idempotency_key` names the report, in up to 200 printable characters of ASCII:
    whatever comes again with it is the same game.

    Raises `ValueError` for a time without an offset and for a key of other characters.
    """

    server_id: int
    black: PlayerToken
    white: PlayerToken
    result: str
    played_at: datetime
    record: str | None = field(default=None, repr=False)
    url: str | None = None
    handicap: int | None = None
    komi: float | None = None
    size: int | None = None
    is_ranked: bool = True
    idempotency_key: str | None = None

    def __post_init__(self) -> None:
        if self.played_at.tzinfo is None:
            raise ValueError("played_at has no offset from UTC: give an aware instant")
        if self.idempotency_key is not None and not _KEY.fullmatch(self.idempotency_key):
            raise ValueError("an idempotency key has 1 to 200 printable characters of ASCII, and no blank at its ends")

    def to_json(self) -> dict[str, Any]:
        """The report as the wire has it, without what goes beside it: the tokens and the key."""
        values = {
            "server_id": self.server_id,
            "black_id": self.black.player_id,
            "white_id": self.white.player_id,
            "result": self.result,
            "handicap": self.handicap,
            "komi": self.komi,
            "date_played": self.played_at.astimezone(UTC).isoformat(),
            "game_record": self.record,
            "game_url": self.url,
            "size": self.size,
            "ranked": None if self.is_ranked else False,
        }
        return {name: value for name, value in values.items() if value is not None}

    def to_json_in_batch(self) -> dict[str, Any]:
        """The report as a batch has it, with the players' tokens and the key."""
        key = {} if self.idempotency_key is None else {"idempotency_key": self.idempotency_key}
        return {**self.to_json(), "black_token": self.black.token, "white_token": self.white.token, **key}


@dataclass(frozen=True, slots=True)
class RecordWarning:
    """Something odd about a record; `move` is the move's number, from 1, None if it is no move's."""

    code: str
    text: str
    move: int | None

    @classmethod
    def from_json(cls, json: Json) -> "RecordWarning":
        """A warning in a game."""
        return cls(str(json["code"]), str(json["text"]), None if json["move"] is None else int(json["move"]))


@dataclass(frozen=True, slots=True)
class Game:
    """A game of Go that was reported. The names are those of the players' accounts.

    `is_rated`: whether it moved ratings; if not, `unrated_reason` says why to programs, `unrated_text` to people.
    """

    id: int
    server_id: int
    black_id: int
    black_name: str
    white_id: int
    white_name: str
    played_at: datetime
    reported_at: datetime
    result: str
    handicap: int
    komi: float
    rules: str
    width: int
    height: int
    is_ranked: bool
    is_rated: bool
    unrated_reason: str | None
    unrated_text: str | None
    is_annulled: bool
    has_record: bool
    url: str | None
    warnings: tuple[RecordWarning, ...]

    @classmethod
    def from_json(cls, json: Json) -> "Game":
        """A game."""
        players = json["players"]
        return cls(
            id=int(json["id"]),
            server_id=int(json["server_id"]),
            black_id=int(json["black_id"]),
            black_name=str(players["black"]["username"]),
            white_id=int(json["white_id"]),
            white_name=str(players["white"]["username"]),
            played_at=instant(json["date_played"]),
            reported_at=instant(json["date_reported"]),
            result=str(json["result"]),
            handicap=int(json["handicap"]),
            komi=float(json["komi"]),
            rules=str(json["rules"]),
            width=int(json["width"]),
            height=int(json["height"]),
            is_ranked=bool(json["ranked"]),
            is_rated=bool(json["rated"]),
            unrated_reason=json["unrated_reason"],
            unrated_text=json["unrated_text"],
            is_annulled=bool(json["annulled"]),
            has_record=bool(json["has_record"]),
            url=json["game_url"],
            warnings=tuple(RecordWarning.from_json(warning) for warning in json["record_warnings"]),
        )


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of one report of a batch: its number there, from 0, and the game, or why it was refused.

    `is_new` is false for a report that was known already; nothing has changed then.
    """

    index: int
    game: Game | None
    is_new: bool
    error: TengenError | None

    @classmethod
    def from_json(cls, json: Json) -> "Reported":
        """A line of the answer to a batch."""
        status = int(json["status"])
        if status < 300:
            return cls(int(json["index"]), Game.from_json(json["game"]), bool(json["is_new"]), None)
        error = refusal(status, {CODE_HEADER: str(json["code"])}, {"detail": str(json["message"])})
        return cls(int(json["index"]), None, is_new=False, error=error)


@dataclass(frozen=True, slots=True)
class GamePage:
    """Some games, those played last first. With `after` the next page is asked for; it is None on the last."""

    games: tuple[Game, ...]
    after: str | None

    @classmethod
    def from_json(cls, json: Json) -> "GamePage":
        """A page of games."""
        games = tuple(Game.from_json(game) for game in json["results"])
        return cls(games, mark_in(json["next"]))


@dataclass(frozen=True, slots=True)
class SideRating:
    """What a game did to one player's rating. Ranks are numbers: 30.0 is 1 dan, and 1 is a stone.

    `expected` is the score that was expected of the player, `score` what it was: 1 a win, 0.5 a draw, 0 a loss. `text`
    says it to people.
    """

    player_id: int
    rank_before: float
    rank_after: float
    deviation_before: float
    deviation_after: float
    expected: float
    score: float
    opponent_rank: float
    opponent_deviation: float
    text: str

    @classmethod
    def from_json(cls, json: Json) -> "SideRating":
        """A side of a game's rating."""
        return cls(
            player_id=int(json["player_id"]),
            rank_before=float(json["rank_before"]),
            rank_after=float(json["rank_after"]),
            deviation_before=float(json["deviation_before"]),
            deviation_after=float(json["deviation_after"]),
            expected=float(json["expected"]),
            score=float(json["score"]),
            opponent_rank=float(json["opponent_rank"]),
            opponent_deviation=float(json["opponent_deviation"]),
            text=str(json["text"]),
        )


@dataclass(frozen=True, slots=True)
class GameRating:
    """What a game did to its players' ratings. A game that rates nothing has no `pool` and no sides.

    `advantage` is what handicap and komi give Black, in ranks. While the pool waits to be put right after a late game
    or a changed one, `is_final` is false.
    """

    game_id: int
    pool: str | None
    unrated_reason: str | None
    unrated_text: str | None
    advantage: float | None
    is_final: bool
    black: SideRating | None
    white: SideRating | None

    @classmethod
    def from_json(cls, json: Json) -> "GameRating":
        """A game's rating."""
        black, white = json["black"], json["white"]
        return cls(
            game_id=int(json["game_id"]),
            pool=json["pool"],
            unrated_reason=json["unrated_reason"],
            unrated_text=json["unrated_text"],
            advantage=None if json["advantage"] is None else float(json["advantage"]),
            is_final=bool(json["is_final"]),
            black=None if black is None else SideRating.from_json(black),
            white=None if white is None else SideRating.from_json(white),
        )


class ChangeKind(StrEnum):
    """What can be done to a reported game."""

    CORRECTION = "correction"
    ANNULMENT = "annulment"
    RESTORATION = "restoration"


@dataclass(frozen=True, slots=True)
class GameChange:
    """What was done to a game after it was reported. `account_id` did it; None is the game's server.

    `before` and `after` are what differs, by the names that the wire has.
    """

    kind: ChangeKind
    reason: str
    account_id: int | None
    changed_at: datetime
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @classmethod
    def from_json(cls, json: Json) -> "GameChange":
        """A change of a game."""
        return cls(
            kind=ChangeKind(json["kind"]),
            reason=str(json["reason"]),
            account_id=None if json["account_id"] is None else int(json["account_id"]),
            changed_at=instant(json["changed_at"]),
            before=dict(json["before"]),
            after=dict(json["after"]),
        )
