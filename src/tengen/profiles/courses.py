"""How a player's rating went, from its games to a drawing. Pure."""

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from tengen.profiles import shown
from tengen.ratings import history_plot
from tengen.ratings.history_plot import MAX_DRAWN, Moment, Plot, thinned
from tengen.ratings.systems import Strength, day_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tengen.ratings.history_plot import Step
    from tengen.ratings.pools import Pool
    from tengen.ratings.systems import Day, RatingSystem


@dataclass(frozen=True, slots=True)
class Course:
    """The games that moved a player's rating in a pool."""

    name: str
    """The player's."""
    steps: "Sequence[Step]"
    """In order of play."""
    is_whole: bool
    """False if there were games before the first of these."""

    def svg(self, pool: "Pool", *, day: "Day", width: int, height: int) -> str:
        """A drawing of it up to this day (`tengen.ratings.history_plot`). Takes some hundredths of a second."""
        plot = Plot(
            self.name,
            pool.name,
            has_ranks=pool.system.rank(pool.system.prior()) is not None,
            # Few of many are shown, and what is shown of each takes longer than to find them.
            moments=[_shown(pool.system, moment) for moment in thinned(self._moments(pool.system, day), MAX_DRAWN)],
            games=len(self.steps),
            is_whole=self.is_whole,
        )
        return history_plot.svg_of(plot, width=width, height=height)

    def _moments(self, system: "RatingSystem", today: "Day") -> list[Moment]:
        """Each game twice, as it found the rating and as it left it, and the rating today; on the system's scale."""
        moments = []
        for step in self.steps:
            day = day_of(step.played_at)
            moments.append(Moment(day, step.value_before, sqrt(step.variance_before)))
            moments.append(Moment(day, step.value_after, sqrt(step.variance_after), is_game=True))
        if moments and today > moments[-1].day:
            last = self.steps[-1]
            aged = system.aged(Strength(last.value_after, last.variance_after, day=moments[-1].day), today)
            moments.append(Moment(today, aged.mean, aged.deviation))
        return moments[1:]  # what the first game found lasted no time


def _shown(system: "RatingSystem", moment: Moment) -> Moment:
    found = shown.Shown.of(system, Strength(moment.mean, moment.deviation * moment.deviation))
    return moment._replace(mean=found.rating, deviation=found.deviation)
