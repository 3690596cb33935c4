"""Go that is played here, in the sample data: a program to log in with, a game under way, and an open challenge."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tengen.demo.random_play import play_game
from tengen.games import service as games
from tengen.go.points import Size
from tengen.go.replay import Move
from tengen.go.rulesets import JAPANESE
from tengen.oauth import apps
from tengen.oauth.registration import AppForm, Grant
from tengen.play import challenges, service
from tengen.play.commands import PlayMove
from tengen.play.decisions import decide
from tengen.play.offers import Offer
from tengen.play.service import Append, NewLiveGame, NumberedEvent
from tengen.play.state import LiveGame, evolve_all
from tengen.play.terms import GameTerms
from tengen.play.time_controls import Speed, TimeControl
from tengen.play.time_systems import Fischer
from tengen.players import service as players
from tengen.players.service import HOME

if TYPE_CHECKING:
    from tengen.accounts.service import Account
    from tengen.core.database import Transaction

_SLOW = TimeControl(Fischer(timedelta(days=3), timedelta(days=1), timedelta(days=7)), Speed.CORRESPONDENCE)
_PACE = timedelta(minutes=11)
"""Between two moves of the game."""
_MOVES = 36
_CHALLENGE: Mapping[str, Any] = {
    "challenger_color": "automatic",
    "min_ranking": -1000,
    "max_ranking": 1000,
    "game": {
        "name": "An even game, whoever you are",
        "rules": "japanese",
        "width": 19,
        "height": 19,
        "handicap": 0,
        "komi_auto": "automatic",
        "time_control": "byoyomi",
        "time_control_parameters": {"system": "byoyomi", "main_time": 1200, "period_time": 30, "periods": 5},
    },
}


@dataclass(frozen=True, slots=True)
class PlaySample:
    """What one needs to play here with a program."""

    client_id: str
    """Of a program that logs in with its user's password, such as `ogsapi`."""
    game_id: int
    """Of the game under way."""
    black: str
    white: str
    """Who play it, by their names."""
    challenge_id: int
    """Of the challenge that anybody may accept."""


async def settle(
    transaction: "Transaction", owner: "Account", crowd: "Sequence[Account]", *, now: datetime
) -> PlaySample:
    """Let the first two of the crowd play, and the third wait for an opponent."""
    form = AppForm.parse(name="My first bot", grant=Grant.PASSWORD, is_public=True, redirect_uris="")
    program = await apps.create_app(transaction, owner.id, form, limit=None, now=now)
    black, white, waiting = crowd[:3]
    at_home = await players.home_players(transaction, [account.id for account in crowd[:3]])
    terms = GameTerms.agreed(
        size=Size.of(19), rules=JAPANESE, control=_SLOW, black=at_home[black.id].id, white=at_home[white.id].id
    )
    started_at = now - (_MOVES + 2) * _PACE
    game_id = await games.reserve(transaction, HOME, now=started_at)
    new = NewLiveGame(game_id, "Over a cup of tea", terms, terms.black, is_ranked=True)
    game = await service.start(transaction, new, now=started_at)
    await service.append(transaction, [_opening(new, game, started_at)])
    challenge = await challenges.create(
        transaction, Offer.parse(_CHALLENGE), challenger=at_home[waiting.id], challenged=None, now=now
    )
    return PlaySample(program.app.client_id, game_id, black.display_name, white.display_name, challenge.id)


def _opening(new: NewLiveGame, game: LiveGame, started_at: datetime) -> Append:
    """The first moves of the game."""
    chance = random.Random(5)  # noqa: S311  # plays, guards nothing
    played = play_game(chance, size=new.terms.size, rules=new.terms.rules, komi=new.terms.komi)
    moves = [step for step in played.steps if isinstance(step, Move)][:_MOVES]
    events: list[NumberedEvent] = []
    for number, move in enumerate(moves, 1):
        at = started_at + number * _PACE
        happened = decide(game, PlayMove(move.color, move.point), at)
        events += [NumberedEvent(game.version + 1 + place, at, event) for place, event in enumerate(happened)]
        game = evolve_all(game, happened)
    return Append(new.game_id, 0, tuple(events), game.phase, game.next_check_at, game.ended_at)
