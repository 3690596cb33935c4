"""Random games from a position, and searches on top of them, compiled by Numba. Pure.

A playout moves at random until nobody has a move left that does not harm himself, and then everything on the board is
alive and all territory is single points: what each side has is plain to see. The mean over many playouts tells what a
point is worth to whom. Random is not blind: a playout captures what is in atari, saves what can be saved, answers near
the last move in the shapes in which people answer, and fills no eye of its own.

What playouts alone cannot tell, such as a group that lives or dies by one move, a search reads: a tree of moves grown
towards what proves good for the side to move, with playouts at its leaves.

A board is an array with a rim of `EDGE` points around it: the neighbours of a point are at fixed distances. The
generator of random numbers is our own, results are whole numbers, and what is computed of them takes quotients and a
square root alone, which IEEE 754 defines to the last bit: so a seed gives the same answer on every machine and with
every version of the libraries.

Sources: Gelly and others, "Modification of UCT with Patterns in Monte-Carlo Go" (2006), for the way playouts move and
the shapes; Kocsis and Szepesvári, "Bandit based Monte-Carlo Planning" (2006), and Silver and others, "Mastering the
game of Go without human knowledge" (2017), for the search. Numba keeps compiled code by file and does not see that
another file has changed, hence all that is compiled is in this one.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

EMPTY, BLACK, WHITE, EDGE = range(4)
"""What is on a point."""

MOST_MOVES_PER_POINT = 3
"""A playout ends after so many moves for each point in play: only repetitions take longer."""

_MOST_SELF_ATARI = 6
"""Stones that a playout puts into atari by itself: as many as can be thrown into an eye to make it one too small."""
_DEPTH = 60
"""Moves that a search looks ahead before it plays out."""
_VISITS_TO_GROW = 4
"""After so many, a node of the tree gets children."""
_VISITS_TO_TRUST = 40
"""With fewer, a move is not taken for the best."""
_EXPLORATION = 1.5
"""How much a search tries what does not look good, relative to what there is to win."""
_NODES_PER_VISIT = 4
"""Of the room for a tree: when it is full, the tree grows no more, and what is in it is still visited."""
_PLAYOUTS_AT_END = 100
"""From the end of the best line that a search has found."""

_AROUND = ((-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
"""The points around one, by rows and columns: its sides, then its corners."""
_PASS = 0
"""Not a point of any board: it lies in the rim."""
_SEVERAL = -1
"""Not a point, but more than one."""

# The position in the course of a playout is a table with a column for each point and these rows. What concerns a chain
# stands at its head, one of its stones. A liberty counts once for each stone next to it: number, sum and sum of squares
# still tell whether all are the same one, and which it is, and are cheap to keep up to date.
_ROWS = 12
(
    _COLOR,
    _HEAD,
    _FOLLOWING,  # the next stone of the chain, in a ring
    _STONES,
    _LIBERTIES,
    _LIBERTY_SUM,
    _LIBERTY_SQUARES,
    _EMPTIES,  # the empty points, as many as there are
    _PLACE,  # where in that row a point is
    _OPEN,  # whether stones may be put there
    _NOW,  # by the three columns below
    _STEP,  # the distances to the points around one: the four sides, then the four corners
) = range(_ROWS)
_COUNT, _KO, _LAST = range(3)
"""Of the row `_NOW`: how many empties there are, the point forbidden by ko, the last move."""

# A search's tree is a table, too, with a column for each node: a move with what came of it. Node 1 is the position
# itself. Node 0 is none; its column holds how many there are.
_NODE_ROWS = 5
(
    _MOVE,
    _CHILD,
    _SIBLING,
    _VISITS,
    _TOTAL,  # the results for Black
) = range(_NODE_ROWS)

_Table: TypeAlias = npt.NDArray[np.int64]
_Tree: TypeAlias = npt.NDArray[np.int64]
_Sums: TypeAlias = npt.NDArray[np.int64]
_Mask: TypeAlias = npt.NDArray[np.bool_]
_Random: TypeAlias = npt.NDArray[np.uint64]

_Compiled = TypeVar("_Compiled", bound=Callable[..., Any])


def _compiled(function: _Compiled) -> _Compiled:
    return cast("_Compiled", numba.njit(cache=True, nogil=True, error_model="numpy")(function))


# ── chance ──


@_compiled
def _random(state: _Random, bound: int) -> int:
    """A number from 0 to `bound` - 1, by xorshift64*.

    Source: Sebastiano Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled" (2016).
    """
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    high = (x * np.uint64(2685821657736338717)) >> np.uint64(32)
    return int(np.int64((high * np.uint64(bound)) >> np.uint64(32)))


def _generator(seed: int) -> _Random:
    """The generator's first state: never 0, and far apart for seeds that are near."""
    mixed = (seed + 1) * 0x9E3779B97F4A7C15 % 2**64
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    return np.array([(mixed ^ mixed >> 31) or 1], np.uint64)


