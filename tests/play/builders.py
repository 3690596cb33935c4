"""Builders for play: with defaults, taking only what matters to a test."""

from datetime import UTC, datetime, timedelta
from functools import partial

from hypothesis import strategies as st

from tengen.core.values import GameId, PlayerId
from tengen.go.points import Color, Point, Size
from tengen.go.rulesets import JAPANESE, Ruleset
from tengen.play.clock_messages import ClockTitle
from tengen.play.clocks import GameClock
from tengen.play.commands import Command, PlayMove
from tengen.play.decisions import decide
from tengen.play.state import LiveGame, evolve_all
from tengen.play.terms import GameTerms
from tengen.play.time_controls import Speed, TimeControl
from tengen.play.time_systems import Absolute, Byoyomi, Canadian, Fischer, Simple, TimeLeft, TimeSystem, Untimed

BLACK, WHITE = Color.BLACK, Color.WHITE
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)
"""When games start, unless a test says otherwise: on a Wednesday."""
SATURDAY, MONDAY = datetime(2026, 6, 6, tzinfo=UTC), datetime(2026, 6, 8, tzinfo=UTC)
"""The weekend after it, whose end is the Monday's begin."""
MICROSECOND, MILLISECOND = timedelta(microseconds=1), timedelta(milliseconds=1)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SIZE, SMALL = Size.of(19), Size.of(9)

FISCHER = Fischer(30 * SECOND, 5 * SECOND, 60 * SECOND)
BYOYOMI = Byoyomi(20 * SECOND, 10 * SECOND, 3)
CANADIAN = Canadian(20 * SECOND, 30 * SECOND, 3)
SIMPLE = Simple(15 * SECOND)
ABSOLUTE = Absolute(60 * SECOND)
UNTIMED = Untimed()
ABSOLUTE_HOUR = Absolute(HOUR)
TIMED: tuple[TimeSystem, ...] = (FISCHER, BYOYOMI, CANADIAN, SIMPLE, ABSOLUTE)
"""All systems but that without a clock, small enough to count on one's fingers."""

TITLE = ClockTitle(GameId(90456), "Evening game", black=PlayerId(4711), white=PlayerId(4712))


def seconds(main: float, overtime: float = 0, count: int = 0, *, skips_bonus: bool = False) -> TimeLeft:
    """What a player has left, in seconds."""
    return TimeLeft(timedelta(seconds=main), timedelta(seconds=overtime), count, skips_bonus)


def a_control(
    system: TimeSystem = BYOYOMI, *, speed: Speed = Speed.LIVE, pause_on_weekends: bool = False
) -> TimeControl:
    """The time control of a live game."""
    return TimeControl(system, speed, pause_on_weekends)


def a_slow_control(system: TimeSystem, *, pause_on_weekends: bool = True) -> TimeControl:
    """The time control of a correspondence game that rests on weekends."""
    return a_control(system, speed=Speed.CORRESPONDENCE, pause_on_weekends=pause_on_weekends)


def a_clock(
    system: TimeSystem | TimeControl = BYOYOMI, *, started_at: datetime = NOON, is_starting: bool = False
) -> GameClock:
    """A clock on which Black's time runs from `started_at`, as if it were not the first move."""
    control = system if isinstance(system, TimeControl) else a_control(system)
    clock = GameClock.start(control, BLACK, started_at)
    return clock if is_starting else clock.turned_back(BLACK, clock.black, clock.white, started_at)


def a_game(
    *,
    rules: Ruleset = JAPANESE,
    side: int = 9,
    system: TimeSystem = ABSOLUTE_HOUR,
    handicap: int = 0,
    komi: float | None = None,
    may_be_cancelled: bool = True,
    moves: str = "",
) -> LiveGame:
    """A game between 4711 and 4712 that began at noon, after moves like `D4 E5 pass`, a second each."""
    terms = GameTerms.agreed(
        size=Size.of(side),
        rules=rules,
        control=a_control(system),
        black=TITLE.black,
        white=TITLE.white,
        komi=komi,
        handicap=handicap,
        may_be_cancelled=may_be_cancelled,
    )
    return played_on(LiveGame.start(terms, NOON), moves)


def played_on(game: LiveGame, moves: str) -> LiveGame:
    """The game after these moves, a second each."""
    for vertex in moves.split():
        game = asked(game, PlayMove(game.to_move, a_point(vertex, game.terms.size)), game.clock.since + SECOND)
    return game


def asked(game: LiveGame, command: Command, now: datetime | None = None) -> LiveGame:
    """The game after what the command leads to, a second after the turn began if `now` is not given."""
    return evolve_all(game, decide(game, command, now or game.clock.since + SECOND))


def a_point(vertex: str, size: Size) -> Point | None:
    """The point of this name; None for `pass`."""
    return None if vertex == "pass" else Point.from_vertex(vertex, size)


def points(vertices: str, size: Size = SMALL) -> frozenset[Point]:
    """The points of these names."""
    return frozenset(Point.from_vertex(vertex, size) for vertex in vertices.split())


_whole_seconds = partial(st.integers, max_value=28 * 86400)
_times = _whole_seconds(1).map(lambda number: number * SECOND)
_times_or_none = _whole_seconds(0).map(lambda number: number * SECOND)

systems: st.SearchStrategy[TimeSystem] = st.one_of(
    st.builds(
        lambda initial, increment, maximum: Fischer(initial, increment, max(initial, increment, maximum)),
        _times,
        _times_or_none,
        _times,
    ),
    st.builds(Byoyomi, _times_or_none, _times, st.integers(1, 300)),
    st.builds(Canadian, _times_or_none, _times, st.integers(1, 50)),
    st.builds(Simple, _times),
    st.builds(Absolute, _times),
    st.just(UNTIMED),
)
"""Any system that a challenge can ask for."""

controls = st.builds(
    lambda system, speed, pauses: TimeControl(system, Speed.CORRESPONDENCE if system == UNTIMED else speed, pauses),
    systems,
    st.sampled_from(Speed),
    st.booleans(),
)
"""Any time control of a game."""
