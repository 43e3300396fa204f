"""Predictions: what the models expect at rows that were or were not tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.campaign.setup import Setup
from zosimos.campaign.state import State
from zosimos.core.errors import SpecError, StateError
from zosimos.core.seeds import derive_seed
from zosimos.faces.python import results


@dataclass(frozen=True)
class Predicted:
    """What is expected of one objective at ``m`` rows.

    Args:
        mean: ``m`` expected values, in ``unit``.
        sd: ``m`` standard deviations of the true value, the noise of a measurement left out, widened by how far earlier
            predictions were off.
        unit: the objective's.

    >>> low, high = Predicted(np.array([1.0]), np.array([0.5])).interval(0.95)
    >>> round(float(low[0]), 2), round(float(high[0]), 2)
    (0.02, 1.98)
    """

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    unit: str = ""

    def interval(self, level: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lower and upper ends within which the true values lie with a probability.

        Raises:
            SpecError: the level is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise SpecError("the level is a probability", field="level", value=level, allowed="between 0 and 1")
        reach = NormalDist().inv_cdf(0.5 + level / 2) * self.sd
        return self.mean - reach, self.mean + reach


class Beliefs:
    """What the models of a campaign believe; they are fitted anew only when something new is on record.

    Args:
        setup: of the campaign.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._kept: tuple[tuple[str, int], Any] | None = None

    def predict(self, state: State, given: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> dict[str, Predicted]:
        """Return what is expected at rows, by objective.

        Args:
            state: of the campaign.
            given: one row or several, as mappings or a pandas data frame; numbers may lie outside the space.

        Raises:
            StateError: an objective has no result yet.
            DataError: a row names an unknown parameter, lacks one, or holds what no parameter can be.
        """
        from zosimos.planners.isolation import isolated

        rows = [results.own_values(self._setup, state, row, outside=True) for row in listed(given)]
        belief = self._belief(state)
        with isolated(derive_seed(state.spec.seed, "predict")):
            found = belief.predict(rows)
            return {
                name: Predicted(mean, sd * belief.recalibrators[name].scale, state.spec.objectives[name].unit)
                for name, (mean, sd) in found.items()
            }

    def _belief(self, state: State) -> Any:
        key = state.digests[-1], state.spec_version
        if self._kept is None or self._kept[0] != key:
            avoid = [item.values for item in state.avoided.values()]
            seed = derive_seed(state.spec.seed, "predict")
            context = self._setup.context(state.spec, state.observations, avoid, seed)
            if context.usable < 1:
                raise StateError(
                    "there is nothing to predict from",
                    field="objectives",
                    value=f"{len(state.observations)} results",
                    allowed="a result of each objective",
                    hint="tell results first",
                )
            from zosimos.campaign.explain.belief import believed

            self._kept = key, believed(context)
        return self._kept[1]


def listed(given: Any) -> list[Mapping[str, Any]]:
    """Return one row, several rows or a pandas data frame as a list of rows."""
    if isinstance(given, Mapping):
        return [given]
    records = getattr(given, "to_dict", None)
    return list(records("records")) if callable(records) else list(given)
