"""A model of an objective that is made of measured quantities: each has a model of its own, and draws join them.

The objective is worked out of draws of the quantities, so that what cannot be (a colour difference below 0) is never
believed and a kink costs nothing (Astudillo and Frazier 2019, "Bayesian Optimization of Composite Functions", ICML;
Balandat et al. 2020, BoTorch, NeurIPS, for fixed base samples). The base draws are the same for every row and every
decision, so that the acquisition is smooth and the same inputs give the same answer. A draw is one world: what it says
of a row agrees with what it says of the measured rows that may be the best, over which a gain is sought (Letham et al.
2019, Bayesian Analysis 14).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from zosimos.core.objective import Objective
from zosimos.core.series import ScoredCurves, Series
from zosimos.core.space import SearchSpace
from zosimos.planners.acquisition.improvement import utilities
from zosimos.planners.candidates.sobol import scrambled
from zosimos.planners.models.series import SeriesModel
from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.committee.standard import Standard
from zosimos.surrogates.outcome import Drawn, Known, Mixture, OutcomeModel

Array = NDArray[np.float64]

DRAWS = 128
"""Worlds drawn: a power of two, as Sobol points want."""

_RIVALS = 4  # measured rows that may be the best: more hardly change a gain
_SEED = 2026  # of the base draws, the same for every decision
_SMOOTH = 0.02  # of a row's standard deviation: how far a draw's gain is smeared, so that it has a logarithm
_CHUNK = 4096  # rows drawn at a time: bounds the memory of a large pool
_LEAST_CHUNK = 64  # the same, however many channels there are
_SINGULAR = 1e-8  # of a quantity's variance: what is left of a direction below it is rounding


class CompositeOutcome:
    """The belief about one composite objective, as an :class:`~zosimos.surrogates.outcome.OutcomeModel`.

    Args:
        objective: with its formula.
        parts: the model of each quantity in it, by name, and of each score of a series in place of its channels; rows
            under way are given to them by whoever owns them.
        recover: returns the parameters of rows by name from their ``m x d`` model columns.
        known: ``n x d`` model columns of the measured rows.
        values: ``n`` values of the objective there, NaN where there is none.
        series: what makes channels of the scores.
        sharp: whether draws are smeared by no more than the best is uncertain. Where an objective has a long tail, such
            as a cost over a yield near 0, what is a little for the row is much for the best, and would count as a gain.
    """

    def __init__(
        self,
        objective: Objective,
        parts: Mapping[str, OutcomeModel],
        recover: Callable[[Array], Mapping[str, Array]],
        known: Array,
        values: Array,
        series: Sequence[SeriesModel] = (),
        *,
        sharp: bool = False,
    ) -> None:
        assert objective.of is not None, "made of others"
        self._objective, self._formula, self._recover = objective, objective.of, recover
        self.series, self._sharp = tuple(series), sharp
        self._chunk = max(_LEAST_CHUNK, _CHUNK // max([1, *(len(one.series.channels) for one in series)]))
        self.parts = parts
        self._columns, self._measured = known, len(known)
        self.standard = Standard.of(values[np.isfinite(values)])

    @property
    def exact(self) -> bool:
        """Draws are no closed form."""
        return False

    @property
    def weights(self) -> Mapping[str, float]:
        """None: what is weighed are the models of the quantities."""
        return {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing: nothing is fitted but the quantities, each with notes of its own."""
        return ()

    def pending(self, X: Array) -> None:
        """Take ``p x d`` rows as under way, as the parts do."""
        self._columns = np.concatenate([self._columns, X])
        for kept in ("_rivals", "_unsettled"):
            self.__dict__.pop(kept, None)

    def predict(self, X: Array, *, beside: Array | None = None, first: int | None = None) -> Mixture:
        """Return draws of the objective at ``m x d`` columns; noise is that of a measurement at the rivals.

        ``beside`` is left aside: draws hold the best rows beside any other already. So is ``first``.
        """
        del beside, first
        return self._belief(self._draws(X))

    def cross(self, A: Array, B: Array) -> Array:
        """Return the covariance of the draws at ``a x d`` and ``b x d`` columns, ``a x b``."""
        drawn = self._draws(np.concatenate([A, B]))
        apart = drawn - drawn.mean(axis=0)
        return np.asarray(apart[:, : len(A)].T @ apart[:, len(A) :] / DRAWS)

    def drawn(self, moments: Mapping[str, tuple[Array, Array]], X: Array) -> Mixture:
        """Return the same from given means and variances of the quantities there, each row by itself."""
        return self._belief(self._composed({**self._recover(X), **_spread(moments)}))

    @property
    def declared(self) -> tuple[Series, ...]:
        """The series that the formula names."""
        return self._formula.series

    def expected(self, X: Array) -> dict[str, Array]:
        """Return what is expected at ``m x d`` columns of all that the formula names, series as one: ``m (x c)``."""
        means = {name: model.predict(X).mean for name, model in self.parts.items()}
        means |= {name: np.asarray(column, dtype=float) for name, column in self._recover(X).items()}
        for model in self.series:
            means |= self._curves(model, means, drawn=False)
        return self._named(means)

    def _of_parts(self, parts: Mapping[str, Array], X: Array, moved: Array | float = 0.0) -> Array:
        """Return the objective at ``m x d`` columns from values of the parts there; channels of series may be moved."""
        known = {name: np.asarray(column, dtype=float) for name, column in self._recover(X).items()}
        columns: dict[str, Any] = {**known, **parts}
        for model in self.series:
            curves = model.curves(columns, moved, np.zeros(len(model.series.channels)))
            columns |= self._channels(model, curves)
        return np.asarray(np.broadcast_to(self._formula.of(columns), len(X)), dtype=float)

    def worth(self, columns: Mapping[str, Array]) -> Array:
        """Return the objective of what :meth:`expected` gives, ``m``; NaN where it has no value."""
        return self._formula.of(self._bounded(columns))

    def alone(self, X: Array) -> dict[str, Array]:
        """Return the standard deviation of the objective at ``m x d`` columns through each part alone, ``m``."""
        expected, found = self.expected(X), dict[str, Array]()
        moments = {name: model.predict(X) for name, model in self.parts.items()}
        draws: Mapping[str, Array] = _spread({name: (one.mean, one.variance) for name, one in moments.items()})
        for model in self.series:
            draws = {**draws, **self._curves(model, draws)}
        for name, drawn in self._named(draws).items():
            values = self.worth({**{key: column[None] for key, column in expected.items()}, name: drawn})
            found[name] = np.nan_to_num(np.nanstd(np.where(np.isfinite(values), values, math.nan), axis=0))
        return found

    def _named(self, columns: Mapping[str, Array]) -> dict[str, Array]:
        """Return columns by the names in the formula: those of series in place of their channels."""
        inside = {channel for one in self.declared for channel in one.channels}
        whole = {one.name: one.stacked(columns) for one in self.declared}
        return {name: column for name, column in columns.items() if name in self._formula.names - inside} | whole

    def _belief(self, drawn: Array) -> Drawn:
        noise = float(np.mean(self.noise(self._rivals.columns)))
        apart = drawn.std(axis=0)
        if self._sharp:
            apart = np.minimum(apart, math.hypot(self._unsettled, math.sqrt(noise)))
        smear = (_SMOOTH * apart) ** 2 + (1e-6 * self.standard.spread) ** 2
        weights = np.full(DRAWS, 1.0 / DRAWS)
        return Drawn(drawn, np.broadcast_to(smear, drawn.shape), weights, np.full(DRAWS, noise))

    def known(self) -> Known:
        """Return draws at the measured rows, then at those under way; of few of them that may be the best."""
        drawn = self._draws(self._columns)
        return Known(self._columns, drawn, drawn.mean(axis=0), self._draws(self._rivals.columns))

    def left_out(self) -> None:
        """Return nothing: the draws rest on all outcomes at once."""

    def card(self) -> ModelCard:
        """Return how the objective is worked out, and from what."""
        return ModelCard(
            name="composite",
            models=f"{self._objective.name} = {self._formula.text}, from draws of {', '.join(self.parts)}.",
            hyperparameters={"draws": DRAWS, "rivals": _RIVALS, "seed": _SEED},
            selection="None: nothing is fitted but the models of the quantities.",
            assumptions=("the formula is right", "what is not known of one quantity tells nothing of another"),
            failures=("a gain too small for any of the draws to show is only guessed",),
            source="Astudillo and Frazier 2019; base draws as in Balandat et al. 2020",
            rows=self._measured,
        )

    def noise(self, X: Array) -> Array:
        """Return the variance that the noise of measuring the quantities adds at ``m x d`` columns, ``m``."""
        true, read = {}, {}
        for place, (name, model) in enumerate(self.parts.items()):
            belief, base = model.predict(X), _base(len(self.parts), 2)[:, place]
            true[name] = belief.mean + base[:, :1] * np.sqrt(belief.variance)
            read[name] = true[name] + base[:, 1:] * np.sqrt(model.noise(X))
        known = self._recover(X)
        apart = self._composed({**known, **read}, noisy=True) - self._composed({**known, **true})
        return np.asarray(np.mean(apart**2, axis=0))

    @cached_property
    def _unsettled(self) -> float:
        """By how much draws differ in what the best of the rivals is worth."""
        return float(utilities(self._draws(self._rivals.columns), self._objective).max(axis=1).std())

    @cached_property
    def _rivals(self) -> _Rivals:
        """The known rows that are expected to be the best, by draws that know nothing of each other."""
        beliefs = {name: model.predict(self._columns) for name, model in self.parts.items()}
        moments = {name: (belief.mean, belief.variance) for name, belief in beliefs.items()}
        apart = self._composed({**self._recover(self._columns), **_spread(moments)})
        gains = utilities(apart, self._objective).mean(axis=0)
        return _Rivals(self._columns[np.argsort(-gains, kind="stable")[:_RIVALS]], self.parts)

    def _draws(self, X: Array) -> Array:
        """Return the objective in each draw at ``m x d`` columns, ``draws x m``; some rows at a time."""
        base = _base(len(self.parts), _RIVALS + 1)
        found = [np.empty((DRAWS, 0))]
        for start in range(0, len(X), self._chunk):
            rows = X[start : start + self._chunk]
            drawn = {name: self._rivals.draws(name, rows, base[:, place]) for place, name in enumerate(self.parts)}
            found.append(self._composed({**self._recover(rows), **drawn}))
        return np.concatenate(found, axis=1)

    def _composed(self, columns: Mapping[str, Array], *, noisy: bool = False) -> Array:
        """Return the objective; where a draw has no value, the mean of those of its row that have one.

        Args:
            columns: of parameters and parts, ``draws x m``.
            noisy: whether channels have the noise that their scores do not have.
        """
        for series in self.series:
            columns = {**columns, **self._curves(series, columns, noisy=noisy)}
        found = self._formula.of(self._bounded(columns))
        good = np.isfinite(found)
        if good.all():
            return found
        counts = good.sum(axis=0)
        means = np.where(good, found, 0.0).sum(axis=0) / np.maximum(counts, 1)
        return np.where(good, found, np.where(counts > 0, means, self.standard.centre))

    def _curves(
        self, model: SeriesModel, scores: Mapping[str, Array], *, noisy: bool = False, drawn: bool = True
    ) -> dict[str, Any]:
        """Return a series in each draw of its scores, or as expected, and the channels that the formula names."""
        variance = model.shapes.truncated + (model.shapes.noise if noisy else 0.0)
        spread = _left_over(len(variance))[:, None] * np.sqrt(variance) if drawn and variance.any() else 0.0
        return self._channels(model, model.curves(scores, spread, variance))

    def _channels(self, model: SeriesModel, curves: ScoredCurves) -> dict[str, Any]:
        """Return curves by the name of their series, and the channels that the formula names."""
        single = {part.name for part in self._formula.single}
        places = ((place, name) for place, name in enumerate(model.series.channels) if name in single)
        return {model.series.name: curves, **{name: curves.array[..., place] for place, name in places}}

    def _bounded(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Return columns without what cannot be of a quantity."""
        bounds = {quantity.name: (quantity.low, quantity.high) for quantity in self._formula.quantities}
        bounds |= {one.name: bounds[one.channels[0]] for one in self.declared}
        kept: dict[str, Any] = dict(columns)
        for one in self.declared:
            if one.name in kept and any(map(math.isfinite, bounds[one.name])):
                kept[one.name] = one.stacked(kept)
        for name, (low, high) in bounds.items():
            if name in kept and (math.isfinite(low) or math.isfinite(high)):
                kept[name] = np.clip(kept[name], low, high)
        return kept


class _Rivals:
    """Rows whose values a draw settles first, and what they say of any other row."""

    def __init__(self, columns: Array, parts: Mapping[str, OutcomeModel]) -> None:
        self.columns = columns
        self._parts = parts
        self._inverse = {name: self._rooted(model) for name, model in parts.items()}

    def draws(self, name: str, X: Array, base: Array) -> Array:
        """Return a quantity in each draw at ``m x d`` columns, from ``draws x (rivals + 1)`` base draws."""
        model, root = self._parts[name], self._inverse[name]
        belief = model.predict(X)
        told = model.cross(X, self.columns) @ root  # how far each direction of the rivals' belief moves a row
        left = np.maximum(belief.variance - np.sum(told**2, axis=1), 0.0)
        return np.asarray(belief.mean + base[:, : told.shape[1]] @ told.T + base[:, -1:] * np.sqrt(left))

    def _rooted(self, model: OutcomeModel) -> Array:
        """Return the root of the inverse covariance of the rivals, without directions of which all is known."""
        values, vectors = np.linalg.eigh(model.cross(self.columns, self.columns))
        open_ = values > _SINGULAR * model.standard.spread**2
        return np.asarray(vectors[:, open_] / np.sqrt(values[open_]))


def _spread(moments: Mapping[str, tuple[Array, Array]]) -> dict[str, Array]:
    """Return draws of quantities from their means and variances at ``m`` rows, ``draws x m`` each."""
    base = _base(len(moments), 1)
    pairs = enumerate(moments.items())
    return {name: mean + base[:, place] * np.sqrt(variance) for place, (name, (mean, variance)) in pairs}


@cache
def _left_over(channels: int) -> Array:
    """Return standard normal base draws of what the scores of a series do not tell, ``draws x channels``."""
    return np.random.default_rng(_SEED).standard_normal((DRAWS, channels))


@cache
def _base(parts: int, each: int) -> Array:
    """Return standard normal base draws, ``draws x parts x each``: scrambled Sobol points, always the same."""
    points = scrambled(parts * each, _SEED, child=False)(DRAWS)
    return np.asarray(ndtri(np.clip(points, 1e-9, 1.0 - 1e-9)).reshape(DRAWS, parts, each))


def recovering(space: SearchSpace, names: tuple[str, ...]) -> Callable[[Array], Mapping[str, Array]]:
    """Return what gives the values of numeric parameters back from model columns."""
    starts = np.cumsum([0, *(parameter.width for parameter in space.parameters)])
    found = {p.name: (int(start), p) for p, start in zip(space.parameters, starts, strict=False) if p.name in names}

    def recover(X: Array) -> Mapping[str, Array]:
        return {name: p.decoded(X[:, start : start + p.width]) for name, (start, p) in found.items()}

    return recover
