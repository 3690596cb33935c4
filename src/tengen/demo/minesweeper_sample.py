"""Minesweeper in the sample data: a tournament that is over, one that runs, and one to come.

Tournaments, entries and keys are made by `settle`. The rest follows from what it keeps: `planned_steps` says who
uploads which game when, and says the same whenever it is asked, so that what was interrupted goes on where it ended.
"""

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from tengen.core.values import AccountId
from tengen.demo.minesweeper.avf import avf
from tengen.demo.minesweeper.game import Game, played
from tengen.demo.minesweeper.rmv import rmv
from tengen.tournaments import archive, service
from tengen.tournaments.entries import Step
from tengen.tournaments.keys import TournamentId
from tengen.tournaments.levels import Level
from tengen.tournaments.plans import Plan

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.database import Connection, Transaction
    from tengen.tournaments.keychain import Keychain
    from tengen.tournaments.keys import TournamentKey

SPRINT, FORTNIGHT, INVITATIONAL = "Beginner Sprint", "Fortnight Open", "Expert Invitational"
"""The tournaments: over, running, to come."""

_ANNOUNCED = timedelta(days=7)
"""So long before they started, the first two were made; the third two days ago."""
_WARM_UP: Mapping[str, timedelta] = {SPRINT: timedelta(minutes=10), FORTNIGHT: timedelta(hours=20)}
"""After the start, until everybody has made a key."""
_WEAKEST, _BEST = 0.8, 2.6
"""3BV that players solve in a second, once they are in practice."""
_TIMES: Mapping[Level, tuple[int, int]] = {
    Level.BEGINNER: (3, 30),
    Level.INTERMEDIATE: (20, 120),
    Level.EXPERT: (60, 300),
}
"""Seconds of the shortest and the longest games."""
_MOVES = 8
"""Movements of the mouse between two clicks: enough to look like a hand, and small to store."""
_ZONES = (0, 1, 2, -5, 9, -8)
"""Hours by which the clocks of players' computers differ from UTC."""

_CHEAT = 4
"""The player of the sprint, by his number, who uploads a game that is too good."""
_CHEATED = 5.5
"""His 3BV a second in it."""
_BACKDATED = timedelta(days=2)
_REASON = "This game is dated two days before the key in it was made, and its player could not say why."

_ENTRIES: Sequence[tuple[int, Sequence[Step]]] = (
    (0, [Step.INVITE]),
    (5, [Step.REQUEST]),
    (3, [Step.INVITE, Step.ACCEPT]),
    (17, [Step.REQUEST, Step.CONFIRM]),
    (9, [Step.INVITE]),
    (11, [Step.REQUEST]),
    (20, [Step.REQUEST, Step.REJECT]),
    (15, [Step.INVITE, Step.DECLINE]),
)
"""What has been done about entries in the tournament to come: about whom, by their numbers, and what."""
_OF_HOSTS = frozenset({Step.INVITE, Step.CONFIRM, Step.REJECT})


@dataclass(frozen=True, slots=True)
class Contest:
    """A tournament, and the accounts that have keys in it."""

    id: int
    player_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MinesweeperSample:
    """The tournaments, all of one host. `settled_at`: when they were made, written as ISO 8601."""

    settled_at: str
    host_id: int
    sprint: Contest
    fortnight: Contest
    invitational: Contest

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "MinesweeperSample":
        """What `dataclasses.asdict` made of one."""
        contests = {
            name: Contest(kept[name]["id"], tuple(kept[name]["player_ids"]))
            for name in ("sprint", "fortnight", "invitational")
        }
        return cls(kept["settled_at"], kept["host_id"], **contests)

    @property
    def end(self) -> datetime:
        """When the tournaments were made; until then they were played."""
        return datetime.fromisoformat(self.settled_at)

    @property
    def plans(self) -> Sequence[tuple[Contest, Plan]]:
        """The tournaments as they were planned, the first to begin first."""
        return list(zip((self.sprint, self.fortnight, self.invitational), _plans(self.end), strict=True))


# ── who plays for what ──


