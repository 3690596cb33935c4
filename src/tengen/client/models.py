"""What the platform answers, as values.

Every `from_json` takes the decoded JSON of one object and raises `KeyError`, `TypeError` or `ValueError` if it is not
what it must be. Times on the wire are UTC without an offset; here they are aware.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import jwt

Json = Mapping[str, Any]


def _instant(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def _instant_or_none(text: str | None) -> datetime | None:
    return None if text is None else _instant(text)


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
            created_at=_instant(json["created"]),
            last_online_at=_instant_or_none(json["last_online"]),
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
            updated_at=_instant_or_none(json["updated"]),
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
            created_at=_instant(json["created"]),
            deleted_at=_instant_or_none(json["deleted"]),
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
            invited_at=_instant(json["invited"]),
            joined_at=_instant_or_none(json["joined"]),
            ended_at=_instant_or_none(json["deleted"]),
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
            first_seen_at=_instant(json["first_seen"]),
            last_seen_at=_instant(json["last_seen"]),
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
