"""`tengen serve`."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.cli.program import Program
from tests.cli.serving import serving
from tests.support.builders import PASSWORD, a_verified_user, unique
from tests.support.server import Server


def test_the_address_is_told_once_requests_are_answered(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with serving(server) as (process, told):
        assert told["is_ready"] is True
        assert httpx.get(f"{told['url']}/readyz", trust_env=False).status_code == 200
        process.terminate()
        out, _ = process.communicate(timeout=10)
        assert (process.returncode, out) == (0, "")
    server.close()


def test_ctrl_c_is_an_ordinary_end(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with serving(server) as (process, _):
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
        assert (process.returncode, err) == (0, "")
    server.close()


_FRAMEWORKS = "import alembic, fastapi, pydantic_settings, sqlalchemy.ext.asyncio, structlog, typer, uvicorn"


def test_a_second_start_costs_little_more_than_loading_the_frameworks(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with serving(server):
        pass
    with serving(server) as (process, _):
        # Of the processor, for other tests may keep the machine busy; nothing in a start waits for anything else.
        used = psutil.Process(process.pid).cpu_times()
    server.close()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", _FRAMEWORKS], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    frameworks = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert used.user + used.system < 2 * frameworks


def _begin_registration(server: Server) -> tuple[socket.socket, bytes]:
    """A connection on which a registration has been sent in part, and the rest."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    connection = socket.create_connection((host, int(port)))
    who = {"username": f"{unique('mira')}@tengen.example", "display_name": unique("Mira"), "password": PASSWORD}
    body = json.dumps(who).encode()
    head = f"POST /v1/user/register HTTP/1.1\r\nHost: tengen\r\nExpect: 100-continue\r\nContent-Length: {len(body)}"
    connection.sendall(f"{head}\r\n\r\n".encode() + body[:10])
    # The platform reads the body, however busy the machine is: the request has begun.
    assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    return connection, body[10:]


def test_a_running_request_is_answered_before_the_end(start_server: Callable[..., Server]) -> None:
    server = start_server()
    connection, rest = _begin_registration(server)
    with connection, ThreadPoolExecutor(1) as thread:
        stopped = thread.submit(server.stop)
        time.sleep(0.5)
        assert not stopped.done()
        connection.sendall(rest)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
        assert stopped.result() == 0


def test_a_request_that_never_ends_does_not_keep_the_server(start_server: Callable[..., Server]) -> None:
    server = start_server(shutdown_seconds=1)
    connection, _ = _begin_registration(server)
    with connection:
        started = time.monotonic()
        assert server.stop() == 0
        assert 1 <= time.monotonic() - started < 10
        assert connection.recv(100).startswith(b"HTTP/1.1 503 ")
    assert "Traceback" not in server.new_log()


def test_a_port_in_use_is_named(server: Server) -> None:
    expected = f"Port {server.port} of 127.0.0.1 is in use: stop what listens there, or choose another with --port."
    assert Program(server, as_json=True).refusal("serve", "--port", str(server.port)) == expected


def test_an_address_of_another_machine_cannot_be_listened_on(tmp_path: Path) -> None:
    server = Server(tmp_path)
    assert "Cannot listen on 203.0.113.20" in Program(server, as_json=True).refusal("serve", "--host", "203.0.113.20")
    server.close()


def test_workers_need_postgresql_and_redis(tmp_path: Path) -> None:
    for url, reason in ((None, "SQLite serves one process"), ("postgresql://127.0.0.1:1/x", "need Redis")):
        server = Server(tmp_path, database_url=url)
        assert reason in Program(server, as_json=False).refusal("serve", "--workers", "2", "--port", "0")
        server.close()


def test_options_out_of_range_are_misuse(tmp_path: Path) -> None:
    server = Server(tmp_path)
    program = Program(server, as_json=False)
    assert "--workers" in program.misuse("serve", "--workers", "0")
    assert "--port" in program.misuse("serve", "--port", "70000")
    server.close()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_database_that_is_not_up_to_date_is_refused(
    workers: str, postgres: Any, redis_url: str, tmp_path: Path
) -> None:
    url = postgres.create_database(migrated=False)
    server = Server(tmp_path, database_url=url, redis_url=redis_url)
    refusal = Program(server, as_json=False).refusal("serve", "--port", "0", "--workers", workers)
    server.close()
    postgres.drop_database(url)
    assert "run `tengen db upgrade`" in refusal


@pytest.fixture
def two_workers(postgres: Any, redis_url: str, tmp_path: Path) -> Iterator[Server]:
    """A server with two workers."""
    url = postgres.create_database()
    server = Server(tmp_path, database_url=url, redis_url=redis_url, workers=2).start()
    yield server
    server.close()
    postgres.drop_database(url)


def test_workers_share_port_accounts_and_metrics(two_workers: Server) -> None:
    user = a_verified_user(two_workers)
    before = two_workers.metric("tengen_http_requests_total")
    for _ in range(20):
        with httpx.Client(base_url=two_workers.url, trust_env=False) as client:  # each may reach another worker
            assert client.post("/v1/user/login", auth=user.auth).status_code == 200
    # The request for the metrics before is counted by now, and that for these is not yet.
    assert two_workers.metric("tengen_http_requests_total") == before + 21
    assert two_workers.stop() == 0


def _wait_for(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def test_workers_do_not_outlive_a_killed_supervisor(two_workers: Server) -> None:
    supervisor = psutil.Process(_supervisor_pid(two_workers))
    workers = supervisor.children()
    assert len(workers) >= 2
    os.kill(supervisor.pid, signal.SIGKILL)
    _wait_for(lambda: not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in workers))
    two_workers.kill()
    two_workers.start()  # the port is free again


def _supervisor_pid(server: Server) -> int:
    (pid,) = (
        process.pid
        for process in psutil.Process().children()
        if "serve" in process.cmdline() and str(server.port) in process.cmdline()
    )
    return pid
