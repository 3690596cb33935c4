"""Nothing that anybody can send makes the server fail: it answers, with a reason, and never with a 5xx."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.games.builders import a_go_server, a_report
from tests.support.builders import a_game_server
from tests.support.raw import RawRequest, exchange
from tests.support.server import Server

DEEP = 100_000


@dataclass(frozen=True)
class Route:
    """A route as the document has it, and how somebody who may use it would call it."""

    method: str
    path: str
    parameters: tuple[str, ...]
    example: dict[str, Any]
    authorization: str
    tokens: dict[str, str]

    @property
    def headers(self) -> dict[str, str]:
        """Those of somebody who may use it."""
        return {"Authorization": self.authorization, **self.tokens} if self.authorization else self.tokens

    @property
    def a_path(self) -> str:
        """The path with something for its parameters."""
        return re.sub(r"{\w+}", "9", self.path)

    @property
    def refusals(self) -> set[int]:
        """The statuses with which it refuses a body that is none."""
        if self.path == "/api/v1/me/settings":
            return {200, 400, 413}  # nothing at all changes nothing
        if self.path.startswith(("/api/v0", "/api/v1", "/oauth2/")):
            return {400, 404, 413, 415}
        if self.path.startswith("/api/"):
            return {403, 404, 413, 422}
        return {413, 422}


@pytest.fixture
def server(engine: str, shared_server: Callable[..., Server]) -> Server:
    """A server of these tests' own: what they wear out, such as the patience with wrong passwords, nobody misses."""
    return shared_server(engine, "hostile")


@pytest.fixture
def routes(server: Server) -> list[Route]:
    """Every route of the document, and the pages."""
    game_server = a_game_server(server)
    club = a_go_server(server)
    examples = {"/api/v1/games": a_report(club)}
    owner = game_server.owner
    authorizations = {
        "user": _basic(f"{owner.email}:{owner.password}".encode()),
        "server": _basic(f"{game_server.id}:{game_server.secret}".encode()),
    }
    form = {"username": owner.email, "password": owner.password}
    obtained = server.post("/api/obtain_token", data=form).json()["token"]
    tokens = {
        "reporting": club.headers(),
        "token": {"X-Scoreganizer-Authorization": f"{owner.email}:{obtained}"},
    }
    document = server.get("/openapi.json").json()
    found = [
        Route(
            method.upper(),
            path,
            tuple(one["name"] for one in said.get("parameters", ()) if one["in"] != "header"),
            _example_of(document, said) if path not in examples or method == "get" else examples[path],
            authorizations.get(_scheme(said), ""),
            tokens.get(_scheme(said), {}),
        )
        for path, methods in document["paths"].items()
        for method, said in methods.items()
    ]
    pages = ["/docs", "/openapi.json", "/servers/{server_id}", "/static/{path}", "/v1/server/my", "/nothing"]
    return found + [Route("GET", path, (), {}, "", {}) for path in pages]


def _scheme(said: Any) -> str:
    """How callers of a route say who they are; empty if they need not."""
    if "X-Auth-Black-Player-Token" in str(said.get("parameters")):
        return "reporting"
    return next((name for scheme in said.get("security", ()) for name in scheme), "")


def _basic(credentials: bytes) -> str:
    return "Basic " + base64.b64encode(credentials).decode()


def _example_of(document: Any, said: Any) -> dict[str, Any]:
    """A body with values for its fields; empty for a route that takes none, or a list, or a form."""
    if "requestBody" not in said:
        return {}
    content = said["requestBody"]["content"]
    if "application/json" not in content:
        return {}
    example = _example(document, content["application/json"]["schema"])
    return example if isinstance(example, dict) else {}


