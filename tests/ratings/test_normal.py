"""The normal distribution against values with forty digits, computed with mpmath from its definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tengen.ratings.normal import both_sides, both_truncated, cumulative, truncated

# z, v = φ(z)/Φ(z), w = v(v + z); by mpmath with eighty digits.
BY_MPMATH = [
    (-1000.0, 1000.000999998, 0.99999900000599995),
    (-40.0, 40.024968847207264, 0.99937733162140861),
    (-38.0, 38.026279466575869, 0.99931034024653374),
    (-10.0, 10.098093233962512, 0.99055462217434374),
    (-5.5, 5.6714103138973056, 0.97213822214555377),
    (-5.0, 5.1865039671258421, 0.96730356538288777),
    (-4.9, 5.0898286001298833, 0.96619503806369925),
    (-1.0, 1.5251352761609812, 0.80090233442965121),
    (0.0, 0.79788456080286536, 0.63661977236758134),
    (1.25, 0.20422545889867676, 0.29698986168572105),
    (8.0, 5.0522710835368954e-15, 4.0418168668295189e-14),
]


@pytest.mark.parametrize(("z", "v", "w"), BY_MPMATH)
def test_a_truncated_normal_has_the_moments_of_forty_digits(z: float, v: float, w: float) -> None:
    # At −4.9, just before the continued fraction takes over, v + z has lost one digit and a half.
    mean, lost = truncated(z, cumulative(z))
    assert mean == pytest.approx(v, rel=1e-14)
    assert lost == pytest.approx(w, rel=2e-13)


@pytest.mark.parametrize(
    ("z", "probability"),
    [
        (-38.0, 2.8854283600687843e-316),
        (-10.0, 7.6198530241605261e-24),
        (-1.0, 0.15865525393145705),
        (0.0, 0.5),
        (1.25, 0.89435022633314474),
        (38.0, 1.0),
    ],
)
def test_probabilities_have_all_their_digits_in_the_tail_too(z: float, probability: float) -> None:
    assert cumulative(z) == pytest.approx(probability, rel=1e-12, abs=1e-320)


@pytest.mark.parametrize("z", [-1e300, -1e8, 1e8, 1e300])
def test_absurd_arguments_give_the_limits(z: float) -> None:
    v, w = truncated(z, cumulative(z))
    assert v == pytest.approx(max(0.0, -z), rel=1e-15, abs=0)
    assert w == pytest.approx(float(z < 0), abs=1e-15)


@given(z=st.floats(min_value=-1e6, max_value=38))
def test_the_mean_is_above_the_cut_and_variance_shrinks_but_never_to_nothing(z: float) -> None:
    v, w = truncated(z, cumulative(z))
    assert v >= max(0.0, -z)
    assert 0 <= w <= 1


@given(low=st.floats(min_value=-60, max_value=30), step=st.floats(min_value=1e-3, max_value=10))
def test_the_worse_the_surprise_the_larger_the_step(low: float, step: float) -> None:
    assert truncated(low, cumulative(low))[0] > truncated(low + step, cumulative(low + step))[0]
    assert cumulative(low) <= cumulative(low + step)


@given(st.floats(-40, 40))
def test_both_sides_are_as_each_by_itself_and_the_same_from_either(z: float) -> None:
    below, above = both_sides(z)
    assert [below, above] == pytest.approx([cumulative(z), cumulative(-z)], rel=1e-14)
    assert both_sides(-z) == (above, below)


@given(st.floats(-1e6, 1e6))
def test_both_are_truncated_as_each_by_itself(z: float) -> None:
    below, above = both_sides(z)
    v, w, other_v, other_w = both_truncated(z, below, above)
    assert [v, w] == pytest.approx(truncated(z, below), rel=1e-14)
    assert [other_v, other_w] == pytest.approx(truncated(-z, above), rel=1e-14)
    assert both_truncated(-z, above, below) == (other_v, other_w, v, w)
