"""Functions that are compiled, and found again by the next process."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tengen.ratings.compilation import compiled

_BASE = """
from steps import step

STRETCH = {stretch}

def _other(x):
    return 0.0

def total(n):
    found = 0.0
    for i in range(n):
        found += STRETCH * step(i) + _other(i)
    return found
"""
_STEPS = """
def step(x):
    return x + {more}

def minus(x):
    return -1.0
"""
_RUN = """
import json, sys
from rules import total
from steps import minus
from tengen.ratings.compilation import compiled

plain, other = compiled(total), compiled(total, _other=minus)
found = [plain(4), other(4)]
print(json.dumps([found, [sum(function.stats.cache_hits.values()) for function in (plain, other)]]))
"""
Run = Callable[..., tuple[list[float], list[int]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs compiled rules in a process of its own: what they give, and which were found compiled."""

    def run(*, stretch: float = 1.0, more: int = 1, **environment: str) -> tuple[list[float], list[int]]:
        (tmp_path / "rules.py").write_text(_BASE.format(stretch=stretch))
        (tmp_path / "steps.py").write_text(_STEPS.format(more=more))
        os.utime(tmp_path / "rules.py", (1_000_000, 1_000_000))  # as if it had never been touched
        done = subprocess.run(
            [sys.executable, "-c", _RUN],
            cwd=tmp_path,
            env={
                **os.environ,
                "NUMBA_CACHE_DIR": str(tmp_path / "kept"),
                "PYTHONDONTWRITEBYTECODE": "1",
                **environment,
            },
            check=True,
            capture_output=True,
            text=True,
        )
        found, hits = json.loads(done.stdout)
        return found, hits

    return run


def test_what_is_compiled_once_is_found_by_the_next_process(run: Run) -> None:
    assert run() == ([10.0, 6.0], [0, 0])
    assert run() == ([10.0, 6.0], [1, 1])


def test_whatever_was_changed_is_compiled_anew(run: Run) -> None:
    run()
    assert run(more=2) == ([14.0, 10.0], [0, 0])  # in another file
    assert run(stretch=2.0) == ([20.0, 16.0], [0, 0])
    assert run() == ([10.0, 6.0], [1, 1])


def test_where_nothing_can_be_kept_it_is_compiled_each_time(run: Run) -> None:
    for _ in range(2):
        nowhere = {"NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator", "NUMBA_CACHE_DIR": ""}
        assert run(**nowhere) == ([10.0, 6.0], [0, 0])


def _doubled(x: float) -> float:
    return 2.0 * x


def test_a_compiled_function_is_made_once() -> None:
    assert compiled(_doubled) is compiled(_doubled)
    assert compiled(_doubled)(2.5) == 5.0
