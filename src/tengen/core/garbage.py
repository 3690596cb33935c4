"""Python's search for garbage that refers to itself: a hindrance where much is made that never does."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = 200_000


@contextmanager
def seldom_collected() -> Iterator[None]:
    """While rows are read or written by the thousand: look for such garbage once in 200,000 new objects.

    Usually it is once in 700, and all that a batch consists of is looked at again and again, for nothing: half of the
    time that an import took.
    """
    usual = gc.get_threshold()
    gc.set_threshold(_SELDOM, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
