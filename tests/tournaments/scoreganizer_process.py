"""The client library of Scoreganizer in a process of its own, as its users run it: reads calls, writes what came of
them, a line of JSON each.

    {"client": 0, "call": "tournaments.get_key", "args": [12], "kwargs": {}}
    {"returned": "1_12_…"}  or  {"raised": "ScoreganizerNotGeneratedYet", "error": "not_generated_yet", "wait": 3.2}

The call `new` makes a client, with the keyword arguments of its constructor, and returns its number.
"""

import io
import json
import sys
from dataclasses import asdict, is_dataclass
from datetime import datetime
from functools import partial
from typing import Any

from scoreganizer_client_lib.exceptions import ScoreganizerError, ScoreganizerWait
from scoreganizer_client_lib.scoreganizer import Scoreganizer


def main() -> None:
    """Serve calls until standard input ends."""
    clients: list[Scoreganizer] = []
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(clients, json.loads(line)), default=_plain) + "\n")
        sys.stdout.flush()


def _answer(clients: list[Scoreganizer], request: Any) -> dict[str, Any]:
    if request["call"] == "new":
        client = Scoreganizer(**request["kwargs"])
        client.session.trust_env = False
        clients.append(client)
        return {"returned": len(clients) - 1}
    try:
        function = _function(clients[request["client"]], request["call"])
        return {"returned": function(*request["args"], **request["kwargs"])}
    except ScoreganizerError as error:
        answer: dict[str, Any] = {"raised": type(error).__name__, "error": error.error}
        if isinstance(error, ScoreganizerWait):
            answer["wait"] = error.wait_time.total_seconds()
        return answer
    except Exception as error:  # what the library does not foresee, the test is to see
        return {"raised": type(error).__name__, "error": str(error)}


def _function(client: Any, name: str) -> Any:
    if name == "upload_bytes":
        return partial(_upload_bytes, client)
    function = client
    for part in name.split("."):
        function = getattr(function, part)
    return function


def _upload_bytes(client: Any, content: str, filename: str, **how: Any) -> Any:
    """`Scores.upload_file` with a file in memory, whose bytes come in hexadecimal."""
    return client.scores.upload_file(io.BytesIO(bytes.fromhex(content)), filename, **how)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(type(value).__name__)


if __name__ == "__main__":
    main()
