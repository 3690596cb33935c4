"""The pool of child processes: whatever is uploaded, it goes on, and leaves nothing behind."""

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from textwrap import dedent
from typing import Any

import psutil
import pytest

from tengen.core.errors import TooManyRequests
from tengen.tournaments.modes import InvalidData, Reason
from tengen.tournaments.replays import pool as pool_module
from tengen.tournaments.replays.child import MAX_MEMORY
from tengen.tournaments.replays.facts import ReplayFacts
from tengen.tournaments.replays.pool import ParserPool, RateLimited
from tests.support.waiting import until
from tests.tournaments.replays.builders import BUILT, a_child, a_game, an_avf, an_rmv, bent

ME = psutil.Process()
READ = "return real(content)"
"""For children that read as the real one does, unless the replay says otherwise."""


def children() -> list[psutil.Process]:
    """The children of this process that read replays."""
    found = []
    for child in ME.children():
        try:
            if any("replays" in part for part in child.cmdline()):
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


def has_died(child: psutil.Process) -> bool:
    """Whether a process has ended, whoever knows of it; one that is about to still has its files."""
    try:
        return child.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@asynccontextmanager
async def a_pool(size: int = 1, **options: Any) -> AsyncIterator[ParserPool]:
    """A pool that is closed at the end, of which nothing must be left then."""
    gc.collect()
    files, before = ME.num_fds(), set(ME.children())
    pool = ParserPool(size, **options)
    try:
        yield pool
    finally:
        await pool.close()
    await until(lambda: ME.num_fds() <= files)
    assert set(ME.children()) <= before


async def is_unreadable(pool: ParserPool, content: bytes) -> None:
    with pytest.raises(InvalidData) as refused:
        await pool.read(content)
    assert refused.value.reason is Reason.UNREADABLE
    assert refused.value.code == "invalid_data"


async def is_read(pool: ParserPool, content: bytes | None = None) -> None:
    assert (await pool.read(content or an_rmv())).is_completed


DAMAGED = an_avf()[:6] + b"\xff\xff" + an_avf()[8:]
"""A mine that is not on the board: the parser ends its process."""


# ── reading ──


async def test_each_replay_gets_its_own_facts() -> None:
    games = [a_game(seed=seed, time_ms=5000 + 10 * seed) for seed in range(30)]
    async with a_pool(2) as pool:
        found = await asyncio.gather(*(pool.read(an_rmv(game)) for game in games))
    assert [facts.time for facts in found] == [game.time for game in games]
    assert [facts.bbbv for facts in found] == [game.bbbv for game in games]


async def test_a_replay_that_takes_its_child_down_is_unreadable_and_the_next_is_read() -> None:
    async with a_pool() as pool:
        for _ in range(5):
            await is_unreadable(pool, DAMAGED)
            await is_read(pool)


async def test_a_child_stands_by_for_the_one_that_is_taken_down() -> None:
    async with a_pool() as pool:
        await pool.start()
        await until(lambda: len(children()) == 2)
        await is_unreadable(pool, DAMAGED)
        await is_read(pool)
        await until(lambda: len(children()) == 2)


async def test_what_is_no_replay_needs_no_child() -> None:
    async with a_pool(command=["/nowhere/at/all"]) as pool:
        await is_unreadable(pool, b"no replay")


async def test_a_bad_replay_does_not_disturb_those_beside_it() -> None:
    async with a_pool(2) as pool:
        answers = await asyncio.gather(
            *(pool.read(DAMAGED if number % 3 else an_rmv()) for number in range(30)), return_exceptions=True
        )
    assert [isinstance(answer, InvalidData) for answer in answers] == [number % 3 != 0 for number in range(30)]


# ── children that go wrong ──


async def test_a_child_that_is_killed_in_the_middle_makes_its_replay_unreadable() -> None:
    slow = a_child('if b"slow" in content: time.sleep(60)', READ)
    async with a_pool(command=slow) as pool:
        await is_read(pool)
        reading = asyncio.create_task(is_unreadable(pool, an_rmv(name="slow")))
        await until(lambda: any(child.cpu_times().user > 0 for child in children()))
        await asyncio.sleep(0.1)
        for child in (killed := children()):
            child.kill()
        await reading
        await until(lambda: all(map(has_died, killed)))
        await is_read(pool)


async def test_children_that_were_killed_while_they_waited_cost_no_replay() -> None:
    async with a_pool() as pool:
        await is_read(pool)
        await until(lambda: len(pool._children) == 2)  # noqa: SLF001
        for child in (killed := children()):
            child.kill()
        while not all(map(has_died, killed)):
            time.sleep(0.01)  # noqa: ASYNC251  # so that nobody here learns of it before the replay comes
        await is_read(pool)


