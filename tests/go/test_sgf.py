"""Records in SGF: what is read, what is noted, what is refused, and that what is written reads as it was."""

import time
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sgfmill import sgf as sgfmill
from sgfmill import sgf_moves

from tengen.go.board import Board
from tengen.go.handicap import fixed_handicap
from tengen.go.points import Color, Point, Size
from tengen.go.replay import MAX_WARNINGS, Move, Setup
from tengen.go.rulesets import AGA, CHINESE, JAPANESE, UNKNOWN
from tengen.go.sgf import MAX_MOVES, SgfPlayer, SgfRecord
from tengen.go.sgf_nodes import InvalidRecord, RecordTooLarge
from tests.go.chances import Chance, chances
from tests.go.diagrams import BLACK, WHITE, drawn

GAME = """(;FF[4]CA[UTF-8]GM[1]SZ[19]
DT[2026-03-04,05]GN[Final]EV[Spring Cup]PC[Tengen: https://go.example/game/90456]
PB[Aiko]BR[3d]PW[秀策]WR[1p]
RU[Japanese]KM[6.5]TM[600]OT[5x30 byo-yomi]RE[W+R]
;B[qd];W[dd];B[pq]C[A comment \\] with ( a ; bracket];W[];B[tt]
(;W[dp];B[fq])(;W[pp]))
"""


def codes(text: str | bytes) -> list[tuple[str, int | None]]:
    """What a replay of the record finds odd: codes and moves."""
    return [(warning.code, warning.move) for warning in SgfRecord.parse(text).replay().warnings]


# ── reading ──


def test_a_record_tells_its_game() -> None:
    record = SgfRecord.parse(GAME)
    assert record == SgfRecord(
        size=Size(19, 19),
        steps=(
            Move(BLACK, Point(16, 3)),
            Move(WHITE, Point(3, 3)),
            Move(BLACK, Point(15, 16), comment="A comment ] with ( a ; bracket"),
            Move(WHITE, None),
            Move(BLACK, None),
            Move(WHITE, Point(3, 15)),
            Move(BLACK, Point(5, 16)),
        ),
        black=SgfPlayer("Aiko", "3d"),
        white=SgfPlayer("秀策", "1p"),
        komi=6.5,
        rules="Japanese",
        result="W+R",
        dates=(date(2026, 3, 4), date(2026, 3, 5)),
        name="Final",
        event="Spring Cup",
        place="Tengen: https://go.example/game/90456",
        main_time_seconds=600,
        overtime="5x30 byo-yomi",
    )
    assert record.handicap is None
    assert record.ruleset is JAPANESE
    assert record.replay().warnings == ()


def test_the_shortest_record_is_an_empty_game_on_19x19() -> None:
    record = SgfRecord.parse("(;)")
    assert record == SgfRecord(size=Size(19, 19))
    assert record.ruleset is None
    assert record.replay().board.rules is UNKNOWN


def test_moves_nested_as_variations_are_one_line() -> None:
    record = SgfRecord.parse("(;GM[1];B[aa](;W[bb](;B[cc](;W[dd]))))")
    assert [str(move.color)[0] + (move.point or Point(0, 0)).letters for move in record.moves] == [
        "Baa", "Wbb", "Bcc", "Wdd"
    ]  # fmt: skip


def test_boards_may_be_rectangular() -> None:
    record = SgfRecord.parse("(;SZ[5:3];B[ec];W[aa])")
    assert record.size == Size(5, 3)
    assert str(record.replay().board) == drawn("""
        O . . . .
        . . . . .
        . . . . X
    """)


def test_tt_is_a_pass_up_to_19_lines_and_a_point_above() -> None:
    assert SgfRecord.parse("(;SZ[19];B[tt])").moves == [Move(BLACK, None)]
    assert SgfRecord.parse("(;SZ[25];B[tt])").moves == [Move(BLACK, Point(19, 19))]


def test_handicap_stones_are_a_setup_and_rectangles_are_filled() -> None:
    record = SgfRecord.parse("(;SZ[9]HA[4]AB[cc][gg:gg][gc][cg]PL[W];W[ee])")
    assert record.handicap == 4
    assert record.steps[0] == Setup(black=frozenset(fixed_handicap(Size.of(9), 4)), to_move=WHITE)
    assert record.replay().warnings == ()
    squares = SgfRecord.parse("(;SZ[9]AW[bb:dc]AE[cb:cc])").replay().board
    assert squares.stones(WHITE) == {Point(1, 1), Point(3, 1), Point(1, 2), Point(3, 2)}


