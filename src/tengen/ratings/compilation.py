"""Plain functions compiled by Numba, with all that they call.

The rules of a rating system are plain Python, and stay so: what is compiled is a copy of a function whose names lead to
compiled copies of the functions that it calls. Floating point is left as IEEE 754 has it (no `fastmath`), and `exp`,
`log` and `erfc` are those of the C library that Python calls, too: so both give the same bits.

Compiling takes seconds, so what was compiled is kept, where Numba keeps it: beside the source, or in the user's cache
if nobody may write there. Numba itself would find it again as long as the one file is unchanged in which the function
stands; here its name has a digest of everything that was compiled with it.
"""

from collections.abc import Callable, Mapping
from dis import get_instructions
from functools import cache
from hashlib import sha256
from inspect import getclosurevars
from types import CodeType, FunctionType
from typing import Any, cast

import numba

# To hand an array over costs more than what is computed of it: so all is inlined.
_OPTIONS: Mapping[str, Any] = {"nogil": True, "error_model": "numpy", "forceinline": True}


@cache
def compiled(function: Callable[..., Any], **instead: Callable[..., Any]) -> Callable[..., Any]:
    """The function, compiled when it is first called. It may call functions of Python and all that Numba knows.

    `instead`: functions that it is to call by these names, instead of its own.
    """
    copy = _copy(function, instead)
    copy.__qualname__ += f"_{_digest(function, instead)[:16]}"
    try:
        return cast("Callable[..., Any]", numba.njit(cache=True, **_OPTIONS)(copy))
    except RuntimeError:  # there is no place to keep it
        return cast("Callable[..., Any]", numba.njit(**_OPTIONS)(copy))


@cache
def _called(function: Callable[..., Any]) -> Callable[..., Any]:
    return cast("Callable[..., Any]", numba.njit(**_OPTIONS)(_copy(function, {})))


def _copy(function: Callable[..., Any], instead: Mapping[str, Callable[..., Any]]) -> FunctionType:
    plain = cast("FunctionType", function)
    names = dict(plain.__globals__)
    for name, value in _globals(plain, instead).items():
        if isinstance(value, FunctionType):
            names[name] = _called(value)
    copy = FunctionType(plain.__code__, names, plain.__name__, plain.__defaults__, plain.__closure__)
    copy.__module__, copy.__qualname__ = plain.__module__, plain.__qualname__
    return copy


def _globals(function: FunctionType, instead: Mapping[str, Callable[..., Any]]) -> dict[str, Any]:
    """What the global names in a function stand for, but for those of Python itself."""
    used = sorted({step.argval for step in get_instructions(function) if step.opname == "LOAD_GLOBAL"})
    known = {**function.__globals__, **instead}
    return {name: known[name] for name in used if name in known}


def _digest(function: Callable[..., Any], instead: Mapping[str, Callable[..., Any]]) -> str:
    """Of all that is compiled with the function: its code, the constants, and the functions that it calls."""
    plain = cast("FunctionType", function)
    parts = [*_parts(plain.__code__), repr(plain.__defaults__)]
    for name, value in {**_globals(plain, instead), **getclosurevars(plain).nonlocals}.items():
        parts += [name, _digest(value, {}) if isinstance(value, FunctionType) else repr(value)]
    return sha256("\n".join(parts).encode()).hexdigest()


def _parts(code: CodeType) -> list[str]:
    parts = [code.co_name, code.co_code.hex(), *code.co_names]
    for constant in code.co_consts:
        parts += _parts(constant) if isinstance(constant, CodeType) else [repr(constant)]
    return parts