# ── chains ──


@_compiled
def _is_atari(course: _Table, head: int) -> bool:
    total = course[_LIBERTY_SUM, head]
    return bool(total * total == course[_LIBERTY_SQUARES, head] * course[_LIBERTIES, head])


@_compiled
def _only_liberty(course: _Table, head: int) -> int:
    """Of a chain in atari."""
    return int(course[_LIBERTY_SUM, head] // course[_LIBERTIES, head])


@_compiled
def _gain_liberty(course: _Table, head: int, point: int) -> None:
    course[_LIBERTIES, head] += 1
    course[_LIBERTY_SUM, head] += point
    course[_LIBERTY_SQUARES, head] += point * point


@_compiled
def _lose_liberty(course: _Table, head: int, point: int) -> None:
    course[_LIBERTIES, head] -= 1
    course[_LIBERTY_SUM, head] -= point
    course[_LIBERTY_SQUARES, head] -= point * point


@_compiled
def _join(course: _Table, one: int, other: int) -> None:
    """Make one chain of two, by their heads."""
    if course[_STONES, one] < course[_STONES, other]:
        one, other = other, one
    stone = other
    while True:
        course[_HEAD, stone] = one
        stone = course[_FOLLOWING, stone]
        if stone == other:
            break
    following = course[_FOLLOWING, one]
    course[_FOLLOWING, one] = course[_FOLLOWING, other]
    course[_FOLLOWING, other] = following
    for row in (_STONES, _LIBERTIES, _LIBERTY_SUM, _LIBERTY_SQUARES):
        course[row, one] += course[row, other]


@_compiled
def _add_empty(course: _Table, point: int) -> None:
    count = course[_NOW, _COUNT]
    course[_EMPTIES, count] = point
    course[_PLACE, point] = count
    course[_NOW, _COUNT] = count + 1


@_compiled
def _drop_empty(course: _Table, point: int) -> None:
    count = course[_NOW, _COUNT] - 1
    last = course[_EMPTIES, count]
    place = course[_PLACE, point]
    course[_EMPTIES, place] = last
    course[_PLACE, last] = place
    course[_NOW, _COUNT] = count


@_compiled
def _take_off(course: _Table, head: int) -> None:
    """Take a chain off the board."""
    stone = head
    while True:
        course[_COLOR, stone] = EMPTY
        _add_empty(course, stone)
        stone = course[_FOLLOWING, stone]
        if stone == head:
            break
    while True:
        for side in range(4):
            neighbour = stone + course[_STEP, side]
            there = course[_COLOR, neighbour]
            if EMPTY < there < EDGE:
                _gain_liberty(course, course[_HEAD, neighbour], stone)
        stone = course[_FOLLOWING, stone]
        if stone == head:
            break


@_compiled
def _put(course: _Table, color: int, point: int) -> None:
    """Play a legal move: the stone, what it joins, and what it captures."""
    _drop_empty(course, point)
    course[_COLOR, point] = color
    course[_HEAD, point] = point
    course[_FOLLOWING, point] = point
    course[_STONES, point] = 1
    for row in (_LIBERTIES, _LIBERTY_SUM, _LIBERTY_SQUARES):
        course[row, point] = 0
    for side in range(4):
        neighbour = point + course[_STEP, side]
        there = course[_COLOR, neighbour]
        if there == EMPTY:
            _gain_liberty(course, point, neighbour)
        elif there != EDGE:
            _lose_liberty(course, course[_HEAD, neighbour], point)
    for side in range(4):
        neighbour = point + course[_STEP, side]
        if course[_COLOR, neighbour] == color and course[_HEAD, neighbour] != course[_HEAD, point]:
            _join(course, course[_HEAD, neighbour], course[_HEAD, point])
    captured = 0
    captured_at = _PASS
    for side in range(4):
        neighbour = point + course[_STEP, side]
        head = course[_HEAD, neighbour]
        if course[_COLOR, neighbour] == 3 - color and course[_LIBERTIES, head] == 0:
            captured += course[_STONES, head]
            captured_at = neighbour
            _take_off(course, head)
    head = course[_HEAD, point]
    is_ko = captured == 1 and course[_STONES, head] == 1 and course[_LIBERTIES, head] == 1
    course[_NOW, _KO] = captured_at if is_ko else _PASS
    course[_NOW, _LAST] = point


@_compiled
def _pass(course: _Table) -> None:
    course[_NOW, _KO] = _PASS
    course[_NOW, _LAST] = _PASS


# ── which moves ──


@_compiled
def _is_legal(course: _Table, color: int, point: int) -> bool:
    """Whether the empty point may be played. Suicide may not, whatever the ruleset: it is never good at the end."""
    if point == course[_NOW, _KO]:
        return False
    for side in range(4):
        neighbour = point + course[_STEP, side]
        there = course[_COLOR, neighbour]
        if there == EMPTY:
            return True
        if there != EDGE and (there == color) != _is_atari(course, course[_HEAD, neighbour]):
            return True
    return False


@_compiled
def _is_eye(course: _Table, color: int, point: int) -> bool:
    """Whether the empty point is an eye of this colour, by its eight neighbours."""
    for side in range(4):
        there = course[_COLOR, point + course[_STEP, side]]
        if there != color and there != EDGE:
            return False
    opponents = 0
    at_edge = 0
    for corner in range(4, 8):
        there = course[_COLOR, point + course[_STEP, corner]]
        if there == EDGE:
            at_edge = 1
        elif there == 3 - color:
            opponents += 1
    return opponents + at_edge < 2


@_compiled
def _is_liberty_after(course: _Table, color: int, point: int, neighbour: int) -> bool:
    """Whether a neighbour of the chain will be empty once this colour has played at `point`."""
    there = course[_COLOR, neighbour]
    if there == EMPTY:
        return neighbour != point
    if there != 3 - color:
        return False
    head = course[_HEAD, neighbour]
    return _is_atari(course, head) and _only_liberty(course, head) == point


@_compiled
def _is_side_repeated(course: _Table, color: int, point: int, side: int) -> bool:
    """Whether an earlier side of the point has the same chain of this colour."""
    head = course[_HEAD, point + course[_STEP, side]]
    for earlier in range(side):
        other = point + course[_STEP, earlier]
        if course[_COLOR, other] == color and course[_HEAD, other] == head:
            return True
    return False


@_compiled
def _liberty_beside(course: _Table, color: int, point: int, stone: int, known: int) -> int:
    """Of a chain with one `known` liberty, or `_PASS` for none, the only one with those beside this stone, too.

    `_SEVERAL` if there are more. All is as it will be once this colour has played at `point`.
    """
    for side in range(4):
        neighbour = stone + course[_STEP, side]
        if neighbour != known and _is_liberty_after(course, color, point, neighbour):
            if known != _PASS:
                return _SEVERAL
            known = neighbour
    return known


@_compiled
def _liberty_along(course: _Table, color: int, point: int, start: int, known: int) -> int:
    """The same for all the chain's stones."""
    stone = start
    while True:
        known = _liberty_beside(course, color, point, stone, known)
        stone = course[_FOLLOWING, stone]
        if stone == start or known == _SEVERAL:
            return known


@_compiled
def _stones_into_atari(course: _Table, color: int, point: int) -> int:
    """How many stones a legal move leaves with a single liberty; 0 if its chain has more."""
    liberty = _liberty_beside(course, color, point, point, _PASS)
    stones = 1
    for side in range(4):
        if liberty == _SEVERAL:
            return 0
        neighbour = point + course[_STEP, side]
        if course[_COLOR, neighbour] == color and not _is_side_repeated(course, color, point, side):
            stones += course[_STONES, course[_HEAD, neighbour]]
            liberty = _liberty_along(course, color, point, neighbour, liberty)
    return 0 if liberty == _SEVERAL else stones


@_compiled
def _capture_beside(course: _Table, color: int, head: int) -> int:
    """A move that captures an opponent next to this colour's chain; `_PASS` without one."""
    stone = head
    while True:
        for side in range(4):
            neighbour = stone + course[_STEP, side]
            if course[_COLOR, neighbour] == 3 - color and _is_atari(course, course[_HEAD, neighbour]):
                return _only_liberty(course, course[_HEAD, neighbour])
        stone = course[_FOLLOWING, stone]
        if stone == head:
            break
    return _PASS


@_compiled
def _rescue(course: _Table, color: int, head: int) -> int:
    """A move that saves this colour's chain from atari; `_PASS` without one."""
    capture = _capture_beside(course, color, head)
    if capture != _PASS and capture != course[_NOW, _KO]:
        return capture
    way_out = _only_liberty(course, head)
    if _is_legal(course, color, way_out) and _stones_into_atari(course, color, way_out) == 0:
        return way_out
    return _PASS


@_compiled
def _urgent_move(course: _Table, color: int) -> int:
    """Capture what the last move has put into atari itself, or save what it attacks; `_PASS` if there is nothing."""
    last = course[_NOW, _LAST]
    if _is_atari(course, course[_HEAD, last]):
        capture = _only_liberty(course, course[_HEAD, last])
        if capture != course[_NOW, _KO] and course[_OPEN, capture]:
            return capture
    for side in range(4):
        neighbour = last + course[_STEP, side]
        if course[_COLOR, neighbour] == color and _is_atari(course, course[_HEAD, neighbour]):
            rescue = _rescue(course, color, course[_HEAD, neighbour])
            if course[_OPEN, rescue]:
                return rescue
    return _PASS


@_compiled
def _shape(course: _Table, point: int) -> int:
    """What is around the point, as a number in base 4."""
    number = 0
    for index in range(8):
        number = number * 4 + course[_COLOR, point + course[_STEP, index]]
    return number


@_compiled
def _shapely_move(course: _Table, color: int, shapes: _Mask, state: _Random) -> int:
    """A move next to the last one that makes a shape in which people answer; `_PASS` without one."""
    found = _PASS
    count = 0
    for index in range(8):
        point = course[_NOW, _LAST] + course[_STEP, index]
        if (
            course[_COLOR, point] == EMPTY
            and course[_OPEN, point]
            and shapes[_shape(course, point)]
            and not _is_eye(course, color, point)
            and _is_legal(course, color, point)
            and _stones_into_atari(course, color, point) == 0
        ):
            count += 1
            if _random(state, count) == 0:
                found = point
    return found


@_compiled
def _any_move(course: _Table, color: int, state: _Random) -> int:
    """A move that is no plain mistake, or `_PASS` if there is none."""
    count = course[_NOW, _COUNT]
    if count == 0:
        return _PASS
    start = _random(state, count)
    for offset in range(count):
        index = start + offset
        point = course[_EMPTIES, index - count if index >= count else index]
        if (
            course[_OPEN, point]
            and not _is_eye(course, color, point)
            and _is_legal(course, color, point)
            and _stones_into_atari(course, color, point) <= _MOST_SELF_ATARI
        ):
            return int(point)
    return _PASS


@_compiled
def _next_move(course: _Table, color: int, shapes: _Mask, state: _Random) -> int:
    # The favourite answers are left out now and then, so that no playout is blind to the others.
    if course[_NOW, _LAST] != _PASS:
        if _random(state, 8) != 0:
            move = _urgent_move(course, color)
            if move != _PASS:
                return move
        if _random(state, 10) != 0:
            move = _shapely_move(course, color, shapes, state)
            if move != _PASS:
                return move
    return _any_move(course, color, state)


@_compiled
def _play_out(course: _Table, color: int, shapes: _Mask, most_moves: int, state: _Random) -> int:
    """Play until both pass, at most so many moves; returns how many it were."""
    passes = 0
    moves = 0
    while passes < 2 and moves < most_moves:
        move = _next_move(course, color, shapes, state)
        if move == _PASS:
            passes += 1
            _pass(course)
        else:
            passes = 0
            _put(course, color, move)
        moves += 1
        color = 3 - color
    return moves


@_compiled
def _owner(course: _Table, point: int) -> int:
    """1 for Black, -1 for White, 0 for nobody: whose stone is there, or whose stones alone are next to it."""
    there = course[_COLOR, point]
    if there == BLACK:
        return 1
    if there == WHITE:
        return -1
    black = 0
    white = 0
    if there == EMPTY:
        for side in range(4):
            beside = course[_COLOR, point + course[_STEP, side]]
            if beside == BLACK:
                black = 1
            elif beside == WHITE:
                white = 1
    return black - white


@_compiled
def _result(course: _Table, owned: _Sums) -> int:
    """What Black has more than White of the open points, each of which is added to `owned`."""
    result = 0
    for point in range(course.shape[1]):
        if course[_OPEN, point]:
            owner = _owner(course, point)
            owned[point] += owner
            result += owner
    return result


# ── positions ──


@_compiled
def _find_chains(course: _Table) -> None:
    """Fill in what follows from the colours, in a table of zeros otherwise."""
    for point in range(course.shape[1]):
        there = course[_COLOR, point]
        if there == EMPTY and course[_OPEN, point]:
            _add_empty(course, point)
        elif EMPTY < there < EDGE:
            course[_HEAD, point] = point
            course[_FOLLOWING, point] = point
            course[_STONES, point] = 1
            for side in range(4):
                neighbour = point + course[_STEP, side]
                if course[_COLOR, neighbour] == EMPTY:
                    _gain_liberty(course, point, neighbour)
    for point in range(course.shape[1]):
        there = course[_COLOR, point]
        if EMPTY < there < EDGE:
            for side in range(4):
                neighbour = point + course[_STEP, side]
                if course[_COLOR, neighbour] == there and course[_HEAD, neighbour] != course[_HEAD, point]:
                    _join(course, course[_HEAD, neighbour], course[_HEAD, point])


@_compiled
def _simulate(
    start: _Table, shapes: _Mask, playouts: int, most_moves: int, most_steps: int, state: _Random
) -> tuple[_Sums, int, int]:
    """Who has a point at the end, summed over the playouts; how many playouts it were, and how many moves in all.

    Each colour begins half of them. No further playout begins after `most_steps` moves.
    """
    _find_chains(start)
    course = start.copy()
    owned = np.zeros(start.shape[1], np.int64)
    steps = 0
    done = 0
    while done < playouts and steps < most_steps:
        course[:] = start
        steps += _play_out(course, BLACK + done % 2, shapes, most_moves, state)
        _result(course, owned)
        done += 1
    return owned, done, steps


# ── searching ──


@_compiled
def _grow(tree: _Tree, node: int, course: _Table, color: int) -> bool:
    """Add the moves after the node, and passing. False if there is no room for them."""
    count = tree[_COUNT, 0]
    if count + course[_NOW, _COUNT] + 1 > tree.shape[1]:
        return False
    for index in range(-1, course[_NOW, _COUNT]):
        point = _PASS
        if index >= 0:
            point = course[_EMPTIES, index]
            if not course[_OPEN, point] or _is_eye(course, color, point) or not _is_legal(course, color, point):
                continue
        tree[_MOVE, count] = point
        tree[_SIBLING, count] = tree[_CHILD, node]
        tree[_CHILD, node] = count
        count += 1
    tree[_COUNT, 0] = count
    return True


@_compiled
def _children(tree: _Tree, node: int) -> int:
    count = 0
    child = tree[_CHILD, node]
    while child != 0:
        count += 1
        child = tree[_SIBLING, child]
    return count


@_compiled
def _most_promising(tree: _Tree, node: int, color: int, scale: int) -> int:
    """The child to try next: good so far, or not much tried. Results are between `scale` and -`scale`."""
    sign = 1 if color == BLACK else -1
    expected = sign * tree[_TOTAL, node] / max(tree[_VISITS, node], 1)
    room = _EXPLORATION * scale * np.sqrt(tree[_VISITS, node] / _children(tree, node))
    best = 0
    best_worth = 0.0
    child = tree[_CHILD, node]
    while child != 0:
        visits = tree[_VISITS, child]
        mean = sign * tree[_TOTAL, child] / visits if visits > 0 else expected
        worth = mean + room / (1 + visits)
        if best == 0 or worth > best_worth:
            best = child
            best_worth = worth
        child = tree[_SIBLING, child]
    return best


@_compiled
def _most_tried(tree: _Tree, node: int) -> int:
    """The child to rely on; 0 if none is tried enough."""
    best = 0
    most = _VISITS_TO_TRUST
    child = tree[_CHILD, node]
    while child != 0:
        if tree[_VISITS, child] >= most:
            best = child
            most = tree[_VISITS, child]
        child = tree[_SIBLING, child]
    return best


@_compiled
def _next_node(tree: _Tree, node: int, course: _Table, color: int, scale: int, is_growing: bool) -> int:
    """Where the line goes on below the node; 0 if it ends there."""
    if not is_growing:
        return _most_tried(tree, node)
    if tree[_CHILD, node] == 0 and (tree[_VISITS, node] < _VISITS_TO_GROW or not _grow(tree, node, course, color)):
        return 0
    return _most_promising(tree, node, color, scale)


@_compiled
def _follow(tree: _Tree, path: _Sums, course: _Table, first: int, scale: int, is_growing: bool) -> tuple[int, bool]:
    """Play a line of the tree, and note its nodes. Returns its length, and whether both have passed at its end."""
    depth = 0
    passes = 0
    color = first
    while depth < _DEPTH and passes < 2:
        node = _next_node(tree, path[depth], course, color, scale, is_growing)
        if node == 0:
            break
        depth += 1
        path[depth] = node
        if tree[_MOVE, node] == _PASS:
            passes += 1
            _pass(course)
        else:
            passes = 0
            _put(course, color, tree[_MOVE, node])
        color = 3 - color
    return depth, passes == 2


@_compiled
def _search(
    start: _Table,
    shapes: _Mask,
    first: int,
    visits: int,
    most_moves: int,
    most_steps: int,
    state: _Random,
) -> tuple[_Sums, int]:
    """Grow a tree, then play out from the end of its best line: who has a point, summed over those playouts.

    The tree grows by so many visits, and not after `most_steps` moves. Also returns how many moves it were in all.
    """
    _find_chains(start)
    course = start.copy()
    scale = start[_OPEN].sum()
    tree = np.zeros((_NODE_ROWS, _NODES_PER_VISIT * visits + start.shape[1]), np.int64)
    tree[_COUNT, 0] = 2
    path = np.zeros(_DEPTH + 1, np.int64)
    path[0] = 1
    owned = np.zeros(start.shape[1], np.int64)
    steps = 0
    visit = 0
    while visit < visits + _PLAYOUTS_AT_END:
        is_growing = visit < visits and steps < most_steps
        if not is_growing and visit <= visits:
            visit = visits
            owned[:] = 0
        visit += 1
        course[:] = start
        depth, is_over = _follow(tree, path, course, first, scale, is_growing)
        steps += depth
        if not is_over:
            color = first if depth % 2 == 0 else 3 - first
            steps += _play_out(course, color, shapes, most_moves, state)
        result = _result(course, owned)
        if is_growing:
            for index in range(depth + 1):
                tree[_VISITS, path[index]] += 1
                tree[_TOTAL, path[index]] += result
    return owned, steps


# ── shapes ──

# Around the point to be played, in the middle: X and O are the two colours, x and o anything but that colour, ? is
# anything, # the edge. Each stands for all its turns, reflections and the other colour's.
_SHAPES = """
    XOX XO. XO? .O. XO? XO? ?X? OX? X.? OX? ?X? ?XO ?OX
    ... ... X.. X.. O.o O.X O.O o.O O.? X.O x.O x.x X.O
    ??? ?.? x.? ... ?o? ??? ooo ??? ?## ### ### ### ###
"""


@lru_cache(maxsize=1)
def _shapes() -> _Mask:
    """Which of all surroundings of a point are such shapes, by their numbers."""
    numbers = np.arange(4**8)
    digits = [numbers >> 2 * (7 - index) & 3 for index in range(8)]
    table = np.zeros(4**8, np.bool_)
    rows = [line.split() for line in _SHAPES.strip().splitlines()]
    for shape in zip(*rows, strict=True):
        for variant in _variants(shape):
            table |= np.logical_and.reduce([_fits(mark, digit) for mark, digit in zip(variant, digits, strict=True)])
    return table


def _variants(shape: tuple[str, ...]) -> set[str]:
    """What is around the middle in the order of `_AROUND`, in each direction and for both colours."""
    found = set()
    for _ in range(4):
        shape = tuple("".join(row[column] for row in reversed(shape)) for column in range(3))
        for rows in (shape, shape[::-1]):
            marks = "".join(rows[1 + row][1 + column] for row, column in _AROUND)
            found |= {marks, marks.translate(str.maketrans("XOxo", "OXox"))}
    return found


def _fits(mark: str, digits: Any) -> Any:
    match mark:
        case "x":
            return digits != BLACK
        case "o":
            return digits != WHITE
        case "?":
            return digits >= EMPTY
    return digits == ".XO#".index(mark)


# ── from outside ──


class Owners(NamedTuple):
    """What playouts found: for each row of the board its points' owners, from 1 for Black to -1 for White."""

    rows: list[list[float]]
    steps: int
    """Moves made to find it."""


class Field:
    """A position that can be played out: for each row of the board the colours of its points."""

    def __init__(self, rows: Iterable[Iterable[int]]) -> None:
        self._colors = np.array([list(row) for row in rows], np.int64)

    def owners(self, *, seed: int, playouts: int, most_steps: int) -> Owners:
        """Who has a point, by so many playouts, each colour beginning half of them.

        No further playout begins after `most_steps` moves in all.
        """
        is_open = np.ones(self._colors.shape, np.bool_)
        most_moves = MOST_MOVES_PER_POINT * self._colors.size
        sums, done, steps = _simulate(
            self._table(is_open), _shapes(), playouts, most_moves, most_steps, _generator(seed)
        )
        return Owners(self._rows(sums / done), steps)

    def read(self, region: Iterable[tuple[int, int]], *, first: int, seed: int, visits: int, most_steps: int) -> Owners:
        """Who has the points of the region if both do their best and `first` begins; elsewhere nobody moves.

        Points are (row, column); other points have no owner. The tree grows by so many visits, and not after
        `most_steps` moves in all; some hundred playouts follow.
        """
        is_open = np.zeros(self._colors.shape, np.bool_)
        for point in region:
            is_open[point] = True
        most_moves = MOST_MOVES_PER_POINT * int(is_open.sum())
        sums, steps = _search(self._table(is_open), _shapes(), first, visits, most_moves, most_steps, _generator(seed))
        return Owners(self._rows(sums / _PLAYOUTS_AT_END), steps)

    def _table(self, is_open: _Mask) -> _Table:
        """The position as playouts have it, as far as `_find_chains` does not find it."""
        colors = np.pad(self._colors, 1, constant_values=EDGE)
        width = colors.shape[1]
        table = np.zeros((_ROWS, colors.size), np.int64)
        table[_COLOR] = colors.ravel()
        table[_OPEN] = np.pad(is_open, 1).ravel()
        table[_STEP, :8] = [row * width + column for row, column in _AROUND]
        return table

    def _rows(self, framed: npt.NDArray[np.float64]) -> list[list[float]]:
        rows, columns = self._colors.shape
        inner: list[list[float]] = framed.reshape(rows + 2, columns + 2)[1:-1, 1:-1].tolist()
        return inner


def get_ready() -> None:
    """Load what is compiled, or compile it: some seconds, or half a minute. Otherwise the first board waits for it."""
    field = Field([[EMPTY, BLACK], [EMPTY, EMPTY]])
    field.owners(seed=0, playouts=1, most_steps=1)
    field.read([(0, 0)], first=WHITE, seed=0, visits=1, most_steps=1)
