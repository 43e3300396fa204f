"""The report's figures draw fewer points than there are, and none of those that matter goes missing."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.campaign.report.thinning import MOST, RARE, drawn, rare, said


@given(st.integers(0, MOST))
def test_few_points_are_all_drawn(count: int) -> None:
    assert drawn(count, [0.0] * count) == list(range(count))


@pytest.mark.slow
@given(st.integers(MOST + 1, 20_000), st.integers(0, 2**32))
def test_of_many_points_those_that_matter_and_the_extremes_are_drawn(count: int, seed: int) -> None:
    chance = random.Random(seed)
    values = [chance.gauss(0, 1) for _ in range(count)]
    first = chance.sample(range(count), 20)
    places = drawn(count, values, first)
    assert places == sorted(set(places))
    assert {0, count - 1, *first} <= set(places)
    assert {values.index(min(values)), values.index(max(values))} <= set(places)
    assert len(places) <= MOST + len(first) + 2


@given(st.integers(0, 3_000), st.integers(0, 2**32))
def test_points_that_matter_are_drawn_up_to_a_number_and_then_their_outline(count: int, seed: int) -> None:
    chance = random.Random(seed)
    values = [chance.gauss(0, 1) for _ in range(3_000)]
    places = sorted(chance.sample(range(3_000), count))
    some = rare(places, values)
    assert list(some) == sorted(set(some)) if count > RARE else list(some) == places
    assert set(some) <= set(places)
    assert len(some) <= RARE
    if places:
        assert {min(places, key=values.__getitem__), max(places, key=values.__getitem__)} <= set(some)


def test_a_figure_that_draws_all_says_nothing() -> None:
    assert said("results", 7, 7, "every failure") == ""
    assert said("results", 7, 9, "every failure").startswith("7 of 9 results are drawn: every failure")


def test_a_figure_that_draws_a_part_of_what_matters_says_so() -> None:
    assert "where they are" not in said("results", 7, 9, "every failure", most=RARE)
    assert f"where they are more than {RARE}" in said("results", 7, 9, "every failure", most=RARE + 1)
