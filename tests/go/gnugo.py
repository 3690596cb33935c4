"""GNU Go, whose board others have tried for twenty years, over the Go Text Protocol (version 2)."""

import os
import shutil
import subprocess
from collections.abc import Iterable

from tengen.go.rulesets import AGA, CHINESE, ING, JAPANESE, NEW_ZEALAND

# Debian puts games where root does not look for programs.
PROGRAM = shutil.which("gnugo", path=os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/games")))

RULES = {
    JAPANESE: ("--simple-ko", "--forbid-suicide"),
    CHINESE: ("--positional-superko", "--forbid-suicide"),
    AGA: ("--situational-superko", "--forbid-suicide"),
    NEW_ZEALAND: ("--situational-superko", "--allow-all-suicide"),
    ING: ("--positional-superko", "--allow-all-suicide"),
}
"""How it is told to play by these rulesets. When a suicide repeats a position it does not see that."""


def answers(commands: Iterable[str], options: Iterable[str]) -> list[str]:
    """What it answers to each command: `= ` and the result, or `? ` and why not."""
    assert PROGRAM is not None
    run = subprocess.run(
        [PROGRAM, "--mode", "gtp", "--quiet", *options],
        input="".join(f"{command}\n" for command in commands),
        capture_output=True,
        check=True,
        text=True,
    )
    return run.stdout.split("\n\n")[:-1]
