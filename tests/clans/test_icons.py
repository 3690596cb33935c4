"""Icons of clans: what is accepted, what is refused with which text, and what hostile bytes cost."""

import base64
import contextlib
import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tengen.clans.icons import Icon, InvalidIcon

SIGNATURE = b"\x89PNG\r\n\x1a\n"
BROKEN = "Image could not be validated"


def a_picture(width: int = 64, height: int = 64, *, mode: str = "RGB", kind: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    Image.new(mode, (width, height), 1).save(file, kind, **options)
    return file.getvalue()


def a_chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def a_header(width: int, height: int) -> bytes:
    return a_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))


def a_file(*chunks: bytes) -> bytes:
    return SIGNATURE + b"".join(chunks)


def parse(data: bytes) -> Icon:
    return Icon.parse(base64.b64encode(data).decode())


def refusal_of(data: bytes) -> str:
    with pytest.raises(InvalidIcon) as refusal:
        parse(data)
    return refusal.value.message


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("side", [1, 17, 64])
def test_a_small_square_png_is_kept_byte_for_byte(mode: str, side: int) -> None:
    data = a_picture(side, side, mode=mode)
    text = base64.b64encode(data).decode()
    icon = Icon.parse(text)
    assert icon.png == data
    assert icon.base64 == text


def test_base64_may_come_in_lines() -> None:
    data = a_picture()
    assert Icon.parse(base64.encodebytes(data).decode()).png == data


@pytest.mark.parametrize("text", ["", "hi", "not base64!", "data:image/png;base64,", "é", "\ud800", "A"])
def test_text_that_is_no_picture_is_refused(text: str) -> None:
    with pytest.raises(InvalidIcon) as refusal:
        Icon.parse(text)
    assert refusal.value.message == BROKEN


@pytest.mark.parametrize("side", [62, 63, 64])
def test_garbage_after_the_base64_text_is_refused(side: int) -> None:
    with pytest.raises(InvalidIcon) as refusal:
        Icon.parse(base64.b64encode(a_picture(side, side)).decode() + "hi")
    assert refusal.value.message == BROKEN


def test_garbage_after_the_picture_is_refused() -> None:
    assert refusal_of(a_picture() + b"<script>") == BROKEN
    assert refusal_of(a_picture() + a_chunk(b"tEXt", b"a\x00b")) == BROKEN


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "BMP", "WEBP", "TIFF"])
def test_other_formats_are_refused(kind: str) -> None:
    assert refusal_of(a_picture(kind=kind)) == "Image should be in PNG format"


@pytest.mark.parametrize(("width", "height"), [(65, 65), (128, 64), (64, 128), (1, 65), (1000, 1000)])
def test_pictures_larger_than_64_pixels_are_refused(width: int, height: int) -> None:
    assert refusal_of(a_picture(width, height)) == "Image is too large"


@pytest.mark.parametrize(("width", "height"), [(64, 63), (1, 2), (32, 64)])
def test_oblong_pictures_are_refused(width: int, height: int) -> None:
    assert refusal_of(a_picture(width, height)) == "Image should be square"


def test_a_decompression_bomb_is_refused_by_its_header_alone() -> None:
    bomb = zlib.compress(b"\x00" * 30_000_000, 9)
    assert refusal_of(a_file(a_header(100_000, 100_000), a_chunk(b"IDAT", bomb), a_chunk(b"IEND"))) == (
        "Image is too large"
    )


def test_a_second_header_cannot_smuggle_in_another_size() -> None:
    pixels = a_chunk(b"IDAT", zlib.compress(b"\x00" * 100))
    assert refusal_of(a_file(a_header(1, 1), a_header(30_000, 30_000), pixels, a_chunk(b"IEND"))) == BROKEN


def test_a_small_picture_with_endless_pixel_data_costs_no_more_than_its_own_pixels() -> None:
    data = a_file(a_header(1, 1), a_chunk(b"IDAT", zlib.compress(b"\x00" * 20_000_000, 9)), a_chunk(b"IEND"))
    assert len(data) < 64 * 1024
    assert parse(data).png == data


def test_a_file_of_many_bytes_is_refused() -> None:
    padding = a_chunk(b"tEXt", b"k\x00" + b"x" * 70_000)
    assert refusal_of(a_picture()[:-12] + padding + a_chunk(b"IEND")) == "Image is too large"


@pytest.mark.parametrize(
    "data",
    [
        SIGNATURE,
        a_file(a_chunk(b"IEND")),
        a_file(a_header(0, 0), a_chunk(b"IEND")),
        a_file(a_header(4, 4), a_chunk(b"IEND")),  # no pixels
        a_file(a_header(4, 4), a_chunk(b"IDAT", b"not compressed"), a_chunk(b"IEND")),
        a_file(a_chunk(b"IHDR", b"short"), a_chunk(b"IEND")),
        a_picture()[:-1],
        a_picture()[:-12],
        a_file(a_chunk(b"IDAT", b""), a_header(4, 4), a_chunk(b"IEND")),
    ],
)
def test_files_that_are_only_like_a_png_are_refused(data: bytes) -> None:
    assert refusal_of(data) == BROKEN


def test_texts_camera_data_and_colour_profiles_are_left_out_of_what_is_stored() -> None:
    info = PngInfo()
    info.add_text("Comment", "taken at home", zip=True)
    plain = a_picture()
    told = a_picture(pnginfo=info, exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00\x00\x00", icc_profile=b"x" * 200)
    assert told != plain
    assert parse(told).png == plain


def test_the_resolution_is_kept() -> None:
    data = a_picture(dpi=(72, 72))
    assert b"pHYs" in data
    assert parse(data).png == data


@given(st.data())
def test_whatever_bytes_arrive_they_are_an_icon_or_refused(data: st.DataObject) -> None:
    picture = bytearray(a_picture(8, 8, mode="RGBA"))
    for _ in range(data.draw(st.integers(1, 4))):
        picture[data.draw(st.integers(0, len(picture) - 1))] = data.draw(st.integers(0, 255))
    try:
        icon = parse(bytes(picture))
    except InvalidIcon:
        return
    with Image.open(BytesIO(icon.png)) as image:
        assert image.format == "PNG"
        assert image.size == (8, 8)


@given(st.binary(max_size=200), st.integers(0, 6), st.integers(0, 16), st.integers(0, 1))
def test_well_framed_nonsense_is_an_icon_or_refused(pixels: bytes, colour: int, depth: int, interlaced: int) -> None:
    header = a_chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, depth, colour, 0, 0, interlaced))
    for body in (pixels, zlib.compress(pixels)):
        data = a_file(header, a_chunk(b"PLTE", pixels[:12]), a_chunk(b"IDAT", body), a_chunk(b"IEND"))
        with contextlib.suppress(InvalidIcon):
            assert parse(data).png == data
