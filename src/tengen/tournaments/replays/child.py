"""A process that reads replays for the server, one after the other: `python -m tengen.tournaments.replays.child`.

It expects each replay as a frame on its standard input, and answers with a frame of JSON on its standard output:
`{}` once it is ready, then `{"facts": …}` or `{"unreadable": "why"}`, with `"last": true` if it ends after that. Input
that ends is its end, too, so it does not outlive the server, however that has died.

A replay is hostile until it is read, and what plays it ends the process on any surprise. So the process can do little:
its memory, its files and its time are bounded by the kernel, which needs nobody's help to enforce that.
"""

import json
import os
import resource
import signal
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from tengen.tournaments.replays.frames import HEAD, framed

MAX_MEMORY = 256 * 1024**2
"""Bytes of addresses. Ready, it takes an eighth of that; the longest real replays take some megabytes more."""
MAX_FILES = 16
"""To find and load what it imports, it has four open at a time."""
MAX_SECONDS = 2.0
"""Processor time for one replay: long ones take some milliseconds."""
MAX_REPLAYS = 10_000
"""After so many, the process is replaced: nothing that leaks can add up."""
READ_AHEAD = 512 * 1024
"""Bytes of replays that are fetched at once, if they are there: a whole group, for which the server need not be awake
again before its last replay."""
MAX_GROWTH = 64 * 1024
"""Kilobytes by which it may have grown; then it is replaced, too."""


def limit_itself() -> None:
    """Give up, for good, what reading replays does not need."""
    for limit, most in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_NOFILE, MAX_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (most, most))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)


def leave_the_directory() -> None:
    """Work in a directory that is gone: ms_toollib leaves a file where it is when it ends the process."""
    directory = tempfile.mkdtemp()
    os.chdir(directory)
    Path(directory).rmdir()


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until they end, or until it is time to be replaced."""
    from tengen.tournaments.replays.cursor import UnreadableReplay
    from tengen.tournaments.replays.reading import read  # loads ms_toollib: within the limits

    def answer_to(content: bytes) -> dict[str, Any]:
        try:
            return {"facts": read(content).to_json()}
        except UnreadableReplay as error:
            return {"unreadable": str(error)}

    size = _peak_kilobytes()
    _send(answers, {})
    for number in range(1, MAX_REPLAYS + 1):
        content = _next(requests)
        if content is None:
            return
        signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)  # nobody catches the signal: it ends the process
        answer = answer_to(content)
        signal.setitimer(signal.ITIMER_PROF, 0)
        if number == MAX_REPLAYS or _peak_kilobytes() > size + MAX_GROWTH:
            _send(answers, answer | {"last": True})
            return
        _send(answers, answer)


def _next(requests: BinaryIO) -> bytes | None:
    head = requests.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    (size,) = HEAD.unpack(head)
    content = requests.read(size)
    return content if len(content) == size else None


def _send(answers: BinaryIO, answer: dict[str, Any]) -> None:
    answers.write(framed(json.dumps(answer).encode("ascii")))


def _peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Serve the process that has started this one."""
    leave_the_directory()
    limit_itself()
    # Answers keep their way to themselves: what a library may print goes nowhere.
    with os.fdopen(os.dup(1), "wb", buffering=0) as answers:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)
        requests = os.fdopen(0, "rb", buffering=READ_AHEAD, closefd=False)
        try:
            serve(requests, answers)
        except BrokenPipeError:
            return  # the server is gone


if __name__ == "__main__":
    main()