@pytest.mark.parametrize("text", ["(;AB[])", "(;PL[x];B[aa])", "(;B[aa];AE[zz];W[bb])"])
def test_a_setup_that_says_nothing_is_none(text: str) -> None:
    record = SgfRecord.parse(text)
    assert list(record.steps) == record.moves


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("1996-12-27,28,1997-01-03,04", [(1996, 12, 27), (1996, 12, 28), (1997, 1, 3), (1997, 1, 4)]),
        ("1996-05-06,06-07", [(1996, 5, 6), (1996, 6, 7)]),
        ("2026-03-04 19:05", [(2026, 3, 4)]),
        ("1996", []),
        ("1996-05", []),
        ("1996-05-01,1996-06", [(1996, 5, 1)]),
        ("1996-02-30,1996-02-29", [(1996, 2, 29)]),
        ("spring", []),
    ],
)
def test_days_are_read_as_sgf_shortens_them(text: str, days: list[tuple[int, int, int]]) -> None:
    assert SgfRecord.parse(f"(;DT[{text}])").dates == tuple(date(*day) for day in days)


@pytest.mark.parametrize(
    ("properties", "seconds_left", "overtime_left"),
    [
        ("BL[89.954]OB[5]", 89.954, 5),
        ("BL[30]", 30.0, None),
        ("OB[ 12 ]BL[ 0. ]", 0.0, 12),
        ("OB[3]", None, 3),
        ("BL[-0.5]", -0.5, None),
        ("WL[30]OW[5]", None, None),
        ("BL[1:30]OB[5.5]", None, None),
        ("BL[nan]OB[-1]", None, None),
        ("BL[1e9]OB[9999999999]", None, None),
        ("BL[]OB[]", None, None),
    ],
)
def test_a_move_tells_what_the_movers_clock_shows(
    properties: str, seconds_left: float | None, overtime_left: int | None
) -> None:
    record = SgfRecord.parse(f"(;;B[aa]{properties})")
    assert record.moves == [Move(BLACK, Point(0, 0), seconds_left, overtime_left)]
    assert record.warnings == ()


def test_comments_are_kept_with_their_lines() -> None:
    record = SgfRecord.parse(
        "(;C[Before\r\nthe game\n];B[aa]C[a\\\nb \\] \\\\\t\0. \n  c:  d\n\n];C[  ];AB[bb]C[e];W[]C[f])"
    )
    assert record.comment == "Before\nthe game"
    assert [move.comment for move in record.moves] == ["ab ] \\  .\n  c:  d\ne", "f"]


def test_texts_are_single_lines_without_what_cannot_be_shown() -> None:
    record = SgfRecord.parse("(;PB[ Aiko\\\n\r\n \\] \x00\u202eS. ]EV[" + "long " * 1000 + "])")
    assert record.black.name == "Aiko ] S."
    assert len(record.event) <= 300


# ── encodings ──


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("UTF-8", "utf-8"), ("utf8", "utf-8"), ("GB2312", "gb18030"), ("gbk", "gbk"), ("Shift_JIS", "cp932"),
     ("EUC-JP", "euc-jp"), ("Big5", "big5"), ("ISO-2022-JP", "iso2022-jp")],
)  # fmt: skip
def test_bytes_are_read_in_the_encoding_that_they_name(charset: str, codec: str) -> None:
    data = f"(;GM[1]CA[{charset}]PB[本因坊表能]PW[林 口];B[aa])".encode(codec)
    record = SgfRecord.parse(data)
    assert (record.black.name, record.white.name) == ("本因坊表能", "林 口")


def test_a_byte_order_mark_is_no_matter() -> None:
    assert SgfRecord.parse(b"\xef\xbb\xbf(;PB[\xc3\xa9])").black.name == "é"
    assert SgfRecord.parse("\ufeff(;PB[é])").black.name == "é"


def test_without_a_named_encoding_bytes_are_utf_8_or_else_latin_1() -> None:
    assert SgfRecord.parse("(;PB[Zoë])".encode()).black.name == "Zoë"
    assert SgfRecord.parse("(;PB[Zoë])".encode("latin-1")).black.name == "Zoë"


