"""Several fidelities of one quantity: cheap levels teach the dear one, as far as they have earned it.

The autoregressive model of Kennedy and O'Hagan 2000 ("Predicting the output from a complex computer code when fast
approximations are available", Biometrika 87): level by level ``f_t(x) = r_t f_{t-1}(x) + d_t(x)`` with independent
Gaussian processes d_t. All levels are one joint Gaussian process, so designs need not be nested and the lower levels'
uncertainty is kept. The same model with every r_t = 0 stands beside it, and the two are weighed by how well they
predict the highest level's rows left out (pseudo-Bayesian model averaging; Yao et al. 2018, arXiv 1704.02030): a
misleading lower level loses its say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from botorch.models.gp_regression import SingleTaskGP
from botorch.models.model import Model
from botorch.models.transforms.outcome import Standardize
from gpytorch.constraints import Interval
from gpytorch.kernels import Kernel
from gpytorch.priors import NormalPrior
from torch import Tensor

from zosimos.surrogates.columns import ColumnKinds
from zosimos.surrogates.exact import PerOutcome, fit_map, leave_one_out, spread_of
from zosimos.surrogates.indexed import INDEX, Arranged, IndexedNoise
from zosimos.surrogates.kernels import mixed_kernel
from zosimos.surrogates.mixture import Mixture

_GUESS, _FAR = 2.0, 2.0  # rows that the lower level's spread counts for in a level's own, and how far it may differ
_NEGLIGIBLE = 0.01  # a weight below it is not worth its cost
_TOLERANCE = 1e-6  # how far a column's value may lie from a level
_LINK, _LINK_SD = 0.9, 0.5  # prior of the correlation of neighbouring levels
_LINK_LIMIT = 0.999  # a correlation of 1 leaves no room for a difference


class FidelityGP(PerOutcome):
    """A Gaussian process over all fidelities (a :class:`~zosimos.surrogates.protocol.Surrogate`).

    X holds the level in one column, in ``fit`` and in ``posterior``. Learning costs O(n^3) for n rows of all levels
    together, twice.

    Args:
        kinds: of the other columns, in their order.
        levels: the column's value at each level, from the cheapest to the one that counts.
        column: where the level stands in X.

    Raises:
        ValueError: fewer than two levels, or one twice.
    """

    def __init__(self, kinds: ColumnKinds, levels: Sequence[float], *, column: int = -1) -> None:
        super().__init__()
        if len(levels) < 2 or len(set(levels)) < len(levels):
            raise ValueError(f"two or more different levels needed, not {levels}")
        self._kinds = kinds
        self._levels = torch.tensor(list(levels), dtype=torch.double)
        self._column = column
        self._trust: list[float] = []

    def trust(self, outcome: int = 0) -> float:
        """Return how far the lower levels are believed about the highest one in an outcome: 0 not at all, 1 fully."""
        return self._trust[outcome]

    def _begin(self, X: Tensor) -> None:
        if X.shape[1] != self._kinds.width + 1:
            raise ValueError(f"{self._kinds.width + 1} columns needed, the level among them, not {X.shape[1]}")
        self._rows(X)
        self._trust = []

    def _fit_outcome(self, X: Tensor, Y: Tensor, Yvar: Tensor) -> tuple[Model, str]:
        rows = self._rows(X)
        scale = spread_of(Y) or 1.0
        rows[:, -1] = Yvar[:, 0].nan_to_num(nan=0.0).clamp_min(0.0) / scale**2
        offsets, spreads = _scales((Y - Y.mean())[:, 0] / scale, rows[:, INDEX].long(), len(self._levels))

        def make(linked: bool) -> SingleTaskGP:
            return SingleTaskGP(
                rows,
                Y,
                likelihood=IndexedNoise(spreads),
                covar_module=AutoregressiveKernel(self._kinds, offsets, spreads, linked=linked),
                outcome_transform=Standardize(m=1),
            )

        linked, note = fit_map(partial(make, linked=True), Y)
        alone, second = fit_map(partial(make, linked=False), Y)
        top = rows[:, INDEX] == len(self._levels) - 1
        trust = _trust(linked, alone, top) if bool(top.any()) else 1.0
        self._trust.append(trust)
        if trust < _NEGLIGIBLE:
            return Arranged(alone, self._rows), second
        if trust > 1.0 - _NEGLIGIBLE:
            return Arranged(linked, self._rows), note
        both = [Arranged(linked, self._rows), Arranged(alone, self._rows)]
        return Mixture(both, [trust, 1.0 - trust]), note or second

    def _rows(self, X: Tensor) -> Tensor:
        """Return ``... x (d - 1 + 2)`` rows (x, level's index, 0) of the caller's ``... x d`` points."""
        column = self._column % X.shape[-1]
        distance = (X[..., column, None] - self._levels).abs()
        if bool((distance.amin(dim=-1) > _TOLERANCE).any()):
            raise ValueError(f"column {column} holds a value that is none of the levels {self._levels.tolist()}")
        rest = X[..., [i for i in range(X.shape[-1]) if i != column]]
        index = distance.argmin(dim=-1, keepdim=True).double()
        return torch.cat([rest, index, torch.zeros_like(index)], dim=-1)


def _scales(y: Tensor, index: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the prior scale of each level's offset, and its spread."""
    offsets, spreads = [], []
    centre, spread = 0.0, 1.0
    for level in range(count):
        own = y[index == level]
        offset = spread
        if len(own):
            before, centre = centre, float(own.mean())
            spread = _pooled(spread_of(own), len(own), spread) if level else spread_of(own) or spread
            offset = math.hypot(spread, centre - before)
        offsets.append(offset)
        spreads.append(spread)
    return torch.tensor(offsets, dtype=torch.double), torch.tensor(spreads, dtype=torch.double)


def _pooled(own: float, rows: int, below: float) -> float:
    """Return a level's spread: its own, drawn to the level below's, which may be in another unit."""
    if own <= 0.0:
        return below
    guess = min(max(below, own / _FAR), own * _FAR)
    return math.sqrt((_GUESS * guess**2 + (rows - 1) * own**2) / (_GUESS + rows - 1))


def _trust(linked: SingleTaskGP, alone: SingleTaskGP, top: Tensor) -> float:
    """Return the linked model's weight from the leave-one-out log score of the rows in ``top``."""
    scores = []
    for model in (linked, alone):
        mean, variance = leave_one_out(model)
        square = (model.train_targets - mean).square() / variance
        scores.append(float(-0.5 * (square + variance.log())[top].sum()))
    return 1.0 / (1.0 + math.exp(min(max(scores[1] - scores[0], -700.0), 700.0)))


class AutoregressiveKernel(Kernel):  # type: ignore[misc] # gpytorch is untyped
    """The covariance of linked levels over rows (x, level's index, ...).

    In units of its spread each level has variance 1: ``g_t = r_t g_{t-1} + sqrt(1 - r_t^2) d_t``, so that r_t is the
    correlation of neighbouring levels. To it comes the level's unknown offset.

    Args:
        kinds: of the columns of x.
        offsets: prior standard deviation of each level's offset.
        spreads: of each level's outcomes.
        linked: whether levels have to do with each other; otherwise every r_t is 0.
    """

    def __init__(self, kinds: ColumnKinds, offsets: Tensor, spreads: Tensor, *, linked: bool) -> None:
        super().__init__()
        self.bases = torch.nn.ModuleList(mixed_kernel(kinds) for _ in spreads)
        self.register_buffer("_offsets", offsets)
        self.register_buffer("_spreads", spreads)
        self._linked = linked
        if linked:
            start = torch.full((len(spreads) - 1,), _LINK, dtype=torch.double)
            self.register_parameter("raw_links", torch.nn.Parameter(start))
            limits = Interval(-_LINK_LIMIT, _LINK_LIMIT, transform=None, initial_value=start.clone())
            self.register_constraint("raw_links", limits)
            self.register_prior("links_prior", NormalPrior(_LINK, _LINK_SD), _links, _set_links)

    @property
    def links(self) -> Tensor:
        """The correlation of each level with the one below, ``levels - 1``."""
        return self.raw_links if self._linked else torch.zeros(len(self._spreads) - 1, dtype=torch.double)

    def forward(self, x1: Tensor, x2: Tensor, diag: bool = False, **_: Any) -> Tensor:
        """Return covariances of ``... x n x (d + 2)`` and ``... x n' x (d + 2)`` rows."""
        one, two = x1[..., INDEX].long(), x2[..., INDEX].long()
        if not diag:
            one, two = one[..., :, None], two[..., None, :]
        shares = self._shares()
        covariance = self._offsets[one].square() * (one == two)
        for level, base in enumerate(self.bases):
            part = base(x1[..., :INDEX], x2[..., :INDEX], diag=diag)
            covariance = covariance + shares[one, level] * shares[two, level] * (part if diag else part.to_dense())
        found: Tensor = covariance
        return found

    def _shares(self) -> Tensor:
        """Return how much of each independent process (columns) is in each level (rows), in the outcomes' units."""
        rows = [torch.nn.functional.one_hot(torch.tensor(0), len(self._spreads)).double()]
        for level, link in enumerate(self.links, start=1):
            own = torch.nn.functional.one_hot(torch.tensor(level), len(self._spreads)).double()
            rows.append(link * rows[-1] + (1.0 - link.square()).sqrt() * own)
        found: Tensor = torch.stack(rows) * self._spreads[:, None]
        return found


def _links(kernel: AutoregressiveKernel) -> Tensor:
    return kernel.links


def _set_links(kernel: AutoregressiveKernel, value: Tensor) -> None:
    kernel.initialize(raw_links=value.clamp(-_LINK_LIMIT, _LINK_LIMIT).expand_as(kernel.raw_links))
