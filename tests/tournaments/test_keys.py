"""Tournament keys: their form, where they are found, who gets one and when."""

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.core.errors import TengenError
from tengen.core.values import MAX_ID, AccountId
from tengen.tournaments.entries import NotParticipating
from tengen.tournaments.keys import (
    InvalidKey,
    KeyExists,
    KeyNeverGenerated,
    KeyNotGenerated,
    KeyNotGeneratedYet,
    NotYet,
    TooEarly,
    TournamentId,
    TournamentKey,
    check_may_fetch,
    check_may_generate,
    find_key,
    key_expiry,
    wait_seconds,
    without_key,
)
from tengen.tournaments.schedule import Schedule, TournamentOver
from tests.tournaments.builders import ANN, BOB, CUP, HOUR, MINUTE, NOON, SECOND, a_key, a_schedule

# The example of the contract, for tournament 35.
SECRET = "5f0e3d2c1b0a49788695a4b3c2d1e0f9"
EXAMPLE = f"1_35_{SECRET}"
END = NOON + 2 * HOUR
ids = st.integers(1, MAX_ID)
keys = st.builds(TournamentKey.make, ids.map(AccountId), ids.map(TournamentId), st.binary(min_size=16, max_size=16))


def test_a_key_is_read_and_written_as_players_have_it() -> None:
    key = TournamentKey.parse(EXAMPLE)
    assert key == TournamentKey(AccountId(1), TournamentId(35), SECRET)
    assert key == TournamentKey.make(ANN, CUP, bytes.fromhex(SECRET))
    assert str(key) == EXAMPLE


@given(keys)
def test_every_key_is_read_back(key: TournamentKey) -> None:
    assert TournamentKey.parse(str(key)) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        SECRET,
        f"35_{SECRET}",
        EXAMPLE[:-1],
        EXAMPLE + "0",
        EXAMPLE.upper(),
        f" {EXAMPLE}",
        f"{EXAMPLE}\n",
        f"ralokt#{EXAMPLE}",
        f"1_35_b'{SECRET}'",
        f"01_35_{SECRET}",
        f"0_35_{SECRET}",
        f"1_-35_{SECRET}",
        f"١_35_{SECRET}",
        f"{MAX_ID + 1}_35_{SECRET}",
        f"1_{'9' * 5000}_{SECRET}",
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidKey) as refusal:
        TournamentKey.parse(text)
    assert SECRET not in refusal.value.message


@pytest.mark.parametrize("size", [0, 15, 17])
def test_a_key_is_made_of_128_random_bits(size: int) -> None:
    with pytest.raises(ValueError, match="16 random bytes"):
        TournamentKey.make(ANN, CUP, bytes(size))


@given(keys, keys)
def test_two_keys_match_only_if_they_are_the_same(one: TournamentKey, other: TournamentKey) -> None:
    assert one.matches(one)
    assert one.matches(other) is (str(one) == str(other))


def test_the_numbers_in_front_are_part_of_the_key() -> None:
    assert not a_key(ANN).matches(a_key(BOB))


def test_the_secret_is_hidden_where_a_key_is_printed_for_developers() -> None:
    assert SECRET not in repr(TournamentKey.parse(EXAMPLE))


@pytest.mark.parametrize(
    "texts",
    [
        [EXAMPLE],  # ViennaSweeper: the nickname
        [f"ralokt#{EXAMPLE}"],  # Arbiter: behind the player's name
        [f"Ann #1#{EXAMPLE} "],
        ["", "ralokt", EXAMPLE, "Thomas Kolar"],
        [f"1_35_b'{SECRET}'"],  # the form seen in a replay of 2020
        [f"{MAX_ID + 1}_35_{SECRET}", EXAMPLE],
    ],
)
def test_a_key_is_found_where_programs_put_it(texts: list[str]) -> None:
    assert find_key(texts) == TournamentKey.parse(EXAMPLE)


def test_the_first_text_with_a_key_counts() -> None:
    first = a_key(random=bytes(16))
    assert find_key(["Tommy", str(first), EXAMPLE]) == first


@pytest.mark.parametrize("text", ["", "Tommy", f"{EXAMPLE}#Tommy", f"{EXAMPLE} Tommy", f"x{EXAMPLE}", SECRET])
def test_a_text_that_only_looks_like_a_key_is_none(text: str) -> None:
    assert find_key([text]) is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (f"ralokt#{EXAMPLE}", "ralokt"),
        (EXAMPLE, ""),
        (f"1_35_b'{SECRET}'", ""),
        (f"{EXAMPLE}#Tommy", "#Tommy"),
        ("Tommy", "Tommy"),
        ("C#", "C#"),
    ],
)
def test_keys_are_cut_off_names(name: str, shown: str) -> None:
    assert without_key(name) == shown


@given(st.lists(st.sampled_from(["1_2_", EXAMPLE, SECRET, "#", "b'", "'", "ann", " "])).map("".join))
def test_no_key_is_left_in_a_name(name: str) -> None:
    shown = without_key(name)
    assert find_key([shown]) is None
    assert without_key(shown) == shown