def test_text_is_not_decoded_again_whatever_it_says() -> None:
    assert SgfRecord.parse("(;CA[Shift_JIS]PB[秀策])").black.name == "秀策"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"(;CA[UTF-8]\nPB[\xff])", "line 2, at the byte 0xff: it is not in UTF-8, as it says"),
        (b"(;CA[ASCII]PB[\xc3\xa9])", "line 1, at the byte 0xc3: it is not in ASCII, as it says"),
        (b"(;CA[EBCDIC]PB[\xff])", "line 1, at the byte 0xff: it names an unknown encoding, 'EBCDIC'"),
        (b"(;CA[zip]PB[\xff])", "unknown encoding, 'zip'"),
        ("(;\nPB[\ud800])", "half a character .* in line 2"),
    ],
)
def test_bytes_that_are_not_in_their_encoding_are_refused(data: bytes | str, message: str) -> None:
    with pytest.raises(InvalidRecord, match=message):
        SgfRecord.parse(data)


# ── refusals ──


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("", "does not begin with", 1),
        ("<html>for(;;)</html>", "does not begin with", 1),
        ("(;B[aa]", "a closing parenthesis is missing", 1),
        ("(;\n;B[aa]\n;W[bb", "the bracket in line 3 is not closed", 3),
        ("(;\n;B[aa]\n ] )", "line 3, character 2: unexpected ']'", 3),
        ("(;B)", "character 4: unexpected '\\)'", 1),
        ("(;[aa])", "character 3: unexpected '\\['", 1),
        ("(;B[aa](W[bb]))", "character 9: unexpected 'W'", 1),
        ("(;B[aa]();W[bb])", "character 9: unexpected '\\)'", 1),
        ("(;(;B[aa]);W[bb])", "character 11: unexpected ';'", 1),
        ("(;é秀[aa])", "character 3: unexpected 'é'", 1),
        ("(;A B[aa])", "character 5: unexpected 'B'", 1),
        ("(;SZ[37])", "A board has 2 to 25 lines", None),
        ("(;SZ[big])", "no size of a board", None),
        ("(;GM[2])", "another game than Go", None),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place(text: str, message: str, line: int | None) -> None:
    with pytest.raises(InvalidRecord, match=message) as refusal:
        SgfRecord.parse(text)
    assert refusal.value.line == line
    assert refusal.value.code == "invalid_record"


def test_what_follows_the_first_game_is_ignored() -> None:
    assert SgfRecord.parse("(;B[aa]) with my best wishes (;B[bb]").moves == [Move(BLACK, Point(0, 0))]


def test_the_limit_on_size_counts_bytes() -> None:
    assert SgfRecord.parse("(;PB[é])", max_bytes=9).black.name == "é"
    for source in ("(;PB[é])", "(;PB[é])".encode()):
        with pytest.raises(RecordTooLarge):
            SgfRecord.parse(source, max_bytes=8)


