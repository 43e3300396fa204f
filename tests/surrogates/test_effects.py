"""The member that adds up effects: its covariance, its gradient, and what it predicts of a table of choices."""

import itertools

import numpy as np
import pytest
from scipy.optimize import check_grad

from zosimos.surrogates.committee.committee import Committee
from zosimos.surrogates.committee.covariance import COVARIANCES
from zosimos.surrogates.committee.effects import EffectsEvidence, EffectsMember
from zosimos.surrogates.committee.hyper import Prior
from zosimos.surrogates.committee.member import Data, Kind
from zosimos.surrogates.committee.outcome import CommitteeOutcome
from zosimos.surrogates.committee.view import View, blocks

SIZES = (12, 4, 4, 3)
VIEW = View("range", blocks(SIZES))
TABLE = np.array(list(itertools.product(*map(range, SIZES))))
X = np.hstack([np.eye(size)[column] for size, column in zip(SIZES, TABLE.T, strict=True)])
PRODUCT, EFFECTS = Kind(VIEW, "matern-5/2"), Kind(VIEW, "matern-5/2", effects=True)


def member(rows: np.ndarray, y: np.ndarray) -> EffectsMember:
    n = len(y)
    return EffectsMember(EFFECTS, Data(X[rows], y, np.full(n, np.nan), np.ones(n)), 0)


@pytest.mark.parametrize("level", [0.0, 1.0])
@pytest.mark.parametrize("covariance", list(COVARIANCES))
def test_the_gradient_is_that_of_the_objective(covariance: str, level: float) -> None:
    rng = np.random.default_rng(0)
    view = View("range", ((0,), (1,), (2, 3)))
    evidence = EffectsEvidence(
        view.distances(rng.random((12, 4))),
        rng.standard_normal(12),
        COVARIANCES[covariance],
        np.array([0.1, *[np.nan] * 11]),
        np.ones(12),
        level=level,
    )
    prior = Prior(np.zeros(7), np.ones(7))
    for _ in range(3):
        theta = np.append(0.5 * rng.standard_normal(6), -2.0)
        off = check_grad(lambda t: evidence.objective(t, prior)[0], lambda t: evidence.objective(t, prior)[1], theta)
        assert off < 1e-4 * np.linalg.norm(evidence.objective(theta, prior)[1])


def test_the_covariance_is_one_with_itself_and_grows_with_what_rows_share() -> None:
    rng = np.random.default_rng(1)
    found = member(rng.permutation(len(X))[:20], rng.standard_normal(20))
    K = found._between(X[:150], X[:150])
    assert np.diag(K) == pytest.approx(np.ones(150))
    assert np.linalg.eigvalsh(K).min() > -1e-9
    one = {tuple(row): place for place, row in enumerate(TABLE.tolist())}
    shared = [
        found._between(X[[0]], X[[one[row]]])[0, 0] for row in ((1, 1, 1, 1), (0, 1, 1, 1), (0, 0, 1, 1), (0, 0, 0, 1))
    ]
    assert shared == sorted(shared)


def test_sums_of_effects_are_learned_from_fewer_rows() -> None:
    off = {PRODUCT: [], EFFECTS: []}
    for seed in range(4):
        rng = np.random.default_rng(seed)
        y = sum(rng.standard_normal(size)[column] for size, column in zip(SIZES, TABLE.T, strict=True))
        seen, unseen = np.split(rng.permutation(len(y)), [40])
        for kind, errors in off.items():
            model = CommitteeOutcome([kind], X[seen], y[seen], np.full(40, np.nan), 0)
            errors.append(float(np.sqrt(np.mean((model.predict(X[unseen]).mean - y[unseen]) ** 2))))
    assert np.mean(off[EFFECTS]) < 0.8 * np.mean(off[PRODUCT])


def test_its_card_tells_length_scales_and_strengths_of_each_group() -> None:
    import torch

    rng = np.random.default_rng(2)
    rows = rng.permutation(len(X))[:12]
    model = Committee([PRODUCT, EFFECTS]).fit(torch.from_numpy(X[rows]), torch.from_numpy(rng.standard_normal((12, 1))))
    told = model.card().hyperparameters
    for what in ("length scales", "strengths of effects"):
        assert len(told[f"{what}, effects by range, outcome 0"]) == len(SIZES)
    assert set(model.outcomes[0].weights) == {"matern-5/2 by range", "effects by range"}


def test_rows_under_way_make_it_surer_and_move_no_mean() -> None:
    rng = np.random.default_rng(3)
    found = member(rng.permutation(len(X))[:15], rng.standard_normal(15))
    before = found.predict(X[:50])
    found.await_rows(X[:5])
    after = found.predict(X[:50])
    assert after[0] == pytest.approx(before[0], abs=1e-6)
    assert (after[1][:5] < before[1][:5]).all()
