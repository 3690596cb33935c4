"""Files of results as tests write them."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np


def a_file(games: Sequence[tuple[str, str, float]], **columns: Sequence[str]) -> str:
    """A file with a game a day from 2020 on, and these columns more."""
    lines = [",".join(["date", "player_a", "player_b", "score_a", *columns])]
    for number, (first, second, score) in enumerate(games):
        day = date(2020, 1, 1) + timedelta(days=number)
        lines.append(",".join([str(day), first, second, str(score), *(column[number] for column in columns.values())]))
    return "\n".join(lines)


def a_league(players: int = 30, games: int = 4000, *, home: float = 0.0, spread: float = 1.0, seed: int = 7) -> str:
    """Games between players of a constant strength: how they end is drawn by the difference, in units of the noise."""
    chance = np.random.default_rng(seed)
    strengths = chance.normal(0.0, spread, players)
    rows = ["date,player_a,player_b,score_a,advantage"]
    for number in range(games):
        one, other = chance.choice(players, 2, replace=False).tolist()
        role = int(chance.choice([-1, 1]))
        won = strengths[one] - strengths[other] + home * role + chance.normal() > 0.0
        day = date(2020, 1, 1) + timedelta(days=number // 20)
        rows.append(f"{day},p{one},p{other},{int(won)},{'home' if role > 0 else 'away'}")
    return "\n".join(rows)
