"""The server's side of reading replays: child processes, each with some replays in hand that it reads one by one.

A child gets what waits, up to a bound, and more before it is done with that: so it need not wait for the server between
one replay and the next. It answers each before it looks at the next, so it is known which one it had when anything goes
wrong with it (it dies, it answers nonsense, it does not answer): that replay is unreadable, and the others go to
another child. One more child than work stands ready, so that this costs nobody a wait. What the children must not do to
the machine, `tengen.tournaments.replays.child` says.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import islice
from typing import Any, Self, cast

import structlog

from tengen.core.errors import TooManyRequests
from tengen.tournaments.modes import InvalidData, Reason
from tengen.tournaments.replays.facts import ReplayFacts
from tengen.tournaments.replays.formats import recognise
from tengen.tournaments.replays.frames import HEAD, framed
from tengen.tournaments.submissions import MAX_REPLAY_BYTES

log = structlog.get_logger(__name__)

COMMAND = (sys.executable, "-I", "-m", "tengen.tournaments.replays.child")
"""How a child is started: `-I`, so that neither the environment nor the directory decides what it imports."""
MAX_WAITING_BYTES = 128 * 1024**2
"""Of replays that wait for their turn: some thousands, in the last second of a tournament, for each was in time."""
PATIENCE_SECONDS = 10.0
"""Until a child is given up, by the clock on the wall. Its own limit counts processor time, so that a machine that
is busy with other things makes no replay unreadable; this one is for a child that does not even run."""
START_SECONDS = 30.0
"""Until a child must be ready: it takes a tenth of a second where nothing else goes on."""
MOST_IN_HAND = 16
"""Replays that a child has at most; once it has half of them left, it gets more."""
_MOST_BYTES_IN_HAND = 512 * 1024
"""Of these replays, unless it is a single one."""
_TRIES = 3
"""Children that may turn out to be dead already, one after the other."""
_PAUSE_SECONDS = 1.0
"""Before a child is started again that could not be."""
_END_SECONDS = 2.0
"""For a child to end that has closed its output."""
_MAX_ANSWER_BYTES = 256 * 1024
_RETRY_AFTER = timedelta(seconds=2)
_ENVIRONMENT = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH")
"""What children get of the environment. They have no use for the secrets in it."""

_UNREADABLE = (
    "This replay cannot be read: it is damaged, or not as Minesweeper Arbiter, Viennasweeper, Metasweeper or "
    "Minesweeper Clone 0.97 write them."
)


class RateLimited(TooManyRequests):
    """More replays wait to be read than may; later there will be room."""

    code = "rate_limited"


class _ChildFailed(Exception):
    """The child died, or did not keep to the protocol."""


class _ChildGone(_ChildFailed):
    """The child had died before it had the whole replay, which therefore is not to blame."""


class _Child:
    """One process, and the protocol with it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._requests = process.stdin
        self._answers = process.stdout
        # A child says something between one replay and the next, so nobody must wait until it has taken all of them.
        self._requests.transport.set_write_buffer_limits(high=2 * MAX_REPLAY_BYTES)

    @classmethod
    async def start(cls, command: Sequence[str]) -> Self:
        """Start a process; it may not be ready yet. Raises `OSError`."""
        process = await asyncio.create_subprocess_exec(
            *command,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # who interrupts the server from a terminal does not mean its children
        )
        return cls(process)

    @property
    def is_alive(self) -> bool:
        """Whether it is not known to have died."""
        return self._process.returncode is None and not self._answers.at_eof()

    async def send(self, contents: Iterable[bytes]) -> None:
        """Give it replays, which it answers in this order. Raises `_ChildGone`."""
        try:
            self._requests.write(b"".join(map(framed, contents)))
            await self._requests.drain()
        except ConnectionError as error:
            raise _ChildGone from error
        if self._requests.is_closing():  # `drain` may look before the failure to write is known everywhere
            raise _ChildGone

    async def answer(self) -> dict[str, Any]:
        """The next answer. Raises `_ChildFailed`."""
        try:
            (size,) = HEAD.unpack(await self._answers.readexactly(HEAD.size))
            if size > _MAX_ANSWER_BYTES:
                raise _ChildFailed
            answer = json.loads(await self._answers.readexactly(size))
        except (EOFError, ConnectionError, ValueError, RecursionError) as error:
            raise _ChildFailed from error
        if not isinstance(answer, dict):
            raise _ChildFailed
        return answer

    async def end(self) -> None:
        """Kill the process, and leave nothing of it."""
        if not self._answers.at_eof():
            self._kill()
        self._requests.close()
        with suppress(ConnectionError):
            await self._answers.read()
        # Having answered for the last time, it ends by itself. A signal to one that has ended would take its exit code
        # from those who wait for it.
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._kill()
            await self._process.wait()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()


