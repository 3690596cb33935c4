"""A program of its own that paints one picture: it reads an SVG from its input and writes a PNG to its output.

Painting takes a tenth of a second in which nothing else in the same process goes on (`tengen.core.pictures`).
"""

import sys
from tempfile import NamedTemporaryFile
from typing import Any

import resvg_py

_OUR_FONT = "Aileron"
"""The one that Pillow brings along, so that most words look the same everywhere, also where there are no fonts."""
_ITS_OTHERS = frozenset("±·…")
"""What it has beside ASCII, as far as drawings use it."""


def paint(svg: str) -> bytes:
    """The drawing as a PNG, light, as wide and high as it says. Raises `ValueError` if it is no SVG.

    Words in other letters than those of English are painted with the fonts of the machine.
    """
    if "<text" not in svg:
        return bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))
    is_ours = all(character.isascii() or character in _ITS_OTHERS for character in svg)
    with NamedTemporaryFile(suffix=".ttf") as file:
        file.write(_font())
        file.flush()
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=svg,
                skip_system_fonts=is_ours,
                font_files=[file.name],
                font_family=_OUR_FONT,
                sans_serif_family=_OUR_FONT,
            )
        )


def _font() -> bytes:
    from PIL import ImageFont  # drawings without words do without it

    font: Any = ImageFont.load_default(size=12)
    content: bytes = font.font_bytes
    return content


def main() -> None:
    """Paint what stands in the input."""
    sys.stdout.buffer.write(paint(sys.stdin.buffer.read().decode()))


if __name__ == "__main__":
    main()
