"""What every drawing in SVG needs. Pure."""

from xml.sax.saxutils import escape


def written(text: str) -> str:
    """A text between two tags. XML cannot hold every character: what people cannot see becomes a blank."""
    return escape("".join(character if character.isprintable() else " " for character in text))
