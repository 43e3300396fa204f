"""Conformance kit for surrogates: parametrize a test with ``surrogate_checks(MySurrogate)``."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from zosimos.core.conformance import Check, run_all
from zosimos.surrogates.protocol import Surrogate


def check_surrogate(factory: Callable[[], Surrogate]) -> None:
    """Run :func:`surrogate_checks`.

    Args:
        factory: makes a new, unfitted surrogate.

    Raises:
        AssertionError: a check failed; it is named, and the message says what was expected.
    """
    run_all(surrogate_checks(factory))


def surrogate_checks(factory: Callable[[], Surrogate]) -> list[Check]:
    """Return the checks of the contract of :class:`Surrogate`.

    Args:
        factory: makes a new, unfitted surrogate.
    """
    checks = {
        "its predictions have the right shapes": _check_shapes,
        "it learns": _check_learns,
        "the same data give the same belief": _check_repeats,
        "it follows the unit of the outcomes": _check_units,
        "what is missing spoils nothing": _check_gaps,
        "awkward data give finite predictions": _check_awkward_data,
    }
    return [Check(name, partial(_in_one_thread, check, factory)) for name, check in checks.items()]


def _in_one_thread(check: Callable[[Callable[[], Surrogate]], None], factory: Callable[[], Surrogate]) -> None:
    """Do a check as planners fit: small matrices gain nothing from more threads, and sums stay the same."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        check(factory)
    finally:
        torch.set_num_threads(threads)


def _spread(n: int) -> Tensor:
    """Return ``n x 2`` evenly spread points (Roberts' R2 sequence)."""
    steps = torch.arange(1, n + 1, dtype=torch.double)
    return torch.stack([steps * 0.7548776662 % 1, steps * 0.5698402910 % 1], dim=-1)


def _data(n: int = 12) -> tuple[Tensor, Tensor]:
    X = _spread(n)
    return X, torch.stack([torch.sin(3 * X[:, 0]) + X[:, 1], X[:, 0] - X[:, 1]], dim=-1)


def _moments(surrogate: Surrogate, X: Tensor) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        posterior: Any = surrogate.posterior(X)
        return posterior.mean, posterior.variance


def _check_shapes(factory: Callable[[], Surrogate]) -> None:
    X, Y = _data()
    for m in (1, 2):
        surrogate = factory()
        assert isinstance(surrogate, Surrogate), "it must have fit and posterior"
        assert surrogate.fit(X, Y[:, :m]) is surrogate, "fit must return the surrogate itself"
        for shape in ((3, 2), (5, 3, 2)):
            points = _spread(math.prod(shape[:-1])).reshape(shape)
            mean, variance = _moments(surrogate, points)
            expected = (*shape[:-1], m)
            assert mean.shape == variance.shape == expected, f"mean and variance of {shape} must be {expected}"
            assert mean.dtype == torch.double, "predictions must be double precision"
            assert bool(mean.isfinite().all()), "means must be finite"
            assert bool((variance > -1e-12).all()), "variances must not be negative"
            samples = surrogate.posterior(points).rsample(torch.Size([4]))
            assert samples.shape == (4, *expected), f"4 samples must be {(4, *expected)}"


def _check_learns(factory: Callable[[], Surrogate]) -> None:
    X, Y = _data(24)
    mean, _ = _moments(factory().fit(X[:20], Y[:20, :1]), X[20:])
    error = float((mean - Y[20:, :1]).square().mean())
    assert error < float(Y[:20, :1].var()), "held-out predictions must be better than the mean of the training data"


def _check_repeats(factory: Callable[[], Surrogate]) -> None:
    X, Y = _data()
    first = _moments(factory().fit(X, Y), X)
    second = _moments(factory().fit(X, Y), X)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True)), "the same data must give the same belief"


def _check_units(factory: Callable[[], Surrogate]) -> None:
    X, Y = _data()
    mean, variance = _moments(factory().fit(X, Y[:, :1]), X)
    for scale in (1e-2, 1e6):
        scaled_mean, scaled_variance = _moments(factory().fit(X, Y[:, :1] * scale), X)
        assert torch.allclose(scaled_mean / scale, mean, rtol=0.01, atol=0.01), "means must follow the outcomes' unit"
        ratio = (scaled_variance / scale**2).clamp_min(1e-12) / variance.clamp_min(1e-12)
        assert bool(((ratio > 0.5) & (ratio < 2.0)).all()), "variances must follow the outcomes' unit"


def _check_gaps(factory: Callable[[], Surrogate]) -> None:
    X, Y = _data()
    Y = Y.clone()
    Y[3, 0] = torch.nan
    variance = torch.full_like(Y, 1e-4)
    variance[5, 1] = torch.nan
    mean, _ = _moments(factory().fit(X, Y, variance), X)
    assert bool(mean.isfinite().all()), "a missing value or an unknown uncertainty must not spoil the others"


def _check_awkward_data(factory: Callable[[], Surrogate]) -> None:
    X, Y = _data()
    cases = {
        "one observation": (X[:1], Y[:1, :1]),
        "a constant outcome": (X, torch.full((len(X), 1), 3.0, dtype=torch.double)),
        "duplicate rows": (X[:1].repeat(6, 1), Y[:6, :1]),
        "an outlier": (X, torch.where(torch.arange(len(X))[:, None] == 2, 1e6, Y[:, :1])),
    }
    for name, (points, outcomes) in cases.items():
        mean, variance = _moments(factory().fit(points, outcomes), X)
        assert bool(mean.isfinite().all() and variance.isfinite().all()), f"{name} must give finite predictions"
