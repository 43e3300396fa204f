"""A model of a series: few numbers tell most of a curve, and each of them has a model of its own.

The curves that were measured are written as their mean and a sum of orthonormal shapes (principal components); how
much of each shape is in a curve, its score, is modelled over the space, and channels follow from the scores. So a
spectrum of a hundred channels costs what three to six quantities cost, and what channels have in common is kept (Higdon
et al. 2008, "Computer model calibration using high-dimensional output", JASA 103, 570). Where measurements state their
uncertainty, channels are weighed by it, and the shapes kept are those that noise does not explain (Gavish and Donoho
2014, "The optimal hard threshold for singular values is 4/sqrt(3)", IEEE Trans. Inf. Theory 60, 5040); else all that
tell anything. What is left out counts as variance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zosimos.core.series import ScoredCurves, Series
from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.committee.standard import Standard
from zosimos.surrogates.outcome import Known, Mixture, OutcomeModel

Array = NDArray[np.float64]
ScoreModel = Callable[[Array, Array, str], OutcomeModel]

MOST_APART = 6
"""Channels up to which each quantity of a series is modelled by itself."""

_MOST = 8  # shapes: more are never told from noise by as few curves as a laboratory measures
_LEAST_SHARE = 1e-6  # of the curves' variance that a shape tells, where nobody states the noise
_KEPT_ROWS = 64  # rows up to which a prediction is kept: the same few are asked of every channel


class Shapes:
    """The mean and the shapes of some curves, and what they leave out.

    Args:
        curves: ``n x c`` complete curves, one or more.
        variances: ``n x c`` squared standard uncertainties, NaN where unknown.
        firm: whether these are known to be the noise; else they only say how channels compare.

    Attributes:
        centre: ``c``, the mean curve.
        basis: ``k x c``: a curve is about ``centre + scores @ basis``.
        truncated: ``c``, the variance that is left out and that the stated noise does not explain.
        noise: ``c``, the noise variance that the scores do not have.
    """

    def __init__(self, curves: Array, variances: Array, *, firm: bool = True) -> None:
        stated = bool(np.isfinite(variances).all() and (variances > 0).all())
        own = np.sqrt(variances.mean(axis=0)) if stated else np.ones(curves.shape[1])
        stated = stated and firm
        self.centre = curves.mean(axis=0)
        _, sizes, shapes = np.linalg.svd((curves - self.centre) / own, full_matrices=False)
        count = _count(sizes, len(curves), curves.shape[1], stated)
        shapes = shapes[:count] if count else np.full((1, curves.shape[1]), 1.0 / math.sqrt(curves.shape[1]))
        self.basis, self._inverse = shapes * own, (shapes / own).T
        self.scores = (curves - self.centre) @ self._inverse
        self.score_variances = variances @ self._inverse**2
        off = curves - self.centre - self.scores @ self.basis
        left = np.sum(off**2, axis=0) / max(1, len(curves) - 1 - len(self.basis))
        self.noise = np.minimum(left, variances.mean(axis=0)) if stated else left
        self.truncated = left - self.noise


class SeriesModel:
    """The models of a series' scores, and what they say of its channels.

    Args:
        series: what is modelled.
        columns: ``n x d`` model columns of the rows.
        curves: ``n x c`` values, NaN where there is none: such a row teaches nothing of the series.
        variances: ``n x c`` squared standard uncertainties, NaN where unknown.
        model: makes the model of a score from ``n`` values (NaN: none), their variances and its name.
        firm: whether the variances are known to be the noise; else they only say how channels compare.

    Attributes:
        scores: the model of each score, by a name that no measured quantity has.
        taught: ``n`` values of each score (NaN: none), and their variances.
        channels: by name, what is believed of one channel.
    """

    def __init__(
        self,
        series: Series,
        columns: Array,
        curves: Array,
        variances: Array,
        model: ScoreModel,
        *,
        firm: bool = True,
    ) -> None:
        self.series = series
        self.complete = np.isfinite(curves).all(axis=1)
        self.shapes = Shapes(curves[self.complete], variances[self.complete], firm=firm)
        self.taught: dict[str, tuple[Array, Array]] = {}
        for number in range(len(self.shapes.basis)):
            found = np.full((2, len(curves)), math.nan)
            found[:, self.complete] = self.shapes.scores[:, number], self.shapes.score_variances[:, number]
            self.taught[f"{series.name} [shape {number + 1}]"] = found[0], found[1]
        self.scores = {name: model(*taught, name) for name, taught in self.taught.items()}
        self.columns, self.measured = columns[self.complete], curves[self.complete]
        self.channels = {name: ChannelOutcome(self, place) for place, name in enumerate(series.channels)}
        self._kept: tuple[bytes, tuple[Array, Array]] = (b"", (np.empty(0), np.empty(0)))

    def pending(self, X: Array) -> None:
        """Take ``p x d`` rows as under way."""
        self.columns = np.concatenate([self.columns, X])
        self._kept = (b"", self._kept[1])
        for model in self.scores.values():
            model.pending(X)

    def curves(self, scores: Mapping[str, Array], spread: Array | float, variance: Array) -> ScoredCurves:
        """Return curves of scores by their names, which broadcast.

        Args:
            scores: by name.
            spread: by how much channels are off what the scores tell.
            variance: ``c``, the mean square of that.
        """
        stacked = np.stack(np.broadcast_arrays(*(scores[name] for name in self.scores)), axis=-1)
        return ScoredCurves(stacked, self.shapes.centre, self.shapes.basis, spread, variance)

    def predict(self, X: Array) -> tuple[Array, Array]:
        """Return means and variances of the scores at ``m x d`` columns, both ``m x k``."""
        key = X.tobytes() if len(X) <= _KEPT_ROWS else b""
        if key and key == self._kept[0]:
            return self._kept[1]
        beliefs = [model.predict(X) for model in self.scores.values()]
        found = np.stack([b.mean for b in beliefs], axis=1), np.stack([b.variance for b in beliefs], axis=1)
        self._kept = key, found
        return found

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the fits, each said once."""
        return tuple(dict.fromkeys(note for model in self.scores.values() for note in model.notes))

    @property
    def doubted(self) -> list[int]:
        """Places, among the complete curves, of those with a score that is held in doubt."""
        return sorted({place for model in self.scores.values() if model.exact for place in model.standard.doubted})

    def card(self) -> ModelCard:
        """Return what the series is modelled by."""
        shapes, total = self.shapes, self.measured.var(axis=0).sum()
        told = 1.0 - float((shapes.truncated + shapes.noise).sum() / total) if total > 0 else 1.0
        count = len(shapes.basis)
        return ModelCard(
            name="principal components",
            models=f"{self.series.name}, {len(self.series.channels)} channels, as its mean curve and {count} "
            f"shape{'s' if count > 1 else ''} that tell {100 * told:.4g} % of its variance; a model for each.",
            hyperparameters={"shapes": count, "curves": len(self.measured)},
            selection="Shapes above the noise that measurements state; without it, all that tell anything; 8 at most.",
            assumptions=("curves differ by sums of few shapes", "what is left out is the same everywhere"),
            failures=("a feature that no measured curve has yet", "peaks that move: they need many shapes"),
            source="Higdon et al. 2008; Gavish and Donoho 2014",
            rows=len(self.measured),
        )


