"""Predictions: what the models of a campaign expect at rows that were or were not tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.errors import SpecError, StateError
from zosimos.core.parameters import Values
from zosimos.core.seeds import derive_seed
from zosimos.planners.history import History

if TYPE_CHECKING:
    from zosimos.planners.models.belief import Belief


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
    """What the models of a campaign believe; they are fitted again only when something new is on record.

    Args:
        setup: of the campaign.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._kept: tuple[tuple[object, ...], Belief] | None = None

    def predict(self, state: State, rows: Sequence[Values]) -> dict[str, Predicted]:
        """Return what is expected at rows, by objective; the same for the same record, in any process.

        Args:
            state: of the campaign.
            rows: a value for each parameter; numbers may lie outside the space.

        Raises:
            StateError: an objective has no result yet.
        """
        from zosimos.planners.isolation import isolated

        belief = self._belief(state)
        with isolated(_seed(state)):
            found = belief.predict(rows)
            return {
                name: Predicted(mean, sd * belief.recalibrators[name].scale, state.spec.objectives[name].unit)
                for name, (mean, sd) in found.items()
            }

    def _belief(self, state: State) -> Belief:
        key = state.digests[-1], state.spec_version, tuple(state.avoided)
        if self._kept is None or self._kept[0] != key:
            avoid = state.lens.rows(item.values for item in state.avoided.values())
            context = self._setup.context(state.spec, History(tuple(state.counting()), avoid=avoid), _seed(state))
            if context.usable < 1:
                raise StateError(
                    "there is nothing to predict from",
                    field="objectives",
                    value=f"{len(state.counting())} results",
                    allowed="a result of each objective",
                    hint="tell results first",
                )
            from zosimos.campaign.explain.belief import believed  # torch: only where it is needed

            self._kept = key, believed(context)
        return self._kept[1]


def _seed(state: State) -> int:
    return derive_seed(state.spec.seed, "predict")