async def test_a_replay_that_is_read_without_end_is_given_up_by_the_kernel() -> None:
    endless = a_child(r're.match(rb"(a+)+b", b"a" * 60)', limits="child.MAX_SECONDS = 0.2")
    async with a_pool(command=endless) as pool:
        await is_unreadable(pool, an_rmv())
        await is_unreadable(pool, an_rmv())


async def test_a_child_that_does_not_even_run_is_given_up_by_the_clock() -> None:
    asleep = a_child('if b"slow" in content: time.sleep(60)', READ)
    async with a_pool(command=asleep, patience=0.3) as pool:
        await is_unreadable(pool, an_rmv(name="slow"))
    async with a_pool(command=asleep) as pool:
        await is_read(pool)


BODIES = {
    "takes much memory": f"bytearray({MAX_MEMORY})",
    "writes a file": 'open("/tmp/replay-of-a-test", "wb").write(b"x" * 100_000)',
    "opens many files": 'held = [open("/dev/null") for _ in range(100)]',
    "aborts": "os.abort()",
    "exits": "os._exit(0)",
    "raises": "raise ZeroDivisionError",
    "returns nonsense": "return types.SimpleNamespace(to_json=lambda: [1, 2])",
    "returns other nonsense": "return types.SimpleNamespace(to_json=lambda: {'format': 'avf'})",
}


@pytest.mark.parametrize("what", BODIES)
async def test_a_child_that_goes_wrong_makes_its_replay_unreadable(what: str) -> None:
    command = a_child(f'if b"bad" in content: {BODIES[what]}', READ)
    async with a_pool(command=command) as pool:
        await is_unreadable(pool, an_rmv(name="bad"))
        await is_read(pool)


async def test_what_a_library_prints_is_no_answer() -> None:
    noisy = a_child('print("noise", flush=True); os.write(1, b"noise")', READ)
    async with a_pool(command=noisy) as pool:
        await is_read(pool)


