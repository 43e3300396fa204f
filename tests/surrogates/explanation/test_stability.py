"""Resamples show which findings come out again and which were luck."""

import numpy as np
import pytest

from zosimos.surrogates.explanation.stability import Findings, resamples, stability

REFERENCE = Findings(("a", "b", "c"), "a", 60.0, frozenset({"a", "b^2"}), (2.0, -3.0))


def test_what_always_comes_out_is_certain():
    found = stability(lambda _: REFERENCE, REFERENCE, 30, bootstraps=8)
    assert (found.first, found.top, found.split) == (1.0, 1.0, 1.0)
    assert found.thresholds == (60.0, 60.0)
    assert found.terms == (("a", 1.0), ("b^2", 1.0))
    assert found.shapley_sd == (0.0, 0.0)


def test_what_comes_out_half_of_the_time_counts_half():
    turn = iter(range(10))

    def explain(_):
        if next(turn) % 2:
            return REFERENCE
        return Findings(("b", "a", "c"), "b", 5.0, frozenset({"a"}), (4.0, -3.0))

    found = stability(explain, REFERENCE, 30, bootstraps=10)
    assert (found.first, found.top, found.split) == (0.5, 1.0, 0.5)
    assert found.thresholds == (60.0, 60.0)  # of the same split only
    assert found.terms == (("a", 1.0), ("b^2", 0.5))
    assert found.shapley_sd == pytest.approx((1.054, 0), abs=1e-3)


def test_the_mean_of_resampled_data_varies_as_theory_says():
    data = np.random.default_rng(0).normal(size=200)
    found = stability(
        lambda drawn: Findings(shares=(float(data[drawn].mean()),)), Findings(), 200, bootstraps=400, seed=1
    )
    assert found.shapley_sd[0] == pytest.approx(data.std() / 200**0.5, rel=0.1)


def test_nothing_is_said_of_what_was_not_found():
    found = stability(lambda _: Findings(), Findings(), 10, bootstraps=3)
    assert found.as_json() == {
        "bootstraps": 3,
        "first": None,
        "top": None,
        "split": None,
        "thresholds": None,
        "terms": [],
        "shapley_sd": [],
    }


def test_resamples_are_drawn_with_replacement_and_repeat_with_the_seed():
    drawn = list(resamples(50, 4, 3))
    assert all(len(indices) == 50 and (np.diff(indices) >= 0).all() for indices in drawn)
    assert all(len(set(indices.tolist())) < 50 for indices in drawn)
    assert all((a == b).all() for a, b in zip(drawn, resamples(50, 4, 3), strict=True))
    assert any((a != b).any() for a, b in zip(drawn, resamples(50, 4, 4), strict=True))


@pytest.mark.parametrize(("n", "bootstraps"), [(0, 5), (5, 1)])
def test_too_little_to_resample_is_refused(n, bootstraps):
    with pytest.raises(ValueError, match="resamples"):
        stability(lambda _: Findings(), Findings(), n, bootstraps=bootstraps)
