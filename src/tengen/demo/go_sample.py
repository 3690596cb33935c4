"""Go in the sample data: three game servers, forty players, and four weeks of evenings on which they play.

Everything follows from what `settle` keeps: who plays where, how strong they are, and when the four weeks ended. So the
games need not be kept. `planned_games` says who met whom and when, `SampleGame.played` plays it, and both say the same
whenever they are asked: games that have been reported before are known again.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tengen.client import GameReport, PlayerToken
from tengen.core.values import ServerId
from tengen.demo.random_play import PlayedGame, play_game
from tengen.games import service as games
from tengen.games.result import Result
from tengen.games.service import GameFilter
from tengen.go.points import Color, Size
from tengen.go.replay import Move
from tengen.go.rulesets import Ruleset
from tengen.go.sgf import SgfPlayer, SgfRecord
from tengen.players import service as players
from tengen.ratings.advantage import Terms, noise
from tengen.ratings.normal import cumulative
from tengen.ratings.ranks import Rank
from tengen.servers import service as servers
from tengen.servers.hosts import HostName
from tengen.servers.listing import Listing

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.database import Connection, Transaction
    from tengen.core.values import AccountId

GAMES = 400
EVENINGS = 28
PEOPLE = (
    *("Haruki", "Noor", "Sanne", "Matteo", "Yuna", "Ilse", "Tomasz"),
    *("Adaeze", "Rui", "Freya", "Dmitri", "Camille", "Hyejin", "Oluf"),
    *("Zuzana", "Kenji", "Amara", "Lorenzo", "Signe", "Bao", "Petra"),
    *("Idris", "Marit", "Joao", "Xiulan", "Aurel", "Nadia", "Eero"),
)
"""Who plays Go beside the people of the arenas."""

_SERVERS = (
    ("Kaya Go Club", "Evening games under Japanese rules", "japanese"),
    ("Hoshi Online", "Chinese rules, and a counted end", "chinese"),
    ("Ponnuki", "AGA rules; handicaps as the ranks say", "aga"),
)
_ADJECTIVES = ("quiet", "mossy", "bold", "late", "sunny", "stray", "humble")
_WEAKEST, _STRONGEST = 15.0, 34.5  # 15k and 5d
_AT_A_TABLE = 10
"""Players who meet in one round of an evening, two by two."""
_FIRST_ROUND = timedelta(hours=18)
_ROUND = timedelta(minutes=75)
_SIZES, _SHARES = (19, 13, 9), (80, 12, 8)
_MOST_STONES = 6
_CASUAL = 0.03
"""The share of games that nobody wanted rated."""
_TRIES = 3


@dataclass(frozen=True, slots=True)
class GoServer:
    """A game server on which Go is played."""

    id: int
    name: str
    rules: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GoPlayer:
    """An account on a game server, with its report token. `strength`: its rank number, which the platform must find."""

    id: int
    server_id: int
    email: str
    name: str
    strength: float
    token: str = field(repr=False)


@dataclass(frozen=True)
class GoSample:
    """The game servers and their players. The four weeks ended at `ended_at`, written as ISO 8601."""

    ended_at: str
    servers: tuple[GoServer, ...]
    players: tuple[GoPlayer, ...]

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "GoSample":
        """What `dataclasses.asdict` made of one."""
        return cls(
            kept["ended_at"],
            tuple(GoServer(**server) for server in kept["servers"]),
            tuple(GoPlayer(**player) for player in kept["players"]),
        )

    @cached_property
    def by_server(self) -> Mapping[int, Sequence[GoPlayer]]:
        """The players of each server."""
        return {server.id: [who for who in self.players if who.server_id == server.id] for server in self.servers}

    @property
    def end(self) -> datetime:
        """When the four weeks ended."""
        return datetime.fromisoformat(self.ended_at)


# ── who plays where ──


async def settle(
    transaction: "Transaction",
    keeper_id: "AccountId",
    people: "Sequence[Account]",
    chance: random.Random,
    *,
    now: datetime,
) -> GoSample:
    """Enter the keeper's game servers into the directory, and let people play on one, two or all three of them."""
    since = now - timedelta(days=EVENINGS + 1)
    places = []
    for number, (name, description, rules) in enumerate(_SERVERS):
        listing = _listing(number, name, description)
        made = await servers.register(transaction, keeper_id, listing, limit=None, now=since)
        await servers.heartbeat(transaction, made.id, listing, current_map="19x19", current_player_count=0, now=now)
        places.append(GoServer(made.id, name, rules, made.secret))
    known = await servers.servers_by_ids(transaction, [ServerId(place.id) for place in places])
    found = []
    strengths = _strengths(len(people), chance)
    for number, (account, strength) in enumerate(zip(people, strengths, strict=True)):
        for style in _homes(number):
            place = known[ServerId(places[style].id)]
            name = _nickname(account.display_name, style, number)
            new = await players.add_player(transaction, account, place, name=name, now=since)
            found.append(GoPlayer(new.player.id, place.id, account.email, name, strength, new.token))
    return GoSample(now.replace(microsecond=0).isoformat(), tuple(places), tuple(found))


