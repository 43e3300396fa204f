"""Quality: how good an attribution is, measured on the model it explains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from zosimos.surrogates.explanation.design import Array, Design, Predict
from zosimos.surrogates.explanation.shapley import Attribution

_SUBSETS = 200  # of the parameters that are set back, at most


def faithfulness(predict: Predict, found: Attribution, background: Design, *, seed: int = 0) -> float | None:
    """Return how well sums of shares foretell what happens when the parameters are set back, -1 to 1.

    The correlation, over sets of parameters, between the sum of their shares and the drop of the prediction when they
    take the background's values instead (mean over its rows): Bhatt, Weller and Moura 2020, "Evaluating and
    Aggregating Feature-based Model Explanations", IJCAI, arXiv 2005.00631. All sets are taken where there are no more
    than 200, else so many at random. None where nothing drops or no share differs from another.
    """
    d = len(found.names)
    row = np.array(found.row)
    sums, drops = [], []
    for chosen in _subsets(d, np.random.default_rng(seed)):
        mixed = np.repeat(row[None], len(background), axis=0)
        mixed[:, chosen] = background.rows[:, chosen]
        sums.append(math.fsum(found.shares[i] for i in chosen))
        drops.append(found.prediction - float(np.mean(predict(mixed)[0])))
    return _correlation(np.array(sums), np.array(drops))


def _subsets(d: int, rng: np.random.Generator) -> list[list[int]]:
    """Return sets of some, not all, of ``d`` parameters."""
    if 2**d - 2 <= _SUBSETS:
        return [list(chosen) for size in range(1, d) for chosen in combinations(range(d), size)]
    return [sorted(rng.permutation(d)[: rng.integers(1, d)].tolist()) for _ in range(_SUBSETS)]


def effective_number(shares: Sequence[float]) -> float:
    """Return how many parameters the shares are spread over: 1 (a single one) to ``d`` (all alike); 0 if all are 0.

    The exponential of the entropy of the shares' magnitudes, which Bhatt et al. 2020 call complexity.

    >>> effective_number([2.0, -2.0, 0.0])
    2.0
    """
    total = math.fsum(map(abs, shares))
    if total == 0:
        return 0.0
    parts = [abs(share) / total for share in shares if share]
    return float(round(math.exp(-math.fsum(part * math.log(part) for part in parts)), 12))


def _correlation(a: Array, b: Array) -> float | None:
    """Return Pearson's correlation, or None where one side does not vary."""
    if len(a) < 2 or np.ptp(a) <= 1e-12 * np.abs(a).max() or np.ptp(b) <= 1e-12 * np.abs(b).max():
        return None
    return float(np.corrcoef(a, b)[0, 1])
