"""A rating change in words. Pure."""

from collections.abc import Sequence

from tengen.ratings.advantage import Terms


def explain(expected: float, own: str, opponent: str, circumstances: Sequence[str] = ()) -> str:
    """What was expected of a player, to be told him.

    `expected` is his score from 0 to 1; `own` and `opponent` are the ranks or ratings as shown, before the game:
    "You were expected to win 62 %: 3d against 2d, no handicap, komi 6.5."
    """
    return f"You were expected to win {_percent(expected)}: {', '.join([f'{own} against {opponent}', *circumstances])}."


def circumstances_of(terms: Terms, *, plays_black: bool) -> list[str]:
    """The terms of a game of Go as one of its players sees them: handicap, komi, and the board unless it is 19×19."""
    return [
        _handicap(terms.handicap, plays_black=plays_black),
        f"komi {terms.komi:g}",
        *([] if (terms.width, terms.height) == (19, 19) else [f"{terms.width}×{terms.height}"]),
    ]


def _handicap(stones: int, *, plays_black: bool) -> str:
    if stones < 2:
        return "no handicap"
    return f"taking {stones} stones" if plays_black else f"giving {stones} stones"


def _percent(share: float) -> str:
    """A share as people read it; what is not certain is not called so."""
    percent = round(100 * share)
    if percent == 0:
        return "less than 1 %"
    return "more than 99 %" if percent == 100 else f"{percent} %"
