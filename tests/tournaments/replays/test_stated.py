"""What the files of replays state, read by our own readers."""

from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tengen.demo.minesweeper.game import Action
from tengen.tournaments.keys import find_key
from tengen.tournaments.levels import Board, Level
from tengen.tournaments.replays import avf, evf, mvf, rmv
from tengen.tournaments.replays.cursor import MAX_TEXT_BYTES, UnreadableReplay
from tengen.tournaments.replays.stated import Button, Stated
from tengen.tournaments.submissions import MAX_REPLAY_BYTES
from tests.tournaments.replays.builders import BUILT, KEY, OTHER_KEY, a_game, an_avf, an_evf, an_mvf, an_rmv, bent

READERS: Mapping[str, Callable[[bytes], Stated]] = {
    "avf": avf.read,
    "rmv": rmv.read,
    "evf": evf.read,
    "mvf": mvf.read,
}


def stated(name: str, content: bytes) -> Stated:
    return READERS[name[:3]](content)


@pytest.mark.parametrize("name", BUILT)
def test_name_key_and_time_are_found(name: str) -> None:
    found = stated(name, BUILT[name]())
    assert found.player_name in {"Ann", f"Ann#{KEY}"}
    assert str(find_key(found.key_texts)) == KEY
    assert set(found.times) == {5410}


@pytest.mark.parametrize("name", [name for name in BUILT if name != "mvf"])
def test_releases_are_found_with_their_times(name: str) -> None:
    step = 10 if name == "avf" else 1
    times = [event.time // step * step for event in a_game().events if event.action is Action.RELEASE]
    releases = stated(name, BUILT[name]()).releases
    assert releases is not None
    assert releases.times == times
    assert set(releases.buttons) == {Button.LEFT}


def test_arbiter_says_the_time_twice() -> None:
    content = an_avf().replace(b"RealTime: 5.41", b"RealTime: 7.05").replace(b"T6.41]", b"T6,4]")
    assert avf.read(content).times == (5400, 7050)


def test_a_time_that_only_one_line_gives_is_enough() -> None:
    assert avf.read(an_avf().replace(b"RealTime: 5.41\r", b"")).times == (5410,)


def test_the_token_counts_before_the_nickname_and_that_before_the_name() -> None:
    found = rmv.read(an_rmv(version=1, name="name", nickname="nick", token="token", result_nick="old"))
    assert found.key_texts == ("token", "nick", "old", "name")


def test_a_player_without_token_is_read() -> None:
    found = rmv.read(an_rmv(version=1, name="Ann", nickname="", token="", result_nick=KEY))
    assert found.key_texts == ("", "", KEY, "Ann")


@pytest.mark.parametrize("nick", [f"Ann#{KEY}", f"#{KEY}", f"a#b:c#{KEY}", "2_1_b'0123456789abcdef0123456789abcdef'"])
def test_a_nickname_in_the_result_line_may_hold_what_parts_its_fields(nick: str) -> None:
    found = rmv.read(an_rmv(version=1, token="", result_nick=nick))
    assert found.key_texts[2] == nick


def test_the_race_counts_before_what_makes_a_player_unique_and_that_before_the_name() -> None:
    for version in (0, 3, 4):
        found = evf.read(an_evf(version=version, player="Ann", race="race", unique="unique"))
        assert found.key_texts == ("race", "unique", "Ann")


@pytest.mark.parametrize("text", ["Änn", "王小明"])
def test_names_are_read_as_utf_8(text: str) -> None:
    assert rmv.read(an_rmv(name=text)).player_name == text
    assert evf.read(an_evf(player=text)).player_name == text


def test_names_that_are_no_utf_8_are_read_as_western_windows_writes_them() -> None:
    assert avf.read(an_avf(name=f"Jürgen#{KEY}")).player_name == f"Jürgen#{KEY}"
    assert rmv.read(an_rmv(version=1, name="Jürgen", is_utf8=False)).player_name == "Jürgen"


def test_what_is_stated_does_not_show_keys() -> None:
    for name, build in BUILT.items():
        assert KEY not in repr(stated(name, build()))


def test_only_version_0_97_of_minesweeper_clone_can_be_read() -> None:
    with pytest.raises(UnreadableReplay, match=r"0\.97"):
        mvf.read(an_mvf(year="2007"))


def test_boards_of_ones_own_are_passed_over() -> None:
    game = a_game(Board(9, 9, 10))
    assert avf.read(an_avf(game)).times == (5410, 5410)
    assert mvf.read(an_mvf(game)).times == (5410,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\x00\x04\x03Ann", b"\x00\x03\x03Ann"),
        (b"\x00\x04\x03Ann", b"\x00\x05\x03Ann"),
        (b"\x08\x08\x00\x0a", b"\x08\x08\x00\x09"),
    ],
    ids=["a field too few", "a field too many", "a mine too few"],
)
def test_sections_of_viennasweeper_must_have_the_sizes_that_they_give(old: bytes, new: bytes) -> None:
    content = an_rmv()
    assert content.count(old) == 1
    with pytest.raises(UnreadableReplay, match=r"contradicts itself|cut off"):
        rmv.read(content.replace(old, new))


