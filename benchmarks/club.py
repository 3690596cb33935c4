"""A game server whose players' games of Go are reported and read while the platform is measured."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from benchmarks.load import NUMBER
from tengen.accounts.service import Account
from tengen.core.database import Database
from tengen.core.values import GameId, ServerId, naive_iso
from tengen.demo.random_play import play_game
from tengen.games import service as games
from tengen.games.rated_games import PlayedGame
from tengen.games.records import RecordFacts
from tengen.games.report import fingerprint
from tengen.games.result import Result
from tengen.games.service import NewGame, Record
from tengen.go.points import Size
from tengen.go.rulesets import Ruleset
from tengen.go.sgf import SgfPlayer, SgfRecord
from tengen.players import service as players
from tengen.players.service import NewToken
from tengen.servers import service as servers

MOVES = 250
"""Of every record: a long game."""
_RECORDS = 20
_RESULT, _KOMI = "B+R", 6.5


@dataclass(frozen=True, slots=True)
class Club:
    """The server, its players with their tokens, and games of theirs that were reported before."""

    server_id: ServerId
    secret: str = field(repr=False)
    members: list[NewToken] = field(repr=False)
    games: list[GameId]
    played_at: datetime
    """When all its games are over, those that the load reports, too: none comes late, and the pool stays in order."""

    def headers(self, number: int) -> dict[str, str]:
        """The three tokens of report `number`."""
        black, white = self.pair(number)
        return {
            "X-Auth-Server-Token": self.secret,
            "X-Auth-Black-Player-Token": black.token,
            "X-Auth-White-Player-Token": white.token,
        }

    def report(self, number: int) -> dict[str, Any]:
        """A report, whose record gets another number each time that it is sent: each is a new game."""
        black, white = self.pair(number)
        return {
            "server_id": self.server_id,
            "black_id": black.player.id,
            "white_id": white.player.id,
            "result": _RESULT,
            "handicap": 0,
            "komi": _KOMI,
            "date_played": naive_iso(self.played_at),
            "game_record": _record(number, NUMBER),
        }

    @property
    def pairs(self) -> int:
        """How many of its players can play at the same time."""
        return len(self.members) // 2

    def pair(self, number: int) -> tuple[NewToken, NewToken]:
        """Black and White of game `number`."""
        black = number % self.pairs * 2
        return self.members[black], self.members[black + 1]


async def found(
    database: Database, server_id: ServerId, secret: str, accounts: Sequence[Account], *, now: datetime
) -> Club:
    """Let these accounts be players on a server, on which each two of them have played a game."""
    async with database.write() as transaction:
        server = (await servers.servers_by_ids(transaction, [server_id]))[server_id]
        members = [await players.add_player(transaction, account, server, name=None, now=now) for account in accounts]
        club = Club(server_id, secret, members, [], now)
        for number in range(club.pairs):
            reported = await games.report(transaction, _game(club, number), now=now)
            club.games.append(reported.game.id)
    return club


def _game(club: Club, number: int) -> NewGame:
    black, white = (member.player for member in club.pair(number))
    content = _record(number, f"{number:0{len(NUMBER)}d}").encode()
    facts = RecordFacts.read(content)
    return NewGame(
        server_id=club.server_id,
        black=black,
        white=white,
        played=PlayedGame(club.played_at, Result.parse(_RESULT), 0, _KOMI, *facts.size, rules=facts.rules),
        result=_RESULT,
        record=Record(content, facts),
        warnings=facts.warnings,
        fingerprint=fingerprint(black.id, white.id, club.played_at, content),
    )


def _record(number: int, name: str) -> str:
    """The text of a record of 250 moves, of a game with this name."""
    return str(replace(_played(number % _RECORDS), name=f"Game {name}"))


@cache
def _played(seed: int) -> SgfRecord:
    size, rules = Size.of(19), Ruleset.parse("japanese")
    chance = random.Random(seed)  # noqa: S311  # plays, guards nothing
    game = play_game(chance, size=size, rules=rules, komi=_KOMI)
    assert len(game.steps) >= MOVES
    return SgfRecord(
        size=size,
        steps=game.steps[:MOVES],
        black=SgfPlayer("Black under load", "3d"),
        white=SgfPlayer("White under load", "2d"),
        komi=_KOMI,
        rules="Japanese",
        result=_RESULT,
        place="The game server under load",
        main_time_seconds=1800,
        overtime="5x30 byo-yomi",
    )
