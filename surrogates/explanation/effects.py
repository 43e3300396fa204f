"""Effects: which parameters, alone and in pairs, the predictions vary with, as shares of their variance.

A parameter's effect is the variance of its partial dependence (Friedman 2001, Ann. Stat. 29:1189): the mean prediction
when it has one value and all others are as in each row of a sample. A pair's is the variance of its joint partial
dependence less the two single ones (the numerator of the H-statistic, Friedman and Popescu 2008, Ann. Appl. Stat.
2:916). Where the parameters are independent in the rows, these are the first- and second-order Sobol indices (Sobol
1993); where they are not, shares need not add up, and ``warnings`` name the parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from zosimos.surrogates.explanation.design import Array, Design, DesignColumn, Predict, entangled

_LEAST, _MOST = 16, 64  # rows of the sample
_LEVELS = 32  # values of a number at which its partial dependence is taken
_SHOWN = 9  # of them, on a curve
_CHUNK = 16_384  # rows predicted at once
_CONSTANT = 1e-9  # of the mean: a smaller spread is rounding


@dataclass(frozen=True)
class Curve:
    """A parameter's partial dependence: the mean prediction at some of its values, which occur in the rows."""

    values: tuple[float, ...]
    means: tuple[float, ...]

    def trend(self, column: DesignColumn, digits: int = 6) -> str:
        """Return in words where the predictions are high; numbers with so many digits that count.

        >>> Curve((20.0, 40.0, 60.0), (1.0, 2.0, 5.0)).trend(DesignColumn("T", "degC"))
        'rises from 20 degC to 60 degC'
        """
        low, high = int(np.argmin(self.means)), int(np.argmax(self.means))
        lowest, highest = (column.text(self.values[k], digits) for k in (low, high))
        if self.means[high] - self.means[low] <= _CONSTANT * max(map(abs, self.means)):
            return "no effect"
        if column.choices:
            return f"highest for {highest}, lowest for {lowest}"
        if {low, high} != {0, len(self.values) - 1}:
            return f"highest near {highest}, lowest near {lowest}"
        verb = "rises" if high > low else "falls"
        return f"{verb} from {column.text(self.values[0], digits)} to {column.text(self.values[-1], digits)}"


@dataclass(frozen=True)
class Effects:
    """Shares of the predictions' variance: ``main`` in the columns' order, ``pairs`` the largest first.

    ``rest`` is what neither explains: effects of three and more parameters together.
    """

    columns: tuple[DesignColumn, ...]
    variance: float
    main: tuple[float, ...]
    pairs: tuple[tuple[str, str, float], ...]
    rest: float
    curves: tuple[Curve, ...]
    warnings: tuple[str, ...] = ()

    @property
    def ranking(self) -> tuple[str, ...]:
        """The names of the parameters, the largest main effect first."""
        order = sorted(range(len(self.main)), key=lambda i: -self.main[i])
        return tuple(self.columns[i].name for i in order)

    def as_json(self) -> dict[str, Any]:
        """Return JSON data; a choice's curve is given by the choices' names."""
        return {
            "variance": self.variance,
            "main": [
                {
                    "parameter": column.name,
                    "unit": column.unit,
                    "share": share,
                    "trend": curve.trend(column),
                    "curve": [
                        {"value": column.text(value) if column.choices else value, "mean": mean}
                        for value, mean in zip(curve.values, curve.means, strict=True)
                    ],
                }
                for column, share, curve in zip(self.columns, self.main, self.curves, strict=True)
            ],
            "pairs": [{"parameters": [a, b], "share": share} for a, b, share in self.pairs],
            "rest": self.rest,
            "warnings": list(self.warnings),
        }


