"""Kernels over mixed and chemical columns: few hyper-parameters for many columns.

A covariance is built of parts: a Matern kernel over the numeric columns with a length scale each, and over each kind
of block (one-hot codes, descriptors, fingerprints) an exponential of squared distances with ONE length scale a block:
``k = exp(-1/2 sum_b D_b(x, x') / l_b^2)``. The parts are joined as a sum and a product with a learned balance (Ru et
al. 2020, "Bayesian Optimisation over Multiple Continuous and Categorical Inputs", arXiv 1906.08878): ``k = (1 - t)
mean(parts) + t prod(parts)``. The sum lets what was learned of a temperature hold for every ligand; the product lets it
depend on the ligand.

Each D is a squared distance in some Hilbert space, therefore each exponential is positive definite (Schoenberg 1938).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.model import Model
from botorch.models.transforms.outcome import Standardize
from gpytorch.constraints import GreaterThan, Interval
from gpytorch.kernels import Kernel, MaternKernel
from gpytorch.priors import LogNormalPrior, NormalPrior
from torch import Tensor

from zosimos.surrogates.columns import Block, ColumnKinds
from zosimos.surrogates.gaussian.exact import PerOutcome, fit_map, usable_noise

_LEAST_LENGTH = 0.025  # as BoTorch: shorter ones make the covariance a diagonal
_ABSENT = 1e-9  # a bit that every fingerprint has: two empty ones are alike, not undefined
_BALANCE, _BALANCE_SD = 0.9, 0.3  # start, and prior below 1, of the product's share
Distance = Callable[[Tensor, Tensor, bool], Tensor]


class MixedGP(PerOutcome):
    """A Gaussian process over mixed and chemical columns (a :class:`~zosimos.surrogates.protocol.Surrogate`).

    One hyper-parameter for each part of the columns and one for the balance of sum and product; learning costs
    O(n^3), a prediction O(n) (mean) or O(n^2) (variance). Known standard uncertainties are the noise, as in
    :class:`~zosimos.surrogates.gaussian.gp.GaussianProcess`.

    Args:
        kinds: of the columns that ``fit`` and ``posterior`` are given.
    """

    def __init__(self, kinds: ColumnKinds) -> None:
        super().__init__()
        self._kinds = kinds
        self._relevance: list[Tensor] = []

    def relevance(self) -> Tensor:
        """Return the inverse length scale of each part for each outcome, ``m x p``, in the order of ``kinds.parts``.

        A part whose relevance is far below the others' hardly changes the prediction.
        """
        return torch.stack(self._relevance)

    def _begin(self, X: Tensor) -> None:
        if X.shape[1] != self._kinds.width:
            raise ValueError(f"{self._kinds.width} columns needed, not {X.shape[1]}")
        self._relevance = []

    def _fit_outcome(self, X: Tensor, Y: Tensor, Yvar: Tensor) -> tuple[Model, str]:
        noise = usable_noise(Y, Yvar)

        def make() -> SingleTaskGP:
            return SingleTaskGP(X, Y, noise, covar_module=mixed_kernel(self._kinds), outcome_transform=Standardize(m=1))

        model, note = fit_map(make, Y)
        self._relevance.append(relevance(model.covar_module))
        return model, note


def mixed_kernel(kinds: ColumnKinds) -> Kernel:
    """Return the kernel over columns of these kinds, of variance 1 at every point.

    Length-scale priors are those of Hvarfner et al. 2024 (arXiv 2402.02229), a block counting as one dimension.
    """
    count = len(kinds.parts)
    parts: list[Kernel] = []
    if kinds.numeric:
        prior, constraint = _length_prior(count)
        parts.append(
            MaternKernel(
                nu=2.5,
                ard_num_dims=len(kinds.numeric),
                active_dims=kinds.numeric,
                lengthscale_prior=prior,
                lengthscale_constraint=constraint,
            )
        )
    kinds_of_blocks = (
        (kinds.categories, hamming_distance),
        (kinds.descriptors, mean_squared_distance),
        (kinds.fingerprints, tanimoto_distance),
    )
    parts += [BlockKernel(blocks, distance, count) for blocks, distance in kinds_of_blocks if blocks]
    return parts[0] if len(parts) == 1 else SumProductKernel(parts)


def relevance(kernel: Kernel) -> Tensor:
    """Return the inverse length scales of a :func:`mixed_kernel`, in the order of the columns' parts."""
    parts = list(kernel.parts) if isinstance(kernel, SumProductKernel) else [kernel]
    lengths = [part.lengths if isinstance(part, BlockKernel) else _length_scales(part) for part in parts]
    return 1.0 / torch.cat(lengths).detach()


def _length_scales(kernel: Kernel) -> Tensor:
    lengths = kernel.lengthscale
    assert isinstance(lengths, Tensor)
    return lengths.flatten()


