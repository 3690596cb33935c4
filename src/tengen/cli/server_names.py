"""Game servers as commands name them: by id, or by name."""

from typing import TYPE_CHECKING

from tengen.core.values import MAX_ID, ServerId
from tengen.servers.service import Server, find_server

if TYPE_CHECKING:
    from tengen.core.database import Connection


async def server_named(connection: "Connection", text: str) -> Server:
    """The server of this id, or, if the text is no number, listed under this very name.

    Raises `ServerNotFound` and `SeveralServersNamed`.
    """
    is_id = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID)) and int(text) <= MAX_ID
    return await find_server(connection, ServerId(int(text)) if is_id else None, text)
