"""A Gaussian process that takes in one measurement at a time, at fixed hyper-parameters.

A new row borders the covariance matrix, and so its Cholesky factor: with ``K = U'U`` the new column of U is
``U'^-1 k(X, x)`` above ``sqrt(k(x, x) + noise - |.|^2)`` (Rasmussen and Williams 2006, Gaussian Processes for Machine
Learning, appendix A.3; Osborne 2010, thesis, section 3.4). That is O(n^2) where a new factorisation is O(n^3), and
exact. U is packed by columns in one array (LAPACK's packed upper format), so a new column is appended, not copied in.
"""

from __future__ import annotations

from typing import Self, TypeAlias

import numpy as np
import torch
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.transforms.outcome import Standardize
from gpytorch.kernels import Kernel, ScaleKernel
from gpytorch.likelihoods import FixedNoiseGaussianLikelihood
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import LinAlgError, cholesky, solve_triangular
from scipy.linalg.blas import dtpsv
from scipy.linalg.lapack import dtpttr
from torch import Tensor

from zosimos.surrogates.quiet import quiet

Array: TypeAlias = NDArray[np.float64]
_LEAST_PIVOT = 1e-12  # of a point's prior variance: below it a row says nothing that others did not say
_JITTERS = (0.0, 1e-10, 1e-8, 1e-6)  # of the largest prior variance, tried in turn


