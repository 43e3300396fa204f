"""Held-out checks: how well the models of a campaign predict results that they were fitted without.

Three ways of leaving results out, each harder than the one before:

===========  ===========================================================================  ==========================
way          what is left out                                                             what its errors tell
===========  ===========================================================================  ==========================
``folds``    a random fifth at a time; repeats of a row stay together                     errors among the results
``regions``  one of four clusters of rows at a time (:func:`~.splits.distance_clusters`)  errors beyond the results
``best``     the best fifth, and as many others to tell them from                         whether better is recognised
===========  ===========================================================================  ==========================

Random folds alone flatter a model whose rows lie close together (:mod:`zosimos.surrogates.calibration.splits`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from zosimos.campaign.explain.belief import believed
from zosimos.core.objective import Objective, to_measure
from zosimos.core.seeds import derive_seed
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.calibration.coverage import Coverage, calibration
from zosimos.surrogates.calibration.ood import Extrapolation, extrapolation
from zosimos.surrogates.calibration.splits import (
    Split,
    distance_clusters,
    holdout,
    leave_one_group_out,
    redundancy_groups,
    repeated_folds,
)

Array = NDArray[np.float64]

FEWEST = 10
"""Results of a quantity: with fewer nothing is left out."""
MOST = 200
"""Results: with more the ten and more fits would take too long."""
_FOLDS = 5
_REGIONS = 4
_BEST = 0.2  # share of the results
_LEVEL = 0.8  # of the intervals that are counted
_SAME = 1e-3  # rows closer than this are repeats, in columns scaled to their range
_TO_FIT = 5  # results: a fit to fewer says nothing of the model
_LEAST_SD = 1e-9  # of the spread; a model may be quite sure


@dataclass(frozen=True)
class LeftOut:
    """Errors of predictions for results that were left out of the fit.

    Args:
        way: ``folds`` or ``regions``, as in the table above.
        fits: how many fits there were.
        tested: how many results they were tested with.
        error: root mean square error over the standard deviation of all results (1: no better than their mean).
        interval: how many results the 80 % intervals of the model held, its noise included.
    """

    way: Literal["folds", "regions"]
    fits: int
    tested: int
    error: float
    interval: Coverage

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "way": self.way,
            "fits": self.fits,
            "tested": self.tested,
            "error": self.error,
            "interval": self.interval.as_json(),
        }


@dataclass(frozen=True)
class QuantityChecked:
    """What was found of one quantity; ``best`` is None where nothing is wanted of it, or nothing could be compared."""

    results: int
    left_out: tuple[LeftOut, ...]
    best: Extrapolation | None

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "results": self.results,
            "left_out": [item.as_json() for item in self.left_out],
            "best": None if self.best is None else self.best.as_json(),
        }


@dataclass(frozen=True)
class HeldOut:
    """What was found, by measured quantity; ``notes`` say what was not checked, and why."""

    quantities: Mapping[str, QuantityChecked]
    notes: tuple[str, ...]


def held_out(context: ProposalContext) -> HeldOut:
    """Return how well the models of each measured quantity predict results that they were fitted without.

    The intervals are the models' own; what earlier predictions of the campaign taught about their width is left aside.
    """
    if len(context.training) > MOST:
        return HeldOut({}, (f"{len(context.training)} results: models are checked on held-out ones up to {MOST}",))
    checks, notes = _Checks(context), []
    found = {}
    for quantity in to_measure(context.objectives):
        values = checks.values[quantity.name]
        count = int(np.isfinite(values).sum())
        if count < FEWEST:
            notes.append(f"{quantity.name}: {count} results; checks on held-out ones need {FEWEST}")
        elif not np.nanstd(values) > 0:
            notes.append(f"{quantity.name}: all results are equal, so that there is nothing to predict")
        else:
            found[quantity.name] = checks.checked(quantity)
    return HeldOut(found, tuple(notes))


@dataclass(frozen=True)
class _Checks:
    """Fits to parts of the results, each made once for all quantities."""

    context: ProposalContext

    def checked(self, quantity: Objective) -> QuantityChecked:
        values, fits = self.values[quantity.name], {"folds": self._folds, "regions": self._regions}
        ways: tuple[Literal["folds", "regions"], ...] = ("folds", "regions")
        parts = [_left_out(way, fits[way], quantity.name, values) for way in ways]
        wanted = any(own.name == quantity.name for own in self.context.objectives)
        return QuantityChecked(
            int(np.isfinite(values).sum()),
            tuple(part for part in parts if part is not None),
            self._best(quantity, values) if wanted else None,
        )

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """What was found at each row, by quantity (NaN: nothing to learn from)."""
        found = {}
        for name in (quantity.name for quantity in to_measure(self.context.objectives)):
            seen = (observation.measurements.get(name) for observation in self.context.training)
            found[name] = np.array([item.value if item is not None and item.trains else np.nan for item in seen])
        return found

    @cached_property
    def _rows(self) -> Array:
        return self.context.space.features([observation.values for observation in self.context.training])

    @cached_property
    def _folds(self) -> list[_Fit]:
        groups = redundancy_groups(self._rows, _SAME)
        names = np.unique(groups)
        if len(names) < _FOLDS:
            return []
        splits = []
        for fold in repeated_folds(len(names), seed=self._seed("folds"), folds=_FOLDS, repeats=1):
            tested = np.isin(groups, names[list(fold.test)])
            splits.append(Split(tuple(np.flatnonzero(~tested).tolist()), tuple(np.flatnonzero(tested).tolist())))
        return self._fitted(splits)

    @cached_property
    def _regions(self) -> list[_Fit]:
        clusters = distance_clusters(self._rows, _REGIONS)
        return self._fitted(leave_one_group_out(clusters).values()) if len(set(clusters)) > 1 else []

    def _best(self, quantity: Objective, values: Array) -> Extrapolation | None:
        """Return whether results better than all that were learned from are recognised as such."""
        gains = np.array([quantity.utility(float(value)) for value in values])
        order = np.flatnonzero(np.isfinite(gains))[np.argsort(gains[np.isfinite(gains)], kind="stable")]
        count = max(2, round(_BEST * len(order)))
        rest, best = order[:-count], order[-count:]
        others = holdout(len(rest), seed=self._seed("best"), share=count / len(rest))
        split = Split(_sorted(rest[list(others.train)]), _sorted([*best, *rest[list(others.test)]]))
        limit = float(gains[list(split.train)].max())
        for fit in self._fitted([split]):
            predicted = [quantity.utility(float(mean)) for mean in fit.predictions[quantity.name][0]]
            return extrapolation(predicted, gains[list(split.test)], limit)
        return None

    def _fitted(self, splits: Iterable[Split]) -> list[_Fit]:
        found = []
        for split in splits:
            context = self.context.knowing([self.context.training[row] for row in split.train])
            if context.usable < _TO_FIT:
                continue
            belief, tested = believed(context), self._rows[list(split.test)]
            predictions = {}
            for name, model in belief.quantities.items():
                said = model.predict(tested)
                predictions[name] = (said.mean, np.sqrt(said.variance + said.aleatoric))
            found.append(_Fit(split, predictions))
        return found

    def _seed(self, what: str) -> int:
        return derive_seed(self.context.seed, "held-out", what)


@dataclass(frozen=True)
class _Fit:
    """By quantity the means and standard deviations that a fit to one side of a split predicts for the other."""

    split: Split
    predictions: Mapping[str, tuple[Array, Array]]


def _left_out(way: Literal["folds", "regions"], fits: Sequence[_Fit], name: str, values: Array) -> LeftOut | None:
    spread = float(np.nanstd(values))
    if not fits:
        return None
    found = np.concatenate([values[list(fit.split.test)] for fit in fits])
    mean, sd = (np.concatenate([fit.predictions[name][part] for fit in fits]) for part in (0, 1))
    known = np.isfinite(found)
    if not known.any():
        return None
    found, mean, sd = found[known], mean[known], np.maximum(sd[known], _LEAST_SD * spread)
    (interval,) = (item for item in calibration(mean, sd, found, spread=spread).coverage if item.level == _LEVEL)
    return LeftOut(way, len(fits), len(found), float(np.sqrt(np.mean((mean - found) ** 2))) / spread, interval)


def _sorted(rows: Iterable[Any]) -> tuple[int, ...]:
    return tuple(sorted(int(row) for row in rows))