def effects(predict: Predict, rows: Design, *, paired: int = 10, budget: int = 48_000, seed: int = 0) -> Effects:
    """Return main effects, interactions and curves of the predicted mean over allowed rows.

    The sample that the other parameters are taken from has 16 to 64 of the rows, as many as the budget allows.

    Args:
        predict: the model.
        rows: allowed rows, evenly drawn.
        paired: the number of parameters, the strongest first, whose pairs are looked at.
        budget: predictions that it all may take, about.
        seed: of the sample.

    Raises:
        ValueError: there are fewer than two rows.
    """
    if len(rows) < 2:
        raise ValueError("effects need two rows or more")
    d, pairs = len(rows.columns), math.comb(min(len(rows.columns), paired), 2)
    wanted = min(budget // (_LEVELS * d), math.isqrt(budget // max(1, pairs)))
    drawn = np.sort(np.random.default_rng(seed).permutation(len(rows))[: int(np.clip(wanted, _LEAST, _MOST))])
    sample = rows.take(drawn).rows
    means = _predicted(predict, rows.rows)
    variance = float(means.var())
    alone = [_Alone.of(predict, rows, index, sample) for index in range(d)]
    curves, warnings = tuple(one.curve for one in alone), entangled(rows)
    if variance <= (_CONSTANT * float(np.abs(means).max())) ** 2:
        return Effects(rows.columns, 0.0, (0.0,) * d, (), 0.0, curves, warnings)
    main = tuple(one.variance / variance for one in alone)
    strongest = sorted(sorted(range(d), key=lambda i: -main[i])[:paired])
    single = {index: _dependence(predict, sample, [index]) for index in strongest} if paired > 1 else {}
    found = []
    for a, b in combinations(single, 2):
        joint = _dependence(predict, sample, [a, b])
        share = float((joint - single[a] - single[b]).var() / variance)
        found.append((rows.columns[a].name, rows.columns[b].name, share))
    rest = max(0.0, 1.0 - math.fsum(main) - math.fsum(share for _, _, share in found))
    ordered = tuple(sorted(found, key=lambda pair: -pair[2]))
    return Effects(rows.columns, variance, main, ordered, rest, curves, warnings)


@dataclass(frozen=True)
class _Alone:
    """The partial dependence on one column at values that occur: ``k`` of them, with how often each does."""

    values: Array
    means: Array
    weights: Array

    @classmethod
    def of(cls, predict: Predict, rows: Design, index: int, sample: Array) -> _Alone:
        column = rows.rows[:, index]
        values, counts = np.unique(column, return_counts=True)
        if len(values) > _LEVELS and not rows.columns[index].choices:
            even = np.quantile(column, (np.arange(_LEVELS) + 0.5) / _LEVELS, method="nearest")
            values, counts = np.unique(even, return_counts=True)
        mixed = np.repeat(sample[None], len(values), axis=0)  # k x b x d: every row of the sample with every value
        mixed[:, :, index] = values[:, None]
        means = _predicted(predict, mixed.reshape(-1, sample.shape[1])).reshape(len(values), -1).mean(axis=1)
        return cls(values, means, counts / counts.sum())

    @property
    def variance(self) -> float:
        return float(self.weights @ (self.means - self.weights @ self.means) ** 2)

    @property
    def curve(self) -> Curve:
        shown = np.unique(np.linspace(0, len(self.values) - 1, min(_SHOWN, len(self.values))).round().astype(int))
        return Curve(tuple(map(float, self.values[shown])), tuple(map(float, self.means[shown])))


def _dependence(predict: Predict, sample: Array, columns: list[int]) -> Array:
    """Return the partial dependence on some columns at each of ``n`` rows, shape ``n``."""
    n = len(sample)
    mixed = np.repeat(sample[None], n, axis=0)  # row a's values of these columns, row b's of all others
    mixed[:, :, columns] = sample[:, None, columns]
    return np.asarray(_predicted(predict, mixed.reshape(n * n, -1)).reshape(n, n).mean(axis=1), dtype=float)


def _predicted(predict: Predict, rows: Array) -> Array:
    return np.concatenate([predict(rows[i : i + _CHUNK])[0] for i in range(0, len(rows), _CHUNK)])