def _listing(number: int, name: str, description: str) -> Listing:
    return Listing(
        host_name=HostName.parse("127.0.0.1"),
        port=11300 + number,
        display_name=name,
        description=description,
        game_type="Go",
        max_player_count=200,
    )


def _strengths(count: int, chance: random.Random) -> list[float]:
    step = (_STRONGEST - _WEAKEST) / max(1, count - 1)
    strengths = [round(_WEAKEST + number * step, 2) for number in range(count)]
    chance.shuffle(strengths)
    return strengths


def _homes(number: int) -> list[int]:
    """The servers on which somebody plays, by their numbers: one, two or three of them."""
    return [(number + step) % len(_SERVERS) for step in range(number % len(_SERVERS) + 1)]


def _nickname(name: str, style: int, number: int) -> str:
    """People have another name on each server."""
    lowered = name.lower()
    return (name, f"{_ADJECTIVES[number % len(_ADJECTIVES)]}_{lowered}", f"{lowered}{number + 60}")[style]


# ── who met whom ──


@dataclass(frozen=True, slots=True)
class SampleGame:
    """A game between two players of a server: `stronger` and `weaker`, who has Black in a handicap game."""

    name: str
    """Names the game, for ever."""
    server: GoServer
    stronger: GoPlayer
    weaker: GoPlayer
    size: int
    handicap: int
    played_at: datetime

    @classmethod
    def between(
        cls,
        name: str,
        server: GoServer,
        one: GoPlayer,
        other: GoPlayer,
        chance: random.Random,
        *,
        played_at: datetime,
    ) -> "SampleGame":
        """A game on a board of some size, with the stones that the difference in strength asks for."""
        weaker, stronger = sorted((one, other), key=lambda player: player.strength)
        (size,) = chance.choices(_SIZES, _SHARES)
        stones = round(stronger.strength - weaker.strength) if size == max(_SIZES) else 0
        handicap = min(stones, _MOST_STONES) if stones >= 2 else 0
        return cls(name, server, stronger, weaker, size, handicap, played_at)

    @property
    def rules(self) -> Ruleset:
        """Those of the server."""
        return Ruleset.parse(self.server.rules)

    @property
    def komi(self) -> float:
        """As it is usual under these rules."""
        return self.rules.komi_for(self.handicap)

    def played(self) -> GameReport:
        """The game, played by our own board, and reported by its server. The stronger player is likelier to win."""
        chance = random.Random(f"{self.name} {self.played_at}")  # noqa: S311  # plays, guards nothing
        is_upset = chance.random() < self._chance_of_upset()
        game = self._play(chance, _color(is_black=is_upset) if self.handicap else None)
        # An even game fits either way: who had which colour is decided by who is to have won it.
        weaker_is_black = bool(self.handicap) or (game.result.winner is Color.BLACK) is is_upset
        black, white = (self.weaker, self.stronger) if weaker_is_black else (self.stronger, self.weaker)
        return GameReport(
            server_id=self.server.id,
            black=PlayerToken(black.id, black.token),
            white=PlayerToken(white.id, white.token),
            result=str(game.result),
            played_at=self.played_at,
            record=self._record(game, black, white),
            handicap=self.handicap,
            komi=self.komi,
            is_ranked=chance.random() >= _CASUAL,
            idempotency_key=self.name,
        )

    def _chance_of_upset(self) -> float:
        terms = Terms(self.handicap, self.komi, self.rules.name, self.size, self.size)
        lead = self.weaker.strength - self.stronger.strength + (terms.advantage if self.handicap else 0.0)
        return cumulative(lead / noise(self.handicap, self.komi))

    def _play(self, chance: random.Random, winner: Color | None) -> PlayedGame:
        """A game that this colour wins, None for either."""
        for _ in range(_TRIES):
            game = play_game(chance, size=Size.of(self.size), rules=self.rules, komi=self.komi, handicap=self.handicap)
            if winner in (None, game.result.winner):
                return game
        assert winner is not None
        return _lost_on_time(game, winner, chance)

    def _record(self, game: PlayedGame, black: GoPlayer, white: GoPlayer) -> str:
        record = SgfRecord(
            size=Size.of(self.size),
            steps=game.steps,
            black=_shown(black),
            white=_shown(white),
            komi=self.komi,
            handicap=self.handicap or None,
            rules=self.rules.label,
            result=str(game.result),
            dates=(self.played_at.date(),),
            place=self.server.name,
            main_time_seconds=1200.0,
            overtime="5x30 byo-yomi",
        )
        return str(record)


