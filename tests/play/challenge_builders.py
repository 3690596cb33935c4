"""Builders of challenges: the bodies that clients send, people, and the parts of a process where they meet."""

from dataclasses import dataclass
from typing import Any

from tengen.accounts.service import Account, MailTokens
from tengen.core.database import Database
from tengen.core.platform import Platform
from tengen.notifications.runtime import Notifications
from tengen.notifications.service import Notification, notifications_of
from tengen.play.challenge_desk import ChallengeDesk
from tengen.play.challenge_news import ChallengeNews
from tengen.play.offers import Offer
from tengen.players.service import Player, home_players
from tengen.profiles.runtime import Profiles
from tengen.realtime.hub import Hub
from tests.play.live_builders import Watch, Worker, a_worker
from tests.support.builders import an_account

BYOYOMI = {
    "system": "byoyomi",
    "main_time": 2400,
    "period_time": 30,
    "periods": 5,
    "periods_min": 1,
    "periods_max": 300,
}


def a_body(*, game: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """What ogsapi 1.3.0 sends when nothing is chosen, with these changes; ... leaves a field out."""
    of_game = {
        "name": "Friendly Game",
        "rules": "japanese",
        "ranked": False,
        "width": 19,
        "height": 19,
        "handicap": "0",
        "komi_auto": True,
        "komi": "6.5",
        "disable_analysis": False,
        "initial_state": None,
        "private": False,
        "time_control": "byoyomi",
        "time_control_parameters": BYOYOMI,
    }
    body = {
        "initialized": False,
        "min_ranking": 7,
        "max_ranking": 18,
        "challenger_color": "white",
        "game": changed(of_game, game or {}),
        "aga_ranked": False,
        "invite_only": False,
    }
    return changed(body, changes)


def changed(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The fields with these changes; ... leaves a field out."""
    return {name: value for name, value in {**fields, **changes}.items() if value is not ...}


def an_offer(*, game: dict[str, Any] | None = None, **changes: Any) -> Offer:
    """What ogsapi offers when nothing is chosen, for players of any rank."""
    return Offer.parse(a_body(game=game, **{"min_ranking": -1000, "max_ranking": 1000, **changes}))


async def a_person(database: Database, *, mail_tokens: MailTokens | None = None) -> Player:
    """Somebody's player on this platform; verified, unless `mail_tokens` are given."""
    account: Account = await an_account(database, mail_tokens=mail_tokens)
    async with database.read() as connection:
        return (await home_players(connection, [account.id]))[account.id]


@dataclass
class Place:
    """Where people of one process challenge each other."""

    desk: ChallengeDesk
    worker: Worker
    database: Database

    @property
    def hub(self) -> Hub:
        """Through which they hear of it."""
        return self.worker.hub

    @property
    def watch(self) -> Watch:
        """The clock of the process."""
        return self.worker.watch

    def listen(self, *topics: str) -> list[tuple[str, Any]]:
        """What is told on these topics from now on, each with its topic."""
        heard: list[tuple[str, Any]] = []
        for topic in topics:
            self.hub.subscribe(topic, lambda message, topic=topic: heard.append((topic, message)))  # type: ignore[misc]
        return heard

    async def notices(self, player: Player) -> list[Notification]:
        """What the player was told and has not read."""
        async with self.database.read() as connection:
            return await notifications_of(connection, player.account_id)


def a_place(platform: Platform) -> Place:
    """A process of its own."""
    worker = a_worker(platform)
    news = ChallengeNews(Notifications.of(platform, worker.hub), worker.hub)
    desk = ChallengeDesk(platform.database, news, Profiles.of(platform), clock=worker.watch)
    return Place(desk, worker, platform.database)
