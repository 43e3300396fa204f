"""Whole campaigns, in which acquisition picks every other row: intervals hold what they say once recalibrated."""

import warnings

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from zosimos.surrogates.calibration.coverage import calibration
from zosimos.surrogates.calibration.distributions import normal_cdf, normal_density
from zosimos.surrogates.calibration.recalibrate import METHODS, Recalibrator, one_step_ahead

STEPS = 25
KERNEL = ConstantKernel(1, (0.1, 10)) * Matern([0.5] * 3, (0.05, 10), nu=2.5) + WhiteKernel(1e-2, (1e-4, 1))


def surface(kind, rng):
    """Return a pool and its outcomes: a smooth hill, one with a ridge, one with a cliff and a heavy-tailed error."""
    X = rng.uniform(0, 1, (120, 3))
    smooth = np.exp(-((X - 0.4) ** 2).sum(axis=1) / 0.15) + 0.3 * X[:, 1]
    if kind == "ridge":
        smooth = smooth + np.exp(-np.abs(X[:, 0] - X[:, 2]) / 0.05)
    if kind == "cliff":
        smooth = smooth + (X[:, 0] > 0.6) + 0.05 * rng.standard_t(3, 120)
    return X, smooth + 0.02 * rng.normal(size=120)


def campaign(kind, seed):
    """Return what was predicted (mean, standard deviation with noise) and measured, one step ahead each."""
    rng = np.random.default_rng(seed)
    X, y = surface(kind, rng)
    taken, found = list(rng.choice(120, 2, replace=False)), []
    for step in range(STEPS):
        free = np.setdiff1d(np.arange(120), taken)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of hyper-parameters at their bounds
            model = GaussianProcessRegressor(KERNEL, normalize_y=True).fit(X[taken], y[taken])
        mean, sd = model.predict(X[free], return_std=True)
        z = (mean - y[taken].max()) / sd
        gain = sd * (z * normal_cdf(z) + normal_density(z))
        pick = int(gain.argmax()) if step % 2 == 0 else int(rng.integers(len(free)))
        found.append((mean[pick], max(sd[pick], 1e-9), y[free[pick]]))
        taken.append(free[pick])
    return tuple(np.array(found).T)


@pytest.fixture(scope="module")
def campaigns():
    return [campaign(kind, seed) for kind in ("hill", "ridge", "cliff") for seed in range(4)]


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_coverage_of_campaigns_is_within_a_few_points_after_recalibration(campaigns, method):
    raw = calibration(*(np.concatenate(column) for column in zip(*campaigns, strict=True)))
    assert [item.verdict for item in raw.coverage] == ["too narrow"] * 3
    hits = {item.level: 0 for item in raw.coverage}
    for stream in campaigns:
        bounds, _ = one_step_ahead(*stream, Recalibrator(method, rows=2))
        for item in calibration(*stream, bounds=bounds).coverage:
            hits[item.level] += item.hits
    for item in raw.coverage:
        share = hits[item.level] / (STEPS * len(campaigns))
        assert abs(share - item.level) < min(0.08, abs(item.share - item.level))
