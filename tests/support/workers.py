"""The worker processes of a server: to talk to a certain one of them, and to see them come and go."""

import time
from contextlib import ExitStack

import httpx
import psutil

from tests.support.server import Server


def worker_processes(server: Server) -> list[psutil.Process]:
    """The workers that run now, in the order of their ids."""
    children = psutil.Process(server.pid).children()
    workers = [child for child in children if "multiprocessing.spawn" in " ".join(_command(child))]
    return sorted(workers, key=lambda process: process.pid)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def connected_to(server: Server, worker: psutil.Process) -> httpx.Client:
    """A client with one connection, which this worker has accepted and keeps serving."""
    client = httpx.Client(
        base_url=server.url, timeout=30, trust_env=False, limits=httpx.Limits(max_connections=1, keepalive_expiry=None)
    )
    with ExitStack() as failed, ExitStack() as stack:
        failed.callback(client.close)
        # Whoever is awake first takes a connection: let that be this one.
        for other in worker_processes(server):
            if other != worker:
                other.suspend()
                stack.callback(other.resume)
        assert client.get("/healthz").status_code == 200
        failed.pop_all()
    return client


def wait_for_workers(server: Server, number: int, *, without: psutil.Process | None = None) -> list[psutil.Process]:
    """The workers, as soon as there are this many and `without` is none of them."""
    give_up_at = time.monotonic() + 20
    while True:
        workers = worker_processes(server)
        if len(workers) == number and without not in workers:
            return workers
        assert time.monotonic() < give_up_at, f"there are {len(workers)} workers, not {number}"
        time.sleep(0.02)
