"""`tengen serve`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.cli.program import Program
from tests.support.builders import a_verified_user
from tests.support.server import Server, environment

TENGEN = str(Path(sys.executable).with_name("tengen"))


@contextmanager
def serving(server: Server, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """`tengen serve --json` on a port that it chooses: the process, and what it tells once it is ready."""
    process = subprocess.Popen(
        [TENGEN, "serve", "--port", "0", "--json", *options],
        env=environment(**server.settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        while not lines or lines[-1] != "}\n":
            line = process.stdout.readline()
            assert line, process.communicate()
            lines.append(line)
        yield process, json.loads("".join(lines))
    finally:
        process.terminate()
        process.communicate()


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


def test_a_second_start_is_ready_within_two_seconds(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with serving(server):
        pass
    seconds = []
    for _ in range(5):  # one quiet moment of the machine is enough
        started = time.monotonic()
        with serving(server):
            seconds.append(time.monotonic() - started)
        if seconds[-1] < 2:
            break
    server.close()
    assert min(seconds) < 2


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
