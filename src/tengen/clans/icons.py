"""Icons of clans: small square PNG pictures, sent as base64, from people whom nobody knows.

A picture is taken in three steps, so that no bytes that arrive can cost much: its frame (the chunks, with lengths and
check sums; PNG specification, section 5) is read without decoding anything, its size comes from the header, and only
a small one is decoded, from nothing but the chunks that make the pixels.

What is stored is the picture byte for byte, without the chunks that have nothing to do with its look (texts, camera
data, animation) or that hide compressed data (colour profiles): whoever shows it decodes only what was checked here.
"""

import base64
import binascii
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from tengen.core.errors import Invalid

MAX_SIDE = 64
"""Pixels."""
MAX_BYTES = 64 * 1024
"""More than any PNG of 64 × 64 pixels needs: 16 bits in four channels, uncompressed, are 32 KiB."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# How files of other well-known picture formats begin: they deserve a better answer than "not a picture".
_OTHER_FORMATS = (b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"RIFF", b"II*\x00", b"MM\x00*", b"<svg", b"<?xml")

_PIXELS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_LOOK = {b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs"}


class InvalidIcon(Invalid):
    """The text holds no picture that can be a clan's icon."""

    code = "invalid_clan_icon"


@dataclass(frozen=True, slots=True)
class Icon:
    """A clan's icon: a valid, square PNG of at most 64 × 64 pixels."""

    png: bytes

    @classmethod
    def parse(cls, text: str) -> "Icon":
        """The icon from base64 text. Raises `InvalidIcon` with the first rule that it breaks."""
        data = _decode_base64(text)
        if not data.startswith(_SIGNATURE):
            if data.startswith(_OTHER_FORMATS):
                raise InvalidIcon("Image should be in PNG format")
            raise _broken()
        if len(data) > MAX_BYTES:
            raise _too_large()
        chunks = list(_chunks(data))
        width, height = _size(chunks)
        if width > MAX_SIDE or height > MAX_SIDE:
            raise _too_large()
        if width != height:
            raise InvalidIcon("Image should be square")
        _decode_pixels(_file([chunk for chunk in chunks if chunk.kind in _PIXELS]))
        return cls(_file([chunk for chunk in chunks if chunk.kind in _PIXELS | _LOOK]))

    @property
    def base64(self) -> str:
        """The picture as it goes over the wire."""
        return base64.b64encode(self.png).decode()


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    raw: bytes
    """Length, kind, data and check sum, as they were."""

    @property
    def data(self) -> bytes:
        return self.raw[8:-4]


def _broken() -> InvalidIcon:
    return InvalidIcon("Image could not be validated")


def _too_large() -> InvalidIcon:
    return InvalidIcon("Image is too large")


def _decode_base64(text: str) -> bytes:
    try:
        # Line breaks are part of base64 as mail has it, and some encoders still make them.
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _broken() from error


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """The file's chunks up to IEND, with their check sums verified; nothing may follow."""
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunk = _Chunk(kind=data[at + 4 : at + 8], raw=data[at : at + 12 + length])
        at += len(chunk.raw)
        if len(chunk.raw) != 12 + length or struct.pack(">I", zlib.crc32(chunk.raw[4:-4])) != chunk.raw[-4:]:
            raise _broken()
        yield chunk
        if chunk.kind == b"IEND":
            if at != len(data):
                raise _broken()
            return
    raise _broken()


def _size(chunks: list[_Chunk]) -> tuple[int, int]:
    """Width and height in pixels, from the header."""
    # One header, in the first place: a decoder would believe the last, and the size checked would not be its size.
    if [chunk.kind for chunk in chunks].count(b"IHDR") != 1:
        raise _broken()
    header = chunks[0]
    if header.kind != b"IHDR" or len(header.data) != 13:
        raise _broken()
    width, height = struct.unpack_from(">II", header.data)
    if not width or not height:
        raise _broken()
    return width, height


def _decode_pixels(png: bytes) -> None:
    try:
        with Image.open(BytesIO(png), formats=["PNG"]) as image:
            image.load()
    except Exception as error:  # a decoder's complaints about hostile bytes are no closed set
        raise _broken() from error


def _file(chunks: list[_Chunk]) -> bytes:
    return _SIGNATURE + b"".join(chunk.raw for chunk in chunks)
