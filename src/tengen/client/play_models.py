"""Go that is played on the platform, as values: tokens, challenges, games in their course.

As in `tengen.client.models`, every `from_json` raises `KeyError`, `TypeError` or `ValueError` for what it cannot read.
Points, boards and colours are those of `tengen.go`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tengen.client.models import Json, instant
from tengen.go.board import Board
from tengen.go.points import Color, InvalidSize, Point, Size
from tengen.go.rulesets import UNKNOWN, Ruleset, UnknownRules

BLACK, WHITE = Color.BLACK, Color.WHITE
AUTOMATIC_HANDICAP = -1
"""How the wire writes a handicap that follows from the players' ranks."""


def page_in(address: str | None) -> str | None:
    """Which page the address of the next page names."""
    return None if address is None else parse_qs(urlsplit(address).query)["page"][0]


@dataclass(frozen=True, slots=True)
class AccessToken:
    """Who asks, by an access token instead of a password: what `Client` and `AsyncClient` take as `credentials`."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a program logs in by once it has sent a password: an access token for some hours, and one to renew it by.

    A refresh token works once: `refresh_tokens` gives the next pair.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    lifetime: timedelta
    """How long the access token holds, from when it was issued."""
    scope: str

    @classmethod
    def from_json(cls, json: Json) -> "Tokens":
        """A pair of tokens."""
        return cls(
            access_token=str(json["access_token"]),
            refresh_token=str(json["refresh_token"]),
            lifetime=timedelta(seconds=int(json["expires_in"])),
            scope=str(json["scope"]),
        )

    @property
    def credentials(self) -> AccessToken:
        """What a client logs in by."""
        return AccessToken(self.access_token)


@dataclass(frozen=True, slots=True)
class App:
    """A program that is registered to log people in. `client_secret` is shown once, and None for a public program."""

    client_id: str
    name: str
    client_secret: str | None = field(repr=False)

    @classmethod
    def from_json(cls, json: Json) -> "App":
        """A program that was just registered."""
        secret = json["client_secret"]
        return cls(str(json["client_id"]), str(json["name"]), None if secret is None else str(secret))


@dataclass(frozen=True, slots=True)
class Opponent:
    """Somebody who plays Go on the platform. `id` is the player's, `rank` a number: 30 is 1d, 29.x is 1k."""

    id: int
    name: str
    rank: float

    @classmethod
    def from_json(cls, json: Json) -> "Opponent":
        """Somebody as challenges and lists of players name them."""
        return cls(int(json["id"]), str(json["username"]), float(json["ranking"]))


@dataclass(frozen=True, slots=True)
class Offer:
    """What a challenge offers. What is None follows from the players' ranks, the rules, or the platform.

    `rules`: `japanese`, `chinese`, `korean`, `aga`, `nz` or `ing`. `color`: the challenger's, `black`, `white`,
    `random` or `automatic`. `time`: a system and its times in seconds, `{"system": "byoyomi", "main_time": 600,
    "period_time": 30, "periods": 5}`. `lowest_rank` and `highest_rank`: of who may accept a challenge to all, as
    numbers (30 is 1d). A challenge that `is_invite_only` is listed nowhere.
    """

    width: int = 19
    height: int = 19
    rules: str = "japanese"
    name: str | None = None
    is_ranked: bool = False
    handicap: int | None = 0
    komi: float | None = None
    color: str = "automatic"
    time: Mapping[str, Any] | None = None
    is_private: bool = False
    lowest_rank: float | None = None
    highest_rank: float | None = None
    is_invite_only: bool = False

    def to_json(self) -> dict[str, Any]:
        """The body of the challenge."""
        game: dict[str, Any] = {
            "width": self.width,
            "height": self.height,
            "rules": self.rules,
            "ranked": self.is_ranked,
            "handicap": AUTOMATIC_HANDICAP if self.handicap is None else self.handicap,
            "private": self.is_private,
        }
        if self.name is not None:
            game["name"] = self.name
        if self.komi is not None:
            game |= {"komi_auto": "custom", "komi": self.komi}
        if self.time is not None:
            game |= {"time_control": self.time["system"], "time_control_parameters": dict(self.time)}
        limits = {"min_ranking": self.lowest_rank, "max_ranking": self.highest_rank}
        said = {name: rank for name, rank in limits.items() if rank is not None}
        return {"game": game, "challenger_color": self.color, "invite_only": self.is_invite_only, **said}


@dataclass(frozen=True, slots=True)
class MadeChallenge:
    """A challenge that was just made. The game has its number already; it begins once somebody accepts."""

    id: int
    game_id: int
    uuid: str
    """Whoever is told it is invited."""

    @classmethod
    def from_json(cls, json: Json) -> "MadeChallenge":
        """The answer to a challenge."""
        return cls(int(json["challenge"]), int(json["game"]), str(json["uuid"]))


