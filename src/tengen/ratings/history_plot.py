"""The history of a rating drawn: a line through time within the band of its uncertainty, as SVG. Pure.

The band is one and two deviations wide to either side: the strength lies within the inner one with a chance of 68 %,
within the outer one with 95 %. It narrows with each game and grows until the next.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from math import ceil, floor, log10
from typing import NamedTuple
from unicodedata import east_asian_width

from tengen.core.svg import written
from tengen.ratings.pools import GO
from tengen.ratings.ranks import Rank, clamped
from tengen.ratings.systems import Day, day_of, instant_of

WIDTH, HEIGHT = 800, 400
"""Pixels, unless something else is asked for."""
MIN_WIDTH, MAX_WIDTH = 320, 2000
MIN_HEIGHT, MAX_HEIGHT = 200, 1200

MAX_DRAWN = 2000
"""Moments that are drawn: about as many as a picture has columns."""
MAX_DOTS = 60
"""With more games than these the line says enough without dots."""

_FIRST_DAY = day_of(datetime(1, 1, 1, tzinfo=UTC))
_LAST_DAY = day_of(datetime(9999, 12, 31, tzinfo=UTC))
_FURTHEST = 1e9
"""No rating and no deviation is drawn further from 0."""
_SHORTEST: Day = 7.0
"""Days that the picture covers at least."""
_LEAST_RANKS, _LEAST_POINTS = 4.0, 40.0
"""What it covers at least from its foot to its head."""
_RANKS = (0.0, 40.0)
"""What there is of the scale of ranks."""
_STRONGEST_RANK = 38
"""From here on all are 9d."""

_LEFT, _RIGHT, _TOP, _FOOT = 54, 22, 72, 36
"""Pixels around the plot: words and labels stand there."""
_PIXELS_A_DATE, _PIXELS_A_RATING = 92, 44
"""Between two labels, at least."""
_LEGEND_FROM = 560
"""The width from which there is room to say what the bands mean."""
_FONT = "system-ui,'Noto Sans','DejaVu Sans','Liberation Sans',sans-serif"

# Light as attributes, which every program that shows SVG knows; dark over it for those who want it.
_DARK = (
    "<style>@media (prefers-color-scheme:dark){"
    ".paper{fill:#1e1b16}.ink{fill:#ece6d9}.muted{fill:#a79e8d}.grid{stroke:#363026}"
    ".band{fill:#b98a3c;stroke:#b98a3c}.line{stroke:#f7d08c}.dot{fill:#f7d08c;stroke:#1e1b16}"
    "}</style>"
)
_OUTER, _INNER = ".25", ".4"
"""How much the bands cover what is behind them; where they overlap the inner one is the darker."""


class Step(NamedTuple):
    """What a game did to a rating, on its system's scale: no more than a drawing of thousands needs."""

    played_at: datetime
    value_before: float
    variance_before: float
    value_after: float
    variance_after: float


class Moment(NamedTuple):
    """A rating at one time, in the unit that the pool shows."""

    day: Day
    mean: float
    deviation: float
    is_game: bool = False
    """Whether a game has just moved it there; else time has passed since the one before."""


@dataclass(frozen=True, slots=True)
class Plot:
    """What there is to draw: how a rating went."""

    name: str
    """Whose it is."""
    pool: str
    has_ranks: bool
    """Whether ratings are rank numbers, 30.0 for 1 dan."""
    moments: Sequence[Moment]
    """In order of time; empty before the first rated game."""
    games: int
    """How many games these moments tell of."""
    is_whole: bool = True
    """False if there were games before the first of these."""

    def shown(self, moment: Moment) -> str:
        """A rating of it in words: `3k, 27.4 ± 0.8`."""
        rank = f"{Rank.of(moment.mean)}, " if self.has_ranks else ""
        digits = 1 if self.has_ranks else 0
        doubt = f" ± {moment.deviation:.{digits}f}" if moment.deviation else ""
        return f"{rank}{moment.mean:.{digits}f}{doubt}"


