"""Reading a report, value by value: whatever is sent, there is a value or a refusal with a sentence."""

import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.errors import TengenError
from tengen.core.values import PlayerId
from tengen.games.records import RecordFacts
from tengen.games.report import (
    InvalidDate,
    InvalidReport,
    InvalidResultReported,
    InvalidTerms,
    MissingParameters,
    MissingRecord,
    MissingTokens,
    Report,
    Tokens,
    fingerprint,
    key_digest,
)
from tengen.games.result import Result
from tests.support.builders import NOON

BODY: dict[str, Any] = {
    "server_id": 4,
    "black_id": 71,
    "white_id": 72,
    "result": "W+3.5",
    "handicap": 0,
    "komi": 7.5,
    "date_played": "2026-03-14T19:05:00",
    "game_record": "(;KM[7.5])",
}


def a_report(**changes: Any) -> Report:
    """A report with these values; None leaves one out."""
    return Report({name: value for name, value in (BODY | changes).items() if value is not None})


def facts(record: str) -> RecordFacts:
    return RecordFacts.read(record.encode())


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 2**63, -(2**63)])
    | st.floats()
    | st.text(st.characters(codec="utf-8"), max_size=70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(body=st.dictionaries(st.sampled_from([*BODY, "game_server", "game_url", "ranked", "size"]), json_values))
def test_whatever_is_sent_each_step_gives_a_value_or_a_refusal(body: dict[str, Any]) -> None:
    report = Report.of(body)
    readings: list[Callable[[], Any]] = [
        lambda: report.require(None),
        lambda: report.require(facts("(;)")),
        lambda: report.url,
        lambda: report.is_ranked,
        lambda: report.size,
        lambda: report.terms(None),
        lambda: report.server_id,
        lambda: report.server_name,
    ]
    readings += [lambda: report.black_id] if "black_id" in body else []
    readings += [lambda: report.result] if "result" in body else []
    readings += [lambda: report.played_at(NOON)] if "date_played" in body else []
    refusals = []
    for read in readings:
        try:
            read()
        except TengenError as error:
            refusals.append(error)
    assert all(refusal.status == 400 and 0 < len(refusal.message) < 300 for refusal in refusals)


def test_tokens_are_all_there_or_refused() -> None:
    assert Tokens.of("a", "b", "c") == Tokens("a", "b", "c")
    for missing in ((None, "b", "c"), ("a", None, "c"), ("a", "b", None)):
        with pytest.raises(MissingTokens, match="Did not submit required"):
            Tokens.of(*missing)


def test_a_record_that_is_still_to_be_fetched_may_say_the_terms() -> None:
    fetched = {"handicap": None, "komi": None, "game_record": None, "game_url": "http://a.example/x.sgf"}
    a_report(**fetched).require(None)
    with pytest.raises(MissingParameters, match=r"parameters: result$"):
        a_report(**fetched, result=None).require(None)


def test_a_record_that_is_there_must_say_them() -> None:
    report = a_report(handicap=None, komi=None)
    report.require(facts("(;KM[6.5])"))
    with pytest.raises(MissingParameters, match=r"parameters: komi$"):
        report.require(facts("(;HA[2])"))
    with pytest.raises(MissingParameters, match=r"parameters: handicap, komi$"):
        report.require(None)


def test_the_report_wins_over_the_record() -> None:
    assert a_report(handicap=2, komi=0).terms(facts("(;KM[6.5]HA[3])")) == (2, 0)
    assert a_report(handicap=None, komi=None).terms(facts("(;KM[6.5]HA[3])")) == (3, 6.5)
    assert a_report(handicap=None).terms(facts("(;)")) == (0, 7.5)


def test_one_of_record_and_url_is_needed_and_both_may_be_there() -> None:
    assert a_report().url is None
    assert a_report(game_url="http://a.example/").url == "http://a.example/"
    with pytest.raises(MissingRecord):
        _ = a_report(game_record=None).url


@pytest.mark.parametrize("value", [2**63, -(2**63), 4.0, "4", True, [], {}, float("nan")])
def test_an_id_is_a_whole_number_that_a_database_can_hold(value: Any) -> None:
    with pytest.raises(InvalidReport, match="black_id must be an integer"):
        _ = a_report(black_id=value).black_id


@given(
    handicap=st.text(string.digits + "+-. eE_x", max_size=12) | st.integers() | st.floats(),
    komi=st.text(string.digits + "+-. eE_x", max_size=12) | st.integers() | st.floats(),
)
def test_terms_are_numbers_that_a_game_can_have_or_refused(handicap: Any, komi: Any) -> None:
    try:
        stones, points = a_report(handicap=handicap, komi=komi).terms(None)
    except InvalidTerms:
        return
    assert isinstance(stones, int)
    assert isinstance(points, float)
    assert 0 <= stones <= 625
    assert -625 <= points <= 625
    # It is what Python, as the original, reads in it.
    assert stones == int(handicap)
    assert points == float(komi)


@given(instant=st.datetimes(datetime(1000, 1, 2), datetime(2026, 5, 2)), offset=st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001  # the offset is the other one
def test_an_instant_in_iso_8601_is_that_instant(instant: datetime, offset: int) -> None:
    sign, (hours, minutes) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
    text = f"{instant.isoformat()}{sign}{hours:02}:{minutes:02}"
    assert a_report(date_played=text).played_at(NOON) == instant.replace(tzinfo=UTC) - timedelta(minutes=offset)
    assert a_report(date_played=instant.isoformat()).played_at(NOON) == instant.replace(tzinfo=UTC)


WORDS = [
    *("2014", "08", "19", "10", "30", "00", "24", "60", "99", "9999", "0001", ":", "-", "/", ".", ",", "+", " ", "T"),
    *("Z", "UTC", "GMT", "EST", "CEST", "AM", "pm", "Jan", "february", "Mon", "friday", "of", "at", "the", "th", "h"),
    *("W34", "+05:30", "-99:99", "1e9", "nan", "inf", "٣", "日", "µs", "½"),
]
dates = (
    st.text(max_size=64)
    | st.text(string.digits + "-:T+Z. ,/WwaApPmM", max_size=64)
    | st.lists(st.sampled_from(WORDS), max_size=14).map("".join).map(lambda text: text[:64])
)


@given(text=dates)
def test_whatever_is_sent_as_a_date_is_an_instant_in_utc_or_refused(text: str) -> None:
    try:
        played_at = a_report(date_played=text).played_at(NOON)
    except InvalidDate:
        return
    assert played_at.utcoffset() == timedelta()
    assert datetime(1000, 1, 1, tzinfo=UTC) <= played_at <= NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "told"),
    [("10:30", "2026-05-02T10:30:00Z"), ("Jan 5", "2026-01-05T00:00:00Z"), ("5 Jan 2020 3pm", "2020-01-05T15:00:00Z"),
     ("10:30+09:00", "2026-05-02T01:30:00Z"), ("2014", "2014-05-02T00:00:00Z")],
)  # fmt: skip
def test_what_a_date_leaves_out_is_todays(text: str, told: str) -> None:
    assert a_report(date_played=text).played_at(NOON) == datetime.fromisoformat(told)


