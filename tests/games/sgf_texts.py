"""Records for properties: built of SGF's grammar, mostly right, with what editors and strangers get wrong."""

from hypothesis import strategies as st

LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMES = ["B", "W", "AB", "AW", "AE", "PL", "SZ", "KM", "HA", "RU", "RE", "GM", "FF", "CA", "DT", "TM", "PB", "C", "XX"]

points = st.text(LETTERS, min_size=2, max_size=2) | st.sampled_from(
    ["", "tt", "aa:ss", "aa:", ":", "A", "zz", "aa:bb:cc"]
)
numbers = st.sampled_from(["0", "1", "2", "9", "19", "25", "26", "19:13", "-1", "6.5", "1e9", "99999", "½", ""])
codes = st.sampled_from(["UTF-8", "GB2312", "Shift_JIS", "EUC-KR", "Big5", "latin1", "x-odd", "utf-7", ""])
words = st.text(st.characters(codec="utf-8"), max_size=8).map(
    lambda text: text.replace("\\", "\\\\").replace("]", "\\]")
)
values = points | numbers | words | codes | st.sampled_from(["B+R", "W+3.5", "Japanese", "Chinese", "\\", "[", "B"])


def _property(name: str, inside: list[str]) -> str:
    return name + "".join(f"[{value}]" for value in inside)


properties = st.one_of(
    st.builds(_property, st.sampled_from(["B", "W"]), points.map(lambda point: [point])),
    st.builds(_property, st.sampled_from(["AB", "AW", "AE"]), st.lists(points, max_size=4)),
    st.builds(_property, st.sampled_from(NAMES), st.lists(values, max_size=3)),
)
nodes = st.lists(properties, max_size=4).map(lambda inside: ";" + "".join(inside))
sequences = st.lists(nodes, min_size=1, max_size=12).map("".join)
trees = st.recursive(
    sequences.map(lambda nodes: f"({nodes})"),
    lambda inner: st.builds(lambda nodes, more: f"({nodes}{''.join(more)})", sequences, st.lists(inner, max_size=3)),
    max_leaves=10,
)


def _bent(text: str, place: int, piece: str, depth: int) -> str:
    """The text with a piece put into it somewhere, in so many parentheses more."""
    place = min(place, len(text))
    return "(;" * depth + text[:place] + piece + text[place:] + ")" * depth


pieces = st.just("") | st.sampled_from(
    ["(", ")", ";", "[", "]", "\\", "\n", " ", "B", "b", "\0", "é", "[]", "()", "(;"]
)
sgf_texts: st.SearchStrategy[str] = st.builds(
    _bent, trees, st.integers(0, 400), pieces, st.sampled_from([0] * 8 + [1, 50, 2_000])
)
"""Text of something like a record."""

encodings = st.sampled_from(["utf-8", "gb18030", "cp932", "cp949", "big5hkscs", "latin-1", "utf-16", "iso2022-jp"])
sgf_bytes: st.SearchStrategy[bytes] = st.one_of(
    st.builds(lambda text, codec: text.encode(codec, "replace"), sgf_texts, encodings),
    st.builds(lambda text, tail: text.encode()[:-1] + tail, sgf_texts, st.binary(max_size=8)),
    st.binary(max_size=200),
    st.binary(max_size=60).map(lambda inside: b"(;PB[" + inside + b"])"),
)
"""Bytes of something like a record."""

LARGE_TEXTS = [
    "(" * 29_999 + ";" + ")" * 29_999,
    "(;" * 29_999 + ")" * 29_999,
    "(;" + "(;B[aa])" * 29_990 + ")",
    "(;C[" + "a" * 1_000_000 + "])",
    "(;C[" + "\\]" * 500_000 + "])",
    "(;C[" + "\\]" * 500_000,
    "(;" + "AB[]" * 99_990 + ")",
    "(;AB" + "[zz]" * 99_990 + ")",
    "(;" + "A " * 500_000 + ")",
    "(;" + " " * 1_000_000 + ")",
    "[" * 1_000_000,
    "(;" + "[" * 1_000_000,
    ";" * 1_000_000,
    "(;SZ[25]" + ";AB[aa:yy]AW[aa:yy]AE[aa:yy]" * 10 + ")",
    "(;DT[" + "1999-01-01," * 90_000 + "])",
    "(;RE[b" + " " * 1_000_000 + "+])",
]
"""The largest and deepest of up to a mebibyte, each of another kind."""
