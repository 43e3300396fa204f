"""Learning: whether an author's predictions have to do with results at all, by permutation tests on the record. Pure.

Language models are known to advise the same whatever they are told of results. For each prediction the results that its
author had been shown give an estimate of the row: their mean, weighted by one over the squared distance (Shepard 1968,
"A two-dimensional interpolation function for irregularly-spaced data", Proc. ACM 23, 517). Two statistics compare what
is on record with the same after outcomes were shuffled; in both, predictions count less the mean of what was shown:

- *agreement*: do predictions go with these estimates, each less the mean of what was shown? Who takes nothing from
  results agrees with true ones as with shuffled ones. Who knew the answer before agrees, too, and so does now and then
  one with a habit, such as always to praise one choice, that happens to suit.
- *change*: do they still, when each estimate counts less the mean estimate, at that time, of all rows that the author
  ever named? A habit or knowledge that stays the same cancels; what is left is that other results brought other advice.
  It takes more calls to show.

Outcomes are shuffled so that what one call was shown is, but for one place, what the call before was shown: as one grew
out of the other, so do their shuffles (Fisher and Yates's shuffle, inside out). The p-value is the share of shuffles
that do as well, the true order counted among them (Phipson and Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9, 39).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.core.objective import Objective
from zosimos.core.records import Observation
from zosimos.core.space import SearchSpace
from zosimos.planners.advice import Advice, Point

Array = NDArray[np.float64]

LEVEL = 0.05
"""P-value up to which a test says yes."""
_SHUFFLES = 999
_FEWEST = 4  # results that were shown before their order means anything
_RESULTS, _CALLS = 300, 60  # the last of each that are looked at
_FARTHEST = 3.0  # standard deviations of what was shown that a prediction counts as being off at most
_NEAR = 1e-6  # of squared distances: a row that was measured has its own result as its estimate


@dataclass(frozen=True)
class Learning:
    """What the tests say of one author.

    Args:
        author: whose.
        predictions: number of predictions that the tests rest on.
        agreement: the p-value of agreement with results; None: there is too little to tell.
        change: the p-value of change with results; None: there is too little to tell.
    """

    author: str
    predictions: int = 0
    agreement: float | None = None
    change: float | None = None

    @property
    def agrees(self) -> bool:
        """Whether predictions go with the results that were shown."""
        return self.agreement is not None and self.agreement <= LEVEL

    @property
    def changes(self) -> bool:
        """Whether they change with results, which knowledge from before does not explain."""
        return self.change is not None and self.change <= LEVEL

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {**self.__dict__, "words": str(self)}

    def __str__(self) -> str:
        """Say it in words.

        >>> print(Learning("m", 12, 0.4, 0.3))
        no sign that it learns: shuffled results would fit its predictions as well (p = 0.4, 12 predictions)
        """
        if self.agreement is None or self.change is None:
            return "too few predictions to tell whether it learns from results"
        told = f"p = {self.agreement:.2g}, {self.predictions} predictions"
        if not self.agrees:
            return f"no sign that it learns: shuffled results would fit its predictions as well ({told})"
        more = "and changes with them" if self.changes else "it may have known before"
        return f"what it predicts goes with the results it was shown ({told}); {more} (p = {self.change:.2g})"


def learning(
    author: str,
    advice: Sequence[Advice],
    observations: Sequence[Observation],
    objectives: Sequence[Objective],
    space: SearchSpace,
) -> Learning:
    """Return what the record says of how an author learns; the first objective counts.

    Args:
        author: whose predictions.
        advice: all that was ever advised, by anybody.
        observations: all results that count, in order.
        objectives: of the campaign.
        space: of the campaign.
    """
    name = objectives[0].name
    found = [(place, one) for place, one in enumerate(observations) if _trains(one, name)][-_RESULTS:]
    own = [one for one in advice if one.author == author]
    calls = [(given.given, points) for given in own if (points := _points(given, name, space))][-_CALLS:]
    if len(found) < _FEWEST or not calls:
        return Learning(author)
    places = np.array([place for place, _ in found])
    values = np.array([one.measurements[name].value for _, one in found])
    rows = space.features([space.pinned(one.values) for _, one in found])
    named = space.features([point.values for _, points in calls for point in points])
    shuffles, first = _shuffles(len(values)), 0
    told, near, apart = [], [], []
    for seen, points in calls:
        mine = slice(first, first := first + len(points))
        shown = int((places < seen).sum())
        if shown < _FEWEST or not np.ptp(values[:shown]):
            continue
        centre, scale = values[:shown].mean(), values[:shown].std()
        estimates = (values[shuffles[shown - 1]] - centre) / scale @ _weights(named, rows[:shown]).T
        means = np.array([point.expected[name].mean for point in points])
        told.append(np.clip((means - centre) / scale, -_FARTHEST, _FARTHEST))
        near.append(estimates[:, mine])
        apart.append(estimates[:, mine] - estimates.mean(axis=1, keepdims=True))
    if not told:
        return Learning(author)
    said = np.concatenate(told)
    return Learning(author, len(said), _p_value(said, near), _p_value(said, apart))


def _trains(seen: Observation, name: str) -> bool:
    return not seen.failed and name in seen.measurements and seen.measurements[name].trains


def _points(given: Advice, name: str, space: SearchSpace) -> list[Point]:
    """Return the points of advice that predict a quantity, as the space has them now; others cannot be compared."""
    points = [item for item in given.items if isinstance(item, Point) and name in item.expected]
    return [point for point in points if np.isfinite(point.expected[name].mean) and not space.problems(point.values)]


def _weights(points: Array, rows: Array) -> Array:
    """Return what each of ``n`` results counts for each of ``m`` points, ``m x n``."""
    apart = ((points[:, None, :] - rows[None, :, :]) ** 2).sum(axis=2) + _NEAR
    weights = 1.0 / apart
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _shuffles(n: int) -> list[NDArray[np.int64]]:
    """Return for each number of results up to ``n`` its shuffles, the true order first; each grows out of the last."""
    rng = np.random.default_rng(0)
    rows = np.arange(_SHUFFLES + 1)
    made = np.zeros((_SHUFFLES + 1, n), dtype=np.int64)
    found = []
    for i in range(n):
        place = rng.integers(0, i + 1, _SHUFFLES + 1)
        place[0] = i
        made[:, i] = made[rows, place]
        made[rows, place] = i
        found.append(made[:, : i + 1].copy())
    return found


def _p_value(said: Array, estimates: Sequence[Array]) -> float:
    """Return the p-value of predictions beside estimates, of which the first row is by the true order."""
    others = np.concatenate(estimates, axis=1)
    scores = others @ said / (np.sqrt((others**2).sum(axis=1)) + 1e-12)
    return float(np.mean(scores >= scores[0] - 1e-12))
