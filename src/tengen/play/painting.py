"""A program of its own that paints one picture: it reads an SVG from its input and writes a PNG to its output.

Painting takes a tenth of a second in which nothing else in the same process goes on (`tengen.play.pictures`).
"""

import sys

import resvg_py


def main() -> None:
    """Paint what stands in the input."""
    svg = sys.stdin.buffer.read().decode()
    # Without the fonts of the machine: pictures are the same everywhere, and hold no text.
    sys.stdout.buffer.write(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))


if __name__ == "__main__":
    main()