def refusal_of(
    error: type[TengenError], schedule: Schedule, now: datetime, *, makes: bool, **facts: bool
) -> TengenError:
    with pytest.raises(error) as caught:
        (check_may_generate if makes else check_may_fetch)(schedule, now, **facts)
    return caught.value


CANCELLED = Schedule(NOON, END, cancelled_at=NOON - HOUR)
NOBODY, ENTRANT = {"has_key": False, "is_participating": False}, {"has_key": False, "is_participating": True}

# The contract's table of keys, with the order of its checks: situation, what making says, what fetching says.
SITUATIONS = [
    (a_schedule(), NOON - MINUTE, ENTRANT, TooEarly, KeyNotGeneratedYet),
    (a_schedule(), NOON - MINUTE, NOBODY, NotParticipating, NotParticipating),
    (a_schedule(), NOON + MINUTE, ENTRANT, None, KeyNotGenerated),
    (a_schedule(), NOON, ENTRANT, None, KeyNotGenerated),
    (a_schedule(), NOON + MINUTE, NOBODY, NotParticipating, NotParticipating),
    (a_schedule(), END, ENTRANT, TournamentOver, KeyNeverGenerated),
    (a_schedule(), END, NOBODY, TournamentOver, KeyNeverGenerated),
    (CANCELLED, NOON - MINUTE, ENTRANT, TournamentOver, KeyNeverGenerated),
    (CANCELLED, NOON + MINUTE, NOBODY, TournamentOver, KeyNeverGenerated),
]


@pytest.mark.parametrize(("schedule", "now", "facts", "making", "fetching"), SITUATIONS)
def test_keys_are_made_and_fetched_as_the_contracts_table_says(
    schedule: Schedule,
    now: datetime,
    facts: dict[str, bool],
    making: type[TengenError] | None,
    fetching: type[TengenError],
) -> None:
    if making is None:
        check_may_generate(schedule, now, **facts)
    else:
        assert refusal_of(making, schedule, now, makes=True, **facts).status == 403
    assert refusal_of(fetching, schedule, now, makes=False, **facts).status == 403


@pytest.mark.parametrize("schedule", [a_schedule(), CANCELLED])
@pytest.mark.parametrize("now", [NOON - HOUR, NOON + MINUTE, END])
@pytest.mark.parametrize("is_participating", [True, False])
def test_who_has_a_key_can_fetch_it_always_and_make_no_other(
    schedule: Schedule, now: datetime, *, is_participating: bool
) -> None:
    check_may_fetch(schedule, now, has_key=True, is_participating=is_participating)
    refusal = refusal_of(KeyExists, schedule, now, makes=True, has_key=True, is_participating=is_participating)
    assert refusal.code == "key_exists"


def test_the_codes_are_those_that_clients_know() -> None:
    kinds: list[type[TengenError]] = [
        TooEarly,
        KeyNotGeneratedYet,
        KeyExists,
        KeyNotGenerated,
        KeyNeverGenerated,
        TournamentOver,
    ]
    assert [kind.code for kind in kinds] == [
        "too_early",
        "not_generated_yet",
        "key_exists",
        "not_generated",
        "never_generated",
        "tournament_over",
    ]


@pytest.mark.parametrize("check", [check_may_generate, check_may_fetch])
def test_who_comes_too_early_is_told_how_long_to_wait(check: Callable[..., None]) -> None:
    with pytest.raises(NotYet) as refusal:
        check(a_schedule(), NOON - 41.5 * SECOND, **ENTRANT)
    assert refusal.value.wait == timedelta(seconds=41.5)


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [
        (timedelta(seconds=41.5), 41.5),
        (timedelta(seconds=41, microseconds=500_001), 41.6),
        (timedelta(microseconds=1), 0.2),
        (timedelta(milliseconds=200), 0.2),
        (timedelta(milliseconds=201), 0.3),
        (timedelta(days=365), 31_536_000.0),
        (timedelta(), 0.2),
        (timedelta(seconds=-3), 0.2),
        (timedelta.max, 86_400_000_000_000.0),
    ],
)
def test_a_wait_is_rounded_up_to_tenths_of_seconds(wait: timedelta, seconds: float) -> None:
    assert wait_seconds(wait) == seconds


@given(st.timedeltas(timedelta(), timedelta(days=3650)))
def test_a_wait_is_never_too_short_and_hardly_too_long(wait: timedelta) -> None:
    exact = Fraction(wait // timedelta(microseconds=1), 1_000_000)
    assert wait_seconds(wait) == max(0.2, ceil(exact * 10) / 10)


def test_a_key_without_a_time_limit_expires_with_the_tournament_alone() -> None:
    assert key_expiry(a_schedule(), NOON + MINUTE, None) is None


def test_a_key_expires_after_the_time_limit_and_at_the_end_at_the_latest() -> None:
    assert key_expiry(a_schedule(), NOON + MINUTE, HOUR) == NOON + MINUTE + HOUR
    assert key_expiry(a_schedule(), END - MINUTE, HOUR) == END
    assert key_expiry(a_schedule(), NOON, timedelta.max) == END
