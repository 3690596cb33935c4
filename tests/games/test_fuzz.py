"""Reports of games as nobody should send them: there is an answer, never a 5xx, and ratings can still be put right."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.games.builders import GoServer, a_go_server, a_moment, a_report, a_reported_game, the_rating
from tests.games.sgf_texts import LARGE_TEXTS, sgf_texts
from tests.support.raw import RawAnswer, RawRequest, exchange
from tests.support.server import Server

GAMES = b"/api/v1/games"
some = settings(max_examples=120, derandomize=True, database=None)


@pytest.fixture
def server(engine: str, shared_server: Callable[..., Server]) -> Server:
    """A server of these tests' own: its games are nothing for other tests to wait for."""
    return shared_server(engine, "fuzz")


def ask(
    server: Server, method: bytes, target: bytes, body: bytes, headers: list[tuple[bytes, bytes]] | None = None
) -> RawAnswer:
    """Send it. Whatever it is, it is answered, a refusal with a sentence."""
    answer = exchange(server, RawRequest(method, target, headers or [], body))
    said = (method, target, headers, body[:500])
    assert answer.status < 500, (answer, said)
    if answer.status >= 400 and answer.content_type == "application/json" and answer.status != 415:
        told = json.loads(answer.body)
        sentence = told.get("message") or told["detail"]
        assert isinstance(sentence, str), said
        assert sentence, said
    return answer


def tokens(club: GoServer, content_type: bytes = b"application/json") -> list[tuple[bytes, bytes]]:
    sent = [(name.encode(), token.encode()) for name, token in club.headers().items()]
    return [*sent, (b"Content-Type", content_type)]


def check_that_ratings_can_be_put_right(server: Server) -> None:
    """Nothing that was stored keeps the pool from being replayed."""
    club = a_go_server(server)
    later = a_reported_game(server, club)["id"]
    a_reported_game(server, club, date_played="2026-01-01")
    assert the_rating(server, later)["is_final"] is True


# ── what is sent ──

texts = st.text(st.characters(codec=None), max_size=20)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, -(2**63) - 1, 10**400, 1e300, float("nan"), float("inf")])
    | st.floats()
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
results = st.sampled_from(["B+R", "W+0.5", "0", "Void", "?", "B+999999.9", "W+T"]) | st.text(
    "BW+0123456789.RTF", max_size=9
)
dates = (
    st.datetimes().map(lambda instant: instant.isoformat())
    | st.text("0123456789-:T+Z. ", max_size=30)
    | st.sampled_from(
        ["10:30", "2014-08-19T10:30:00+14:00", "1000-01-01", "Jan 1", "0001-01-01T00:00:00", "9999-12-31"]
    )
)
terms = st.integers(-2, 630) | st.floats(-30, 30) | st.floats() | st.text("0123456789.-+e ", max_size=6)
good_values: dict[str, st.SearchStrategy[Any]] = {
    "result": results,
    "date_played": dates,
    "handicap": terms,
    "komi": terms,
    "game_record": sgf_texts,
    "ranked": st.booleans(),
    "size": st.integers(0, 27),
}
names = ["server_id", "black_id", "white_id", "game_server", "game_url", "black_token", "idempotency_key", *good_values]


@st.composite
def changes(draw: st.DrawFn) -> dict[str, Any]:
    """What a report says otherwise than it should, or as it seldom does."""
    good = {name: draw(good_values[name]) for name in draw(st.sets(st.sampled_from(sorted(good_values)), max_size=3))}
    odd = draw(st.dictionaries(st.sampled_from(names) | texts, json_values, max_size=2))
    return odd | good


def test_reports_of_odd_values_are_answered(server: Server) -> None:
    club = a_go_server(server)
    seen = set()

    @some
    @given(changed=changes())
    def is_answered(changed: dict[str, Any]) -> None:
        body = json.dumps({**a_report(club), **changed}).encode()
        seen.add(ask(server, b"POST", GAMES, body, tokens(club)).status)

    is_answered()
    assert {201, 400} <= seen
    check_that_ratings_can_be_put_right(server)


def test_reports_of_odd_records_are_answered(server: Server) -> None:
    club = a_go_server(server)
    seen = set()

    @some
    @given(record=sgf_texts, leave_out=st.booleans())
    def is_answered(record: str, *, leave_out: bool) -> None:
        left_out = dict.fromkeys(["handicap", "komi"]) if leave_out else {}
        body = json.dumps(a_report(club, game_record=record, **left_out)).encode()
        answer = ask(server, b"POST", GAMES, body, tokens(club))
        seen.add(answer.status)
        if answer.status == 201:
            game = json.loads(answer.body)
            path = GAMES + b"/%d" % game["id"]
            assert ask(server, b"GET", path + b"/sgf", b"").body == record.encode()
            assert json.loads(ask(server, b"GET", path, b"").body)["record_warnings"] == game["record_warnings"]
            ask(server, b"GET", path + b"/rating", b"")

    is_answered()
    assert seen == {201, 400}
    check_that_ratings_can_be_put_right(server)


