"""The peer of live games: the same server hands the same frames on to two sockets, and does nothing else.

`python -m benchmarks.relay PORT`: no rules, no clocks, no database, no JSON is read or made. Whatever one of the two
sockets of a game sends, both receive the three frames that a move of a game is told by, with the number of the move.
"""

import sys
from typing import Any
from urllib.parse import parse_qs

import uvicorn

from tengen.core.lifespan import LINK
from tengen.realtime.link import MAX_FRAME_BYTES

_MOVE = b'42["game/9001/move",{"game_id":9001,"move_number":%d,"move":[15,3,4210]}]'
_CLOCK = (
    b'42["game/9001/clock",{"game_id":9001,"title":"Evening game","black_player_id":4711,"white_player_id":4712,'
    b'"current_player":4711,"last_move":1774000000000,"expiration":1774001345880,'
    b'"black_time":{"thinking_time":1195.88,"periods":5,"period_time":30},'
    b'"white_time":{"thinking_time":1194.79,"periods":5,"period_time":30},"now":1774000000000}]'
)
_ACTIVE_GAME = b'42["active_game","%s"]' % (b"x" * 1000)
"""As long as the entry of a game."""


class Room:
    """The sockets of one game."""

    def __init__(self) -> None:
        self.links: list[Any] = []
        self.moves = 0

    def hand_on(self) -> None:
        """Both receive what tells a move."""
        self.moves += 1
        frames = [_MOVE % self.moves, _CLOCK, _ACTIVE_GAME]
        for link in self.links:
            link.write(frames)


_rooms: dict[str, Room] = {}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers 200 over HTTP; over WebSockets, hands on."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"OK"})
        return
    room = _rooms.setdefault(parse_qs(scope["query_string"].decode())["game"][0], Room())
    await receive()
    await send({"type": "websocket.accept"})
    room.links.append(scope["extensions"][LINK])
    while (message := await receive())["type"] == "websocket.receive":
        if message["text"] != "40":
            room.hand_on()


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        log_level="warning",
        lifespan="off",
        ws="tengen.cli.protocol:RealtimeWebSocket",
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,
    )
