"""Builders for what live games look like on the wire: facts of a game, random games."""

from datetime import datetime

from hypothesis import strategies as st

from tengen.core.values import AccountId, PlayerId
from tengen.go.points import Color, Point
from tengen.go.rulesets import RULESETS
from tengen.play.commands import Command, MarkPoints, PlayMove, Resign
from tengen.play.decisions import decide
from tengen.play.events import Event
from tengen.play.info import GameInfo, Opponent
from tengen.play.state import LiveGame, Phase
from tengen.play.time_systems import TimeSystem
from tests.play.builders import BLACK, NOON, SECOND, TIMED, TITLE, UNTIMED, a_game, asked

MIZUKI = Opponent(TITLE.black, AccountId(57), "mizuki", 24.3, ratings=(1523.7, 71.2, 0.06), country="jp")
OKABOT = Opponent(TITLE.white, AccountId(58), "okabot", 25.1, is_bot=True)
HANA = Opponent(TITLE.white, AccountId(59), "hana", 25.1)
SPECTATOR = PlayerId(4713)


def the_info(
    game: LiveGame,
    *,
    white: Opponent = HANA,
    started_at: datetime = NOON,
    is_private: bool = False,
    handicap_rank_difference: float | None = None,
) -> GameInfo:
    """The facts of a game between mizuki and hana."""
    return GameInfo(
        TITLE.game_id,
        TITLE.name,
        game.terms,
        MIZUKI,
        white,
        MIZUKI.id,
        started_at,
        is_ranked=True,
        is_private=is_private,
        handicap_rank_difference=handicap_rank_difference,
    )


def happened(game: LiveGame, command: Command, now: datetime | None = None) -> list[Event]:
    """What a command leads to, a second after the turn began if `now` is not given."""
    return decide(game, command, now or game.clock.since + SECOND)


@st.composite
def random_games(draw: st.DrawFn) -> LiveGame:
    """A game after some legal moves of any ruleset and time system: running, in stone removal or resigned."""
    rules = draw(st.sampled_from(list(RULESETS.values())))
    system: TimeSystem = draw(st.sampled_from((*TIMED, UNTIMED)))
    game = a_game(
        rules=rules, side=draw(st.sampled_from((5, 9))), system=system, handicap=draw(st.sampled_from((0, 2, 3)))
    )
    for _ in range(draw(st.integers(0, 20))):
        if game.phase is not Phase.PLAY:
            break
        legal = [point for point in game.terms.size.points() if game.board.refusal(game.to_move, point) is None]
        may_pass = len(game.moves) >= game.terms.stones_to_place
        choices: list[Point | None] = [*legal, *([None] if may_pass else [])]
        game = asked(game, PlayMove(game.to_move, draw(st.sampled_from(choices))))
    if game.phase is Phase.STONE_REMOVAL:
        marked = draw(st.frozensets(st.sampled_from(game.terms.size.points()), max_size=5))
        game = asked(game, MarkPoints(BLACK, marked, is_marked=True))
    if draw(st.booleans()):
        game = asked(game, Resign(draw(st.sampled_from(Color))))
    return game
