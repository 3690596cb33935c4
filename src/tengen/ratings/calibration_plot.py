"""How well predictions were calibrated, drawn: an SVG of what was expected against what was scored. Pure."""

from collections.abc import Iterator, Sequence
from math import sqrt

from tengen.core.svg import written

SIZE = 420
"""Pixels of each side."""
_LEFT, _TOP, _RIGHT, _BOTTOM = 56, 36, 24, 48
_TICKS = range(0, 101, 20)
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#444}.title{font-weight:600;font-size:14px}"
    ".grid{stroke:#ddd}.ideal{stroke:#888;stroke-dasharray:5 4}.error{stroke:#b5651d}"
    ".bin{fill:#b5651d;fill-opacity:.75;stroke:#b5651d}"
    "@media(prefers-color-scheme:dark){text{fill:#ccc}.grid{stroke:#444}.ideal{stroke:#999}"
    ".error,.bin{stroke:#e8a868}.bin{fill:#e8a868}}"
)


def calibration_svg(calibration: Sequence[tuple[int, float, float]], *, title: str) -> str:
    """The drawing: a dot for each group of predictions (how many, expected, scored), which would lie on the diagonal.

    The area of a dot tells how many games there are; its bar is as long as chance moves it in 19 of 20 cases.
    """
    most = max((games for games, *_ in calibration), default=1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{SIZE}" height="{SIZE}" '
        f'viewBox="0 0 {SIZE} {SIZE}">',
        f"<title>{written(title)}</title>",
        f"<desc>{written(_description(calibration))}</desc>",
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="{_LEFT}" y="22">{written(title)}</text>',
        *_axes(),
        *(_group(games, expected, scored, most) for games, expected, scored in calibration),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _axes() -> Iterator[str]:
    for percent in _TICKS:
        x, y = _across(percent / 100), _up(percent / 100)
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{_up(0)}" y2="{_up(1)}"/>'
        yield f'<line class="grid" x1="{_across(0)}" x2="{_across(1)}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{x}" y="{_up(0) + 18}" text-anchor="middle">{percent} %</text>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{percent} %</text>'
    yield f'<line class="ideal" x1="{_across(0)}" y1="{_up(0)}" x2="{_across(1)}" y2="{_up(1)}"/>'
    yield f'<text x="{_across(0.5)}" y="{SIZE - 10}" text-anchor="middle">expected</text>'
    yield f'<text transform="translate(14 {_up(0.5)}) rotate(-90)" text-anchor="middle">scored</text>'


def _group(games: int, expected: float, scored: float, most: int) -> str:
    x, y = _across(expected), _up(scored)
    error = 1.96 * sqrt(expected * (1.0 - expected) / games)
    low, high = _up(max(0.0, scored - error)), _up(min(1.0, scored + error))
    return (
        f'<g><line class="error" x1="{x}" x2="{x}" y1="{low}" y2="{high}"/>'
        f'<circle class="bin" cx="{x}" cy="{y}" r="{2 + 10 * sqrt(games / most):.1f}">'
        f"<title>{games:,} games: {_percent(expected)} expected, {_percent(scored)} scored</title></circle></g>"
    )


def _description(calibration: Sequence[tuple[int, float, float]]) -> str:
    groups = (f"{_percent(expected)} expected, {_percent(scored)} scored" for _, expected, scored in calibration)
    return "; ".join(groups) + "." if calibration else "No games."


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _across(share: float) -> float:
    return round(_LEFT + share * (SIZE - _LEFT - _RIGHT), 1)


def _up(share: float) -> float:
    return round(SIZE - _BOTTOM - share * (SIZE - _TOP - _BOTTOM), 1)