class ChannelOutcome:
    """The belief about one channel of a series, as an :class:`~zosimos.surrogates.outcome.OutcomeModel`."""

    def __init__(self, owner: SeriesModel, place: int) -> None:
        self._owner, self._place = owner, place
        self._shape = owner.shapes.basis[:, place]
        self.standard = Standard.of(owner.measured[:, place])

    @property
    def exact(self) -> bool:
        """What holds of a score does not hold of a sum of them."""
        return False

    @property
    def weights(self) -> Mapping[str, float]:
        """The weights of the first score's models, which tells most."""
        return next(iter(self._owner.scores.values())).weights

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing: what is to be noted is noted of the series."""
        return ()

    def pending(self, X: Array) -> None:
        """Do nothing: the series knows."""

    def predict(self, X: Array, *, beside: Array | None = None, first: int | None = None) -> Mixture:
        """Return the belief at ``m x d`` columns; ``beside`` and ``first`` are left aside."""
        del beside, first
        means, variances = self._owner.predict(X)
        mean = self._owner.shapes.centre[self._place] + means @ self._shape
        variance = variances @ self._shape**2 + self._owner.shapes.truncated[self._place]
        return Mixture(mean[None], variance[None], np.ones(1), np.array([self._noise]))

    def cross(self, A: Array, B: Array) -> Array:
        """Return the covariance of ``a x d`` and ``b x d`` columns, ``a x b``."""
        pairs = zip(self._shape, self._owner.scores.values(), strict=True)
        return np.asarray(sum(part**2 * model.cross(A, B) for part, model in pairs))

    def noise(self, X: Array) -> Array:
        """Return the noise variance of a measurement, the same everywhere, ``m``."""
        return np.full(len(X), self._noise)

    @cached_property
    def _noise(self) -> float:
        pairs = zip(self._shape, self._owner.scores.values(), strict=True)
        of_scores = sum(float(part**2 * model.noise(self._owner.columns[:1])[0]) for part, model in pairs)
        return of_scores + float(self._owner.shapes.noise[self._place])

    def known(self) -> Known:
        """Return what is believed of the rows that are measured, then of those under way."""
        mean = self.predict(self._owner.columns).mean
        return Known(self._owner.columns, mean[None], mean, mean[None])

    def left_out(self) -> None:
        """Return nothing: scores are of all curves at once."""

    def card(self) -> ModelCard:
        """Return what the series is modelled by."""
        return self._owner.card()


def _count(sizes: Array, rows: int, channels: int, stated: bool) -> int:
    """Return how many shapes are kept, from the singular values of the centred curves (noise 1 where it is stated)."""
    if not sizes.size or sizes[0] <= 1e-12:
        return 0
    if not stated:
        shares = sizes**2 / np.sum(sizes**2)
        return min(_MOST, int(np.sum(shares > _LEAST_SHARE)))
    longer, shorter = max(rows - 1, channels), min(max(rows - 1, 1), channels)
    ratio = shorter / longer
    edge = math.sqrt(2.0 * (ratio + 1.0) + 8.0 * ratio / (ratio + 1.0 + math.sqrt(ratio**2 + 14.0 * ratio + 1.0)))
    return min(_MOST, max(1, int(np.sum(sizes > edge * math.sqrt(longer)))))