class IncrementalPosterior:
    """The exact posterior of a Gaussian process, updated row by row.

    ``add`` costs O(n^2), ``predict`` O(n^2) a point, memory n^2 numbers.

    Args:
        kernel: the prior covariance, its hyper-parameters fixed.
        X: ``n x d`` measured points, n at least 1.
        y: ``n`` outcomes.
        noise: their variances, one or ``n``; one number is also the variance of rows added without one.
        mean: prior mean of the outcomes.

    Raises:
        ValueError: shapes do not fit, a value is not finite or a variance negative, or the kernel is not a covariance.
    """

    def __init__(self, kernel: Kernel, X: Tensor, y: ArrayLike, noise: ArrayLike, *, mean: float = 0.0) -> None:
        self._kernel = kernel
        self._mean = mean
        outcomes = np.asarray(y, dtype=np.float64)
        variances = np.asarray(noise, dtype=np.float64)
        self._noise = float(variances) if variances.ndim == 0 else None
        if outcomes.ndim != 1 or variances.shape not in {(), outcomes.shape} or X.ndim != 2 or len(X) != len(outcomes):
            raise ValueError(f"X (n x d), y (n) and noise (n or one) needed, not {X.shape}, {outcomes.shape}")
        _check(X, outcomes, variances)
        self._X = X.double().clone()
        self._n = len(X)
        covariance = self._prior(self._X, self._X) + np.diag(np.broadcast_to(variances, outcomes.shape))
        self._factor, self._notes = _factored(covariance)
        self._packed = np.ascontiguousarray(self._factor.T[np.tril_indices(self._n)])
        self._whitened = solve_triangular(self._factor, outcomes - mean, trans=1)
        self._stale = False  # the packed factor has rows that the square one lacks

    @classmethod
    def of(cls, model: SingleTaskGP) -> Self:
        """Return the posterior of a fitted model of one outcome with a constant mean; predictions are in its units.

        Raises:
            ValueError: the model has several outcomes, or transforms its inputs or, other than standardising, outcomes.
        """
        transform = getattr(model, "outcome_transform", None)
        if model.num_outputs != 1 or hasattr(model, "input_transform") or not isinstance(transform, Standardize | None):
            raise ValueError("a model of one outcome is needed, standardised at most")
        with quiet(), torch.no_grad():
            centre = 0.0 if transform is None else float(transform.means)
            spread = 1.0 if transform is None else float(transform.stdvs)
            kernel = ScaleKernel(model.covar_module).double()
            kernel.outputscale = spread**2
            X: Tensor = model.train_inputs[0]
            noise = model.likelihood.noise.flatten() * spread**2
            given = isinstance(model.likelihood, FixedNoiseGaussianLikelihood)
            return cls(
                kernel,
                X,
                (model.train_targets * spread + centre).numpy(),
                noise.numpy() if given else float(noise),
                mean=float(model.mean_module(X[:1])) * spread + centre,
            )

    def __len__(self) -> int:
        return self._n

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual, in words; empty if nothing was."""
        return self._notes

    def add(self, x: Tensor, y: float, yvar: float | None = None) -> None:
        """Take in one measurement.

        Args:
            x: the point, shape ``d``.
            y: the outcome.
            yvar: its variance; None: that of the other rows.

        Raises:
            ValueError: as at construction, or no variance is known.
        """
        variance = self._noise if yvar is None else yvar
        if variance is None:
            raise ValueError("a variance is needed: each row has its own")
        row = x.double().reshape(1, -1)
        if row.shape[1] != self._X.shape[1]:
            raise ValueError(f"{self._X.shape[1]} columns needed, not {row.shape[1]}")
        _check(row, np.array([y]), np.array([variance]))
        n = self._n
        own = float(self._prior(row, row)[0, 0])
        column = dtpsv(n, self._packed, self._prior(self._X[:n], row)[:, 0], trans=1)
        pivot = self._pivot(own, own + variance - float(column @ column))
        self._whitened = np.append(self._whitened, (y - self._mean - float(column @ self._whitened)) / pivot)
        self._append(row, column, pivot)

    def predict(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and variances (noise left out) at ``k x d`` points, each of shape ``k``."""
        points = X.double()
        if self._stale:
            self._factor = dtpttr(self._n, self._packed[: self._n * (self._n + 1) // 2])[0]
            self._stale = False
        across = self._prior(self._X[: self._n], points)
        solved = solve_triangular(self._factor, across, trans=1, check_finite=False)
        with quiet(), torch.no_grad():
            own = self._kernel(points, diag=True)
            variance = own - torch.as_tensor(np.einsum("ij,ij->j", solved, solved))
        return torch.as_tensor(self._mean + solved.T @ self._whitened), variance.clamp_min(0.0)

    def _prior(self, one: Tensor, two: Tensor) -> Array:
        with quiet(), torch.no_grad():
            return np.asarray(self._kernel(one, two).to_dense().numpy(), dtype=np.float64)

    def _pivot(self, own: float, square: float) -> float:
        least = _LEAST_PIVOT * own
        if square < least:
            self._notes = (*self._notes, f"row {self._n} repeats another without noise: a little was added")
        return float(np.sqrt(max(square, least)))

    def _append(self, row: Tensor, column: Array, pivot: float) -> None:
        """Border the factor and store the point; room doubles when it is used up, so copying is O(n) a row."""
        n, used = self._n, self._n * (self._n + 1) // 2
        if used + n + 1 > len(self._packed):
            self._packed = np.concatenate([self._packed[:used], np.zeros(used + 2 * n + 1)])
        if n == len(self._X):
            self._X = torch.cat([self._X, torch.zeros_like(self._X)])
        self._packed[used : used + n] = column
        self._packed[used + n] = pivot
        self._X[n] = row[0]
        self._n += 1
        self._stale = True


def _factored(covariance: Array) -> tuple[Array, tuple[str, ...]]:
    """Return the upper Cholesky factor, and a note where the diagonal had to be raised."""
    for jitter in _JITTERS:
        try:
            raised = covariance + jitter * float(covariance.diagonal().max()) * np.eye(len(covariance))
            return cholesky(raised), (f"{jitter:g} of the variance was added to the noise",) if jitter else ()
        except LinAlgError:
            continue
    raise ValueError("the kernel is not positive definite")


def _check(X: Tensor, y: Array, variance: Array) -> None:
    if not (X.isfinite().all() and np.isfinite(y).all() and np.isfinite(variance).all() and (variance >= 0.0).all()):
        raise ValueError("points, outcomes and variances must be finite, variances not negative")