async def settle(
    transaction: "Transaction", keychain: "Keychain", host: "Account", people: "Sequence[Account]", *, now: datetime
) -> MinesweeperSample:
    """Make the tournaments, let people enter, and players of those that have begun make their keys."""
    now = now.replace(microsecond=0)
    sprint, fortnight, invitational = _plans(now)
    return MinesweeperSample(
        now.isoformat(),
        host.id,
        await _open(transaction, keychain, sprint, host, people[1::3][:14]),
        await _open(transaction, keychain, fortnight, host, people[::2][:16]),
        await _invite(transaction, invitational, host, people, now),
    )


def _plans(now: datetime) -> tuple[Plan, Plan, Plan]:
    midnight, day, evening = now.replace(hour=0, minute=0, second=0), timedelta(days=1), timedelta(hours=18)
    sprint_at, fortnight_at, invitational_at = midnight - 5 * day + evening, midnight - 3 * day, midnight + 8 * day
    return (
        _plan(SPRINT, "sum", "3+0+0", sprint_at, timedelta(hours=2)),
        _plan(FORTNIGHT, "sum", "1+1+1", fortnight_at, 14 * day),
        _plan(
            INVITATIONAL, "sum_timelimit", "0+0+3;5400", invitational_at + evening, timedelta(hours=5), is_open=False
        ),
    )


def _plan(
    name: str, mode: str, parameters: str, starts_at: datetime, duration: timedelta, *, is_open: bool = True
) -> Plan:
    return Plan.of(
        name=name,
        location="online",
        mode=mode,
        parameters=parameters,
        starts_at=starts_at,
        ends_at=starts_at + duration,
        open_entry=is_open,
        hide_results=not is_open,
        now=starts_at - _ANNOUNCED,
    )


async def _open(
    transaction: "Transaction", keychain: "Keychain", plan: Plan, host: "Account", players: "Sequence[Account]"
) -> Contest:
    starts_at = plan.schedule.starts_at
    tournament = await service.create(transaction, plan, host.id, starts_at - _ANNOUNCED)
    for number, player in enumerate(players, 1):
        entered_at = starts_at - _ANNOUNCED * (1 - number / (len(players) + 1))
        await service.take_step(transaction, tournament.id, player.id, Step.REQUEST, player, entered_at)
    for number, player in enumerate(players):
        await keychain.make(transaction, tournament.id, player.id, _key_made_at(plan, number))
    return Contest(tournament.id, tuple(player.id for player in players))


async def _invite(
    transaction: "Transaction", plan: Plan, host: "Account", people: "Sequence[Account]", now: datetime
) -> Contest:
    at = now - timedelta(days=2)
    tournament = await service.create(transaction, plan, host.id, at)
    for number, steps in _ENTRIES:
        for step in steps:
            at += timedelta(minutes=170)
            by = host if step in _OF_HOSTS else people[number]
            await service.take_step(transaction, tournament.id, people[number].id, step, by, at)
    return Contest(tournament.id, ())


def _key_made_at(plan: Plan, number: int) -> datetime:
    chance = random.Random(f"key {plan.name} {number}")  # noqa: S311  # decides when somebody comes, guards nothing
    return plan.schedule.starts_at + _WARM_UP[plan.name] * round(chance.random(), 3)


# ── who uploads what ──


class Program(Enum):
    """What a game was played with."""

    ARBITER = "Arbiter"
    VIENNASWEEPER = "Viennasweeper"


@dataclass(frozen=True, slots=True)
class Upload:
    """A game that a player uploads at an instant."""

    tournament_id: TournamentId
    account_id: AccountId
    at: datetime
    level: Level
    speed: float
    """3BV a second."""
    ended_at: datetime
    """When it was won, by the player's clock, in UTC."""
    seed: int
    """Names the board."""
    program: Program
    zone: timedelta
    """Of the player's clock, which only Arbiter writes down."""

    def replay(self, name: str, key: "TournamentKey") -> bytes:
        """The game as its program writes it, with the player's name and tournament key."""
        game = self._played()
        started_at = self.ended_at - timedelta(milliseconds=game.time)
        match self.program:
            case Program.ARBITER:
                return avf(game, name=f"{name}#{key}", started_at=started_at + self.zone)
            case Program.VIENNASWEEPER:
                return rmv(game, name=name, made_at=started_at.replace(microsecond=0), token=str(key))

    def _played(self) -> Game:
        board = played(self.level, time_ms=0, seed=self.seed, moves=0)
        shortest, longest = (100 * seconds for seconds in _TIMES[self.level])  # in hundredths, as Arbiter counts
        luck = self.seed % 100
        time = min(max(round(100 * board.bbbv / self.speed), shortest + luck), longest - luck)
        return played(self.level, time_ms=10 * time, seed=self.seed, moves=_MOVES)


