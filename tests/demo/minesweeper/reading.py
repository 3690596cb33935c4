"""What ms_toollib says of replays. It runs in a child process, since it aborts the one that gives it a bad replay."""

import json
import subprocess
import sys
from base64 import b64encode
from dataclasses import dataclass

_CHILD = """
import json, sys
from base64 import b64decode
import ms_toollib

FACTS = (
    "level mode row column mine_num bbbv bbbv_solved rtime_ms start_time end_time is_completed software country"
    " player_identifier unique_identifier race_identifier"
).split()

def read(replay):
    kind = ms_toollib.RmvVideo if replay.startswith(b"*rmv") else ms_toollib.AvfVideo
    video = kind("replay", replay)
    video.parse()
    events = len(video.events)
    video.analyse()
    video.current_time = 1e9
    facts = {fact: getattr(video, fact) for fact in FACTS}
    return facts | {"events": events, "counted_bbbv": ms_toollib.cal_bbbv(video.board), "validity": video.is_valid()}

json.dump([read(b64decode(text)) for text in json.load(sys.stdin)], sys.stdout)
"""


@dataclass(frozen=True)
class Reading:
    """A replay, analysed up to its end: the library's facts by their names there, instants as microseconds since 1970.

    Beside them `counted_bbbv`, which is counted on the board; `validity`: 0 valid, 1 not, 3 unsure; and `events`, their
    number.
    """

    level: int
    mode: int
    row: int
    column: int
    mine_num: int
    bbbv: int
    bbbv_solved: int
    counted_bbbv: int
    rtime_ms: int
    start_time: int
    end_time: int
    is_completed: bool
    validity: int
    software: str
    country: str
    player_identifier: str
    unique_identifier: str
    race_identifier: str
    events: int


def read(*replays: bytes) -> list[Reading]:
    """What the library says of each. Fails if it cannot read one of them."""
    texts = json.dumps([b64encode(replay).decode() for replay in replays])
    child = subprocess.run([sys.executable, "-c", _CHILD], input=texts, capture_output=True, text=True, timeout=60)
    assert child.returncode == 0, child.stderr
    return [Reading(**facts) for facts in json.loads(child.stdout)]


def board_of(reading: Reading) -> tuple[int, int, int]:
    """Columns, rows, mines."""
    return reading.column, reading.row, reading.mine_num