# ── hostile bytes ──


@pytest.mark.parametrize("name", BUILT)
def test_a_replay_cut_anywhere_is_refused_or_read(name: str) -> None:
    content = BUILT[name]()
    refused = 0
    for size in range(len(content)):
        try:
            stated(name, content[:size])
        except UnreadableReplay:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize("name", BUILT)
@given(data=st.data())
def test_any_bytes_are_refused_or_read(name: str, data: st.DataObject) -> None:
    content = BUILT[name]()
    start = data.draw(st.integers(0, len(content)))
    middle = data.draw(st.binary(max_size=60) | st.binary(max_size=9).map(lambda some: some * 300))
    end = data.draw(st.integers(0, len(content)))
    with suppress(UnreadableReplay):
        found = stated(name, content[:start] + middle + content[end:])
        assert all(time >= -1000 for time in found.times)


def test_bent_replays_are_refused_or_read() -> None:
    seeds = {name: build() for name, build in BUILT.items()}
    seen = set()
    for name, seed in seeds.items():
        for content in bent([seed], 300, seed=5):
            try:
                stated(name, content)
                seen.add("read")
            except UnreadableReplay:
                seen.add("refused")
    assert seen == {"read", "refused"}


LARGE = MAX_REPLAY_BYTES
_AVF, _EVF, _EVF_4, _RMV_1, _RMV = an_avf(), an_evf(), an_evf(version=4), an_rmv(version=1), an_rmv()


def an_rmv_of_moves(event: bytes) -> bytes:
    """As many events of one kind as there is room for."""
    events = event * (LARGE // len(event))
    at = 30  # of the size of the events, in version 1 without the rest
    sizes = bytes(2) * 2 + (2).to_bytes(2, "big") + (8).to_bytes(2, "big") + bytes(4) + len(events).to_bytes(4, "big")
    head = b"*rmv\x00\x01" + bytes(4) + sizes + bytes(2)
    assert len(head) < at
    return head + bytes(2) + bytes(8) + events


HOSTILE = {
    "avf: summaries": _AVF[:40] + b"[0|" * (LARGE // 3),
    "avf: a summary without end": _AVF[: _AVF.index(b"]")] + b"|B1T1" * (LARGE // 5),
    "avf: events of no low second": _AVF[: _AVF.index(b"]") + 8]
    + b"\3\0\1\1\0\0\0\0"
    + b"\1\0\0\0\0\0\1\0" * (LARGE // 8),
    "avf: releases": _AVF[: _AVF.index(b"]") + 6] + b"\5\0\1\1\0\0\0\0" * (LARGE // 8),
    "avf: a name without end": _AVF[: _AVF.index(b"Skin")] + b"Skin: \r" + b"x" * LARGE,
    "evf: texts without end": _EVF[:15] + b"x" * LARGE,
    "evf: releases": _EVF[: _EVF.index(b"XX") + 16] + b"\3" * LARGE,
    "evf: runs of 4": _EVF_4[:-3] + b"\1" * LARGE,
    "evf: pauses": _EVF_4[: _EVF_4.index(b"uuid") + 14] + b"\xff" * LARGE,
    "evf: texts": _EVF_4[: _EVF_4.index(b"uuid") + 14] + b"\xc9\1\1\1" * (LARGE // 4),
    "rmv: moves": an_rmv_of_moves(b"\1" * 9),
    "rmv: short moves": an_rmv_of_moves(b"\x1c" * 3),
    "rmv: moves and short ones": an_rmv_of_moves(b"\x1c" * 3 + b"\1" * 9 + bytes(5)),
    "rmv: releases": an_rmv_of_moves(b"\3" * 9),
    "rmv: fields of a result line": b"*rmv\0\1" + bytes(4) + b"\xff\xff" + bytes(16) + b"A:#" * 30_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_work_grows_with_the_length_alone(name: str) -> None:
    # Where it grew faster, four mebibytes would outlast the time that a test has.
    with pytest.raises(UnreadableReplay):
        stated(name, HOSTILE[name])


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(UnreadableReplay):
        evf.read(an_evf(player="x" * MAX_TEXT_BYTES))


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), level=st.sampled_from(Level))
def test_any_game_is_read(seed: int, level: Level) -> None:
    game = a_game(level, time_ms=70_000, seed=seed, moves=2)
    releases = sum(event.action is Action.RELEASE for event in game.events)
    for found in (rmv.read(an_rmv(game, version=1)), rmv.read(an_rmv(game)), evf.read(an_evf(game))):
        assert found.times == (70_000,)
        assert found.releases is not None
        assert len(found.releases.buttons) == len(found.releases.times) == releases


def test_keys_of_others_do_not_hide_ones_own() -> None:
    found = rmv.read(an_rmv(token=KEY, name=f"x#{OTHER_KEY}"))
    assert str(find_key(found.key_texts)) == KEY