class SumProductKernel(Kernel):  # type: ignore[misc] # gpytorch is untyped
    """The balance of a sum and a product of kernels: ``(1 - t) mean(parts) + t prod(parts)``, t in [0, 1] learned."""

    def __init__(self, parts: Sequence[Kernel]) -> None:
        super().__init__()
        self.parts = torch.nn.ModuleList(parts)
        self.register_parameter("raw_balance", torch.nn.Parameter(torch.tensor(_BALANCE, dtype=torch.double)))
        self.register_constraint("raw_balance", Interval(0.0, 1.0, transform=None, initial_value=_BALANCE))
        self.register_prior("balance_prior", NormalPrior(1.0, _BALANCE_SD), _balance, _set_balance)

    @property
    def balance(self) -> Tensor:
        """The product's share."""
        found: Tensor = self.raw_balance
        return found

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **_: Any) -> Tensor:
        """Return covariances of ``... x n x d`` and ``... x n' x d`` points."""
        if diag:
            values = [part(x1, x2, diag=True) for part in self.parts]
        else:
            values = [part(x1, x2).to_dense() for part in self.parts]
        stacked = torch.stack(values)
        return torch.lerp(stacked.mean(dim=0), stacked.prod(dim=0), self.balance)


class BlockKernel(Kernel):  # type: ignore[misc] # gpytorch is untyped
    """Blocks of columns with one length scale each: ``exp(-1/2 sum_b D_b / l_b^2)``.

    Args:
        blocks: the columns of each block.
        distance: the squared distance within a block, in [0, 1] for typical points.
        parts: the number of parts of all columns, for the length scales' prior.
    """

    def __init__(self, blocks: Sequence[Block], distance: Distance, parts: int | None = None) -> None:
        super().__init__()
        self._blocks = [list(block) for block in blocks]
        self._distance = distance
        prior, constraint = _length_prior(parts or len(blocks))
        # GPyTorch's own length scale is one for all columns or one for each
        self.register_parameter("raw_lengths", torch.nn.Parameter(prior.mode.double().expand(len(blocks)).clone()))
        self.register_constraint("raw_lengths", constraint)
        self.register_prior("lengths_prior", prior, _lengths, _set_lengths)

    @property
    def lengths(self) -> Tensor:
        """The length scale of each block."""
        found: Tensor = self.raw_lengths
        return found

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **_: Any) -> Tensor:
        """Return covariances of ``... x n x d`` and ``... x n' x d`` points."""
        exponent = torch.zeros((), dtype=x1.dtype)
        for index, block in enumerate(self._blocks):
            exponent = exponent + self._distance(x1[..., block], x2[..., block], diag) / self.lengths[index].square()
        return torch.exp(-0.5 * exponent)


def tanimoto_distance(x1: Tensor, x2: Tensor, diag: bool = False) -> Tensor:
    """Return 1 - Tanimoto similarity of bit or count vectors, ``... x n x n'``, or ``... x n`` of paired rows.

    The similarity ``<x, y> / (|x|^2 + |y|^2 - <x, y>)`` is positive definite for all real vectors (Tripp et al. 2023,
    "Tanimoto Random Features for Scalable Molecular Machine Learning", arXiv 2306.14809); that of two empty ones is 1.
    """
    product, one, two = _products(x1, x2, diag)
    product = product + _ABSENT
    return 1.0 - product / (one + two + 2 * _ABSENT - product)


def hamming_distance(x1: Tensor, x2: Tensor, diag: bool = False) -> Tensor:
    """Return 0 for equal and 1 for different one-hot codes, ``... x n x n'``, or ``... x n`` of paired rows.

    Between one-hot codes (inside a search that relaxes them) it is half the squared Euclidean distance.
    """
    product, one, two = _products(x1, x2, diag)
    return 0.5 * (one + two) - product


def mean_squared_distance(x1: Tensor, x2: Tensor, diag: bool = False) -> Tensor:
    """Return the mean over columns of squared differences, ``... x n x n'``, or ``... x n`` of paired rows."""
    return 2.0 / x1.shape[-1] * hamming_distance(x1, x2, diag)


def _products(x1: Tensor, x2: Tensor, diag: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Return ``<x, y>``, ``|x|^2`` and ``|y|^2`` as shapes that add up."""
    one, two = x1.square().sum(dim=-1), x2.square().sum(dim=-1)
    if diag:
        return (x1 * x2).sum(dim=-1), one, two
    return x1 @ x2.mT, one[..., :, None], two[..., None, :]


def _balance(kernel: SumProductKernel) -> Tensor:
    return kernel.balance


def _set_balance(kernel: SumProductKernel, value: Tensor) -> None:
    kernel.initialize(raw_balance=value.clamp(0.0, 1.0))


def _lengths(kernel: BlockKernel) -> Tensor:
    return kernel.lengths[None]  # one row, as GPyTorch's own length scales: a prior of outputs that share a kernel


def _set_lengths(kernel: BlockKernel, value: Tensor) -> None:
    kernel.initialize(raw_lengths=value.reshape(-1).expand_as(kernel.raw_lengths))


def _length_prior(parts: int) -> tuple[LogNormalPrior, GreaterThan]:
    prior = LogNormalPrior(math.sqrt(2.0) + 0.5 * math.log(parts), math.sqrt(3.0))
    return prior, GreaterThan(_LEAST_LENGTH, transform=None, initial_value=prior.mode)
