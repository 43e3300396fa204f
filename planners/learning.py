"""Learning: whether an author's predictions have to do with results at all, by permutation tests on the record. Pure.

Language models are known to advise the same whatever they are told of results. Two tests tell, each by comparing what
is on record with the same after outcomes were shuffled:

- *feedback*: does what is predicted of a row go with what was found near that row by then? For each prediction the
  results its author had been shown give an estimate of the row, their mean weighted by one over the squared distance
  (Shepard 1968, "A two-dimensional interpolation function for irregularly-spaced data", Proc. ACM 23, 517). The
  statistic is the correlation of predictions and estimates, each less the mean of what was shown. An author who takes
  nothing from results correlates with true ones as with shuffled ones. One who knew the answer before passes, too.
- *foresight*: do the author's forecasts fit the experiments they were made for better than each other's? The statistic
  is the mean log density of outcomes. One who always expects the same passes no such test, however right.

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
from zosimos.core.records import Observation, Prediction
from zosimos.core.space import SearchSpace
from zosimos.planners.advice import Advice, Point
from zosimos.planners.trust import log_density

Array = NDArray[np.float64]

LEVEL = 0.05
"""P-value up to which a test says yes."""
_SHUFFLES = 999
_FEWEST = 4  # results that were shown, or outcomes that were predicted, before their order means anything
_LAST = 300  # results that are looked at
_FARTHEST = 3.0  # standard deviations of what was shown that a prediction counts as being off at most
_NEAR = 1e-6  # of squared distances: a row that was measured has its own result as its estimate


@dataclass(frozen=True)
class Learning:
    """What the tests say of one author.

    Args:
        author: whose.
        predictions: number of predictions that the test of feedback rests on.
        feedback: its p-value; None: there is too little to tell.
        outcomes: number of outcomes that the test of foresight rests on.
        foresight: its p-value; None: there is too little to tell.
    """

    author: str
    predictions: int = 0
    feedback: float | None = None
    outcomes: int = 0
    foresight: float | None = None

    @property
    def follows(self) -> bool | None:
        """Whether predictions go with results; None: there is too little to tell."""
        return None if self.feedback is None else self.feedback <= LEVEL

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {**self.__dict__, "words": str(self)}

    def __str__(self) -> str:
        """Say it in words.

        >>> print(Learning("m", 12, 0.001))
        what it predicts goes with the results it was shown (p = 0.001, 12 predictions)
        """
        if self.feedback is None:
            return "too few predictions to tell whether it learns from results"
        told = f"p = {self.feedback:.2g}, {self.predictions} predictions"
        if self.follows:
            return f"what it predicts goes with the results it was shown ({told})"
        return f"no sign that it learns: shuffled results would fit its predictions as well ({told})"


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
    predictions, feedback = _feedback([one for one in advice if one.author == author], observations, name, space)
    outcomes, foresight = _foresight([one for one in observations if one.author == author], name)
    return Learning(author, predictions, feedback, outcomes, foresight)


def _feedback(
    advice: Sequence[Advice], observations: Sequence[Observation], name: str, space: SearchSpace
) -> tuple[int, float | None]:
    """Return how many predictions there are, and the p-value."""
    found = [(place, one) for place, one in enumerate(observations) if _trains(one, name)][-_LAST:]
    calls = [(given, points) for given in advice if (points := _points(given, name, space))]
    if len(found) < _FEWEST or not calls:
        return 0, None
    places = np.array([place for place, _ in found])
    values = np.array([one.measurements[name].value for _, one in found])
    rows = space.features([space.pinned(one.values) for _, one in found])
    shuffles = _shuffles(len(values))
    said, near = [], []
    for given, points in calls:
        shown = int((places < given.given).sum())
        if shown < _FEWEST or not np.ptp(values[:shown]):
            continue
        weights = _weights(space.features([point.values for point in points]), rows[:shown])
        centre, scale = values[:shown].mean(), values[:shown].std()
        means = np.array([point.expected[name].mean for point in points])
        said.append(np.clip((means - centre) / scale, -_FARTHEST, _FARTHEST))
        near.append((values[shuffles[shown - 1]] - centre) / scale @ weights.T)
    if not said:
        return 0, None
    own, others = np.concatenate(said), np.concatenate(near, axis=1)
    if not np.any(own):
        return len(own), 1.0
    scores = others @ own / np.sqrt((others**2).sum(axis=1) + 1e-12)
    return len(own), _share(scores)


def _foresight(seen: Sequence[Observation], name: str) -> tuple[int, float | None]:
    calls = [one for one in seen if _trains(one, name) and name in one.expected]
    if len(calls) < _FEWEST:
        return len(calls), None
    values = np.array([one.measurements[name].value for one in calls])
    noise = [one.measurements[name].uncertainty or 0.0 for one in calls]
    logs = np.array(
        [[log_density(value, one.expected[name], u) for value in values] for one, u in zip(calls, noise, strict=True)]
    )
    shuffles = _shuffles(len(calls))[-1]
    return len(calls), _share(logs[np.arange(len(calls)), shuffles].mean(axis=1))


def _trains(seen: Observation, name: str) -> bool:
    return not seen.failed and name in seen.measurements and seen.measurements[name].trains


def _points(given: Advice, name: str, space: SearchSpace) -> list[Point]:
    """Return the points of advice that predict a quantity, as the space has them now; others cannot be compared."""
    points = [item for item in given.items if isinstance(item, Point) and name in item.expected]
    return [point for point in points if _usable(point.expected[name]) and set(space.names) <= set(point.values)]


def _usable(said: Prediction) -> bool:
    return bool(np.isfinite(said.mean))


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


def _share(scores: Array) -> float:
    """Return the p-value of the first score among all."""
    return float(np.mean(scores >= scores[0] - 1e-12))
