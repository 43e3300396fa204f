"""One quantity measured by several sources: instruments, laboratories, annotators, each with its bias and its noise.

``y = f(x) + b_s + e`` with ``b_s ~ N(0, t_s^2)`` constant for source s and ``e ~ N(0, v_s)``; t_s and v_s are learned
with the hyper-parameters of f (Kennedy and O'Hagan 2001, "Bayesian calibration of computer models", for the constant
discrepancy; the scale for each source is automatic relevance determination, MacKay 1994: sources that agree need none).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.model import Model
from botorch.models.transforms.outcome import Standardize
from gpytorch.constraints import Interval
from gpytorch.kernels import Kernel
from gpytorch.priors import HalfCauchyPrior
from torch import Tensor

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.exact import PerOutcome, fit_map, spread_of
from zosimos.surrogates.indexed import INDEX, Arranged, IndexedNoise
from zosimos.surrogates.kernels import mixed_kernel
from zosimos.surrogates.quiet import quiet

_TRUTH = -1.0  # the index of no source
_SCALE = 0.1  # of the outcomes' standard deviation: the biases' prior scale
_LIMITS = (1e-3, 30.0)  # of the same: biases' scales


@dataclass(frozen=True)
class Bias:
    """How far a source reads above the truth, with its standard uncertainty, in the outcome's unit."""

    mean: float
    sd: float


class SourceGP(PerOutcome):
    """A Gaussian process of the truth behind several sources (a :class:`~zosimos.surrogates.protocol.Surrogate`).

    One column of X holds the source, a whole number from 0. It is looked at in ``fit``; ``posterior`` always speaks of
    the truth, with bias and noise left out. Known variances are added to the learned noise of the source. Learning
    costs O(n^3) for n rows of all sources together.

    Two sources that differ do not tell which one is biased: name a ``reference``. From three on, the sources that agree
    are believed.

    Args:
        kinds: of the other columns, in their order.
        column: where the source stands in X.
        reference: a source without bias by definition, such as a calibrated instrument.
    """

    def __init__(self, kinds: ColumnKinds, *, column: int = -1, reference: int | None = None) -> None:
        super().__init__()
        self._kinds = kinds
        self._column = column
        self._reference = reference
        self._fits: list[_Fit] = []

    def bias(self, outcome: int = 0) -> Mapping[int, Bias]:
        """Return each source's bias in an outcome."""
        return self._fits[outcome].bias

    def noise(self, outcome: int = 0) -> Mapping[int, float]:
        """Return each source's learned noise variance in an outcome, in its squared unit."""
        return self._fits[outcome].noise

    def _begin(self, X: Tensor) -> None:
        if X.shape[1] != self._kinds.width + 1:
            raise ValueError(f"{self._kinds.width + 1} columns needed, the source among them, not {X.shape[1]}")
        indices = X[:, self._column]
        if bool((indices < 0).any() or (indices != indices.round()).any()):
            raise ValueError("sources are whole numbers from 0")
        self._fits = []

    def _fit_outcome(self, X: Tensor, Y: Tensor, Yvar: Tensor) -> tuple[Model, str]:
        sources, index = torch.unique(X[:, self._column].long(), return_inverse=True)
        names = [int(source) for source in sources]
        free = [name != self._reference for name in names] if len(names) > 1 else [False]
        scale = spread_of(Y) or 1.0
        known = Yvar.nan_to_num(nan=0.0).clamp_min(0.0) / scale**2
        rows = torch.cat([self._rest(X), index[:, None].double(), known], dim=-1)

        def make() -> SingleTaskGP:
            kernel = BiasKernel(mixed_kernel(self._kinds), free)
            noise = IndexedNoise(torch.ones(len(names), dtype=torch.double))
            return SingleTaskGP(rows, Y, likelihood=noise, covar_module=kernel, outcome_transform=Standardize(m=1))

        model, note = fit_map(make, Y)
        self._fits.append(_Fit.of(model, names, index))
        return Arranged(model, self._truth), note

    def _truth(self, X: Tensor) -> Tensor:
        rest = self._rest(X)
        return torch.cat([rest, torch.full_like(rest[..., :1], _TRUTH), torch.zeros_like(rest[..., :1])], dim=-1)

    def _rest(self, X: Tensor) -> Tensor:
        others = [i for i in range(X.shape[-1]) if i != self._column % X.shape[-1]]
        return X[..., others]


@dataclass(frozen=True)
class _Fit:
    bias: Mapping[int, Bias]
    noise: Mapping[int, float]

    @classmethod
    def of(cls, model: SingleTaskGP, names: list[int], index: Tensor) -> _Fit:
        """Condition each bias on the data: ``b_s ~ N(0, t_s^2)`` correlates with the rows of its source only."""
        with quiet(), torch.no_grad():
            transform = model.outcome_transform
            assert isinstance(transform, Standardize)
            spread = float(transform.stdvs)
            prior = model.likelihood(model.forward(*model.train_inputs), model.train_inputs)
            variances = model.covar_module.scales.square()
            across = variances[index][:, None] * torch.nn.functional.one_hot(index, len(names)).double()
            solved = torch.linalg.solve(prior.covariance_matrix, across)
            means = solved.T @ (model.train_targets - prior.mean)
            left = (variances - (across * solved).sum(dim=0)).clamp_min(0.0)
            noise = model.likelihood.variances * spread**2
        biases = {name: Bias(float(means[i]) * spread, float(left[i].sqrt()) * spread) for i, name in enumerate(names)}
        return cls(biases, {name: float(noise[i]) for i, name in enumerate(names)})


class BiasKernel(Kernel):  # type: ignore[misc] # gpytorch is untyped
    """A kernel over x plus ``t_s^2`` between rows of the same source s; index -1 is the truth, without bias.

    Args:
        base: over the columns of x.
        free: for each source, whether it may have a bias.
    """

    def __init__(self, base: Kernel, free: list[bool]) -> None:
        super().__init__()
        self.base = base
        self.register_buffer("_free", torch.tensor(free, dtype=torch.double))
        start = torch.full((len(free),), _SCALE, dtype=torch.double)
        self.register_parameter("raw_scales", torch.nn.Parameter(start))
        self.register_constraint("raw_scales", Interval(*_LIMITS, transform=None, initial_value=start.clone()))
        self.register_prior("scales_prior", HalfCauchyPrior(_SCALE), _raw_scales, _set_raw_scales)

    @property
    def scales(self) -> Tensor:
        """The standard deviation of each source's bias before data; 0 where it may have none."""
        found: Tensor = self.raw_scales * self._free
        return found

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **_: Any) -> Tensor:
        """Return covariances of ``... x n x (d + 2)`` and ``... x n' x (d + 2)`` rows."""
        one, two = x1[..., INDEX].long(), x2[..., INDEX].long()
        if not diag:
            one, two = one[..., :, None], two[..., None, :]
        variance = self.scales.square()[one.clamp_min(0)]
        base = self.base(x1[..., :INDEX], x2[..., :INDEX], diag=diag)
        found: Tensor = (base if diag else base.to_dense()) + variance * ((one == two) & (one >= 0))
        return found


def _raw_scales(kernel: BiasKernel) -> Tensor:
    found: Tensor = kernel.raw_scales
    return found


def _set_raw_scales(kernel: BiasKernel, value: Tensor) -> None:
    kernel.initialize(raw_scales=value.clamp(*_LIMITS).expand_as(kernel.raw_scales))