def svg_of(plot: Plot, *, width: int = WIDTH, height: int = HEIGHT) -> str:
    """The drawing, of at most `MAX_DRAWN` moments. Raises `ValueError` for a size outside of the bounds."""
    if not (MIN_WIDTH <= width <= MAX_WIDTH and MIN_HEIGHT <= height <= MAX_HEIGHT):
        raise ValueError(f"A picture is {MIN_WIDTH}×{MIN_HEIGHT} to {MAX_WIDTH}×{MAX_HEIGHT} pixels large.")
    furthest = _RANKS if plot.has_ranks else (-_FURTHEST, _FURTHEST)
    moments = [_within(moment, *furthest) for moment in thinned(plot.moments, MAX_DRAWN)]
    plot = replace(plot, moments=moments)
    what = f"Rating in {_in_words(plot.pool)}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}" font-family="{_FONT}">',
        f'<title id="title">{written(plot.name)}: {written(what)}</title>',
        f'<desc id="desc">{written(_description(plot))}</desc>',
        _DARK,
        f'<rect class="paper" width="{width}" height="{height}" rx="8" fill="#fff"/>',
        _words(20, 32, _shortened(plot.name, (width - 40) // 11), size=19, bold=True),
        _words(20, 53, f"{what}{_summary(plot)}", size=12.5, kind="muted"),
    ]
    if plot.moments:
        parts += _Paper(plot, width, height).parts(with_dots=plot.games <= MAX_DOTS)
    else:
        parts.append(_words(width // 2, height // 2 + 16, "No rated game yet", size=15, kind="muted", anchor="middle"))
    return "".join([*parts, "</svg>"])


def thinned(moments: Sequence[Moment], most: int) -> Sequence[Moment]:
    """At most so many of these (at least 8), spread evenly, in order: among them the first, the last, the highest, the
    lowest and the least certain."""
    if len(moments) <= most:
        return moments
    pieces = (most - 1) // 4
    kept = {len(moments) - 1}
    for piece in range(pieces):
        places = range(len(moments) * piece // pieces, len(moments) * (piece + 1) // pieces)
        kept |= {
            places[0],
            max(places, key=lambda place: moments[place].mean),
            min(places, key=lambda place: moments[place].mean),
            max(places, key=lambda place: moments[place].deviation),
        }
    return [moments[place] for place in sorted(kept)]


@dataclass(frozen=True)
class _Paper:
    """The moments on paper. There is at least one."""

    plot: Plot
    width: int
    height: int

    def parts(self, *, with_dots: bool) -> Iterator[str]:
        right, foot = self.width - _RIGHT, self.height - _FOOT
        yield (
            f'<clipPath id="plot"><rect x="{_LEFT}" y="{_TOP}" width="{right - _LEFT}" height="{foot - _TOP}"/>'
            "</clipPath>"
        )
        yield from self._axes(right, foot)
        yield '<g clip-path="url(#plot)">'
        if any(moment.deviation for moment in self.plot.moments):
            yield self._band(2.0, _OUTER)
            yield self._band(1.0, _INNER)
        yield (
            f'<path class="line" d="{self._way((moment.day, moment.mean) for moment in self.plot.moments)}" '
            'fill="none" stroke="#85500a" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>'
        )
        yield "</g>"
        last = self.plot.moments[-1]
        if with_dots:
            yield from (self._dot(moment, 3.0) for moment in self.plot.moments if moment.is_game)
        if not (with_dots and last.is_game):
            yield self._dot(last, 4.0)
        if self.width >= _LEGEND_FROM and last.deviation:
            yield from self._legend(right)

    @cached_property
    def _days(self) -> tuple[Day, Day]:
        """From the left edge to the right one."""
        first, last = self.plot.moments[0].day, self.plot.moments[-1].day
        margin = max((_SHORTEST - (last - first)) / 2, (last - first) * 0.015)
        return first - margin, last + margin

    @cached_property
    def _ratings(self) -> tuple[float, float]:
        """From the foot to the head: all ratings with one deviation, the last with two. More of the band is cut off."""
        moments = self.plot.moments
        ends = [*((moment.mean, moment.deviation) for moment in moments), (moments[-1].mean, 2 * moments[-1].deviation)]
        low, high = min(mean - doubt for mean, doubt in ends), max(mean + doubt for mean, doubt in ends)
        least = _LEAST_RANKS if self.plot.has_ranks else _LEAST_POINTS
        margin = max((least - (high - low)) / 2, (high - low) * 0.05)
        low, high = low - margin, high + margin
        if not self.plot.has_ranks:
            return low, high
        lowest, highest = _RANKS
        return clamped(low, lowest, highest - least), clamped(high, lowest + least, highest)

    def _x(self, day: Day) -> float:
        first, last = self._days
        return _LEFT + (self.width - _RIGHT - _LEFT) * (day - first) / (last - first)

    def _y(self, rating: float) -> float:
        low, high = self._ratings
        return _TOP + (self.height - _FOOT - _TOP) * (high - rating) / (high - low)

    def _way(self, points: Iterable[tuple[Day, float]]) -> str:
        return "M" + "L".join(f"{self._x(day):.1f} {self._y(rating):.1f}" for day, rating in points)

    def _band(self, deviations: float, opacity: str) -> str:
        moments = self.plot.moments
        above = [(moment.day, moment.mean + deviations * moment.deviation) for moment in moments]
        below = [(moment.day, moment.mean - deviations * moment.deviation) for moment in reversed(moments)]
        # With an edge, or a band of no length would not be seen.
        return (
            f'<path class="band" d="{self._way([*above, *below])}Z" opacity="{opacity}" fill="#e3b566" '
            'stroke="#e3b566" stroke-width="2" stroke-linejoin="round"/>'
        )

    def _dot(self, moment: Moment, radius: float) -> str:
        return (
            f'<circle class="dot" cx="{self._x(moment.day):.1f}" cy="{self._y(moment.mean):.1f}" r="{radius}" '
            'fill="#85500a" stroke="#fff" stroke-width="1.2"/>'
        )

    def _axes(self, right: int, foot: int) -> Iterator[str]:
        lines, labels = [], []
        for rating, label in self._rating_ticks():
            y = self._y(rating)
            lines.append(f"M{_LEFT} {y:.1f}H{right}")
            labels.append(_words(_LEFT - 10, y + 4, label, size=12, kind="muted", anchor="end"))
        for day, label in date_ticks(*self._days, (right - _LEFT) // _PIXELS_A_DATE):
            x = self._x(day)
            lines.append(f"M{x:.1f} {foot}v5")
            # A label at the edge would be cut off.
            anchor = "end" if x > right - 20 else "middle"
            labels.append(_words(min(x, right), foot + 21, label, size=12, kind="muted", anchor=anchor))
        lines.append(f"M{_LEFT} {foot}H{right}")
        yield f'<path class="grid" d="{"".join(lines)}" fill="none" stroke="#e6dece" shape-rendering="crispEdges"/>'
        yield from labels

    def _rating_ticks(self) -> Iterator[tuple[float, str]]:
        low, high = self._ratings
        most = max((self.height - _FOOT - _TOP) // _PIXELS_A_RATING, 3)
        step = rating_step((high - low) / most, in_ranks=self.plot.has_ranks)
        for number in range(ceil(low / step), floor(high / step) + 1):
            rating = number * step
            if not self.plot.has_ranks:
                yield rating, f"{rating:.0f}"
            elif rating <= _STRONGEST_RANK:
                yield rating, str(Rank.of(rating))

    def _legend(self, right: int) -> Iterator[str]:
        for x, opacities, label in ((right - 122, (_OUTER, _INNER), "68 %"), (right - 52, (_OUTER,), "95 %")):
            place = f'class="band" x="{x}" y="43" width="14" height="10" rx="2" fill="#e3b566"'
            yield from (f'<rect {place} opacity="{opacity}"/>' for opacity in opacities)
            yield _words(x + 20, 53, label, size=12.5, kind="muted")


# ── the axes ──


def rating_step(least: float, *, in_ranks: bool) -> float:
    """From one label of a rating to the next: the smallest round step that is at least so large (above 0)."""
    if in_ranks:
        return next((float(step) for step in (1, 2, 5) if step >= least), 10.0)
    power = 10.0 ** max(floor(log10(least)), 0)
    return next((factor * power for factor in (1, 2, 5) if factor * power >= least), 10 * power)


_DAY_STEPS = (1, 2, 7, 14)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12_000, 24_000, 60_000)
_MONDAY = 4
"""1970-01-05: weeks are counted from there."""


def date_ticks(first: Day, last: Day, most: int) -> list[tuple[Day, str]]:
    """The days to be labelled between these two, with their labels: at most so many, or a few if that is too little.

    Round ones: each day, each second day, Mondays, beginnings of months and of years.
    """
    first, last = clamped(first, _FIRST_DAY, _LAST_DAY), clamped(last, _FIRST_DAY, _LAST_DAY)
    most = max(most, 2)
    for step in _DAY_STEPS:
        weeks = range(ceil((first - _MONDAY) / step), floor((last - _MONDAY) / step) + 1)
        if len(weeks) <= most:
            days = [float(_MONDAY + number * step) for number in weeks]
            return [(day, _date(day).isoformat()) for day in days]
    begin, end = _month(first), _month(last)
    if _start(begin) < first:
        begin += 1
    for step in _MONTH_STEPS:
        numbers = range(ceil(begin / step), end // step + 1)
        if len(numbers) <= most:
            return [(_start(number * step), _label(number * step, step)) for number in numbers]
    return []


def _date(day: Day) -> date:
    return instant_of(day).date()


def _month(day: Day) -> int:
    found = _date(day)
    return found.year * 12 + found.month - 1


def _start(month: int) -> Day:
    return day_of(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC))


def _label(month: int, step: int) -> str:
    year = f"{month // 12:04}"
    return year if step >= 12 else f"{year}-{month % 12 + 1:02}"


# ── words ──


def _in_words(pool: str) -> str:
    return "Go" if pool == GO else f"the pool {pool}"


def _summary(plot: Plot) -> str:
    """Behind what the picture shows."""
    if not plot.moments:
        return ""
    games = f"{plot.games:,} {'game' if plot.games == 1 else 'games'}"
    return f" · {games if plot.is_whole else f'the last {games}'} · now {plot.shown(plot.moments[-1])}"


def _description(plot: Plot) -> str:
    """For people who do not see it."""
    if not plot.moments:
        return "There is no rated game yet."
    first, last = plot.moments[0], plot.moments[-1]
    highest, lowest = (choose(plot.moments, key=lambda moment: moment.mean) for choose in (max, min))
    return (
        f"From {_date(first.day)} to {_date(last.day)}, rated games: {plot.games:,}"
        f"{'' if plot.is_whole else ' (earlier ones are left out)'}. "
        f"First {plot.shown(first)}; last {plot.shown(last)}; "
        f"highest {plot.shown(highest)}; lowest {plot.shown(lowest)}."
    )


def _shortened(text: str, most: int) -> str:
    """As much of a text as so many columns hold; letters of East Asia take two."""
    width = 0
    for place, character in enumerate(text):
        width += 2 if east_asian_width(character) in "FW" else 1
        if width > most:
            return f"{text[: max(place - 1, 0)]}…"
    return text


def _words(
    x: float, y: float, text: str, *, size: float, kind: str = "ink", bold: bool = False, anchor: str = ""
) -> str:
    color = "#1f1b15" if kind == "ink" else "#675f52"
    weight = ' font-weight="600"' if bold else ""
    anchored = f' text-anchor="{anchor}"' if anchor else ""
    return (
        f'<text class="{kind}" x="{x:.6g}" y="{y:.6g}" font-size="{size}" fill="{color}"{weight}{anchored}>'
        f"{written(text)}</text>"
    )


def _within(moment: Moment, lowest: float, highest: float) -> Moment:
    return Moment(
        clamped(moment.day, _FIRST_DAY, _LAST_DAY),
        clamped(moment.mean, lowest, highest),
        clamped(moment.deviation, 0.0, _FURTHEST),
        moment.is_game,
    )
