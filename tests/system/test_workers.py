"""Two workers on PostgreSQL and Redis behind one port: what one of them knows, both do.

The HTTP tests of every feature run against such a server, too (`server` in conftest.py); here each request is sent to
a worker of the test's choice.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing

import httpx
import jwt
import psutil
import pytest

from tests.support.builders import (
    PASSWORD,
    User,
    a_game_server,
    a_heartbeat,
    a_verified_user,
    unique,
)
from tests.support.mail import Mailbox
from tests.support.postgres import PostgresInstance
from tests.support.server import Server
from tests.support.workers import connected_to, wait_for_workers, worker_processes

LOGIN = "/v1/user/login"
REGISTER = "/v1/user/register"
VERIFY_PROOF = "/v1/user/verify-user-proof"
HASH_RUNS = "tengen_password_hash_runs_total"


@pytest.fixture(scope="module")
def two_workers(
    postgres: PostgresInstance, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server with two workers, shared by the tests of this file."""
    url = postgres.create_database()
    server = Server(tmp_path_factory.mktemp("workers"), database_url=url, redis_url=redis_url, workers=2).start()
    yield server
    server.close()
    postgres.drop_database(url)


@pytest.fixture
def each(two_workers: Server) -> Iterator[list[httpx.Client]]:
    """A client for each of the two workers."""
    clients = [connected_to(two_workers, worker) for worker in wait_for_workers(two_workers, 2)]
    yield clients
    for client in clients:
        client.close()


def holds(worker: httpx.Client, user: User, proof: str) -> bool:
    answer = worker.post(VERIFY_PROOF, json={"user_id": user.id, "user_proof": proof})
    assert answer.status_code == 200
    return bool(answer.json())


def test_a_proof_of_one_worker_holds_at_the_other(two_workers: Server, each: list[httpx.Client]) -> None:
    user = a_verified_user(two_workers)
    for issuer, verifier in (each, reversed(each)):
        made = issuer.post(LOGIN, auth=user.auth).json()
        assert holds(verifier, user, made["proof"])
        assert holds(verifier, user, made["signed_proof"])


def test_a_heartbeat_at_one_worker_is_in_the_next_list_of_the_other(
    two_workers: Server, each: list[httpx.Client]
) -> None:
    game_server = a_game_server(two_workers)
    for players in range(60):
        hears, shows = each[players % 2], each[1 - players % 2]
        heartbeat = a_heartbeat(game_server, current_player_count=players)
        assert hears.post("/v1/server/update", json=heartbeat, auth=game_server.auth).status_code == 200
        online = shows.get("/v1/server/list/online").json()
        assert [found["current_player_count"] for found in online if found["id"] == game_server.id] == [players]


def test_a_new_password_is_in_force_at_both_workers_at_once(two_workers: Server, each: list[httpx.Client]) -> None:
    user = a_verified_user(two_workers)
    proofs = [worker.post(LOGIN, auth=user.auth).json() for worker in each]  # from now on both remember the password
    two_workers.run("account", "set-password", user.email, "--password", "battery staple")
    for worker in each:
        assert worker.post(LOGIN, auth=user.auth).status_code == 401
        assert worker.post(LOGIN, auth=(user.email, "battery staple")).status_code == 200
        assert not any(holds(worker, user, made[form]) for made in proofs for form in ("proof", "signed_proof"))


def test_workers_count_wrong_passwords_together(two_workers: Server, each: list[httpx.Client]) -> None:
    user, game_server = a_verified_user(two_workers), a_game_server(two_workers)
    for path, auth in ((LOGIN, (user.email, "wrong")), ("/v1/server/update", (str(game_server.id), "wrong"))):
        statuses = [each[number % 2].post(path, auth=auth).status_code for number in range(22)]
        assert statuses == [401] * 20 + [429] * 2


def test_every_worker_publishes_a_new_key_within_seconds(two_workers: Server, each: list[httpx.Client]) -> None:
    user = a_verified_user(two_workers)
    signed = [worker.post(LOGIN, auth=user.auth).json()["signed_proof"] for worker in each]
    (old,) = {jwt.get_unverified_header(proof)["kid"] for proof in signed}
    two_workers.run("keys", "rotate")

    def published(worker: httpx.Client) -> set[str]:
        return {key["kid"] for key in worker.get("/.well-known/jwks.json").json()["keys"]}

    give_up_at = time.monotonic() + 5
    while not all(len(published(worker)) == 2 for worker in each):
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
    assert published(each[0]) == published(each[1]) > {old}
    assert all(holds(worker, user, proof) for worker in each for proof in signed)


def test_two_dispatchers_send_each_mail_once(two_workers: Server, each: list[httpx.Client]) -> None:
    names = [unique("Mira") for _ in range(60)]

    def register(number: int) -> httpx.Response:
        who = {"username": f"{names[number]}@tengen.example", "display_name": names[number], "password": PASSWORD}
        return each[number % 2].post(REGISTER, json=who)

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(register, range(len(names))))
    assert [answer.status_code for answer in answers] == [200] * len(names)
    for name in names:
        two_workers.mail_token(f"{name}@tengen.example")
    give_up_at = time.monotonic() + 5
    while two_workers.metric("tengen_outbox_waiting"):
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
    mailbox = Mailbox(two_workers.data_dir / "mail")
    assert [len(mailbox.mails_to(f"{name}@tengen.example")) for name in names] == [1] * len(names)


def test_a_killed_worker_is_replaced_while_the_other_serves(two_workers: Server, each: list[httpx.Client]) -> None:
    user = a_verified_user(two_workers)
    killed, survivor = worker_processes(two_workers)
    killed.kill()
    while killed in worker_processes(two_workers):
        assert each[1].post(LOGIN, auth=user.auth).status_code == 200
    assert survivor.is_running()
    (fresh,) = (worker for worker in wait_for_workers(two_workers, 2, without=killed) if worker != survivor)
    with closing(connected_to(two_workers, fresh)) as client:
        assert client.post(LOGIN, auth=user.auth).status_code == 200


@pytest.mark.parametrize("engine", ["postgresql"])
def test_both_workers_answer_what_they_have_begun_before_they_end(
    start_server: Callable[..., Server], redis_url: str
) -> None:
    # A hash that takes about a second, so that four registrations are under way when the end is asked for.
    slow = {"password_hash_memory_kib": 65_536, "password_hash_passes": 12}
    server = start_server(workers=2, redis_url=redis_url, shutdown_seconds=10, **slow)
    clients = [connected_to(server, worker) for worker in worker_processes(server) for _ in range(2)]

    def register(client: httpx.Client) -> int:
        name = unique("Mira")
        who = {"username": f"{name}@tengen.example", "display_name": name, "password": PASSWORD}
        return client.post(REGISTER, json=who).status_code

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = [pool.submit(register, client) for client in clients]
        while server.metric(HASH_RUNS) < len(clients):
            time.sleep(0.01)
        assert not wait(answers, timeout=0).done
        asked_at = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - asked_at < 10
        assert [answer.result() for answer in answers] == [200] * len(clients)
    for client in clients:
        client.close()
