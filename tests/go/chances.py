"""Chance for tests: whole games from one number, which a failing test prints."""

import random

from hypothesis import strategies as st


class Chance(random.Random):
    """A generator that shows what it was begun with."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __repr__(self) -> str:
        return f"Chance({self.number})"


# Hypothesis' own generators draw and remember every number, which makes games a hundred times slower.
chances = st.integers(0, 2**32).map(Chance)
