"""What a record says, and what of it is stored."""

import hashlib
import json
from collections.abc import Sequence

import pytest
from hypothesis import given

from tengen.games.records import RecordFacts, read_warnings, record_hash, write_warnings
from tengen.go.points import Size
from tengen.go.replay import RecordWarning
from tengen.go.sgf import MAX_MOVES
from tengen.go.sgf_nodes import InvalidRecord, RecordTooLarge
from tengen.ratings.go_conditions import SpeedClass
from tests.games.builders import a_long_record
from tests.games.sgf_texts import LARGE_TEXTS, sgf_bytes, sgf_texts


def test_the_facts_are_what_the_root_and_the_main_line_say() -> None:
    head = "GM[1]FF[4]SZ[9]KM[0.5]HA[2]RU[Chinese]TM[600]OT[5x30 byo-yomi]RE[W+R]"
    record = f"(;{head}PB[Ōta]PW[王]AB[cc][gg];W[ee](;B[aa];W[bb])(;B[dd]))"
    facts = RecordFacts.read(record.encode())
    assert facts == RecordFacts(
        size=Size(9, 9),
        moves=3,
        komi=0.5,
        handicap=2,
        rules="chinese",
        result="W+R",
        black="Ōta",
        white="王",
        warnings=(),
        speed=SpeedClass.LIVE,
    )
    assert stored(facts) == facts


def test_facts_that_were_stored_before_speeds_were_read_say_none() -> None:
    before = json.loads(RecordFacts.read(b"(;TM[600]OT[5x30 byo-yomi])").to_json())
    del before["speed"]
    assert RecordFacts.from_json(json.dumps(before)).speed is None


def test_what_it_does_not_say_is_none() -> None:
    facts = RecordFacts.read(b"(;)")
    assert facts == RecordFacts(size=Size(19, 19), moves=0)
    assert RecordFacts.read(b"(;RU[house rules]KM[a bit]HA[some])").rules is None


def test_what_is_odd_is_told_once_in_order() -> None:
    facts = RecordFacts.read(b"(;SZ[9]KM[x];B[aa];W[aa];B[zz])")
    assert [warning.code for warning in facts.warnings] == ["outside_board", "unreadable_number", "point_occupied"]


def test_text_is_read_as_text_whatever_encoding_it_names() -> None:
    text = "(;CA[GB2312]PB[王];B[aa])"
    assert RecordFacts.read(text) == RecordFacts.read(text.encode("gb2312"))
    assert (RecordFacts.read(text).black, RecordFacts.read(text).moves) == ("王", 1)
    # As bytes it would be misread: the last byte of the name and the bracket make a character together.
    assert RecordFacts.read(text.encode()).moves == 0


def test_a_long_game_of_our_own_board_has_nothing_odd() -> None:
    facts = RecordFacts.read(a_long_record())
    assert facts.warnings == ()
    assert facts.moves > 150


@pytest.mark.parametrize("record", [b"", b"(", b"no record", b"(;GM[2])", b"(;SZ[1])", b"(;B[aa]", b"(;CA[x]PB[\xff])"])
def test_what_is_no_record_is_refused_with_a_sentence(record: bytes) -> None:
    with pytest.raises(InvalidRecord) as refusal:
        RecordFacts.read(record)
    assert refusal.value.message.endswith(".")


def test_a_game_of_too_many_moves_is_refused() -> None:
    moves = ";B[aa]" * MAX_MOVES
    assert RecordFacts.read(f"({moves})".encode()).moves == MAX_MOVES
    with pytest.raises(RecordTooLarge):
        RecordFacts.read(f"({moves};W[bb])".encode())


def stored(facts: RecordFacts) -> RecordFacts:
    text = facts.to_json()
    assert text.isascii()
    assert "\\u0000" not in text  # which PostgreSQL's JSON cannot hold, should the column ever be one
    return RecordFacts.from_json(text)


@given(text=sgf_texts)
def test_any_record_gives_facts_that_can_be_stored_or_a_refusal(text: str) -> None:
    for source in (text, text.encode()):
        try:
            facts = RecordFacts.read(source)
        except InvalidRecord:
            continue
        assert stored(facts) == facts
        assert 0 <= facts.moves <= MAX_MOVES
        assert len(facts.warnings) <= 41  # twenty of the reading, twenty of the replay and where that ended


@given(content=sgf_bytes)
def test_any_bytes_give_facts_that_can_be_stored_or_a_refusal(content: bytes) -> None:
    refusal = None
    try:
        facts = RecordFacts.read(content)
    except InvalidRecord as error:
        refusal = error
    if refusal is None:
        assert stored(facts) == facts
    else:
        assert refusal.line is None or refusal.line >= 1
        assert refusal.message.encode()  # there is nothing in it that cannot be sent


# Each takes a second at most. What were quadratic would take hours, and end by the time limit of every test.
@pytest.mark.parametrize("text", LARGE_TEXTS, ids=[text[:12] for text in LARGE_TEXTS])
def test_the_largest_and_deepest_records_are_read_or_refused_soon(text: str) -> None:
    try:
        facts = RecordFacts.read(text.encode())
    except InvalidRecord:
        return
    assert stored(facts) == facts


def test_a_record_is_found_by_its_sha_256() -> None:
    assert record_hash(b"(;)") == hashlib.sha256(b"(;)").digest()


@pytest.mark.parametrize(
    "warnings", [[], [RecordWarning("a", "b")], [RecordWarning("a", "é\u2028", 3), RecordWarning("c", "", None)]]
)
def test_warnings_are_read_as_they_were_written(warnings: Sequence[RecordWarning]) -> None:
    written = write_warnings(tuple(warnings))
    assert (written is None) == (not warnings)
    assert read_warnings(written) == tuple(warnings)
    assert read_warnings(None if written is None else json.loads(written)) == tuple(warnings)