@pytest.mark.parametrize("record", LARGE_TEXTS, ids=[text[:12] for text in LARGE_TEXTS])
def test_the_largest_and_deepest_records_are_answered(server: Server, record: str) -> None:
    club = a_go_server(server)
    body = json.dumps(a_report(club, game_record=record, komi=None)).encode()
    assert ask(server, b"POST", GAMES, body, tokens(club)).status == 400
    body = json.dumps(a_report(club, game_record=record)).encode()
    assert ask(server, b"POST", GAMES, body, tokens(club)).status in {201, 400}


def test_bodies_of_any_bytes_are_answered(server: Server) -> None:
    club = a_go_server(server)
    whole = json.dumps(a_report(club)).encode()
    spliced = st.builds(
        lambda place, piece, skip: whole[:place] + piece + whole[place + skip :],
        st.integers(0, len(whole)),
        st.binary(max_size=4)
        | st.sampled_from([b"{", b"[" * 5_000, b'"', b"\\", b"\\ud800", b"1e999", b"\xef\xbb\xbf"]),
        st.integers(0, 3),
    )
    any_json = json_values.map(lambda value: json.dumps(value).encode())

    @some
    @given(body=spliced | any_json | st.binary(max_size=200), target=st.sampled_from([GAMES, GAMES + b"/batch"]))
    def is_answered(body: bytes, target: bytes) -> None:
        ask(server, b"POST", target, body, tokens(club))

    is_answered()


HEADERS = [
    *(b"X-Auth-Server-Token", b"X-Auth-Black-Player-Token", b"X-Auth-White-Player-Token", b"Idempotency-Key"),
    *(b"Content-Type", b"Authorization", b"Accept", b"X-Forwarded-For", b"X-Request-ID", b"Content-Encoding"),
]


def test_headers_of_odd_characters_are_answered(server: Server) -> None:
    club = a_go_server(server)
    characters = st.characters(max_codepoint=0xFF, exclude_categories=["Cc"])
    odd = st.text(characters, max_size=30).map(lambda text: text.encode("latin-1"))
    usual = dict(tokens(club))
    good = st.sampled_from([*usual.values(), b"application/json;", b"Basic !!!", b"Bearer x", b"k" * 300, b"gzip", b""])

    @some
    @given(sent=st.dictionaries(st.sampled_from(HEADERS), odd | good, max_size=4), twice=st.sampled_from(HEADERS))
    def is_answered(sent: dict[bytes, bytes], twice: bytes) -> None:
        headers = [*(usual | sent).items(), (twice, sent.get(twice, b"again"))]
        ask(server, b"POST", GAMES, json.dumps(a_report(club)).encode(), headers)

    is_answered()


def test_batches_of_odd_reports_have_a_line_for_each(server: Server) -> None:
    club = a_go_server(server)
    players = {"black_token": club.black.token, "white_token": club.white.token}

    @settings(some, max_examples=60)
    @given(reports=st.lists(changes() | json_values, max_size=6))
    def is_answered(reports: list[Any]) -> None:
        sent = [
            {**a_report(club), **players, "date_played": a_moment(), **each} if isinstance(each, dict) else each
            for each in reports
        ]
        answer = ask(server, b"POST", GAMES + b"/batch", json.dumps(sent).encode(), tokens(club))
        if answer.status == 400:  # half a character somewhere: that is no JSON
            return
        found = [json.loads(line) for line in answer.body.splitlines()]
        assert [line["index"] for line in found] == list(range(len(sent)))
        assert all(line["status"] < 500 for line in found), found

    is_answered()
    check_that_ratings_can_be_put_right(server)


def test_changes_of_odd_values_are_answered(server: Server) -> None:
    club = a_go_server(server)
    path = GAMES + b"/%d" % a_reported_game(server, club)["id"]
    fields = ["reason", "result", "handicap", "komi", "date_played", "ranked", "swap_colors", "x"]
    reasons = st.text(st.characters(codec="utf-8"), min_size=3, max_size=20)

    @some
    @given(
        body=st.dictionaries(st.sampled_from(fields), json_values, max_size=3),
        good=st.fixed_dictionaries(
            {"reason": reasons}, optional={"result": results, "date_played": dates, "komi": terms}
        ),
        what=st.sampled_from([(b"PATCH", b""), (b"POST", b"/annul"), (b"POST", b"/restore")]),
    )
    def is_answered(body: dict[str, Any], good: dict[str, Any], what: tuple[bytes, bytes]) -> None:
        method, rest = what
        for sent in (body, good, good | body):
            ask(server, method, path + rest, json.dumps(sent).encode(), tokens(club))

    is_answered()
    for rest in (b"", b"/history", b"/rating"):
        assert ask(server, b"GET", path + rest, b"").status == 200
    check_that_ratings_can_be_put_right(server)


def test_odd_paths_and_parameters_are_answered(server: Server) -> None:
    pieces = [b"%00", b"%ff", b"%ed%a0%80", b"%", b"0", b"-1", b"9" * 30, b"1e9", b"x", b"%D9%A3", b"+", b".", b"null"]
    parameters = [b"player_id", b"server_id", b"pool", b"since", b"until", b"limit", b"after", b"x"]
    for piece, rest in itertools.product(pieces, (b"", b"/sgf", b"/rating", b"/history", b"/annul")):
        ask(server, b"GET", GAMES + b"/" + piece + rest, b"")
    for piece, name in itertools.product(pieces, parameters):
        ask(server, b"GET", GAMES + b"?" + name + b"=" + piece, b"")