def test_a_date_may_lie_a_day_ahead() -> None:
    assert a_report(date_played="2026-05-03T12:00:00").played_at(NOON) == NOON + timedelta(days=1)
    with pytest.raises(InvalidDate, match="in the future"):
        a_report(date_played="2026-05-03T12:00:00.000001").played_at(NOON)


def test_the_name_of_a_time_zone_is_no_offset() -> None:
    for zone in ("EST", "CET", "IST", "Europe/Berlin"):
        with pytest.raises(InvalidDate):
            a_report(date_played=f"2014-08-19 10:30 {zone}").played_at(NOON)


A, B = PlayerId(71), PlayerId(72)


def test_the_same_players_time_and_record_are_the_same_report() -> None:
    same = fingerprint(A, B, NOON, b"(;)")
    assert fingerprint(A, B, NOON.astimezone(UTC), b"(;)") == same
    others = [
        fingerprint(B, A, NOON, b"(;)"),
        fingerprint(A, PlayerId(722), NOON, b"(;)"),
        fingerprint(PlayerId(7), PlayerId(172), NOON, b"(;)"),
        fingerprint(A, B, NOON + timedelta(microseconds=1), b"(;)"),
        fingerprint(A, B, NOON, b"(;)\n"),
    ]
    assert len({same, *others}) == 6
    assert all(len(digest) == 32 for digest in others)


@given(key=st.text(st.characters(codec=None), min_size=1, max_size=200))
def test_any_key_of_up_to_200_characters_has_a_digest(key: str) -> None:
    digest = key_digest(key)
    assert digest is not None
    assert len(digest) == 32
    assert digest == key_digest(key)


def test_no_key_has_none_and_an_empty_or_a_long_one_is_refused() -> None:
    assert key_digest(None) is None
    for key in ("", "x" * 201):
        with pytest.raises(InvalidReport, match="1 to 200 characters"):
            key_digest(key)


@pytest.mark.parametrize("result", ["B", "W"])
def test_a_win_without_how_is_refused_though_imports_store_it(result: str) -> None:
    assert str(Result.parse(result)) == result
    with pytest.raises(InvalidResultReported, match="format of result is incorrect"):
        _ = a_report(result=result).result
