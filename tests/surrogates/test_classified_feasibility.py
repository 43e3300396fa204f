"""The full classifier of failures: choices and columns that decide are found, and faults teach nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.feasibility.classified import ClassifiedFeasibility
from zosimos.surrogates.feasibility.usable import FeasibilityModel

SOLVENTS = 4
KINDS = ColumnKinds(numeric=(0, 1), categories=((2, 3, 4, 5),))


def experiments(n, seed, word="infeasible"):
    """Return ``n x 6`` columns (two numbers, one of four solvents) and outcomes: the last solvent never works."""
    rng = np.random.default_rng(seed)
    solvent = rng.integers(SOLVENTS, size=n)
    X = np.hstack([rng.random((n, 2)), np.eye(SOLVENTS)[solvent]])
    return torch.from_numpy(X), [word if s == SOLVENTS - 1 else "ok" for s in solvent]


CHOICES, WIDTH, TRIED = 40, 10, 12


def described(n, seed, *, tried):
    """Return ``n`` experiments with choices that two blocks of ten descriptors describe; what the first shows decides.

    The first twelve choices are tried; the others are new.
    """
    fixed = np.random.default_rng(7)
    hidden, directions = fixed.random((CHOICES, 2)), fixed.random((2, WIDTH))
    blocks = [hidden[:, [k]] * directions[k] + 0.05 * fixed.random((CHOICES, WIDTH)) for k in range(2)]
    table = np.hstack(blocks)
    table = (table - table.min(axis=0)) / np.ptp(table, axis=0)
    rng = np.random.default_rng(seed)
    choice = rng.integers(TRIED, size=n) if tried else rng.integers(TRIED, CHOICES, size=n)
    X = np.hstack([table[choice], rng.random((n, 2))])
    return torch.from_numpy(X), ["infeasible" if bad else "ok" for bad in hidden[choice, 0] > 0.55]


def log_loss(model, X, outcomes):
    chances = model.probability(X).numpy()
    good = np.array([outcome == "ok" for outcome in outcomes])
    return float(-np.mean(np.log(np.where(good, chances, 1 - chances))))


def losses(kinds, make):
    """Return mean log losses of the classifier and of the default over four draws."""
    found = []
    for seed in range(4):
        (X, outcomes), new = make(16, seed, True), make(200, 100 + seed, False)
        models = (ClassifiedFeasibility(kinds).fit(X, outcomes), FeasibilityModel().fit(X, outcomes))
        found.append([log_loss(model, *new) for model in models])
    return np.mean(found, axis=0).tolist()


@pytest.mark.slow
def test_choices_never_tried_are_judged_better_by_blocks_of_many_descriptors():
    kinds = ColumnKinds(numeric=(20, 21), descriptors=(tuple(range(10)), tuple(range(10, 20))))
    classified, default = losses(kinds, lambda n, seed, tried: described(n, seed, tried=tried))
    assert classified < 0.26
    assert classified < 0.85 * default


@pytest.mark.slow
def test_where_one_choice_decides_the_default_is_the_better_model():
    classified, default = losses(KINDS, lambda n, seed, tried: experiments(n, seed))
    assert default < classified < 0.3


def test_three_and_more_blocks_of_descriptors_are_learned_from():
    X, outcomes = described(16, 0, tried=True)
    kinds = ColumnKinds(numeric=(20, 21), descriptors=tuple(tuple(range(5 * k, 5 * k + 5)) for k in range(4)))
    chances = ClassifiedFeasibility(kinds).fit(X, outcomes).probability(X)
    good = torch.tensor([outcome == "ok" for outcome in outcomes])
    assert float(chances[good].min()) > float(chances[~good].max())


def test_a_region_where_nothing_works_is_learned():
    X = torch.rand(40, 2, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    outcomes = ["unknown" if x > 0.5 else "ok" for x in X[:, 0].tolist()]
    model = ClassifiedFeasibility(ColumnKinds.all_numeric(2)).fit(X, outcomes)
    good, bad = model.probability(torch.tensor([[0.15, 0.5], [0.85, 0.5]], dtype=torch.double)).tolist()
    assert good > 0.8
    assert bad < 0.35


def test_stated_faults_teach_no_avoidance():
    X, outcomes = experiments(20, 0, "fault")
    model = ClassifiedFeasibility(KINDS).fit(X, outcomes)
    assert torch.equal(model.probability(X), FeasibilityModel().fit(X, outcomes).probability(X))
    outcomes[outcomes.index("ok")] = "infeasible"
    model.fit(X, outcomes)
    faulty = X[[i for i, outcome in enumerate(outcomes) if outcome == "fault"]]
    assert float(model.probability(faulty).mean()) > 0.6


def test_nothing_is_ever_quite_impossible_and_bad_input_is_refused():
    X, _ = experiments(20, 0)
    model = ClassifiedFeasibility(KINDS).fit(X, ["infeasible"] * 20)
    assert float(model.probability(X).min()) >= 0.01
    assert model.probability(X[:0]).shape == (0,)
    with pytest.raises(ValueError, match="an outcome is one of"):
        model.fit(X, ["broken"] * 20)


def test_the_same_experiments_give_the_same_belief():
    X, outcomes = experiments(20, 3)
    first, second = (ClassifiedFeasibility(KINDS, seed=7).fit(X, outcomes).probability(X) for _ in range(2))
    assert torch.equal(first, second)
