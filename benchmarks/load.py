"""The load: a process of its own that sends prepared requests over many connections and times the answers.

`python -m benchmarks.load` reads a plan as JSON from standard input and writes what it measured as JSON to standard
output. Plain sockets, because a comfortable HTTP client would cost more than the server it measures.

Requests are text of which each character is a byte. Where one holds `NUMBER`, another number of that length is sent in
its place each time. A plan without `seconds` sends each request once.
"""

import asyncio
import itertools
import json
import math
import secrets
import sys
import time
from collections.abc import Iterator
from typing import Any

import uvloop

NUMBER = "<a number!>"
_NUMBER = NUMBER.encode()
_NUMBERS = 10 ** len(NUMBER)


def _each_new(requests: list[bytes]) -> Iterator[bytes]:
    """The requests over and over, those with `NUMBER` never twice the same, nor as in another run."""
    numbers = itertools.count(secrets.randbelow(_NUMBERS // 2))
    for request in itertools.cycle(requests):
        yield request.replace(_NUMBER, b"%011d" % next(numbers)) if _NUMBER in request else request


async def _client(host: str, port: int, requests: Iterator[bytes], until: float, latencies: list[float]) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    failures = 0
    for request in requests:
        started = time.perf_counter()
        if started >= until:
            break
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lowered = head.lower()
        at = lowered.index(b"content-length:") + len(b"content-length:")
        length = int(lowered[at : lowered.index(b"\r", at)])
        if length:
            await reader.readexactly(length)
        latencies.append(time.perf_counter() - started)
        failures += not head.startswith(b"HTTP/1.1 2")
    writer.close()
    return failures


async def _run(plan: dict[str, Any]) -> dict[str, float]:
    texts = [text.encode("latin-1") for text in plan["requests"]]
    seconds = plan["seconds"]
    requests = iter(texts) if seconds is None else _each_new(texts)
    latencies: list[float] = []
    started = time.perf_counter()
    until = math.inf if seconds is None else started + seconds
    failures = await asyncio.gather(
        *(_client(plan["host"], plan["port"], requests, until, latencies) for _ in range(plan["connections"]))
    )
    elapsed = time.perf_counter() - started
    latencies.sort()
    return {
        "per_second": len(latencies) / elapsed,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
        "failures": sum(failures),
    }


if __name__ == "__main__":
    json.dump(uvloop.run(_run(json.load(sys.stdin))), sys.stdout)
