"""The normal distribution, accurate far out in its tails. Pure.

Plain scalar functions of the operations that a compiler for arrays has too, so that one definition serves one game and
millions.
"""

from math import erfc, exp, pi, sqrt

_ROOT_HALF = sqrt(0.5)
_DENSITY_AT_ZERO = 1 / sqrt(2 * pi)
_TAIL = -5.0
_TERMS = 40


def cumulative(z: float) -> float:
    """Φ(z): the probability that a standard normal variable is below z. Zero from about −38 on downwards."""
    return 0.5 * erfc(-z * _ROOT_HALF)


def both_sides(z: float) -> tuple[float, float]:
    """Φ(z) and Φ(−z), both accurate, at the cost of one: the smaller is computed, and the other is what it leaves."""
    smaller = 0.5 * erfc(abs(z) * _ROOT_HALF)
    return (1.0 - smaller, smaller) if z > 0.0 else (smaller, 1.0 - smaller)


def truncated(z: float, below: float) -> tuple[float, float]:
    """What learning that a standard normal variable is above −z does to it: its mean v, and the variance w it loses.

    `below` is Φ(z). v = φ(z)/Φ(z) and w = v·(v + z); v is positive, w between 0 and 1. Exact to a few units in the last
    place for every finite z: where Φ is tiny, v − |z| is the continued fraction of Laplace for Mills' ratio,
    1/(x + 2/(x + 3/(x + …))) with x = −z (Abramowitz and Stegun 26.2.14), whose first forty terms settle a double from
    x = 5 on. So neither is a quotient of two vanishing numbers, and w no difference of two nearly equal ones.
    """
    if z > _TAIL:
        v = _DENSITY_AT_ZERO * exp(-0.5 * z * z) / below
        return v, v * (v + z)
    excess = 0.0
    for term in range(_TERMS, 0, -1):
        excess = term / (excess - z)
    v = excess - z
    return v, v * excess


def both_truncated(z: float, below: float, above: float) -> tuple[float, float, float, float]:
    """The same for z and −z, at the cost of one but in the tails: v and w of either. `above` is Φ(−z)."""
    if abs(z) < -_TAIL:
        density = _DENSITY_AT_ZERO * exp(-0.5 * z * z)
        v, other_v = density / below, density / above
        return v, v * (v + z), other_v, other_v * (other_v - z)
    v, w = truncated(z, below)
    other_v, other_w = truncated(-z, above)
    return v, w, other_v, other_w
