"""Two workers on PostgreSQL and Redis behind one port: what one of them knows, both do.

The HTTP tests of every feature run against such a server, too (`server` in conftest.py); here each request is sent to
a worker of the test's choice.
"""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager

import httpx
import pytest

from tengen.accounts import service as accounts
from tengen.accounts.keyring import Keyring
from tengen.accounts.names import LoginName
from tengen.core import outbox
from tengen.core.database import Transaction
from tengen.core.values import AccountId
from tests.support.builders import PASSWORD, User, a_game_server, a_heartbeat, a_verified_user, unique
from tests.support.mail import Mailbox
from tests.support.operations import operate
from tests.support.server import Server
from tests.support.workers import connected_to, wait_for_workers

LOGIN = "/v1/user/login"
REGISTER = "/v1/user/register"


@pytest.fixture
def engine() -> str:
    """Several workers need PostgreSQL."""
    return "postgresql"


@pytest.fixture
def each(server: Server) -> Iterator[list[httpx.Client]]:
    """A client for each of the two workers."""
    clients = [connected_to(server, worker) for worker in wait_for_workers(server, 2)]
    yield clients
    for client in clients:
        client.close()


def register(client: httpx.Client, name: str) -> int:
    who = {"username": f"{name}@tengen.example", "display_name": name, "password": PASSWORD}
    return client.post(REGISTER, json=who).status_code


def login(worker: httpx.Client, user: User) -> dict[str, str]:
    answer = worker.post(LOGIN, auth=user.auth)
    assert answer.status_code == 200, answer.text
    made: dict[str, str] = answer.json()
    return made


def holds(worker: httpx.Client, user: User, proof: str) -> bool:
    answer = worker.post("/v1/user/verify-user-proof", json={"user_id": user.id, "user_proof": proof})
    assert answer.status_code == 200, answer.text
    return bool(answer.json())


def wait_until(is_so: Callable[[], bool], *, seconds: float = 15) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, "it takes too long"
        time.sleep(0.02)


def test_a_proof_of_one_worker_holds_at_the_other(server: Server, each: list[httpx.Client]) -> None:
    user = a_verified_user(server)
    for issuer, verifier in (each, reversed(each)):
        made = login(issuer, user)
        assert holds(verifier, user, made["proof"])
        assert holds(verifier, user, made["signed_proof"])


def test_a_heartbeat_at_one_worker_is_in_the_next_list_of_the_other(server: Server, each: list[httpx.Client]) -> None:
    game_server = a_game_server(server)
    for players in range(60):
        hears, shows = each[players % 2], each[1 - players % 2]
        heartbeat = a_heartbeat(game_server, current_player_count=players)
        assert hears.post("/v1/server/update", json=heartbeat, auth=game_server.auth).status_code == 200
        online = shows.get("/v1/server/list/online").json()
        assert [found["current_player_count"] for found in online if found["id"] == game_server.id] == [players]


def test_a_new_password_is_in_force_at_both_workers_at_once(server: Server, each: list[httpx.Client]) -> None:
    user, other = a_verified_user(server), a_verified_user(server, password="battery staple")
    proofs = [login(worker, user) for worker in each]  # from now on both remember the password

    async def set_password(transaction: Transaction) -> None:
        _, stored = await accounts.account_by_login(transaction, LoginName.parse(other.email)) or (None, "")
        await accounts.set_password(transaction, AccountId(user.id), stored)

    operate(server, set_password)
    for worker in each:
        assert worker.post(LOGIN, auth=user.auth).status_code == 401
        assert worker.post(LOGIN, auth=(user.email, "battery staple")).status_code == 200
        assert not any(holds(worker, user, made[form]) for made in proofs for form in ("proof", "signed_proof"))


def test_workers_count_failures_together(server: Server, each: list[httpx.Client]) -> None:
    user, game_server = a_verified_user(server), a_game_server(server)
    for path, auth in ((LOGIN, (user.email, "wrong")), ("/v1/server/update", (str(game_server.id), "wrong"))):
        statuses = [each[number % 2].post(path, json={}, auth=auth).status_code for number in range(22)]
        assert statuses == [401] * 20 + [429] * 2


