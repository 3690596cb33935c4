"""How a game server presents itself in the directory. Pure."""

from dataclasses import dataclass

from tengen.core import values
from tengen.core.errors import Invalid
from tengen.servers.hosts import HostName

MAX_NAME = 100
MAX_DESCRIPTION = 200
MAX_GAME_TYPE = 10
MAX_MAP = 100


class InvalidListing(Invalid):
    """Something in it cannot be shown."""

    code = "invalid_listing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a server tells about itself. `port` is 1 to 65535, the texts hold nothing that misleads."""

    host_name: HostName
    port: int
    display_name: str
    description: str = ""
    game_type: str = ""
    max_player_count: int = 0


def parse_name(text: str) -> str:
    """The name under which a server is listed. Raises `InvalidListing`: empty, too long, or not one clean line."""
    name = check_line(text.strip())
    if not name:
        raise InvalidListing("The server's name is empty.")
    if len(name) > MAX_NAME:
        raise InvalidListing(f"The server's name has more than {MAX_NAME} characters.")
    return name


def parse_text(text: str) -> str:
    """Text of several lines, perhaps with tabs, without blanks around it. Raises `InvalidListing`."""
    lines = text.strip().replace("\r\n", "\n")
    for line in lines.split("\n"):
        check_line(line.replace("\t", " "))
    return lines


def check_line(text: str) -> str:
    """The line as it is. Raises `InvalidListing` for characters that hide, mislead or break it."""
    try:
        values.check_line(text)
    except Invalid as error:
        raise InvalidListing(error.message) from error
    return text
