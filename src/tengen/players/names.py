"""The names that players have on game servers. Pure."""

from tengen.core.errors import Invalid
from tengen.core.values import clean_line, name_key

MAX_NAME = 20


class InvalidPlayerName(Invalid):
    """The text cannot be a player's name."""

    code = "invalid_player_name"


def parse_name(text: str) -> str:
    """The name as it is kept. Raises `InvalidPlayerName`: empty, too long, or not one clean line.

    Several players may bear one name, on one server too.
    """
    try:
        name = clean_line(text, what="The player's name")
    except Invalid as error:
        raise InvalidPlayerName(error.message) from error
    if not name_key(name):
        raise InvalidPlayerName("The player's name is empty.")
    if len(name) > MAX_NAME:
        raise InvalidPlayerName(f"The player's name has more than {MAX_NAME} characters.")
    return name


def usual_name(display_name: str) -> str:
    """The name of a player who chose none: the account's, as far as it fits."""
    return display_name[:MAX_NAME].rstrip()