def test_both_workers_publish_a_new_key_within_seconds(server: Server, each: list[httpx.Client]) -> None:
    user = a_verified_user(server)
    signed = [login(worker, user)["signed_proof"] for worker in each]

    def published(worker: httpx.Client) -> set[str]:
        return {key["kid"] for key in worker.get("/.well-known/jwks.json").json()["keys"]}

    before = published(each[0])
    server.run("keys", "rotate")
    wait_until(lambda: all(published(worker) > before for worker in each), seconds=Keyring.FRESH_SECONDS + 2)
    assert published(each[0]) == published(each[1])
    assert all(holds(worker, user, proof) for worker in each for proof in signed)


def outbox_rows(server: Server) -> int:
    return operate(server, outbox.count)[0]


def test_two_dispatchers_send_each_mail_once(server: Server, each: list[httpx.Client]) -> None:
    names = [unique("Mira") for _ in range(60)]
    rows = outbox_rows(server)
    # A thread for each client: with several on its one connection it closes that now and then under one of them.
    with ThreadPoolExecutor(len(each)) as crowd:
        halves = names[::2], names[1::2]
        statuses = list(crowd.map(lambda client, half: [register(client, name) for name in half], each, halves))
    assert statuses == [[200] * len(half) for half in halves]
    wait_until(lambda: outbox_rows(server) == rows)
    mailbox = Mailbox(server.data_dir / "mail")
    assert [len(mailbox.mails_to(f"{name}@tengen.example")) for name in names] == [1] * len(names)


@contextmanager
def no_mail(server: Server) -> Iterator[None]:
    """Nothing can be sent while the block lasts: where the directory of mails belongs there is a file."""
    directory = server.data_dir / "mail"
    aside = directory.rename(server.data_dir / "mail-aside")
    directory.touch()
    try:
        yield
    finally:
        directory.unlink()
        aside.rename(directory)


def test_both_workers_tell_the_same_of_the_outbox(server: Server, each: list[httpx.Client]) -> None:
    def told(worker: httpx.Client) -> int:
        found = re.search(r"^tengen_outbox_waiting (\S+)$", worker.get("/metrics").text, re.MULTILINE)
        assert found is not None
        return int(float(found[1]))

    a_verified_user(server)  # so that there is a directory
    rows = outbox_rows(server)
    with no_mail(server):
        assert register(each[0], unique("Mira")) == 200
        assert [told(worker) for worker in each] == [rows + 1] * 2
    wait_until(lambda: outbox_rows(server) == rows)  # it is tried again after two seconds
    assert [told(worker) for worker in each] == [rows] * 2


def test_a_killed_worker_is_replaced_while_the_other_serves(server: Server, each: list[httpx.Client]) -> None:
    user = a_verified_user(server)
    killed, survivor = wait_for_workers(server, 2)
    killed.kill()
    give_up_at = time.monotonic() + 20
    while killed.is_running() and time.monotonic() < give_up_at:
        login(each[1], user)
    (fresh,) = (worker for worker in wait_for_workers(server, 2, without=killed) if worker != survivor)
    with closing(connected_to(server, fresh)) as client:
        login(client, user)


def test_both_workers_answer_what_they_have_begun_before_they_end(
    start_server: Callable[..., Server], redis_url: str
) -> None:
    # A hash slow enough that the registrations are still under way when the end is asked for.
    slow = {"password_hash_memory_kib": 65_536, "password_hash_passes": 6}
    server = start_server(workers=2, redis_url=redis_url, **slow)
    clients = [connected_to(server, worker) for worker in wait_for_workers(server, 2) for _ in range(2)]
    with ThreadPoolExecutor(len(clients)) as crowd:
        answers = [crowd.submit(register, client, unique("Mira")) for client in clients]
        wait_until(lambda: server.metric("tengen_password_hash_runs_total") == len(clients))
        assert not wait(answers, timeout=0).done
        assert server.stop() == 0
        assert [answer.result() for answer in answers] == [200] * len(clients)
    for client in clients:
        client.close()
