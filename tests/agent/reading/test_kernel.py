"""Kernel readers: what is kept as bytes reads as the sum over exemplars does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.reading.circumstances import COUNT, circumstances
from zosimos.agent.reading.kernel import from_arrays, rounded


@pytest.mark.parametrize("seed", range(3))
def test_bytes_read_nearly_as_the_sum_over_exemplars(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kept, weights, vector = rng.normal(size=(40, 6)), rng.normal(size=40), rng.normal(size=6)
    exact = float(weights @ np.exp(-0.2 * ((kept - vector) ** 2).sum(1))) + 0.3
    assert rounded(kept, weights, 0.3, 0.2).score(vector) == pytest.approx(exact, abs=0.05)


def test_far_from_all_exemplars_only_the_bias_is_left() -> None:
    assert rounded(np.ones((3, 2)), np.ones(3), -0.4, 1.0).score(np.array([50.0, 50.0])) == pytest.approx(-0.4)


def test_a_reader_comes_back_from_its_arrays_as_it_was() -> None:
    reader = rounded(np.eye(3), np.array([1.0, -1.0, 0.5]), 0.1, 0.5)
    again = from_arrays(reader.as_arrays("near"), "near")
    assert again.score(np.array([0.2, 0.9, 0.0])) == reader.score(np.array([0.2, 0.9, 0.0]))


@given(st.text(max_size=200))
def test_circumstances_of_any_text_are_so_many_zeros_and_ones(text: str) -> None:
    found = circumstances(text)
    assert found.shape == (COUNT,)
    assert set(found.tolist()) <= {0.0, 1.0}