def _example(document: Any, schema: Any) -> Any:
    if "$ref" in schema:
        return _example(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _example(document, schema["anyOf"][0])
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    if kind == "object":
        return {name: _example(document, field) for name, field in schema.get("properties", {}).items()}
    return {"boolean": True, "string": "text", "integer": 1, "number": 1.5, "array": []}[kind]


def check(status: int, content_type: str, body: bytes, said: object) -> None:
    """It answered, and a refusal in JSON has the form that clients know."""
    assert status < 500, (status, body, said)
    if status >= 400 and content_type == "application/json" and body:
        refusal = json.loads(body)
        # Under /api GET is never answered 5xx: there only the code tells.
        assert refusal.get("error") not in {"internal", "unavailable"}, (refusal, said)
        detail = refusal["error_description" if "error_description" in refusal else "detail"]
        for problem in detail if status == 422 and isinstance(detail, list) else ():
            assert problem["type"].startswith(("value_error", "type_error", "assertion_error")), (problem, said)
            assert problem["msg"], (problem, said)


def check_answer(answer: httpx.Response, said: object) -> None:
    check(answer.status_code, answer.headers.get("Content-Type", ""), answer.content, said)


# ── one odd thing at a time, everywhere ──

ODD_VALUES = [
    *("null", "true", "0", "-1", "1.5", "1e999", "NaN", "-Infinity", "9223372036854775808", "-9223372036854775809"),
    *("1" + "0" * 400, "9" * 5000, "[]", "[null]", "{}", '{"a":1,"a":2}', "'x'", ""),
    *("[" * 150 + "]" * 150, "[" * DEEP + "]" * DEEP, "[" * DEEP),
    *('""', '" "', '"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udfff\\ud800"', '"\\u202e"', '"\\u0663"', '"%s%n"'),
    *('"' + "a" * DEEP + '"', '"a' + "\u0301" * 50 + '"'),
]


def test_odd_values_in_bodies_are_refused_or_taken(server: Server, routes: list[Route]) -> None:
    for route in routes:
        for field in route.example:
            for value in ODD_VALUES:
                members = {name: json.dumps(usual) for name, usual in route.example.items()} | {field: value}
                body = "{" + ",".join(f'"{name}":{text}' for name, text in members.items()) + "}"
                answer = server.request(route.method, route.path, content=body.encode(), headers=route.headers)
                check_answer(answer, (route.path, field, value[:40]))


ODD_BODIES = [
    *(b"", b" ", b"null", b"true", b"0", b'""', b"[]", b"{}", b"{", b"}", b'{"', b"{}{}", b"{} x", b"a=b&c=d"),
    *(b"\x00", b"\xff\xfe\x00", b"\xed\xa0\x80", b'"\xff"', b"\xef\xbb\xbf{}", b"\x1f\x8b\x08\x00", b"--x\r\n\r\n"),
    *("{}".encode("utf-16"), b'{"":{}}', b'{"\\ud800":1}', b"9" * 5000, b"{" + b" " * DEEP + b"}"),
    *(b"[" * DEEP, b"[" * DEEP + b"]" * DEEP, b'{"a":' * DEEP, b"x" * 1_048_577),
]
ODD_CONTENT_TYPES = [
    *("application/json", "application/json; charset=utf-16", "application/json; charset=nonsense", "text/plain"),
    *("application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x"),
    *("", "a", "/;;=", ";"),
]


def test_odd_bodies_are_refused(server: Server, routes: list[Route]) -> None:
    for route in routes:
        for number, body in enumerate(ODD_BODIES if route.method == "POST" else ODD_BODIES[::5]):
            content_type = ODD_CONTENT_TYPES[number % len(ODD_CONTENT_TYPES)]
            headers = {"Content-Type": content_type, **route.headers}
            answer = server.request(route.method, route.path, content=body, headers=headers)
            check_answer(answer, (route.path, body[:40], content_type))
            if route.example:
                assert answer.status_code in route.refusals, (route.path, body[:40], content_type)


ODD_PARAMETERS = [
    *("", "0", "-0", "+1", " 1 ", "1_0", "1.0", "1e5", "0x10", "null", "[]", "a" * 10_000, "1&{}=2"),
    *("-9223372036854775809", "9223372036854775808", "9" * 5000),
    *("%00", "%ff", "%ed%a0%80", "%D9%A3", "%E2%80%AE", "%", "%zz", "%2e%2e%2f"),
]


def test_odd_parameters_are_refused_or_taken(server: Server, routes: list[Route]) -> None:
    for route in routes:
        for value in ODD_PARAMETERS:
            for target in _targets(route, value):
                answer = server.request(route.method, target, headers=route.headers)
                check_answer(answer, target[:100])


def _targets(route: Route, value: str) -> Iterator[str]:
    """The route with `value` for each of its parameters, one after the other."""
    prefix, brace, rest = route.path.partition("{")
    if brace:
        yield prefix + value.replace("&", "%26") + rest.partition("}")[2]
        return
    for name in route.parameters:
        others = "".join(f"&{other}=1" for other in route.parameters if other != name)
        yield f"{route.path}?{name}={value.replace('{}', name)}{others}"


ODD_CREDENTIALS = [
    *(b":", b"a:", b":b", b"no colon", b"\xff:\xff", b"a\0b:c\0d", b"@:x", b"a@b@c:x", "\u0663:x".encode()),
    *("İ@EXAMPLE.org:x".encode(), b"1:" + b"0" * 32, b"9" * 30 + b":x", b"a" * 10_000 + b":x", b"a:" + b"x" * 10_000),
]
ODD_AUTHORIZATIONS = [
    *(b"", b"Basic", b"Basic ", b"Basic =", b"Basic !!!", b"Basic YQ", b"basic  Og==", b"basic " + b"A" * 10_000),
    *(b"Basic \xff", b"Bearer x", b"Digest a=b", b"\xff"),
    *(_basic(credentials).encode() for credentials in ODD_CREDENTIALS),
]


def test_odd_credentials_are_refused(server: Server, routes: list[Route]) -> None:
    for route in routes:
        body = json.dumps(route.example).encode() if route.example else b""
        for authorization in ODD_AUTHORIZATIONS if route.authorization else ODD_AUTHORIZATIONS[::5]:
            headers = [(b"Authorization", authorization)]
            answer = exchange(server, RawRequest(route.method.encode(), route.a_path.encode(), headers, body))
            said = (route.path, authorization[:40])
            check(answer.status, answer.content_type, answer.body, said)
            if route.authorization:
                assert answer.status in {401, 429}, said


# ── many odd things at once, byte by byte ──

METHODS = [b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT", b"BREW"]
PIECES = [
    *(b"%00", b"%ff", b"%2f", b"%ed%a0%80", b"%", b"/", b"//", b"/..", b"/.", b";", b"?", b"&", b"=", b"#", b"{}"),
    b"\x80",
]

any_bytes = st.binary(max_size=30)
address_parts = st.sampled_from(PIECES) | any_bytes.map(lambda raw: quote(raw).encode())
# What a server's parser lets through: more than the standard does. Other bytes have their turn in `PIECES`.
header_characters = st.characters(max_codepoint=0xFF, exclude_categories=["Cc"])
header_values = st.text(header_characters, max_size=30).map(lambda text: text.encode("latin-1"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
basic = any_bytes.map(lambda credentials: _basic(credentials).encode())


def spliced(text: bytes, pieces: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """`text`, mostly with a piece put into it somewhere."""
    places = st.integers(0, len(text))
    return st.just(text) | st.builds(lambda place, piece: text[:place] + piece + text[place:], places, pieces)


def bodies(example: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """What is meant to be `example`, and is not quite."""
    changes = st.dictionaries(st.sampled_from([*example, "x"]), json_values, max_size=2)
    changed = changes.map(lambda change: json.dumps(example | change).encode())
    return st.one_of(
        changed,
        json_values.map(lambda value: json.dumps(value).encode()),
        st.builds(lambda body, length: body[:length], changed, st.integers(0, 60)),
        st.builds(lambda body, encoding: body.decode().encode(encoding), changed, st.sampled_from(["utf-16", "utf-7"])),
        changed.flatmap(lambda body: spliced(body, st.binary(min_size=1, max_size=3))),
        st.binary(max_size=100),
    )


@st.composite
def raw_requests(draw: st.DrawFn, routes: list[Route]) -> RawRequest:
    """Something that looks like a request for one of the routes."""
    route = draw(st.sampled_from(routes))
    parameters = st.tuples(st.sampled_from([*route.parameters, "x"]), address_parts)
    query = b"&".join(name.encode() + b"=" + value for name, value in draw(st.lists(parameters, max_size=3)))
    path = draw(spliced(route.a_path.encode(), address_parts))
    values: dict[bytes, st.SearchStrategy[bytes]] = {
        b"Authorization": st.just(route.authorization.encode()) | basic | header_values,
        b"Content-Type": st.sampled_from(ODD_CONTENT_TYPES).map(str.encode) | header_values,
        b"Accept": st.sampled_from([b"text/html", b"*/*;q=x", b",;=", b"image/png"]) | header_values,
        b"Range": st.sampled_from([b"bytes=0-1", b"bytes=5-1", b"bytes=-", b"x"]) | header_values,
        b"Upgrade": st.sampled_from([b"websocket", b"h2c"]),
        b"X-Request-ID": header_values,
        b"X-Forwarded-For": st.sampled_from([b"203.0.113.9", b",,", b"::1%eth0"]) | header_values,
        b"X-Forwarded-Proto": header_values,
        b"If-None-Match": header_values,
    }
    names = draw(st.sets(st.sampled_from(sorted(values)), max_size=4)) | {b"Authorization"}
    return RawRequest(
        method=draw(st.sampled_from([route.method.encode()] * 20 + METHODS)),
        target=path + (b"?" + query if query else b""),
        headers=[(name, draw(values[name])) for name in sorted(names)],
        body=draw(bodies(route.example)),
    )


def test_whatever_bytes_are_sent_there_is_an_answer(server: Server, routes: list[Route]) -> None:
    @settings(max_examples=250, derandomize=True, database=None)
    @given(request=raw_requests(routes))
    def is_answered(request: RawRequest) -> None:
        answer = exchange(server, request)
        check(answer.status, answer.content_type, answer.body, request)

    is_answered()
