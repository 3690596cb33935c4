"""Plain functions compiled by Numba, with all that they call. Pure.

The rules of a rating system are plain Python, and stay so: what is compiled is a copy of a function whose names lead to
compiled copies of the functions that it calls. Floating point is left as IEEE 754 has it (no `fastmath`), and `exp`,
`log` and `erfc` are those of the C library that Python calls, too: so both give the same bits.
"""

from collections.abc import Callable
from dis import get_instructions
from functools import cache
from types import FunctionType
from typing import Any, cast

import numba


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, compiled when it is first called. It may call functions of Python and all that Numba knows."""
    plain = cast("FunctionType", function)
    names = dict(plain.__globals__)
    for name in {step.argval for step in get_instructions(plain) if step.opname == "LOAD_GLOBAL"}:
        if isinstance(names.get(name), FunctionType):
            names[name] = compiled(names[name])
    copy = FunctionType(plain.__code__, names, plain.__name__, plain.__defaults__, plain.__closure__)
    copy.__module__ = plain.__module__
    # To hand an array over costs more than what is computed of it.
    return cast("Callable[..., Any]", numba.njit(nogil=True, error_model="numpy", forceinline=True)(copy))