@dataclass(frozen=True, slots=True)
class Challenge:
    """An offer to play that waits for an answer. `challenged` is None if it is open to all of the ranks.

    `handicap` and `komi` are None where they follow from the players' ranks.
    """

    id: int
    game_id: int
    challenger: Opponent
    challenged: Opponent | None
    name: str
    width: int
    height: int
    rules: str
    is_ranked: bool
    handicap: int | None
    komi: float | None
    color: str
    """The challenger's, as in `Offer`."""
    created_at: datetime

    @classmethod
    def from_json(cls, json: Json) -> "Challenge":
        """A challenge in a list, or alone."""
        game, challenged = json["game"], json["challenged"]
        handicap, komi = int(game["handicap"]), game["komi"]
        return cls(
            id=int(json["id"]),
            game_id=int(game["id"]),
            challenger=Opponent.from_json(json["challenger"]),
            challenged=None if challenged is None else Opponent.from_json(challenged),
            name=str(game["name"]),
            width=int(game["width"]),
            height=int(game["height"]),
            rules=str(game["rules"]),
            is_ranked=bool(game["ranked"]),
            handicap=None if handicap == AUTOMATIC_HANDICAP else handicap,
            komi=None if komi is None else float(komi),
            color=str(json["challenger_color"]),
            created_at=instant(json["created"]),
        )


@dataclass(frozen=True, slots=True)
class PlayedGame:
    """A game that is or was played on the platform, as it stands.

    `phase` is `play`, `stone removal` or `finished`. In `moves` None is a pass. `marked` are the points that are dead
    stones or count for nobody. `outcome` is as OGS writes it, `Resignation` or `3.5 points`; None while it is played,
    as is `winner`, and after a tie or a game without result. `data` is all that the platform says of it.
    """

    id: int
    name: str
    black: Opponent
    white: Opponent
    size: Size
    rules: Ruleset
    komi: float
    handicap: int
    phase: str
    moves: tuple[Point | None, ...]
    marked: frozenset[Point]
    outcome: str | None
    winner: Color | None
    data: Json = field(repr=False)

    @classmethod
    def from_json(cls, data: Json) -> "PlayedGame":
        """The object `gamedata`."""
        try:
            size = Size.of(int(data["width"]), int(data["height"]))
        except InvalidSize as error:
            raise ValueError(str(error)) from error
        black, white = (_seat(data["players"][color]) for color in ("black", "white"))
        return cls(
            id=int(data["game_id"]),
            name=str(data["game_name"]),
            black=black,
            white=white,
            size=size,
            rules=_rules(str(data["rules"])),
            komi=float(data["komi"]),
            handicap=int(data["handicap"]),
            phase=str(data["phase"]),
            moves=tuple(move_in(move) for move in data["moves"]),
            marked=points_in(data.get("removed") or ""),
            outcome=data.get("outcome"),
            winner={black.id: BLACK, white.id: WHITE}.get(data.get("winner", 0)),
            data=data,
        )

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.phase == "finished"

    @property
    def to_move(self) -> Color:
        """Whose turn it is, or would be."""
        return self.mover(len(self.moves))

    def mover(self, number: int) -> Color:
        """Who plays the move of this number, from 0. Black begins with as many as he has free handicap stones."""
        first = WHITE if self.data.get("initial_player") == "white" else BLACK
        is_free = bool(self.data.get("free_handicap_placement")) and not self.data["initial_state"]["black"]
        placed = self.handicap if is_free and first is BLACK and self.handicap > 1 else 1
        if number < placed:
            return first
        return first if (number - placed) % 2 else first.opponent

    def color_of(self, player_id: int | None) -> Color | None:
        """The colour that a player has; None for one who watches."""
        return None if player_id is None else {self.black.id: BLACK, self.white.id: WHITE}.get(player_id)

    def board(self) -> Board:
        """The position, and what the rules need to know of its past: a board of one's own."""
        board = Board(self.size, self.rules)
        stones = self.data["initial_state"]
        board.setup(black=points_in(stones["black"]), white=points_in(stones["white"]), to_move=self.mover(0))
        for number, move in enumerate(self.moves):
            put(board, self.mover(number), move)
        return board


def put(board: Board, color: Color, move: Point | None) -> None:
    """Play on a board what was played on the platform's."""
    if move is None:
        board.play_pass(color)
    else:
        board.play_anyway(color, move)


def move_in(move: Sequence[Any]) -> Point | None:
    """A move on the wire: column, row and what else; None is a pass, which is at -1."""
    column, row = int(move[0]), int(move[1])
    return None if column < 0 else Point(column, row)


def points_in(letters: str) -> frozenset[Point]:
    """A set of points on the wire: pairs of letters."""
    pairs = zip(letters[::2], letters[1::2], strict=True)
    return frozenset(Point(ord(column) - ord("a"), ord(row) - ord("a")) for column, row in pairs)


def _seat(json: Json) -> Opponent:
    return Opponent(int(json["id"]), str(json["username"]), float(json["rank"]))


def _rules(name: str) -> Ruleset:
    try:
        return Ruleset.parse(name)
    except UnknownRules:
        return UNKNOWN
