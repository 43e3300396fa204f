"""Objectives in order of importance: what is gained in the first tier that is not yet good enough.

The thresholds of a lexicographic order, as chemists state their goals ("a yield of 80 % at least, then as cheap as can
be"; Häse, Roch and Aspuru-Guzik 2018, "Chimera: enabling hierarchy based multi-objective optimization for self-driving
laboratories", Chem. Sci. 9, 7642). Each objective keeps a model of its own, which a sum over tiers with its steps would
spoil: a row's value is the chance that it meets all earlier tiers times the improvement that is expected of it in the
tier in question (the constrained expected improvement of Gardner et al. 2014, ICML).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.core.objective import Objective
from zosimos.core.ranking import by_tier
from zosimos.planners.gain import Array, log_expected_gain, log_probability_above, utilities
from zosimos.surrogates.committee.outcome import Mixture


@dataclass(frozen=True)
class Contest:
    """The tier in question.

    Args:
        place: of its objective among all objectives.
        earlier: places of the objectives of the tiers before it, whose thresholds are to be met.
        best: the best utility in it of what meets them, as each part of its mixture believes it, shape ``k``.
    """

    place: int
    earlier: tuple[int, ...]
    best: Array

    @classmethod
    def of(cls, objectives: Sequence[Objective], expected: Sequence[Array], parts: Sequence[Array]) -> Contest:
        """Return the first tier whose threshold nothing is believed to meet together with those before it, or the last.

        Args:
            objectives: in tiers, ``o`` of them.
            expected: for each, what is believed of ``n`` rows, the same for all; at least one.
            parts: for each, what the parts of its mixture believe of them, ``k x n``.
        """
        order = [objectives.index(objective) for objective in by_tier(objectives)]
        meeting = np.ones(len(expected[0]), dtype=bool)
        earlier: list[int] = []
        for place in order[:-1]:
            good = meeting & _meets(objectives[place], expected[place])
            if not good.any():
                break
            meeting, earlier = good, [*earlier, place]
        place = order[len(earlier)]
        best = utilities(parts[place][:, meeting], objectives[place]).max(axis=1)
        return cls(place, tuple(earlier), best)

    def log_gain(self, beliefs: Sequence[Mixture], objectives: Sequence[Objective]) -> Array:
        """Return the log of the expected improvement in the tier times the chance of meeting those before it, ``m``.

        Args:
            beliefs: one for each objective, at ``m`` rows.
            objectives: what is wanted.
        """
        total = log_expected_gain(beliefs[self.place], objectives[self.place], self.best)
        for place in self.earlier:
            objective = objectives[place]
            assert objective.threshold is not None, "every tier but the last has one"
            total = total + log_probability_above(beliefs[place], objective, objective.utility(objective.threshold))
        return np.asarray(total)

    def told(self, objectives: Sequence[Objective]) -> str:
        """Return in words what is to be improved, and what must be met."""
        met = [f"{objectives[place].name} is as good as {objectives[place].threshold:g}" for place in self.earlier]
        return f"{objectives[self.place].name} where {' and '.join(met)}" if met else objectives[self.place].name


def _meets(objective: Objective, values: Array) -> NDArray[np.bool_]:
    assert objective.threshold is not None, "every tier but the last has one"
    return np.asarray(utilities(values, objective) >= objective.utility(objective.threshold))
