"""What the page on ratings says in numbers is what the system does."""

import re
from pathlib import Path

import pytest

from tengen.profiles import shown
from tengen.ratings.advantage import Terms
from tengen.ratings.ranks import Rank
from tengen.ratings.systems import Game, Strength
from tests.profiles.builders import TODAY, a_strength

PAGE = (Path(__file__).parent.parent.parent / "docs" / "ratings.md").read_text()


def table(first_column: str) -> list[list[str]]:
    """The rows of the table whose first column is called so."""
    lines = iter(PAGE.splitlines())
    assert any(line.startswith(f"| {first_column} |") for line in lines)
    next(lines)
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def known(text: str) -> Strength:
    """`27.0 ± 0.8` as a strength on a day."""
    mean, deviation = (float(part) for part in text.split(" ± "))
    return a_strength(mean, deviation=deviation, days_ago=0.0)


def test_ranks_begin_at_the_ratings_of_the_table() -> None:
    for interval, rank, on_ogs_scale in table("rating"):
        lowest = float(interval.split(" ")[0])
        assert str(Rank.of(lowest)) == rank
        assert round(shown.ogs_rating(a_strength(lowest)).value) == int(on_ogs_scale)


@pytest.mark.parametrize("row", table("you"))
def test_a_game_moves_ratings_as_the_table_says(row: list[str]) -> None:
    you, opponent, expected, if_won, if_lost = row
    terms = Terms(handicap=0, komi=6.5, rules="japanese")
    game = Game.between(known(you), known(opponent), day=TODAY, advantage=terms.advantage, weight=terms.weight)
    won, lost = (shown.GO.update(game, scores)[0][0] for scores in ((1.0, 0.0), (0.0, 1.0)))
    assert f"{won.expected:.0%}" == expected.replace(" ", "")
    assert (f"{won.after.mean:.1f}", f"{lost.after.mean:.1f}") == (if_won, if_lost)


def test_terms_are_worth_what_the_table_says() -> None:
    for terms, worth in table("terms (Japanese rules)"):
        stones = re.search(r"(\d) stones", terms)
        komi = re.search(r"\d\.5", terms)
        lines = re.search(r"(\d+)×", terms)
        assert komi is not None
        size = int(lines[1]) if lines else 19
        found = Terms(int(stones[1]) if stones else 0, float(komi[0]), "japanese", size, size).advantage
        assert worth == (f"{found:.1f} ranks for Black" if abs(found) > 0.05 else "even")


def test_a_rating_grows_uncertain_and_is_provisional_as_the_page_says() -> None:
    newcomer, idle = shown.GO.prior(), shown.GO.aged(a_strength(deviation=0.8, days_ago=365.0), TODAY)
    assert (round(newcomer.deviation, 1), round(idle.deviation, 2)) == (5.4, 0.84)
    assert "begins with 5.4" in PAGE
    assert "0.80 becomes 0.84" in PAGE
    (limits,) = re.findall(r"(\d\.\d) at 10k, (\d\.\d) at 1d and (\d\.\d) at 9d", PAGE)
    for mean, limit in zip((20.0, 30.0, 38.0), limits, strict=True):
        assert not shown.is_provisional(shown.GO, a_strength(mean, deviation=float(limit) - 0.06))
        assert shown.is_provisional(shown.GO, a_strength(mean, deviation=float(limit) + 0.06))
