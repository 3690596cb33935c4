"""Drawings painted: who asks for the same shares it, and words are painted everywhere."""

import asyncio
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tengen.core import pictures
from tengen.core.painting import paint
from tengen.core.pictures import PictureFailed, Pictures, TooManyPictures
from tengen.core.svg import written


def a_drawing(text: str = "", side: int = 60) -> str:
    """A white square with a black text."""
    words = f'<text x="4" y="30" font-size="20" font-family="sans-serif">{written(text)}</text>' if text else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}">'
        f'<rect width="{side}" height="{side}" fill="#fff"/>{words}</svg>'
    )


def ink(png: bytes) -> int:
    """How many pixels are dark."""
    return sum(brightness < 128 for brightness in Image.open(BytesIO(png)).convert("L").tobytes())


async def test_a_drawing_is_painted_as_large_as_it_is() -> None:
    painter = Pictures()
    image = Image.open(BytesIO(await painter.png(a_drawing(side=33))))
    assert (image.format, image.size) == ("PNG", (33, 33))
    await painter.close()


def test_words_of_any_script_leave_ink_on_any_machine() -> None:
    assert ink(paint(a_drawing())) == 0
    for text in ("3k ± 1", "Łódź", "天元"):
        assert ink(paint(a_drawing(text))) > 30


def test_what_stands_in_a_drawing_for_darkness_is_left_out() -> None:
    dark = "<style>@media (prefers-color-scheme:dark){rect{fill:#000}}</style>"
    assert ink(paint(a_drawing().replace("<rect", f"{dark}<rect"))) == 0


async def test_what_is_no_drawing_is_not_painted() -> None:
    with pytest.raises(PictureFailed):
        await Pictures().png("<html/>")


@pytest.mark.parametrize(
    ("text", "expected"), [("a<b>&c", "a&lt;b&gt;&amp;c"), ("a\x00b\ud800\u202ec", "a b  c"), ("天元 ß", "天元 ß")]
)
def test_text_in_a_drawing_is_escaped_and_what_xml_cannot_hold_is_a_blank(text: str, expected: str) -> None:
    assert written(text) == expected


def counting(tmp_path: Path, output: str = "picture") -> tuple[str, ...]:
    """A painter that paints nothing, and leaves a line in a file for each time."""
    code = f"import sys; sys.stdin.read(); open({str(tmp_path)!r} + '/painted', 'a').write('x'); print({output!r})"
    return (sys.executable, "-I", "-c", code)


async def test_a_picture_is_painted_once_for_all_who_ask(tmp_path: Path) -> None:
    painter = Pictures(command=counting(tmp_path))
    drawing = a_drawing("D4")
    same = await asyncio.gather(*[painter.png(a_drawing("D4")) for _ in range(5)])
    assert set(same) == {b"picture\n"}
    assert await painter.png(drawing) == b"picture\n"
    assert (tmp_path / "painted").read_text() == "x"


async def test_only_so_many_bytes_are_kept(tmp_path: Path) -> None:
    painter = Pictures(command=counting(tmp_path), kept_bytes=20)  # two pictures
    first, second, third = (a_drawing(moves) for moves in ("A1", "B2", "C3"))
    for drawing in (first, second, first, third, first, second):
        await painter.png(drawing)
    assert (tmp_path / "painted").read_text() == "xxxx"


async def test_a_painter_that_fails_is_told_of_and_tried_again(tmp_path: Path) -> None:
    painter = Pictures(command=(sys.executable, "-I", "-c", "raise SystemExit(3)"))
    for _ in range(2):
        with pytest.raises(PictureFailed):
            await painter.png(a_drawing())
    with pytest.raises(PictureFailed):
        await Pictures(command=(str(tmp_path / "no-such-program"),)).png(a_drawing())


async def test_no_more_may_wait_than_can_be_painted_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_WAITING", 1)
    painter = Pictures(command=(sys.executable, "-I", "-c", "import time; time.sleep(60)"))
    waiting = asyncio.create_task(painter.png(a_drawing()))
    await asyncio.sleep(0)
    with pytest.raises(TooManyPictures):
        await painter.png(a_drawing("D4"))
    await painter.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
