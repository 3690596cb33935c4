"""Challenges of one process: players offer each other games, accept and decline them, and hear of it wherever they are.

A challenger whose program gives signs of life is known to wait: when they end, so does the challenge.
"""

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tengen.core.errors import Forbidden
from tengen.core.platform import Platform
from tengen.core.values import Clock, GameId, PlayerId, utc_now
from tengen.play import challenge_messages as messages
from tengen.play import challenges, service
from tengen.play.challenge_news import ChallengeNews
from tengen.play.challenges import Challenge, ChallengeId, ChallengeNotFound, no_such_challenge
from tengen.play.info import GameInfo
from tengen.play.offers import Agreement, Contender, InvalidChallenge, agree
from tengen.play.opponents import opponent_of
from tengen.play.service import NewLiveGame
from tengen.play.time_controls import time_per_move
from tengen.players.service import HOME
from tengen.profiles import shown
from tengen.profiles.service import no_such_player
from tengen.ratings.ranks import Rank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tengen.core.database import Database
    from tengen.notifications.runtime import Notifications
    from tengen.play.declines import Decline
    from tengen.play.offers import Offer
    from tengen.players.service import Player
    from tengen.profiles.runtime import Profiles
    from tengen.profiles.service import Profile
    from tengen.realtime.hub import Hub

log = structlog.get_logger(__name__)

KEPT_ALIVE = timedelta(seconds=10)
"""How long a challenge outlives the last sign of life."""
PAUSE_SECONDS = 2.0
"""Between two looks for challenges that nobody waits with any more."""
AT_ONCE = 100


class NotYourChallenge(Forbidden):
    """The challenge is another's to accept, or to withdraw."""

    code = "not_your_challenge"


class OutsideRankLimits(Forbidden):
    """The challenge is for players of other ranks."""

    code = "outside_rank_limits"


class NotVerified(Forbidden):
    """The e-mail of the account that is challenged is not verified, so it cannot accept."""

    code = "opponent_not_verified"


@dataclass(frozen=True, slots=True)
class Begun:
    """The game that a challenge has become."""

    game_id: GameId
    time_per_move: int
    """Seconds."""


