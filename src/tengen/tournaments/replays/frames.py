"""The frames that go between the server and its parsers: four bytes of length, and so many bytes. Pure."""

from struct import Struct

HEAD = Struct(">I")
"""The length, the most significant byte first."""


def framed(content: bytes) -> bytes:
    """The bytes with their length in front."""
    return HEAD.pack(len(content)) + content
