"""The record of a live game in SGF, while it is played and when it is over. Pure.

Its form is that of OGS' records: time controls as OGS writes them and goban reads them back, `?` as the result of a
running game, and what was said beside the move at which it was said, once the game is over.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tengen.core.values import PlayerId
from tengen.go.points import Color
from tengen.go.replay import Move, Setup, Step
from tengen.go.sgf import SgfPlayer, SgfRecord
from tengen.play.chat import Body, Line
from tengen.play.info import GameInfo, Opponent
from tengen.play.state import LiveGame, PlayedMove
from tengen.play.time_controls import TimeControl
from tengen.play.time_systems import TimeLeft, Untimed
from tengen.ratings.ranks import Rank

BLACK, WHITE = Color.BLACK, Color.WHITE

SITE = "Tengen"
RUNNING = "?"
"""The result of a game that is not over."""
NOTICE = "The game is being played: what is said in it is told when it is over."
"""Stands in the record of a running game, in place of what is said."""

_MAIN_TIMES = {
    "fischer": "initial_time",
    "byoyomi": "main_time",
    "canadian": "main_time",
    "absolute": "total_time",
}
_OVERTIMES = {
    "fischer": "{time_increment} fischer",
    "byoyomi": "{periods}x{period_time} byo-yomi",
    "canadian": "{stones_per_period}/{period_time} canadian",
    "simple": "{per_move} simple",
    "none": "0 none",
}


def record_of(
    info: GameInfo,
    game: LiveGame,
    *,
    address: str,
    lines: Sequence[Line] = (),
    names: Mapping[PlayerId, str] | None = None,
    with_comments: bool = True,
) -> bytes:
    """The record in UTF-8.

    `address`: of the game's page. `lines`: what was said, in order; a finished game's record has what everybody may
    read then. `names`: of those who said something and do not play.
    """
    comments = _comments(info, game, lines, names or {}) if with_comments else {}
    terms = info.terms
    record = SgfRecord(
        size=terms.size,
        steps=tuple(_steps(game, comments)),
        black=_player(info.black),
        white=_player(info.white),
        komi=terms.komi,
        handicap=terms.handicap or None,
        rules=terms.rules.label,
        result=RUNNING if game.outcome is None else str(game.outcome.result),
        dates=(info.started_at.date(),),
        name=info.name,
        place=f"{SITE}: {address}",
        main_time_seconds=_main_time(terms.control),
        overtime=_overtime(terms.control),
        comment=comments.get(0, ""),
    )
    return str(record).encode()


def _player(opponent: Opponent) -> SgfPlayer:
    return SgfPlayer(opponent.name, str(Rank.of(opponent.ranking)))


def _main_time(control: TimeControl) -> int:
    system = control.system
    return system.parameters()[_MAIN_TIMES[system.name]] if system.name in _MAIN_TIMES else 0


def _overtime(control: TimeControl) -> str:
    """As OGS writes it; empty where there is none."""
    system = control.system
    return _OVERTIMES.get(system.name, "").format(**system.parameters())


def _steps(game: LiveGame, comments: Mapping[int, str]) -> Iterator[Step]:
    setup = _setup(game)
    if setup is not None:
        yield setup
    for number, move in enumerate(game.moves, 1):
        seconds, overtime = _left(game, number, move)
        yield Move(move.seat, move.point, seconds, overtime, comments.get(number, ""))


def _setup(game: LiveGame) -> Setup | None:
    """The stones before the first move, and whose it is where a reader would not expect that; None for neither."""
    terms = game.terms
    expected = WHITE if terms.handicap and terms.black_stones else BLACK
    first = None if terms.first_to_move is expected else terms.first_to_move
    if not terms.black_stones and not terms.white_stones and first is None:
        return None
    return Setup(frozenset(terms.black_stones), frozenset(terms.white_stones), to_move=first)


def _left(game: LiveGame, number: int, move: PlayedMove) -> tuple[float | None, int | None]:
    """What the mover had left after the move: seconds, and periods or stones if it was in overtime."""
    if isinstance(game.terms.control.system, Untimed):
        return None, None
    times = game.moves[number].before if number < len(game.moves) else (game.clock.black, game.clock.white)
    left: TimeLeft = times[0 if move.seat is BLACK else 1]
    if left.main or not left.count:
        return left.main.total_seconds(), None
    return left.overtime.total_seconds(), left.count


def _comments(
    info: GameInfo, game: LiveGame, lines: Sequence[Line], names: Mapping[PlayerId, str]
) -> Mapping[int, str]:
    """What is said, by the number of the move."""
    if not game.is_over:
        return {0: NOTICE}
    players = {player.id: player.name for player in (info.black, info.white)}
    comments: dict[int, list[str]] = defaultdict(list)
    for line in lines:
        text = _text(line.body)
        if text and line.is_visible(None, None, is_over=True):
            name = players.get(line.author) or names.get(line.author, "?")
            comments[min(line.move_number, len(game.moves))].append(f"{name}: {text}")
    return {number: "\n".join(said) for number, said in comments.items()}


def _text(body: Body) -> str:
    """What can be written of it: a text, the English one of several, the name of an analysis."""
    if isinstance(body, str):
        return body
    told = body.get("en") or body.get("name")
    return told if isinstance(told, str) else ""