@dataclass(frozen=True, slots=True)
class Disqualification:
    """The host's word against an upload, at an instant."""

    upload: Upload
    at: datetime
    reason: str


SampleStep = Upload | Disqualification
"""Something that happened in the tournaments."""


def planned_steps(sample: MinesweeperSample) -> list[SampleStep]:
    """What happened in the tournaments, in order of time. An upload comes last."""
    sprint, fortnight, _ = _plans(sample.end)
    sprinted = list(_uploads(sample.sprint, sprint, sprint.schedule.ends_at, _sprinted))
    cheated = _too_good(next(upload for upload in reversed(sprinted) if upload.account_id == _cheat_id(sample)))
    sprinted = sorted([*sprinted, cheated], key=lambda upload: upload.at)
    judged = Disqualification(cheated, sprint.schedule.ends_at + timedelta(hours=13), _REASON)
    others = sorted(_uploads(sample.fortnight, fortnight, sample.end, _tried_everything), key=lambda upload: upload.at)
    return [*sprinted, judged, *others]


def _cheat_id(sample: MinesweeperSample) -> int:
    return sample.sprint.player_ids[_CHEAT]


def _too_good(last: Upload) -> Upload:
    at = last.at - timedelta(seconds=97)
    return Upload(
        last.tournament_id,
        last.account_id,
        at,
        last.level,
        _CHEATED,
        at - _BACKDATED,
        last.seed + 1,
        Program.VIENNASWEEPER,
        last.zone,
    )


Tries = Callable[[random.Random, int], Sequence[Level]]
"""The levels of the games that a player uploads, by the player's number, in that order."""


def _sprinted(chance: random.Random, number: int) -> Sequence[Level]:  # noqa: ARG001  # everybody tries the same
    return [Level.BEGINNER] * chance.randint(4, 7)


def _tried_everything(chance: random.Random, number: int) -> Sequence[Level]:
    levels = [level for level in Level if level is not Level.EXPERT or number % 7 != 6]  # some have not dared yet
    return levels * chance.randint(1, 3)


def _uploads(contest: Contest, plan: Plan, until: datetime, tries: Tries) -> Iterator[Upload]:
    for number, account_id in enumerate(contest.player_ids):
        chance = random.Random(f"{plan.name} {number}")  # noqa: S311  # plays games, guards nothing
        strength = random.Random(f"strength {account_id}").random()  # noqa: S311  # the same in each tournament
        program = Program.VIENNASWEEPER if number % 3 == 1 else Program.ARBITER
        zone = timedelta(hours=_ZONES[number % len(_ZONES)])
        levels = tries(chance, number)
        made_at = _key_made_at(plan, number)
        share = (until - made_at) / len(levels)
        for position, level in enumerate(levels):
            at = made_at + share * (position + chance.uniform(0.5, 0.95))
            speed = _speed(strength, levels[:position].count(level), chance)
            ended_at = at - timedelta(seconds=chance.uniform(4, 40))
            yield Upload(
                TournamentId(contest.id),
                AccountId(account_id),
                at,
                level,
                speed,
                ended_at,
                chance.getrandbits(32),
                program,
                zone,
            )


def _speed(strength: float, before: int, chance: random.Random) -> float:
    """3BV a second: more with each game before, and never quite the same. `strength`: 1 is the best."""
    practised: float = _WEAKEST * (_BEST / _WEAKEST) ** strength
    return practised / (1 + 0.3 * math.exp(-before)) / math.exp(abs(chance.gauss(0, 0.05)))


async def undone_steps(connection: "Connection", sample: MinesweeperSample) -> list[SampleStep]:
    """The planned steps that have not been taken yet. They are taken in order: all after the last upload there is.

    What came in since the tournaments were made is other people's.
    """
    uploads = [
        submission.uploaded_at
        for contest in (sample.sprint, sample.fortnight)
        for submission in await archive.list_submissions(connection, TournamentId(contest.id))
        if submission.uploaded_at <= sample.end
    ]
    last = max(uploads, default=None)
    return [step for step in planned_steps(sample) if last is None or step.at > last]