def _color(*, is_black: bool) -> Color:
    return Color.BLACK if is_black else Color.WHITE


def _lost_on_time(game: PlayedGame, winner: Color, chance: random.Random) -> PlayedGame:
    """The game up to where the other one's flag fell. Its board is that of the whole game."""
    least = len(game.steps) // 2
    ends = [
        number
        for number, step in enumerate(game.steps, 1)
        if number > least and isinstance(step, Move) and step.color is winner
    ]
    return PlayedGame(game.steps[: chance.choice(ends)], game.board, Result.by_time(winner))


def _shown(player: GoPlayer) -> SgfPlayer:
    return SgfPlayer(player.name, str(Rank.of(player.strength)))


def planned_games(sample: GoSample) -> Iterator[SampleGame]:
    """The games of the four weeks in order of play. Each evening one of the servers has its turn."""
    first_day = sample.end.replace(hour=0, minute=0, second=0) - timedelta(days=EVENINGS)
    number = 0
    for evening in range(EVENINGS):
        chance = random.Random(f"evening {evening}")  # noqa: S311  # decides who meets whom
        server = sample.servers[evening % len(sample.servers)]
        count = GAMES * (evening + 1) // EVENINGS - GAMES * evening // EVENINGS
        begins_at = first_day + timedelta(days=evening) + _FIRST_ROUND
        for round_begins_at, pairs in _rounds(sample.by_server[server.id], count, begins_at, chance):
            minutes = sorted(chance.sample(range(20, 70), len(pairs)))
            for minute, (one, other) in zip(minutes, pairs, strict=True):
                played_at = round_begins_at + timedelta(minutes=minute, seconds=chance.randrange(60))
                number += 1
                yield SampleGame.between(f"sample {number}", server, one, other, chance, played_at=played_at)


Pair = tuple[GoPlayer, GoPlayer]


def _rounds(
    present: Sequence[GoPlayer], games: int, begins_at: datetime, chance: random.Random
) -> Iterator[tuple[datetime, list[Pair]]]:
    while games > 0:
        pairs = some_pairs(present, chance)[:games]
        yield begins_at, pairs
        games -= len(pairs)
        begins_at += _ROUND


def some_pairs(present: Sequence[GoPlayer], chance: random.Random) -> list[Pair]:
    """Some of these, two by two: those who are nearest in strength meet."""
    drawn = sorted(chance.sample(list(present), min(_AT_A_TABLE, len(present) // 2 * 2)), key=lambda who: who.strength)
    pairs = list(zip(drawn[::2], drawn[1::2], strict=True))
    chance.shuffle(pairs)
    return pairs


async def unreported(connection: "Connection", sample: GoSample) -> list[SampleGame]:
    """The planned games that the platform does not have yet. They are reported in order: all after the last it has."""
    last = None
    for server in sample.servers:
        wanted = GameFilter(server_id=ServerId(server.id), until=sample.end)
        for game in await games.list_games(connection, wanted, limit=1):
            last = game.played_at if last is None else max(last, game.played_at)
    return [game for game in planned_games(sample) if last is None or game.played_at > last]
