"""Errors on the wire: their shapes, their codes, and that nothing is told that should not be."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import column, func, select, table, text
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tengen.core import errors
from tengen.core.database import PostgreSQL
from tengen.core.errors import TengenError
from tengen.web.errors import install_error_handlers, validation_problems
from tengen.web.middleware import Edge
from tests.support.builders import a_verified_user
from tests.support.network import free_port
from tests.support.postgres import PostgresInstance
from tests.support.server import Server
from tests.support.settings import some_settings

TAKE = text("UPDATE places SET taken = taken + 1 WHERE id = :id")

Raise = Callable[[Exception], Awaitable[httpx.Response]]
Get = Callable[[Callable[[], Awaitable[Any]]], Awaitable[httpx.Response]]


@pytest.fixture
async def get(tmp_path: Path) -> AsyncIterator[Get]:
    """The answer of an application whose route does as it is told."""
    app = FastAPI()
    install_error_handlers(app)
    transport = httpx.ASGITransport(Edge(app, some_settings(tmp_path, log_level="error")), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://tengen.example") as client:

        async def get(route: Callable[[], Awaitable[Any]]) -> httpx.Response:
            app.router.routes.clear()
            app.get("/v1/something")(route)
            return await client.get("/v1/something")

        yield get


@pytest.fixture
def raising(get: Get) -> Raise:
    """The answer of an application whose route raises something."""

    async def answer(error: Exception) -> httpx.Response:
        async def route() -> None:
            raise error

        return await get(route)

    return answer


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.Invalid("No."), 422, "invalid"),
        (errors.Unauthenticated("No.", headers={"WWW-Authenticate": "Basic"}), 401, "unauthenticated"),
        (errors.Forbidden("No."), 403, "forbidden"),
        (errors.NotFound("No."), 404, "not_found"),
        (errors.Conflict("No."), 409, "conflict"),
        (errors.TooManyRequests("No.", retry_after=timedelta(seconds=7)), 429, "too_many_requests"),
        (errors.Unavailable("No."), 503, "unavailable"),
    ],
    ids=lambda value: value.code if isinstance(value, TengenError) else "",
)
async def test_a_refusal_is_told_with_its_status_its_sentence_and_its_code(
    raising: Raise, error: TengenError, status: int, code: str
) -> None:
    answer = await raising(error)

    assert answer.status_code == status
    assert answer.json() == {"detail": "No."}
    assert answer.headers["X-Tengen-Error"] == code
    assert answer.headers.items() >= {name.lower(): value for name, value in error.headers.items()}.items()


async def test_an_unforeseen_error_tells_where_to_look_and_nothing_else(raising: Raise) -> None:
    answer = await raising(RuntimeError("the secret is hush"))

    assert answer.status_code == 500
    assert answer.headers["X-Tengen-Error"] == "internal"
    assert answer.headers["X-Request-ID"] in answer.json()["detail"]
    assert "hush" not in answer.text


async def test_a_value_that_the_database_cannot_hold_is_the_callers_mistake(raising: Raise) -> None:
    answer = await raising(DataError("INSERT …", {}, Exception("out of range")))

    assert (answer.status_code, answer.headers["X-Tengen-Error"]) == (422, "invalid")


async def test_a_text_that_postgresql_cannot_hold_is_the_callers_mistake(get: Get, postgres: PostgresInstance) -> None:
    url = postgres.create_database()
    database = PostgreSQL(url.replace("postgresql:", "postgresql+asyncpg:"), pool_size=1)

    async def route() -> None:
        async with database.read() as connection:
            await connection.run(text("SELECT CAST(:word AS text)"), {"word": "Mi\0ra"})

    answer = await get(route)

    assert (answer.status_code, answer.headers["X-Tengen-Error"]) == (422, "invalid")
    await database.close()
    postgres.drop_database(url)


async def test_a_violated_constraint_that_nobody_foresaw_is_our_mistake(raising: Raise) -> None:
    answer = await raising(IntegrityError("INSERT …", {}, Exception("uq_hush")))

    assert (answer.status_code, answer.headers["X-Tengen-Error"]) == (500, "internal")
    assert "hush" not in answer.text


def assert_unavailable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers["X-Tengen-Error"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0


async def test_when_all_connections_are_taken_it_is_told_to_come_again(raising: Raise) -> None:
    assert_unavailable(await raising(PoolTimeout()))


async def test_when_the_database_cannot_be_reached_it_is_told_to_come_again(get: Get) -> None:
    away = PostgreSQL(f"postgresql+asyncpg://mira:hush@127.0.0.1:{free_port()}/tengen", pool_size=1)

    async def route() -> None:
        async with away.read():
            pass

    answer = await get(route)

    assert_unavailable(answer)
    assert "hush" not in answer.text


async def test_when_the_connection_breaks_it_is_told_to_come_again_and_then_works(
    get: Get, postgres: PostgresInstance
) -> None:
    url = postgres.create_database()
    database = PostgreSQL(url.replace("postgresql:", "postgresql+asyncpg:"), pool_size=2)

    async def route() -> None:
        async with database.read() as connection:
            await connection.run(text("SELECT 1"))

    assert (await get(route)).status_code == 200
    postgres.disconnect_clients(url)

    assert_unavailable(await get(route))
    assert (await get(route)).status_code == 200
    await database.close()
    postgres.drop_database(url)


async def test_of_two_that_wait_for_each_other_one_is_told_to_come_again_and_has_changed_nothing(
    get: Get, postgres: PostgresInstance
) -> None:
    url = postgres.create_database()
    database = PostgreSQL(url.replace("postgresql:", "postgresql+asyncpg:"), pool_size=2)
    async with database.write() as transaction:
        await transaction.run(text("CREATE TABLE places (id int PRIMARY KEY, taken int)"))
        await transaction.run(text("INSERT INTO places VALUES (1, 0), (2, 0)"))
    orders = iter([(1, 2), (2, 1)])
    both_have_one = asyncio.Barrier(2)

    async def take_both() -> None:
        async with database.write() as transaction:
            first, second = next(orders)
            await transaction.run(TAKE, {"id": first})
            await both_have_one.wait()
            await transaction.run(TAKE, {"id": second})

    answers = await asyncio.gather(get(take_both), get(take_both))

    assert sorted(answer.status_code for answer in answers) == [200, 503]
    assert_unavailable(max(answers, key=lambda answer: answer.status_code))
    async with database.read() as connection:
        assert (await connection.one(select(func.sum(column("taken"))).select_from(table("places"))))[0] == 2
    await database.close()
    postgres.drop_database(url)


def test_a_path_that_is_none_is_not_found(server: Server) -> None:
    answer = server.get("/v1/user/nothing")

    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})
    assert answer.headers["X-Tengen-Error"] == "not_found"


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/user/login"), ("DELETE", "/v1/user/by-id")])
def test_a_method_that_a_path_does_not_know_is_not_allowed(server: Server, method: str, path: str) -> None:
    answer = server.request(method, path)

    assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})
    assert answer.headers["X-Tengen-Error"] == "method_not_allowed"
    assert answer.headers["Allow"] == ("POST" if method == "GET" else "GET")


def problems(answer: httpx.Response) -> list[tuple[list[str | int], str, str]]:
    assert answer.status_code == 422, answer.text
    assert answer.headers["X-Tengen-Error"] == "invalid"
    return [(problem["loc"], problem["msg"], problem["type"]) for problem in answer.json()["detail"]]


def test_everything_that_is_wrong_is_listed_in_the_order_of_the_fields(server: Server) -> None:
    answer = server.post("/v1/user/register", {"password": "short", "display_name": "", "username": "nobody"})

    assert problems(answer) == [
        (["body", "username"], "value is not a valid email address", "value_error.email"),
        (
            ["body", "display_name"],
            "ensure this value has at least 1 characters",
            "value_error.any_str.min_length",
        ),
        (["body", "password"], "ensure this value has at least 8 characters", "value_error.any_str.min_length"),
    ]
    assert [problem.get("ctx") for problem in answer.json()["detail"]] == [None, {"limit_value": 1}, {"limit_value": 8}]


def test_missing_fields_are_named(server: Server) -> None:
    answer = server.post("/v1/user/register", {})

    assert problems(answer) == [
        (["body", name], "field required", "value_error.missing") for name in ("username", "display_name", "password")
    ]


@pytest.mark.parametrize(
    ("params", "loc", "kind"),
    [
        ({}, ["query", "user_id"], "value_error.missing"),
        ({"user_id": "seven"}, ["query", "user_id"], "type_error.integer"),
        ({"user_id": "7.5"}, ["query", "user_id"], "type_error.integer"),
        ({"user_id": str(2**63)}, ["query", "user_id"], "value_error.number.not_le"),
        ({"user_id": "9" * 5000}, ["query", "user_id"], "type_error.integer"),
    ],
)
def test_a_query_that_is_wrong_is_named_by_its_place(
    server: Server, params: dict[str, str], loc: list[str], kind: str
) -> None:
    user = a_verified_user(server)

    answer = server.get("/v1/user/by-id", params=params, auth=user.auth)

    ((found, _, found_kind),) = problems(answer)
    assert (found, found_kind) == (loc, kind)


@pytest.mark.parametrize(
    "content",
    [b"{", b"not json", b"\xff\xfe", b'{"a": 1} x', b"[" * 100_000, b"NaN,"],
    ids=["open", "words", "bytes", "tail", "deep", "nan"],
)
def test_a_body_that_is_no_json_is_told_before_anything_else(server: Server, content: bytes) -> None:
    answer = server.request("POST", "/v1/user/email/verify", content=content)

    ((loc, _, kind),) = problems(answer)
    assert (loc[0], kind) == ("body", "value_error.jsondecode")


@pytest.mark.parametrize("content", [b"[]", b"null", b"7", b'"text"'])
def test_a_body_that_is_no_object_is_refused(server: Server, content: bytes) -> None:
    assert problems(server.request("POST", "/v1/user/register", content=content))[0][0] == ["body"]


def test_form_bodies_are_refused(server: Server) -> None:
    form = {"username": "mira@tengen.example", "display_name": "Mira", "password": "correct horse"}

    assert server.request("POST", "/v1/user/register", data=form).status_code == 422
    assert server.request("POST", "/v1/user/register", files=form).status_code == 422


@pytest.mark.parametrize("media_type", [None, "application/json", "application/json; charset=utf-8"])
def test_json_is_read_also_from_clients_that_do_not_say_what_they_send(server: Server, media_type: str | None) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}

    answer = server.request(
        "POST", "/v1/user/verify-user-proof", content=b'{"user_id": 1, "user_proof": ""}', headers=headers
    )

    assert (answer.status_code, answer.json()) == (200, False)


def test_numbers_may_come_as_text(server: Server) -> None:
    user = a_verified_user(server)

    answer = server.post("/v1/user/verify-user-proof", {"user_id": str(user.id), "user_proof": user.proof})

    assert answer.json() is True


# The types and texts of pydantic 1, as its documentation and the original metaserver's answers have them.
@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (
            {"type": "missing", "loc": ("body", "a"), "msg": "Field required"},
            {"loc": ["body", "a"], "msg": "field required", "type": "value_error.missing"},
        ),
        (
            {"type": "int_parsing", "loc": ("query", "a"), "msg": "Input should be a valid integer"},
            {"loc": ["query", "a"], "msg": "value is not a valid integer", "type": "type_error.integer"},
        ),
        (
            {"type": "string_too_long", "loc": ("body", "a"), "msg": "…", "ctx": {"max_length": 64}},
            {
                "loc": ["body", "a"],
                "msg": "ensure this value has at most 64 characters",
                "type": "value_error.any_str.max_length",
                "ctx": {"limit_value": 64},
            },
        ),
        (
            {"type": "too_short", "loc": ("query", "a"), "msg": "…", "ctx": {"min_length": 1, "actual_length": 0}},
            {
                "loc": ["query", "a"],
                "msg": "ensure this value has at least 1 items",
                "type": "value_error.list.min_items",
                "ctx": {"limit_value": 1},
            },
        ),
        (
            {"type": "value_error", "loc": ("body",), "msg": "Value error, teams differ", "ctx": {"error": "…"}},
            {"loc": ["body", "__root__"], "msg": "teams differ", "type": "value_error"},
        ),
        (
            {"type": "new_in_some_version", "loc": ("body", 0, "a"), "msg": "odd"},
            {"loc": ["body", 0, "a"], "msg": "odd", "type": "new_in_some_version"},
        ),
    ],
    ids=lambda case: case["type"],
)
def test_problems_are_told_in_the_words_that_clients_know(error: dict[str, Any], problem: dict[str, Any]) -> None:
    assert validation_problems([error]) == [problem]
