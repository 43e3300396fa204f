"""Quality: how good an attribution is, measured on the model it explains, and on a truth where one is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import rankdata

from zosimos.surrogates.explanation.design import Array, Design, Predict, distances
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


def local_change(explain: Callable[[Array], Attribution], row: Array, others: Design, *, count: int = 5) -> float:
    """Return how much an attribution changes towards the nearest other rows, as a share of its own size.

    The largest of ``|shares - shares'| / |shares|`` (Euclidean norms) over the ``count`` nearest rows: the local
    Lipschitz estimate of Alvarez-Melis and Jaakkola 2018, "On the Robustness of Interpretability Methods", arXiv
    1806.08049, without its division by the distance, which has no unit here. Infinite where a zero attribution changes.

    Args:
        explain: attributes the prediction at a row.
        row: ``d`` raw values.
        others: allowed rows near it and far.
        count: how many of them to look at.
    """
    own = np.array(explain(row).shares)
    away = distances(others, row)
    near = [i for i in np.argsort(away, kind="stable") if away[i] > 0][:count]
    changes = [float(np.linalg.norm(np.array(explain(others.rows[i]).shares) - own)) for i in near]
    size = float(np.linalg.norm(own))
    largest = max(changes, default=0.0)
    return largest / size if size > 0 else (math.inf if largest > 0 else 0.0)


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


@dataclass(frozen=True)
class Agreement:
    """How an attribution agrees with a known truth.

    ``top`` is the share of the truly relevant parameters among as many with the largest shares, ``signs`` the share of
    them with the right sign, ``rank`` the rank correlation of all magnitudes (None where all of one side are the same).
    These are the feature, sign and rank agreement of Krishna et al. 2022, "The Disagreement Problem in Explainable
    Machine Learning", arXiv 2202.01602.
    """

    top: float
    signs: float
    rank: float | None


def agreement(found: Attribution, truth: Mapping[str, float]) -> Agreement:
    """Compare an attribution with true contributions by parameter; one that is left out has none.

    Raises:
        ValueError: no parameter contributes, or the truth names one that the attribution does not know.
    """
    unknown = set(truth) - set(found.names)
    relevant = [name for name, share in truth.items() if share]
    if unknown or not relevant:
        raise ValueError(f"the truth must name one or more of {', '.join(found.names)}, not {sorted(unknown)}")
    shares = dict(zip(found.names, found.shares, strict=True))
    top = set(found.ranking[: len(relevant)])
    real = np.array([abs(truth.get(name, 0.0)) for name in found.names])
    return Agreement(
        len(top.intersection(relevant)) / len(relevant),
        float(np.mean([shares[name] * truth[name] > 0 for name in relevant])),
        _correlation(rankdata(np.abs(found.shares)), rankdata(real)),
    )


def _correlation(a: Array, b: Array) -> float | None:
    """Return Pearson's correlation, or None where one side does not vary."""
    if len(a) < 2 or np.ptp(a) <= 1e-12 * np.abs(a).max() or np.ptp(b) <= 1e-12 * np.abs(b).max():
        return None
    return float(np.corrcoef(a, b)[0, 1])
