"""Forms with one file: what is read in one pass is what a full parser finds, and what programs send is read so."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from tengen.tournaments.multipart import only_file

FIELD = "video"


@dataclass(frozen=True)
class Form:
    """A form as it goes over the wire."""

    body: bytes
    content_type: str

    @property
    def file(self) -> bytes | None:
        """What is read of it in one pass."""
        return only_file(self.body, self.content_type, FIELD)


def a_form(*parts: bytes, boundary: str = "frontier", end: bytes = b"--\r\n") -> Form:
    """Parts, each with its headers, behind a boundary each."""
    line = b"--" + boundary.encode()
    body = b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + end
    return Form(body, f"multipart/form-data; boundary={boundary}")


def a_part(content: bytes, name: str = FIELD, filename: str | None = "game.rmv") -> bytes:
    """A file, or a field if there is no `filename`."""
    of_file = "" if filename is None else f'; filename="{filename}"'
    return f'Content-Disposition: form-data; name="{name}"{of_file}\r\n\r\n'.encode() + content


KIND = a_part(b"application/x-viennasweeper", "mime_type", None)


async def parsed(form: Form) -> bytes | None:
    """What the framework's parser finds: the file's content; None for no form, or one without the file."""

    async def receive() -> Message:
        return {"type": "http.request", "body": form.body, "more_body": False}

    headers = [(b"content-type", form.content_type.encode("latin-1"))]
    request = Request({"type": "http", "method": "POST", "headers": headers, "app": None}, receive)
    try:
        async with request.form(max_files=1, max_fields=16) as found:
            part = found.get(FIELD)
            return await part.read() if isinstance(part, UploadFile) else None
    except HTTPException:
        return None


# ── what programs send ──


@pytest.mark.parametrize("content", [b"", b"x", b"\r\n", b"x--frontier", b"\r\n--frontie", bytes(range(256)) * 100])
@pytest.mark.parametrize("end", [b"--\r\n", b"--"])
async def test_the_content_of_the_file_is_found_byte_for_byte(content: bytes, end: bytes) -> None:
    for parts in ([a_part(content)], [KIND, a_part(content)], [a_part(content), KIND]):
        form = a_form(*parts, end=end)
        assert form.file == await parsed(form) == content


@pytest.mark.parametrize("name", ["game.rmv", "HI-SCORE Beg_9.1.avf", "Ann; the best.avf"])
def test_forms_of_python_programs_are_read_in_one_pass(name: str) -> None:
    content = b"*rmv\r\n\r\n--" + bytes(range(256))
    with_requests = requests.Request(
        "POST",
        "http://localhost/",
        data={"mime_type": "application/x-viennasweeper"},
        files={FIELD: (name, content)},
    ).prepare()
    with_httpx = httpx.Request("POST", "http://localhost/", files={FIELD: (name, content)}, data={"mime_type": "x"})
    assert isinstance(with_requests.body, bytes)
    assert Form(with_requests.body, str(with_requests.headers["Content-Type"])).file == content
    assert Form(with_httpx.read(), with_httpx.headers["Content-Type"]).file == content


@pytest.mark.parametrize("type_", ['form-data; boundary="frontier"', "form-data; boundary=frontier; charset=utf-16"])
def test_other_spellings_of_the_type_are_for_a_full_parser(type_: str) -> None:
    assert only_file(a_form(a_part(b"x")).body, f"multipart/{type_}", FIELD) is None


OTHER_FORMS: dict[str, Sequence[bytes]] = {
    "no part": [],
    "no file": [KIND],
    "two files": [a_part(b"x"), a_part(b"y", "other")],
    "the file twice": [a_part(b"x"), a_part(b"y")],
    "a field of its name beside it": [a_part(b"x"), a_part(b"y", filename=None)],
    "another's file": [a_part(b"x", "other")],
    "a field of that name": [a_part(b"x", filename=None)],
    "many parts": [*[KIND] * 4, a_part(b"x")],
    "no headers": [b"\r\nx"],
    "content that begins like a boundary": [a_part(b"--frontier")],
    "no end of headers": [b'Content-Disposition: form-data; name="video"; filename="x"'],
    "a quote in the name": [a_part(b"x", filename='a\\"; b')],
    "a further header": [b"X-More: 1\r\n" + a_part(b"x")],
}


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_other_forms_are_for_a_full_parser(form: str) -> None:
    assert a_form(*OTHER_FORMS[form]).file is None


# ── what anybody may send ──

FRAGMENTS = [
    b"\r\n",
    b"\r",
    b"\n",
    b"--",
    b"-",
    b"frontier",
    b"--frontier",
    b"\r\n--frontier",
    b"\r\n--frontier--",
    b" ",
]
some_bytes = st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=4), max_size=6).map(b"".join)
names = st.sampled_from([FIELD, "mime_type", "other"])
filenames = st.none() | st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=6)
parts = st.builds(a_part, some_bytes, names, filenames) | st.just(KIND)
forms = st.builds(
    lambda parts, end: a_form(*parts, end=end),
    st.lists(parts | some_bytes, max_size=5),
    st.sampled_from([b"--\r\n", b"--", b"", b"\r\n"]) | some_bytes,
)


@st.composite
def bent_forms(draw: st.DrawFn) -> Form:
    """Forms of which a piece is missing, or replaced."""
    form = draw(forms)
    start = draw(st.integers(0, len(form.body)))
    end = draw(st.integers(start, min(start + 8, len(form.body))))
    return Form(form.body[:start] + draw(some_bytes) + form.body[end:], form.content_type)


@settings(max_examples=1000)
@given(forms | bent_forms())
@example(a_form(a_part(b"x") + b"\r\n--frontierx"))
@example(a_form(a_part(b"x") + b"\r\n--frontier \r\n", KIND))
@example(a_form(a_part(b"x"), end=b"--\r\nmore"))
async def test_what_is_read_in_one_pass_a_full_parser_finds_too(form: Form) -> None:
    if form.file is not None:
        assert await parsed(form) == form.file
