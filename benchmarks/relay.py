"""The peer of live games: the same framework hands the same frames on to two sockets, and does nothing else.

`python -m benchmarks.relay PORT`: no rules, no clocks, no database, no JSON. Whatever one of the two sockets of a game
sends, both receive the three frames that a move of a game is told by.
"""

import sys
from typing import Any
from urllib.parse import parse_qs

import uvicorn

from tengen.core.lifespan import LINK

_MOVE = '42["game/9001/move",{"game_id":9001,"move_number":120,"move":[15,3,4210]}]'
_CLOCK = (
    '42["game/9001/clock",{"game_id":9001,"title":"Evening game","black_player_id":4711,"white_player_id":4712,'
    '"current_player":4711,"last_move":1774000000000,"expiration":1774001345880,'
    '"black_time":{"thinking_time":1195.88,"periods":5,"period_time":30},'
    '"white_time":{"thinking_time":1194.79,"periods":5,"period_time":30},"now":1774000000000}]'
)
_ACTIVE_GAME = '42["active_game",' + '"' + "x" * 880 + '"]'
FRAMES = [frame.encode() for frame in (_MOVE, _CLOCK, _ACTIVE_GAME)]
"""As long as those of a game."""

_rooms: dict[str, list[Any]] = {}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers 200 over HTTP; over WebSockets, hands on."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"OK"})
        return
    room = _rooms.setdefault(parse_qs(scope["query_string"].decode())["game"][0], [])
    await receive()
    await send({"type": "websocket.accept"})
    room.append(scope["extensions"][LINK])
    while (message := await receive())["type"] == "websocket.receive":
        if message["text"] != "40":
            for link in room:
                link.write(FRAMES)


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        log_level="warning",
        lifespan="off",
        ws="tengen.cli.protocol:RealtimeWebSocket",
        ws_per_message_deflate=False,
    )
