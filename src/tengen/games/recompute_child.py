"""A program of its own that puts a pool in order: `python -P -m tengen.games.recompute_child`.

Its standard input is the platform's settings and the pool's name (`request`), and then stays open for as long as
whoever wants it lives: input that ends is its end, too, however the server has died. Nothing is lost with it, for
another goes on from there (`tengen.games.recompute`).
"""

import asyncio
import os
import pickle
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tengen.core.settings import Settings

_NICENESS = 10
"""It may take minutes, in which others play here."""
_CONNECTIONS = 3
"""With PostgreSQL: one for its turn, one to read, and one to write meanwhile."""


def request(settings: "Settings", pool: str) -> bytes:
    """What this program is to read."""
    return pickle.dumps((settings, pool))


def main() -> None:
    """Put the pool in order. Ends with 1 if that failed; the log says why."""
    os.nice(_NICENESS)  # before anything is loaded, too
    try:
        settings, pool = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the server that has started this
    except EOFError:
        sys.exit(1)
    threading.Thread(target=_end_with_input, daemon=True).start()

    import structlog

    from tengen.core.logging import configure_logging

    configure_logging(settings)
    try:
        asyncio.run(_put_in_order(settings, pool))
    except Exception:
        structlog.get_logger(__name__).exception("recomputation_failed", pool=pool)
        sys.exit(1)


def _end_with_input() -> None:
    # Past Python's buffer, which must not be in use when the program ends.
    while os.read(0, 1):
        pass
    os._exit(1)


async def _put_in_order(settings: "Settings", pool: str) -> None:
    from tengen.core.database import open_database
    from tengen.core.values import utc_now
    from tengen.games.recompute import recompute, turn
    from tengen.ratings.pools import Pools

    database = open_database(settings.model_copy(update={"database_pool_size": _CONNECTIONS}))
    try:
        found = Pools.of(settings).named(pool)
        async with turn(database, found):
            await recompute(database, found, now=utc_now(), only_if_due=True)
    finally:
        await database.close()


if __name__ == "__main__":
    main()