class ChallengeDesk:
    """Where players offer each other games. One a process."""

    def __init__(
        self,
        database: "Database",
        news: ChallengeNews,
        profiles: "Profiles",
        *,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._news = news
        self._profiles = profiles
        self._clock = clock
        self._looking: asyncio.Task[None] | None = None

    @classmethod
    def of(
        cls, platform: Platform, hub: "Hub", profiles: "Profiles", notifications: "Notifications"
    ) -> "ChallengeDesk":
        """Built once, from the platform and what it has beside."""
        return cls(platform.database, ChallengeNews(notifications, hub), profiles)

    # ── offering ──

    async def offer(self, offer: "Offer", challenger: "Player", challenged_id: PlayerId | None = None) -> Challenge:
        """Challenge a player, or whoever fits.

        Raises `InvalidChallenge`, `PlayerNotFound`, `NotVerified` and `TooManyChallenges`.
        """
        if challenged_id == challenger.id:
            raise InvalidChallenge("You cannot play against yourself: challenge somebody else.")
        people = await self._profiles.all([challenger.id] if challenged_id is None else [challenger.id, challenged_id])
        challenged = None if challenged_id is None else _opponent(people.get(challenged_id))
        now = self._clock()
        async with self._database.write() as transaction:
            challenge = await challenges.create(
                transaction, offer, challenger=challenger, challenged=challenged_id, now=now
            )
            await self._news.offered(transaction, challenge, people[challenger.id], challenged, now)
        return challenge

    # ── looking ──

    async def find(self, challenge_id: ChallengeId, reader: PlayerId) -> Challenge:
        """The challenge of this id, for one whom it concerns. Raises `ChallengeNotFound`."""
        async with self._database.read() as connection:
            return await challenges.find(connection, challenge_id, reader=reader)

    async def elements(self, found: "Sequence[Challenge]") -> "list[messages.Json]":
        """Challenges as lists have them."""
        named = {player for one in found for player in (one.challenger, one.challenged) if player is not None}
        people = await self._profiles.all(named)
        return [
            messages.element(one, people[one.challenger], None if one.challenged is None else people[one.challenged])
            for one in found
        ]

    # ── answering ──

    async def accept(self, challenge_id: ChallengeId, player_id: PlayerId) -> Begun:
        """Begin the game that was offered: the challenged player, or of an open challenge whoever fits.

        Raises `ChallengeNotFound`, also if somebody else was faster, `NotYourChallenge` and `OutsideRankLimits`.
        """
        challenge = await self.find(challenge_id, player_id)
        if player_id == challenge.challenger:
            raise NotYourChallenge("This challenge is your own: wait until somebody accepts it.")
        people = await self._profiles.all([challenge.challenger, player_id])
        challenger, accepting = people[challenge.challenger], people[player_id]
        if challenger.account.is_deleted:
            raise no_such_challenge()
        if challenge.is_open:
            _check_fits(challenge.offer, accepting)
        coin = secrets.randbits(1) == 1
        agreement = agree(challenge.offer, _contender(challenger), _contender(accepting), coin=coin)
        new, now = _game(challenge, agreement), self._clock()
        info = _info(new, {profile.player.id: profile for profile in (challenger, accepting)}, now)
        async with self._database.write() as transaction:
            await challenges.end(transaction, challenge.id)
            game = await service.start(transaction, new, now=now)
            await self._news.started(transaction, challenge, info, game, accepting)
        return Begun(new.game_id, time_per_move(new.terms.control.system, new.terms.size))

    async def refuse(self, challenge_id: ChallengeId, player_id: PlayerId, decline: "Decline") -> Challenge:
        """Withdraw one's own challenge, or decline one's opponent's, who is told why. Returns what has ended.

        Raises `ChallengeNotFound` and `NotYourChallenge`.
        """
        challenge = await self.find(challenge_id, player_id)
        if player_id == challenge.challenger:
            await self._withdraw(challenge)
            return challenge
        if challenge.is_open:
            raise NotYourChallenge("This challenge is another's: only who made it can withdraw it.")
        people = await self._profiles.all([challenge.challenger, player_id])
        challenger, challenged = people[challenge.challenger], people[player_id]
        async with self._database.write() as transaction:
            await challenges.end(transaction, challenge.id)
            await self._news.declined(transaction, challenge, challenger, challenged, decline, self._clock())
        return challenge

    async def _withdraw(self, challenge: Challenge, *, unless_alive_at: datetime | None = None) -> None:
        challenged = None if challenge.challenged is None else await self._profiles.get(challenge.challenged)
        async with self._database.write() as transaction:
            await challenges.end(transaction, challenge.id, unless_alive_at=unless_alive_at)
            await self._news.withdrawn(transaction, challenge, challenged)

    # ── waiting ──

    async def keep_alive(self, challenge_id: ChallengeId, player_id: PlayerId) -> None:
        """The challenger waits; from now on the challenge ends soon after the last such sign.

        Challenges by correspondence wait by themselves. Raises `ChallengeNotFound` and `NotYourChallenge`.
        """
        challenge = await self.find(challenge_id, player_id)
        if player_id != challenge.challenger:
            raise NotYourChallenge("This challenge is another's: only who made it keeps it alive.")
        if challenge.offer.game.control.is_correspondence:
            return
        async with self._database.write_one() as connection:
            await challenges.keep_alive(connection, challenge.id, self._clock() + KEPT_ALIVE)

    async def end_abandoned(self) -> int:
        """End the challenges whose challengers wait no more: how many were found."""
        now = self._clock()
        async with self._database.read() as connection:
            found = await challenges.abandoned(connection, now, limit=AT_ONCE)
        for challenge in found:
            with suppress(ChallengeNotFound):  # accepted meanwhile, or ended by another process
                await self._withdraw(challenge, unless_alive_at=now)
        return len(found)

    async def start(self) -> None:
        """Begin to look for challenges that nobody waits with any more."""
        self._looking = asyncio.create_task(self._look_again_and_again())

    async def stop(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look_again_and_again(self) -> None:
        is_away = False
        while True:
            try:
                found = await self.end_abandoned()
                is_away = False
            except (SQLAlchemyError, PoolTimeout, OSError):
                if not is_away:  # it is said once
                    log.warning("challenge_look_failed", exc_info=True)
                found, is_away = 0, True
            if found < AT_ONCE:
                await asyncio.sleep(PAUSE_SECONDS)


def _opponent(profile: "Profile | None") -> "Profile":
    """The one who is challenged. Raises `PlayerNotFound` and `NotVerified`."""
    if profile is None or profile.player.server_id != HOME or profile.account.is_deleted:
        raise no_such_player()
    if not profile.account.is_verified:
        name = profile.account.display_name
        raise NotVerified(f"{name} cannot play yet: the e-mail address is not verified.")
    return profile


def _contender(profile: "Profile") -> Contender:
    return Contender(profile.player.id, shown.ogs_ranking(profile.strength, profile.system))


def _game(challenge: Challenge, agreement: Agreement) -> NewLiveGame:
    game = challenge.offer.game
    return NewLiveGame(
        challenge.game_id,
        game.name,
        agreement.terms,
        challenge.challenger,
        is_ranked=game.is_ranked,
        is_private=game.is_private,
        is_analysis_disabled=game.is_analysis_disabled,
        handicap_rank_difference=agreement.handicap_rank_difference,
    )


def _info(new: NewLiveGame, people: "Mapping[PlayerId, Profile]", now: datetime) -> GameInfo:
    return GameInfo(
        id=new.game_id,
        name=new.name,
        terms=new.terms,
        black=opponent_of(people[new.terms.black]),
        white=opponent_of(people[new.terms.white]),
        creator=new.creator,
        started_at=now,
        is_ranked=new.is_ranked,
        is_private=new.is_private,
        is_analysis_disabled=new.is_analysis_disabled,
        handicap_rank_difference=new.handicap_rank_difference,
    )


def _check_fits(offer: "Offer", profile: "Profile") -> None:
    ranking = shown.ogs_ranking(profile.strength, profile.system)
    if not offer.is_for(ranking):
        lowest, highest = Rank.of(offer.min_ranking), Rank.of(offer.max_ranking)
        raise OutsideRankLimits(
            f"This challenge is for players from {lowest} to {highest}, and you are {Rank.of(ranking)}."
        )
