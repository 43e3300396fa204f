"""Which descriptors decide the class: a ranking, and how far it would survive other data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from zosimos.surrogates.columns import Block, ColumnKinds
from zosimos.surrogates.dirichlet import DirichletClassifier

_RANGE = (0.1, 0.9)  # quantiles over resamples
_LEAST_LEFT_OUT = 2  # rows a resample must leave out to be judged on


@dataclass(frozen=True)
class Relevance:
    """How much the classes depend on one part of the columns (a column, a one-hot code, a block).

    Args:
        columns: of the part.
        score: mean rise of the log loss of rows left out when the part is shuffled among them, nats a row; about 0 or
            below: of no use.
        low, high: 10 % and 90 % quantiles of the score over resamples.
        stability: share of resamples in which the part was among the first r, where r is its place in the ranking.
    """

    columns: Block
    score: float
    low: float
    high: float
    stability: float


def descriptor_relevance(
    X: Tensor,
    labels: Tensor,
    bootstraps: int = 20,
    seed: int = 0,
    *,
    kinds: ColumnKinds | None = None,
    confidence: Tensor | None = None,
) -> tuple[Relevance, ...]:
    """Rank the parts of the columns by what the classes depend on, the most relevant first.

    Permutation importance (Breiman 2001, "Random Forests", Mach. Learn. 45) of a
    :class:`~zosimos.surrogates.dirichlet.DirichletClassifier`, on the rows that each bootstrap resample leaves out. Two
    parts that say the same share their importance. Costs one fit a resample.

    Args:
        X: ``n x d`` points.
        labels: ``n`` class numbers, or ``n x k`` shares.
        bootstraps: number of resamples.
        seed: of the resamples and shuffles.
        kinds: of the columns; None: all numeric.
        confidence: ``n`` weights of the labels, as for the classifier.

    Raises:
        ValueError: as the classifier's ``fit``, or no resample leaves two rows out.
    """
    kinds = kinds or ColumnKinds.all_numeric(X.shape[1])
    rng = np.random.default_rng(seed)
    weights = torch.ones(len(X), dtype=torch.double) if confidence is None else confidence.double()
    classes = labels.shape[1] if labels.ndim == 2 else max(int(labels.max()) + 1, 2)
    shares = labels.double() if labels.ndim == 2 else torch.nn.functional.one_hot(labels.long(), classes).double()
    rises: list[Tensor] = []
    for _ in range(bootstraps):
        drawn = torch.as_tensor(rng.integers(len(X), size=len(X)))
        left = torch.ones(len(X), dtype=torch.bool).index_fill(0, drawn, value=False) & (weights > 0.0)
        if int(left.sum()) < _LEAST_LEFT_OUT:
            continue
        model = DirichletClassifier(kinds, classes=classes, seed=seed).fit(X[drawn], shares[drawn], weights[drawn])
        order = torch.as_tensor(rng.permutation(int(left.sum())))
        rises.append(_rises(model, kinds, X[left].double(), shares[left] * weights[left, None], order))
    if not rises:
        raise ValueError("too few rows or resamples: none left two rows out")
    return _ranked(kinds, torch.stack(rises))


def _rises(model: DirichletClassifier, kinds: ColumnKinds, X: Tensor, shares: Tensor, order: Tensor) -> Tensor:
    """Return the rise of the log loss for each part when its columns are put into another order of rows."""
    shuffled = []
    for block in kinds.parts:
        changed = X.clone()
        changed[:, list(block)] = X[order][:, list(block)]
        shuffled.append(changed)
    predicted = model.probabilities(torch.cat([X, *shuffled])).reshape(1 + len(shuffled), *shares.shape)
    losses = -(shares * predicted.clamp_min(1e-12).log()).sum(dim=(-2, -1)) / shares.sum()
    return losses[1:] - losses[0]


def _ranked(kinds: ColumnKinds, rises: Tensor) -> tuple[Relevance, ...]:
    """Return the parts by mean rise of ``resamples x parts``."""
    means = rises.mean(dim=0)
    low, high = rises.quantile(torch.tensor(_RANGE, dtype=torch.double), dim=0)
    places = rises.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    ranking = means.argsort(descending=True, stable=True).tolist()
    return tuple(
        Relevance(
            kinds.parts[part],
            float(means[part]),
            float(low[part]),
            float(high[part]),
            float((places[:, part] <= place).double().mean()),
        )
        for place, part in enumerate(ranking)
    )