MIB = 1024 * 1024
HOSTILE = {
    "deep": b"(;" * 29_999 + b")" * 29_999,
    "deeper": b"(;" * (MIB // 2),
    "wide": b"(;" + b"(;B[aa])" * 29_990 + b")",
    "only parentheses": b"(;" + b"(" * (MIB - 2),
    "open brackets": b"(;C" + b"[" * (MIB - 3),
    "backslashes": b"(;C[" + b"\\" * (MIB - 5),
    "many values": b"(;AB" + b"[aa]" * 99_990 + b")",
    "great rectangles": b"(;SZ[25]AB" + b"[aa:yy]" * 99_990 + b")",
    "names": b"(;" + b"A " * (MIB // 2 - 2),
    "letters": b"(;" + b"A" * (MIB - 2),
    "properties": b"(;" + b"A[]" * 99_990 + b")",
    "blanks": b"(;" + b" " * (MIB - 3) + b")",
    "many moves": b"(" + b";B[aa]" * 29_990 + b")",
    "the same move": b"(" + b";B[aa]" * MAX_MOVES + b")",
    "setups": b"(;SZ[25]" + b";AB[aa:yy]AE[bb]" * 32 + b")",
    "a long comment": b"(;C[" + b"\\\0" * (MIB // 2 - 4) + b"])",
    "many comments": b"(;B[aa]" + b";C[x]" * 29_990 + b")",
    "a long name": b"(;PB[" + b"\0" * (MIB - 8) + b"])",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_record_takes_long_to_read_and_to_replay(name: str) -> None:
    begun = time.process_time()
    with suppress(InvalidRecord):
        SgfRecord.parse(HOSTILE[name]).replay()
    assert time.process_time() - begun < 2.0  # several times what it takes on a free machine


# ── replay ──


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(;SZ[9];B[aa];W[aa])", [("point_occupied", 2)]),
        ("(;SZ[9];B[jj];W[zz];B[a];W[aaa])", [("outside_board", number) for number in (1, 2, 3, 4)]),
        ("(;SZ[9];B[aa];B[bb])", [("out_of_turn", 2)]),
        ("(;SZ[9]RU[Chinese];B[ba];W[];B[ab];W[aa])", [("suicide", 4)]),
        ("(;SZ[9]RU[NZ];B[ba];W[];B[ab];W[aa])", []),
        ("(;SZ[4]AB[ba][ab][cb][bc]AW[ca][db][cc]AE[cb]AW[bb];B[cb];W[bb])", [("ko", 2)]),
        ("(;SZ[4]RU[AGA]PL[B]AB[ba][ab][bc]AW[ca][db][cc][bb];B[cb];W[];B[];W[bb])", [("superko", 4)]),
        ("(;SZ[4]AB[aa:dd])", [("handicap_mismatch", None), ("setup_without_liberties", None)]),
        ("(;SZ[9]AW[zz])", [("outside_board", None)]),
        ("(;SZ[9]KM[lots]HA[-1]TM[1e9])", [("unreadable_number", None)] * 3),
        ("(;SZ[19]KM[375])", [("unreadable_number", None)]),
        ("(;SZ[19]KM[6,5])", []),
    ],
)
def test_what_is_odd_is_noted_with_its_move(text: str, expected: list[tuple[str, int | None]]) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize(
    ("text", "is_odd"),
    [
        ("(;HA[2]AB[pd][dp];W[dd])", False),
        ("(;HA[2];B[pd];B[dp];W[dd])", False),
        ("(;HA[3]AB[pd][dp];W[dd])", True),
        ("(;HA[2];B[pd];W[dd])", True),
        ("(;AB[pd][dp];W[dd])", True),
        ("(;HA[1];B[pd];W[dd])", False),
        ("(;HA[0];B[pd];W[dd])", False),
        ("(;AB[pd][dp]AW[dd];B[cc])", False),
    ],
)
def test_handicap_stones_are_compared_with_the_handicap(text: str, *, is_odd: bool) -> None:
    assert codes(text) == ([("handicap_mismatch", None)] if is_odd else [])


def test_illegal_moves_are_carried_out_as_the_record_says() -> None:
    replay = SgfRecord.parse("(;SZ[3];B[bb];W[bb];B[aa])").replay()
    assert str(replay.board) == drawn("X . .\n. O .\n. . .")
    assert [warning.text for warning in replay.warnings] == [
        "Move 2: White cannot play at B2: there is a stone already."
    ]


def test_a_replay_gives_up_where_nearly_every_move_is_illegal() -> None:
    replay = SgfRecord.parse("(;SZ[9]" + ";B[aa];W[aa]" * 1000 + ")").replay()
    assert len(replay.warnings) == MAX_WARNINGS + 1
    assert replay.warnings[-1].code == "replay_ended"
    assert replay.moves_played == replay.warnings[-1].move == MAX_WARNINGS + 1


def test_a_replay_follows_other_rules_if_asked() -> None:
    record = SgfRecord.parse("(;SZ[9]RU[NZ];B[ba];W[];B[ab];W[aa])")
    assert [warning.code for warning in record.replay(AGA).warnings] == ["suicide"]


# ── writing ──


def test_a_record_is_written_as_other_programs_expect_it() -> None:
    record = SgfRecord(
        size=Size.of(9),
        steps=(Setup(black=frozenset(fixed_handicap(Size.of(9), 2))), Move(WHITE, Point(4, 4)), Move(BLACK, None)),
        black=SgfPlayer("Mi]ra \\", "2k"),
        white=SgfPlayer("Otto"),
        komi=0.5,
        handicap=2,
        rules="Japanese",
        result="W+12.5",
        dates=(date(2026, 3, 4),),
    )
    assert str(record) == (
        "(;FF[4]CA[UTF-8]GM[1]SZ[9]\nDT[2026-03-04]\nPB[Mi\\]ra \\\\]BR[2k]\nPW[Otto]\nRU[Japanese]KM[0.5]HA[2]\n"
        "RE[W+12.5]\nAB[gc][cg]\n;W[ee];B[])\n"
    )


def test_a_played_game_is_written_with_its_clocks_and_its_chat() -> None:
    record = SgfRecord(
        size=Size.of(19),
        steps=(
            Setup(black=frozenset(fixed_handicap(Size.of(19), 3))),
            Move(WHITE, Point(3, 3), 600.0),
            Move(BLACK, Point(2, 2), 29.25, 5, comment="Aiko: [hello]\nOtto: :-\\"),
            Move(WHITE, None, 0.001, 1),
        ),
        black=SgfPlayer("Aiko", "3k"),
        white=SgfPlayer("Otto", "?"),
        komi=0.5,
        handicap=3,
        rules="Japanese",
        result="?",
        dates=(date(2026, 3, 4),),
        name="Evening game",
        place="Tengen: https://go.example/game/90456",
        main_time_seconds=600.0,
        overtime="5x30 byo-yomi",
        comment="Chat is shown after the game.",
    )
    assert str(record) == (
        "(;FF[4]CA[UTF-8]GM[1]SZ[19]\n"
        "DT[2026-03-04]\n"
        "GN[Evening game]PC[Tengen: https://go.example/game/90456]\n"
        "PB[Aiko]BR[3k]\n"
        "PW[Otto]WR[?]\n"
        "RU[Japanese]KM[0.5]HA[3]\n"
        "TM[600]OT[5x30 byo-yomi]\n"
        "RE[?]\n"
        "C[Chat is shown after the game.]\n"
        "AB[pd][dp][pp]\n"
        ";W[dd]WL[600];B[cc]BL[29.25]OB[5]C[Aiko: [hello\\]\nOtto: :-\\\\];W[]WL[0.001]OW[1])\n"
    )
    assert SgfRecord.parse(str(record)) == record


points = st.builds(Point, st.integers(0, 6), st.integers(0, 4))
colors = st.sampled_from(Color)
texts = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20)
comments = st.lists(texts, max_size=4).map(lambda lines: "\n".join(lines).strip("\n"))
seconds_left = st.none() | st.integers(0, 10**9).map(lambda milliseconds: milliseconds / 1000)
moves = st.builds(Move, colors, st.none() | points, seconds_left, st.none() | st.integers(0, 500), comments)
stones = st.frozensets(points, max_size=8)
setups = st.builds(Setup, stones, stones, stones, st.none() | colors).filter(
    lambda setup: bool(setup.black or setup.white or setup.empty)
)
players = st.builds(SgfPlayer, texts, texts)
records = st.builds(
    SgfRecord,
    size=st.just(Size.of(7, 5)),
    steps=st.lists(moves | setups, max_size=20).map(tuple),
    black=players,
    white=players,
    komi=st.none() | st.integers(-70, 70).map(lambda halves: halves / 2),
    handicap=st.none() | st.integers(0, 35),
    rules=texts,
    result=texts,
    dates=st.lists(st.dates(), max_size=3).map(tuple),
    name=texts,
    event=texts,
    place=texts,
    main_time_seconds=st.none() | st.integers(0, 10**6).map(float),
    overtime=texts,
    comment=comments,
)


@given(record=records)
def test_what_is_written_reads_as_it_was(record: SgfRecord) -> None:
    assert SgfRecord.parse(str(record)) == record
    assert SgfRecord.parse(str(record).encode()) == record


@given(record=records)
def test_sgfmill_reads_our_records_as_we_do(record: SgfRecord) -> None:
    game = sgfmill.Sgf_game.from_string(str(replace(record, size=Size.of(7))))
    root, *nodes = game.get_main_sequence()
    assert game.get_size() == 7
    assert [_said(root, name) for name in ("PB", "BR", "PW", "WR", "RU", "RE", "GN", "EV", "PC", "OT", "C")] == [
        record.black.name, record.black.rank, record.white.name, record.white.rank, record.rules, record.result,
        record.name, record.event, record.place, record.overtime, record.comment,
    ]  # fmt: skip
    assert [root.get(name) if root.has_property(name) else None for name in ("KM", "HA", "TM")] == [
        record.komi, record.handicap, record.main_time_seconds
    ]  # fmt: skip
    first = record.steps[0] if record.steps and isinstance(record.steps[0], Setup) else None
    assert [_step_of(node) for node in nodes] == list(record.steps[1:] if first else record.steps)
    assert _step_of(root) == (first or Setup())


def _said(node: sgfmill.Tree_node, name: str) -> str:
    return str(node.get(name)) if node.has_property(name) else ""


def _step_of(node: sgfmill.Tree_node) -> Move | Setup:
    """What sgfmill finds in a node of a 7x7 board, in our words."""
    mark, spot = node.get_move()
    if mark is None:
        black, white, empty = (frozenset(map(_point_at, spots)) for spots in node.get_setup_stones())
        to_move = Color(node.get("PL").upper()) if node.has_property("PL") else None
        return Setup(black, white, empty, to_move)
    color = Color(mark.upper())
    seconds_left, overtime_left = (
        node.get(name) if node.has_property(name) else None for name in (f"{color.value}L", f"O{color.value}")
    )
    return Move(color, spot and _point_at(spot), seconds_left, overtime_left, _said(node, "C"))


def _point_at(spot: tuple[int, int]) -> Point:
    row, column = spot
    return Point(column, 6 - row)


@given(chance=chances, side=st.integers(2, 25))
def test_games_come_back_from_sgfmill_as_they_were(chance: Chance, side: int) -> None:
    size = Size.of(side)
    board = Board(size, CHINESE)
    steps: list[Setup | Move] = []
    if side == 19:
        steps.append(Setup(black=frozenset(fixed_handicap(size, 4))))
    for number in range(40):
        point = chance.choice(size.points())
        legal = board.is_legal(board.to_move, point)
        steps.append(
            Move(board.to_move, point if legal else None, chance.randint(0, 10**6) / 1000, number, "é ]\n[ \\")
        )
        board.play(board.to_move, point) if legal else board.play_pass(board.to_move)
    record = SgfRecord(size=size, steps=tuple(steps), black=SgfPlayer("Aïko ]\\"), komi=7.5, result="B+3.5")
    game = sgfmill.Sgf_game.from_string(str(record))
    position, plays = sgf_moves.get_setup_and_moves(game)
    assert len(position.list_occupied_points()) == (4 if side == 19 else 0)
    assert plays == [
        (move.color.value.lower(), move.point and (side - 1 - move.point.row, move.point.column))
        for move in record.moves
    ]
    # sgfmill has its own spelling of a pass.
    assert SgfRecord.parse(game.serialise()).steps == record.steps


# ── anything at all ──

SCRAPS = (
    "( ) ; [ ] \\ B W AB AE PL SZ KM HA CA RE DT [aa] [tt] [] [aa:cc] [19] [5:3] [UTF-8] [6.5] ;B[aa] ;W[bb] (; é : "
    "[2026-01-02] [12.5] [7] ;C[x]"
)
scraps = st.sampled_from([*SCRAPS.split(), "\n", " ", "\0"])


@settings(max_examples=300)
@given(pieces=st.lists(scraps, max_size=40), is_begun=st.booleans(), as_bytes=st.booleans())
def test_no_text_is_answered_otherwise_than_by_a_record_or_a_refusal(
    pieces: list[str], *, is_begun: bool, as_bytes: bool
) -> None:
    text = ("(;" if is_begun else "") + "".join(pieces) + (")" if is_begun else "")
    try:
        record = SgfRecord.parse(text.encode() if as_bytes else text)
    except InvalidRecord:
        return
    record.replay()
    assert SgfRecord.parse(str(record)) == record


@given(
    source=st.binary(max_size=200)
    | st.binary(max_size=200).map(lambda inner: b"(;PB[" + inner + b"];B[aa])")
    | st.text(max_size=200)
    | st.text(max_size=50).map(lambda inner: f"(;PB[{inner}]AB[{inner}])")
)
def test_nothing_is_answered_otherwise_than_by_a_record_or_a_refusal(source: bytes | str) -> None:
    with suppress(InvalidRecord):
        SgfRecord.parse(source).replay()
