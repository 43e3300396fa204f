"""Any other surrogate in the committee's place: one quantity, one part, the same questions answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from botorch.posteriors.gpytorch import GPyTorchPosterior
from botorch.posteriors.posterior import Posterior

from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.committee.covariance import Array
from zosimos.surrogates.committee.limits import Estimated
from zosimos.surrogates.committee.standard import Standard
from zosimos.surrogates.outcome import Known, Mixture
from zosimos.surrogates.protocol import Surrogate
from zosimos.surrogates.registry import card_of

_CHUNK = 256  # rows whose covariances with others are computed together
_DRAWS = 512


class ForeignOutcome:
    """A surrogate's belief about one quantity, as an :class:`~zosimos.surrogates.outcome.OutcomeModel`.

    Rows under way are answered by fitting again as if they had turned out as believed. The noise of a measurement is
    estimated from the residuals at the measured rows: an outcome less what is believed there keeps at least the noise.

    Args:
        name: of the surrogate.
        make: returns a new one.
        X: ``n x d`` model columns.
        y: ``n`` outcomes.
        variance: ``n`` squared standard uncertainties, NaN where unknown.
        origin: a value among the outcomes, less which they are given to the surrogate; 0 for outcomes as they are.
        estimated: what a committee makes of results of which only a limit is known, as if measured; None: no such.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], Surrogate],
        X: Array,
        y: Array,
        variance: Array,
        origin: float = 0.0,
        estimated: Estimated | None = None,
    ) -> None:
        self.standard = Standard.of(y - origin, origin=origin).moved(origin)
        self._name = name
        self._make = make
        self._origin = origin
        self._rows, self._values, self._variances = X, y - origin, variance
        self._estimated = estimated
        self._surrogate = self._fitted()
        self._noise = float(np.mean((self._values - self._moments(X)[0]) ** 2))

    @property
    def exact(self) -> bool:
        """Nothing is known of how it was fitted."""
        return False

    @property
    def weights(self) -> dict[str, float]:
        """All weight is the one surrogate's."""
        return {self._name: 1.0}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the fit, in words."""
        notes = [note.removeprefix("outcome 0: ") for note in getattr(self._surrogate, "notes", ())]
        if self._estimated is not None:
            count = len(self._estimated.limits)
            notes.append(f"learned from {count} limit{'s' if count > 1 else ''} too, as a committee estimates them")
        return tuple(notes)

    def predict(self, X: Array, *, beside: Array | None = None, first: int | None = None) -> Mixture:
        """Return the belief at ``m x d`` columns; ``beside`` and ``first`` are left aside."""
        del beside, first
        mean, variance = self._moments(X)
        variance = np.maximum(variance, 1e-300)[None]
        return Mixture(mean[None] + self._origin, variance, np.ones(1), np.array([self._noise]), self._origin)

    def cross(self, A: Array, B: Array) -> Array:
        """Return the covariance (noise left out) of ``a x d`` and ``b x d`` columns, ``a x b``."""
        found = [np.empty((0, len(B)))]
        for start in range(0, len(A), _CHUNK):
            part = A[start : start + _CHUNK]
            with torch.no_grad():
                joint = _covariance(self._surrogate.posterior(torch.from_numpy(np.concatenate([part, B]))))
            found.append(joint[: len(part), len(part) :])
        return np.concatenate(found)

    def noise(self, X: Array) -> Array:
        """Return the noise variance of a measurement, the same at all ``m x d`` columns, ``m``."""
        return np.full(len(X), self._noise)

    def known(self) -> Known:
        """Return what is believed of the measured rows, then of those under way."""
        mean = self._moments(self._rows)[0] + self._origin
        known = Known(self._rows, mean[None], mean, mean[None])
        if self._estimated is None:
            return known
        limited = self._estimated.limits.X[self._estimated.limits.rivals]
        return replace(known, limited=(limited, self._moments(limited)[0][None] + self._origin))

    def left_out(self) -> None:
        """Return nothing: outcomes are not left out of a fit that is not known."""

    def pending(self, X: Array) -> None:
        """Take ``p x d`` rows as under way, as if they had turned out as believed."""
        mean, _ = self._moments(X)
        self._rows = np.concatenate([self._rows, X])
        self._values = np.concatenate([self._values, mean])
        self._variances = np.concatenate([self._variances, np.full(len(X), np.nan)])
        self._surrogate = self._fitted()

    def card(self) -> ModelCard:
        """Return how the surrogate describes itself.

        Raises:
            SpecError: it is a plugin's and has no card.
        """
        return card_of(self._surrogate)

    def _fitted(self) -> Surrogate:
        arrays = [self._rows, self._values, self._variances]
        if self._estimated is not None:
            found = self._estimated
            pairs = zip(arrays, (found.limits.X, found.mean - self._origin, found.variance), strict=True)
            arrays = [np.concatenate([measured, more]) for measured, more in pairs]
        tensors = [torch.from_numpy(np.ascontiguousarray(a)) for a in arrays]
        return self._make().fit(tensors[0], tensors[1][:, None], tensors[2][:, None])

    def _moments(self, X: Array) -> tuple[Array, Array]:
        with torch.no_grad():
            posterior = self._surrogate.posterior(torch.from_numpy(np.ascontiguousarray(X)).unsqueeze(-2))
            mean = posterior.mean[:, 0, 0].double().numpy()  # type: ignore[attr-defined] # the protocol asks for it
            variance = posterior.variance[:, 0, 0].double().numpy()  # type: ignore[attr-defined] # so here
        return mean, variance


def _covariance(posterior: Posterior) -> Array:
    """Return the ``q x q`` covariance of a joint belief about one quantity; from draws where it is not Gaussian."""
    if isinstance(posterior, GPyTorchPosterior):
        return np.asarray(posterior.distribution.covariance_matrix.double().numpy())
    return np.asarray(np.cov(posterior.rsample(torch.Size([_DRAWS]))[..., 0].double().numpy(), rowvar=False))
