"""Feasibility: the chemistry's failures are learned, an instrument's are not, and nobody's are weighed."""

import pytest
import torch

from zosimos.surrogates.feasibility import FeasibilityModel


def points(n, seed=0):
    return torch.rand(n, 2, dtype=torch.double, generator=torch.Generator().manual_seed(seed))


def ended(X, word):
    """Return outcomes: experiments right of the middle do not work."""
    return [word if x > 0.5 else "ok" for x in X[:, 0].tolist()]


def test_without_failures_everything_is_about_equally_feasible():
    X = points(20)
    chances = FeasibilityModel().fit(X, ["ok"] * 20).probability(points(5, 1))
    assert chances.unique().numel() == 1
    assert float(chances[0]) > 0.9


@pytest.mark.parametrize("word", ["infeasible", "unknown"])
def test_a_region_where_nothing_works_is_learned(word):
    X = points(40)
    model = FeasibilityModel().fit(X, ended(X, word))
    good, bad = model.probability(torch.tensor([[0.15, 0.5], [0.85, 0.5]], dtype=torch.double)).tolist()
    assert good > 0.8
    assert bad < 0.35


def test_stated_faults_teach_no_avoidance():
    X = points(40)
    model = FeasibilityModel().fit(X, ended(X, "fault"))
    assert float(model.probability(torch.tensor([[0.85, 0.5]], dtype=torch.double))[0]) > 0.8


def test_an_isolated_failure_amid_good_results_is_blamed_on_the_instrument_more_than_one_in_a_bad_region():
    X = points(60, 3)
    outcomes = ended(X, "unknown")
    lone = next(i for i, x in enumerate(X[:, 0].tolist()) if x < 0.25)
    outcomes[lone] = "unknown"
    blame = FeasibilityModel().fit(X, outcomes).blame()
    in_region = [float(b) for b, x in zip(blame, X[:, 0].tolist(), strict=True) if x > 0.75]
    assert float(blame[lone]) > 2 * sorted(in_region)[len(in_region) // 2]


def test_nothing_is_ever_quite_impossible_and_bad_words_are_refused():
    X = points(30)
    chances = FeasibilityModel().fit(X, ["infeasible"] * 30).probability(points(50, 2))
    assert float(chances.min()) >= 0.01
    with pytest.raises(ValueError, match="an outcome is one of"):
        FeasibilityModel().fit(X, ["broken"] * 30)