_Answer = asyncio.Future[dict[str, Any]]
_Outcome = dict[str, Any] | Exception


def _settle_first(in_hand: dict[_Answer, bytes], outcome: _Outcome) -> None:
    answer = next(iter(in_hand))
    del in_hand[answer]
    _settle(answer, outcome)


def _settle(answer: _Answer, outcome: _Outcome) -> None:
    if answer.done():
        return  # its caller has gone away
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


class ParserPool:
    """Reads replays, `size` of them at a time. One a process.

    `command` starts a child. Its first frame says that it is ready; then it answers each frame with one. Replays
    of `waiting_bytes` altogether may wait for their turn, and a child has `patience` seconds for one.
    """

    def __init__(
        self,
        size: int,
        *,
        command: Sequence[str] = COMMAND,
        patience: float = PATIENCE_SECONDS,
        waiting_bytes: int = MAX_WAITING_BYTES,
    ) -> None:
        self._size = size
        self._command = command
        self._patience = patience
        self._room = waiting_bytes
        self._waiting: dict[_Answer, bytes] = {}
        self._turns: set[asyncio.Task[None]] = set()
        self._children: set[_Child] = set()
        # The one that had the last replay is the first to get the next: its memory is in the caches.
        self._ready: asyncio.LifoQueue[_Child | None] = asyncio.LifoQueue()
        self._starts: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def start(self) -> None:
        """Start the children, without waiting for them. Without it, the first replay waits."""
        self._fill()

    async def close(self) -> None:
        """End all children. Replays that are not read yet are refused."""
        self._is_closed = True
        for task in self._starts:
            task.cancel()
        for child in list(self._children):
            self._drop(child)
        for _ in range(self._size):
            self._ready.put_nowait(None)  # whoever waits for a child has waited enough
        await asyncio.gather(*self._turns, *self._starts, *self._ends, return_exceptions=True)

    async def read(self, content: bytes) -> ReplayFacts:
        """The facts of a replay.

        Raises `InvalidData` for what cannot be read or contradicts itself, and `RateLimited` if more replays wait for
        their turn than may, or if no child can be had.
        """
        if recognise(content) is None:
            raise InvalidData(_UNREADABLE, reason=Reason.UNREADABLE)
        answer = await self._answer(content)
        if "unreadable" in answer:
            raise InvalidData(str(answer["unreadable"]), reason=Reason.UNREADABLE)
        try:
            return ReplayFacts.from_json(answer["facts"])
        except (KeyError, ValueError) as error:
            raise InvalidData(_UNREADABLE, reason=Reason.UNREADABLE) from error

    async def _answer(self, content: bytes) -> dict[str, Any]:
        if self._room < len(content):
            raise RateLimited("Too many replays wait to be read: send this one again.", retry_after=_RETRY_AFTER)
        answer: _Answer = asyncio.get_running_loop().create_future()
        self._waiting[answer] = content
        self._room -= len(content)
        if len(self._turns) < self._size:
            self._turns.add(asyncio.create_task(self._take_turns(self._next({}))))
        try:
            return await answer
        finally:
            self._stop_waiting(answer)  # of no effect unless its caller has gone away

    def _stop_waiting(self, answer: _Answer) -> bytes:
        content = self._waiting.pop(answer, b"")
        self._room += len(content)
        return content

    def _next(self, in_hand: Mapping[_Answer, bytes]) -> dict[_Answer, bytes]:
        """What a child gets that has these: a fair share of those that have waited longest, within its bounds."""
        count, size = len(in_hand), sum(map(len, in_hand.values()))
        share = -(-len(self._waiting) // self._size)
        chosen: list[_Answer] = []
        for answer, content in islice(self._waiting.items(), min(share, MOST_IN_HAND - count)):
            if (count or chosen) and size + len(content) > _MOST_BYTES_IN_HAND:
                break
            size += len(content)
            chosen.append(answer)
        return {answer: self._stop_waiting(answer) for answer in chosen}

    async def _take_turns(self, in_hand: dict[_Answer, bytes]) -> None:
        """Have replays answered by one child after the other, these first, as long as any wait."""
        while in_hand:
            await self._answer_all(in_hand)
            in_hand = self._next({})
        # At once, not when the task is seen to be done: a replay that comes in between would wait for nobody.
        self._turns.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _answer_all(self, in_hand: dict[_Answer, bytes]) -> None:
        children_gone = 0
        try:
            while in_hand:
                is_gone = await self._keep_busy(await self._take(), in_hand)
                children_gone = children_gone + 1 if is_gone else 0
                if children_gone == _TRIES:
                    raise self._nothing_now()
        except Exception as error:  # whatever it is, those who wait must hear of it
            for answer in in_hand:
                _settle(answer, error)

    async def _take(self) -> _Child:
        self._fill()
        with suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                while not self._is_closed and (child := await self._ready.get()) is not None:
                    if child.is_alive:
                        return child
                    self._drop(child)
        raise self._nothing_now()

    async def _keep_busy(self, child: _Child, in_hand: dict[_Answer, bytes]) -> bool:
        """Give a child these replays, and more while it reads them, until none waits; those that it leaves are in hand.

        Returns whether the child had died before. Raises `RateLimited` if the pool is closed meanwhile.
        """
        goes_on = False
        now = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(self._patience) as limit:
                await child.send(in_hand.values())
                while in_hand:
                    answer = await child.answer()
                    limit.reschedule(now() + self._patience)
                    _settle_first(in_hand, answer)
                    if answer.get("last"):
                        return False
                    await self._hand_more(child, in_hand)
                goes_on = True
        except _ChildGone:
            return True
        except (_ChildFailed, TimeoutError):
            if self._is_closed:  # that was us
                raise self._nothing_now() from None
            _settle_first(in_hand, InvalidData(_UNREADABLE, reason=Reason.UNREADABLE))
        finally:
            if goes_on and not self._is_closed:
                self._ready.put_nowait(child)
            else:
                self._drop(child)
        return False

    async def _hand_more(self, child: _Child, in_hand: dict[_Answer, bytes]) -> None:
        """Fill up what the child has in hand, before it has nothing left to do."""
        count = len(in_hand)
        more = self._next(in_hand) if count <= MOST_IN_HAND // 2 else {}
        if not more:
            return
        in_hand |= more
        try:
            await child.send(more.values())
        except _ChildGone:
            if count == 0:
                raise
            # It died of the one that it has, as the answer that does not come will tell.

    @staticmethod
    def _nothing_now() -> RateLimited:
        return RateLimited("No replays can be read now: send this one later.", retry_after=_RETRY_AFTER)

    def _fill(self) -> None:
        """Start as many children as there are too few: one more than may have work."""
        while not self._is_closed and len(self._children) + len(self._starts) <= self._size:
            self._starts.add(task := asyncio.create_task(self._start_child()))
            task.add_done_callback(self._started)

    def _started(self, task: asyncio.Task[None]) -> None:
        self._starts.discard(task)
        self._fill()

    async def _start_child(self) -> None:
        try:
            child = await self._ready_child()
        except (OSError, _ChildFailed, TimeoutError) as error:
            log.warning("replay_parser_did_not_start", error=repr(error))
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            self._children.add(child)
            self._ready.put_nowait(child)

    async def _ready_child(self) -> _Child:
        child = await _Child.start(self._command)
        try:
            async with asyncio.timeout(START_SECONDS):
                await child.answer()
        except BaseException:
            await child.end()
            raise
        return child

    def _drop(self, child: _Child) -> None:
        """End a child for good; another takes its place."""
        if child in self._children:
            self._children.remove(child)
            self._ends.add(task := asyncio.create_task(child.end()))
            task.add_done_callback(self._ends.discard)
            self._fill()
