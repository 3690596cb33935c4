"""Builders for tests of the import of the AGA's games: rows and dumps as the AGA writes them."""

from typing import Any

COLUMNS = (
    "Game_ID", "Tournament_Code", "Game_Date", "Round", "Pin_Player_1", "Color_1", "Rank_1", "Pin_Player_2", "Color_2",
    "Rank_2", "Handicap", "Komi", "Result", "Sgf_Code", "Online", "Exclude", "Rated", "Elab_Date",
)  # fmt: skip
_ROW: dict[str, Any] = {
    "Game_ID": 62,
    "Tournament_Code": "'fall08'",
    "Game_Date": "'2008-10-04'",
    "Round": 3,
    "Pin_Player_1": 7101,
    "Color_1": "'B'",
    "Rank_1": "'4k'",
    "Pin_Player_2": 7102,
    "Color_2": "'W'",
    "Rank_2": "'2k'",
    "Handicap": 2,
    "Komi": 0,
    "Result": "'W'",
    "Sgf_Code": "NULL",
    "Online": 0,
    "Exclude": 0,
    "Rated": 1,
    "Elab_Date": "'2008-10-12'",
}


def a_row(**values: Any) -> str:
    """A line of a dump with one game; `values` stand there as they are written."""
    names = ", ".join(f"`{name}`" for name in COLUMNS)
    fields = ", ".join(str((_ROW | values)[name]) for name in COLUMNS)
    return f"INSERT INTO `games` ({names}) VALUES({fields});\n"


def a_round(first_id: int, *pairs: tuple[int, int], **values: Any) -> list[str]:
    """Lines with a game of each pair of PINs, Black's first; `first_id` is the first game's."""
    return [
        a_row(Game_ID=first_id + index, Pin_Player_1=black, Pin_Player_2=white, **values)
        for index, (black, white) in enumerate(pairs)
    ]
