"""The commands that every client may send, whoever it is: pings, what host this is, and reports that nobody reads."""

import math
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tengen.realtime.clients import Client
    from tengen.realtime.messages import Json
    from tengen.realtime.runtime import Realtime


def register(realtime: "Realtime") -> None:
    """Let clients ping, and ask for the host."""

    async def hostinfo(client: "Client", _payload: Any) -> "Json":
        """`hostinfo`: what host this is, which is also the acknowledgement."""
        info: Json = {
            "hostname": realtime.site,
            "clients": len(realtime.clients),
            "uptime": int(realtime.uptime.total_seconds()),
        }
        client.send("hostinfo", info)
        return info

    commands = realtime.commands
    commands.on("net/ping", _ping)
    commands.on("hostinfo", hostinfo)
    # What clients say about their connections, and the connecting of chat and notifications that older ones ask for.
    commands.ignore(
        "net/connects",
        "net/route_latency",
        "net/timeout",
        "net/unrecoverable_error",
        "chat/connect",
        "notification/connect",
    )


async def _ping(client: "Client", payload: Any) -> None:
    """`net/ping`: answered at once, with the client's own time and that of the platform."""
    sent_at = payload.get("client") if isinstance(payload, dict) else None
    client.send("net/pong", {"client": sent_at if _is_number(sent_at) else 0, "server": int(time.time() * 1000)})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