ANSWERS = {
    "no JSON": r'b"\0\0\0\2{x"',
    "no object": r'b"\0\0\0\2[]"',
    "too long": r'b"\xff\xff\xff\xff" + bytes(300_000)',
    "deep": r'b"\0\3\0\0" + b"[" * 196_608',
    "cut off": r'b"\0\0\1\0{}"',
    "nothing": 'b""',
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_an_answer_that_is_none_makes_the_replay_unreadable(answer: str) -> None:
    program = rf"""
        import os
        os.write(1, b"\0\0\0\2{{}}")
        os.read(0, 1)
        rest = {ANSWERS[answer]}
        while rest:
            rest = rest[os.write(1, rest):]
    """
    async with a_pool(command=[sys.executable, "-c", dedent(program), "replays"]) as pool:
        for _ in range(3):
            await is_unreadable(pool, an_rmv())


@pytest.mark.parametrize("command", [["/nowhere/at/all"], [sys.executable, "-c", "print('no frame')"]])
async def test_without_children_it_is_said_that_nothing_can_be_read_now(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "START_SECONDS", 0.3)
    async with a_pool(command=command) as pool:
        with pytest.raises(RateLimited, match="later"):
            await pool.read(an_rmv())


async def test_children_that_could_not_be_started_are_started_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(pool_module, "_PAUSE_SECONDS", 0.01)
    program = tmp_path_factory.mktemp("replays") / "child.py"
    async with a_pool(command=[sys.executable, str(program)]) as pool:
        reading = asyncio.create_task(is_read(pool))
        await asyncio.sleep(0.2)
        program.write_text("from tengen.tournaments.replays.child import main\nmain()\n")
        await reading


# ── groups ──

SLOW = 'if b"slow" in content: time.sleep(0.3)'
"""Long enough for others to come in, which are a group then."""


async def of_a_group(pool: ParserPool, *contents: bytes) -> list[ReplayFacts | BaseException]:
    """What comes of replays that a child gets together, because they came in while it had a slow one."""
    await is_read(pool)
    slow = asyncio.create_task(is_read(pool, an_rmv(name="slow")))
    await asyncio.sleep(0.05)
    found = await asyncio.gather(*map(pool.read, contents), return_exceptions=True)
    await slow
    return found


@pytest.mark.parametrize("what", ["takes much memory", "aborts", "exits", "raises", "returns nonsense"])
async def test_of_a_group_only_what_goes_wrong_is_unreadable(what: str) -> None:
    command = a_child(f'if b"bad" in content: {BODIES[what]}', SLOW, READ)
    games = [a_game(time_ms=5000 + 10 * number) for number in range(12)]
    is_bad = [number % 4 in {1, 2} for number in range(12)]
    async with a_pool(command=command) as pool:
        names = ["bad" if bad else "Ann" for bad in is_bad]
        found = await of_a_group(pool, *map(lambda game, name: an_rmv(game, name=name), games, names))
    assert [isinstance(one, InvalidData) for one in found] == is_bad
    assert [one.time for one in found if isinstance(one, ReplayFacts)] == [
        game.time for game, bad in zip(games, is_bad, strict=True) if not bad
    ]


async def test_a_child_that_is_replaced_leaves_the_rest_of_its_group_to_the_next() -> None:
    command = a_child(SLOW, READ, limits="child.MAX_REPLAYS = 4")
    async with a_pool(command=command) as pool:
        found = await of_a_group(pool, *[an_rmv()] * 12)
    assert {type(one) for one in found} == {ReplayFacts}


async def test_a_child_may_say_much_before_it_has_its_whole_group() -> None:
    """Neither waits for the other, where pipes hold less than either has to say."""
    verbose = "if b'much' in content: raise reading.UnreadableReplay('x' * 250_000)"
    async with a_pool(command=a_child(verbose, SLOW, READ), patience=5) as pool:
        found = await of_a_group(pool, *[an_rmv(name="much") + bytes(100_000)] * 5)
    assert [str(one) for one in found] == ["x" * 250_000] * 5


COUNTING = """
    import os, struct, time
    head = struct.Struct(">I")

    def say(text):
        os.write(1, head.pack(len(text)) + text)

    def now_there():
        try:
            return os.read(0, 2**20)
        except BlockingIOError:
            return None

    os.set_blocking(0, False)
    say(b"{}")
    in_hand, content = 0, b""
    while (more := now_there()) != b"":
        content += more or b""
        while len(content) >= head.size and len(content) >= (end := head.size + head.unpack_from(content)[0]):
            content, in_hand = content[end:], in_hand + 1
        if in_hand:
            say(b'{"unreadable": "%d %d"}' % (os.getpid(), in_hand))
            in_hand -= 1
        time.sleep(0.02)
"""
"""A child that says of each replay who it is, and how many it has in hand with it."""


async def in_hand(pool: ParserPool, count: int) -> list[tuple[int, int]]:
    """What counting children say of so many replays at once, in their order."""
    found = await asyncio.gather(*[pool.read(an_rmv()) for _ in range(count)], return_exceptions=True)
    return [(int(child), int(number)) for child, number in (str(one).split() for one in found)]


@pytest.mark.parametrize(("bytes_in_hand", "most"), [(512, 16), (3, 3)], ids=["in number", "in size"])
async def test_what_a_child_has_in_hand_is_bounded(
    bytes_in_hand: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "_MOST_BYTES_IN_HAND", bytes_in_hand * len(an_rmv()))
    async with a_pool(command=[sys.executable, "-c", dedent(COUNTING), "replays"]) as pool:
        counts = [number for _, number in await in_hand(pool, 40)]
    assert max(counts) == most


async def test_a_child_gets_more_before_it_is_done() -> None:
    async with a_pool(command=[sys.executable, "-c", dedent(COUNTING), "replays"]) as pool:
        counts = [number for _, number in await in_hand(pool, 40)]
    assert counts[-1] == 1
    assert min(counts[1:-16]) > 1


async def test_children_have_fair_shares() -> None:
    async with a_pool(2, command=[sys.executable, "-c", dedent(COUNTING), "replays"]) as pool:
        await in_hand(pool, 1)
        await until(lambda: len(pool._children) == 3)  # noqa: SLF001
        shares = Counter(child for child, _ in await in_hand(pool, 40))
    assert len(shares) == 2
    assert min(shares.values()) >= 10


# ── replacing ──


@pytest.mark.parametrize(
    "limits", ["child.MAX_REPLAYS = 3", "child.MAX_GROWTH = -1"], ids=["after some replays", "when it has grown"]
)
async def test_a_child_is_replaced(limits: str) -> None:
    async with a_pool(command=a_child(READ, limits=limits)) as pool:
        seen = set()
        for _ in range(12):
            await is_read(pool)
            seen |= {child.pid for child in children()}
    assert len(seen) >= 4


# ── callers that go away, callers that wait ──


async def test_a_caller_who_goes_away_leaves_nobody_a_wrong_answer() -> None:
    slow = a_child('if b"slow" in content: time.sleep(0.3)', READ)
    async with a_pool(command=slow) as pool:
        await is_read(pool)
        for _ in range(3):
            reading = asyncio.create_task(pool.read(an_rmv(a_game(seed=2, time_ms=7000), name="slow")))
            await asyncio.sleep(0.05)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            assert (await pool.read(an_rmv())).time == 5410


async def test_a_caller_who_goes_away_while_waiting_gives_up_the_place() -> None:
    slow = a_child('if b"slow" in content: time.sleep(0.5)', READ)
    async with a_pool(command=slow, waiting_bytes=len(an_rmv(name="slow"))) as pool:
        await is_read(pool)
        first = asyncio.create_task(is_read(pool, an_rmv(name="slow")))
        await asyncio.sleep(0.05)
        for _ in range(5):
            waiting = asyncio.create_task(pool.read(an_rmv()))
            await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        await is_read(pool)
        await first


async def test_replays_are_read_in_the_order_in_which_they_came() -> None:
    read: list[int] = []
    async with a_pool() as pool:
        await is_read(pool)

        async def read_one(number: int) -> None:
            await is_read(pool)
            read.append(number)

        await asyncio.gather(*(read_one(number) for number in range(20)))
    assert read == list(range(20))


async def test_only_so_many_replays_wait() -> None:
    slow = a_child("time.sleep(0.3)", READ)
    async with a_pool(command=slow, waiting_bytes=2 * len(an_rmv())) as pool:
        answers = await asyncio.gather(*(pool.read(an_rmv()) for _ in range(5)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, TooManyRequests)]
    assert len(refused) == 2
    assert refused[0].code == "rate_limited"
    assert refused[0].headers["Retry-After"] == "2"


async def test_replays_that_are_not_read_when_the_pool_closes_are_refused() -> None:
    slow = a_child("time.sleep(60)")
    async with a_pool(command=slow) as pool:
        reading = [asyncio.create_task(pool.read(an_rmv())) for _ in range(4)]
        await until(lambda: len(children()) == 2)
        await asyncio.sleep(0.3)
        await pool.close()
        answers = await asyncio.gather(*reading, return_exceptions=True)
        assert {type(answer) for answer in answers} == {RateLimited}
        with pytest.raises(RateLimited):
            await pool.read(an_rmv())


# ── what is left ──

PARENT = """
    import asyncio, sys
    from tengen.tournaments.replays.pool import ParserPool
    async def main():
        command = sys.argv[2:] or None
        pool = ParserPool(2, **({"command": command} if command else {}))
        await pool.start()
        reading = asyncio.create_task(pool.read(open(sys.argv[1], "rb").read()))
        await asyncio.sleep(0 if command else 0.5)
        while len(pool._children) < 3:
            await asyncio.sleep(0.01)
        print("ready", flush=True)
        await asyncio.sleep(600)
    asyncio.run(main())
"""


@pytest.mark.parametrize("is_busy", [False, True], ids=["idle", "busy"])
def test_no_child_outlives_a_server_that_is_killed(
    is_busy: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    replay = tmp_path_factory.mktemp("content") / "game.rmv"
    replay.write_bytes(an_rmv())
    endless = a_child(r're.match(rb"(a+)+b", b"a" * 60)', limits="child.MAX_SECONDS = 1")
    command = [sys.executable, "-c", dedent(PARENT), str(replay), *(endless if is_busy else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        left = psutil.Process(server.pid).children()
        assert len(left) == 3
        server.kill()
    _, alive = psutil.wait_procs(left, timeout=20)
    assert not alive


async def test_children_get_none_of_the_servers_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENGEN_SECRET_KEY", "a secret of the server")
    async with a_pool() as pool:
        await is_read(pool)
        assert children()
        for child in children():
            assert not {name for name in child.environ() if name.startswith("TENGEN_")}
            assert os.getsid(child.pid) != os.getsid(0)


def test_the_server_does_not_load_the_parser_itself() -> None:
    program = "import sys, tengen.tournaments.replays.pool; sys.exit('ms_toollib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize("size", [1, 3])
async def test_many_bent_replays_leave_nothing(size: int) -> None:
    seeds = [build() for build in BUILT.values()]
    seen = set()
    async with a_pool(size) as pool:
        await asyncio.gather(*(is_read(pool) for _ in range(10)))
        memory, files = ME.memory_info().rss, ME.num_fds()
        replays = bent(seeds, 120, seed=size)
        while some := list(islice(replays, 3 * size)):
            found = await asyncio.gather(*(pool.read(content) for content in some), return_exceptions=True)
            seen |= {type(answer) for answer in found}
        await is_read(pool)
        assert len(children()) <= size + 2  # one of them may be on its way out
        assert ME.num_fds() <= files + 3 * (size + 1)
        assert ME.memory_info().rss < memory + 32 * 1024 * 1024
    assert seen == {ReplayFacts, InvalidData}


async def test_what_dies_leaves_no_file_where_the_server_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "empty"
    directory.mkdir()
    monkeypatch.chdir(directory)
    async with a_pool() as pool:
        await is_unreadable(pool, DAMAGED)
        await is_read(pool)
    directory.rmdir()  # which it must be empty for
