"""The report's figures draw fewer points than there are, and none of those that matter goes missing."""

import random

from hypothesis import given
from hypothesis import strategies as st

from zosimos.campaign.report.thinning import MOST, drawn, said


@given(st.integers(0, MOST))
def test_few_points_are_all_drawn(count: int) -> None:
    assert drawn(count, [0.0] * count) == list(range(count))


@given(st.integers(MOST + 1, 20_000), st.integers(0, 2**32))
def test_of_many_points_those_that_matter_and_the_extremes_are_drawn(count: int, seed: int) -> None:
    chance = random.Random(seed)
    values = [chance.gauss(0, 1) for _ in range(count)]
    always = chance.sample(range(count), 20)
    places = drawn(count, values, always)
    assert places == sorted(set(places))
    assert {0, count - 1, *always} <= set(places)
    assert {values.index(min(values)), values.index(max(values))} <= set(places)
    assert len(places) <= MOST + len(always) + 2


def test_a_figure_that_draws_all_says_nothing() -> None:
    assert said("results", 7, 7, "every failure") == ""
    assert said("results", 7, 9, "every failure").startswith("7 of 9 results are drawn: every failure")
