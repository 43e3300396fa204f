"""Axes: from pixels to values and back, for any axis; and what is no axis."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from zosimos.analysis.figures.axes import Axis
from zosimos.core.errors import DataError

PLACES = st.floats(0, 5000)
NUMBERS = st.floats(-1e9, 1e9)
POSITIVE = st.floats(1e-9, 1e9)


@given(NUMBERS, NUMBERS, PLACES, PLACES, st.floats(0, 1))
def test_a_place_on_a_linear_axis_comes_back(low: float, high: float, first: float, last: float, part: float) -> None:
    assume(abs(high - low) > 1e-6 * max(abs(low), abs(high), 1) and abs(last - first) >= 10)
    axis = Axis("x", low, high, first, last)
    pixel = first + part * (last - first)
    assert axis.pixel(axis.value(pixel)) == pytest.approx(pixel, abs=1e-3)
    assert axis.value(first) == pytest.approx(low)
    assert axis.value(last) == pytest.approx(high)


@given(POSITIVE, POSITIVE, PLACES, PLACES, st.floats(0, 1))
def test_a_place_on_a_log_axis_comes_back(low: float, high: float, first: float, last: float, part: float) -> None:
    assume(abs(math.log(high / low)) > 1e-3 and abs(last - first) >= 10)
    axis = Axis("y", low, high, first, last, log=True)
    pixel = first + part * (last - first)
    assert axis.pixel(axis.value(pixel)) == pytest.approx(pixel, abs=1e-3)


@pytest.mark.parametrize(
    ("low", "high", "log"),
    [
        (1, 1, False),
        (math.nan, 1, False),
        (0, math.inf, False),
        (0, 10, True),
        (-1, 10, True),
        (-1.7e308, 1.7e308, False),
    ],
)
def test_what_is_no_axis_is_refused(low: float, high: float, log: bool) -> None:
    with pytest.raises(DataError) as caught:
        Axis("x", low, high, 0, 100, log)
    assert caught.value.field == "--x"
    assert caught.value.hint
