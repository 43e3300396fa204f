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

from zosimos.core.objective import Objective
from zosimos.core.ranking import by_tier
from zosimos.planners.acquisition.improvement import Array, log_expected_gain, log_probability_above, utilities
from zosimos.surrogates.outcome import Mixture


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
    def of(cls, objectives: Sequence[Objective], values: Array, parts: Sequence[Array], waiting: int = 0) -> Contest:
        """Return the first tier whose threshold no measured row meets together with those before it, or the last.

        A row under way settles no tier; but where it is believed to meet what has been met, it is to be beaten, too.

        Args:
            objectives: in tiers, ``o`` of them.
            values: ``n x o``: what was measured at rows, then what is believed of those under way.
            parts: for each objective, what the parts of its mixture believe of the rows, ``k x n``.
            waiting: number of rows under way; one row at least is measured.
        """
        order = [objectives.index(objective) for objective in by_tier(objectives)]
        meeting = np.ones(len(values), dtype=bool)
        measured = np.arange(len(values)) < len(values) - waiting
        earlier: list[int] = []
        for place in order[:-1]:
            good = meeting & [objectives[place].counts(value) for value in values[:, place].tolist()]
            if not (good & measured).any():
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

    def describe(self, objectives: Sequence[Objective]) -> str:
        """Return in words what is to be improved, and what must be met."""
        met = [f"{objectives[place].name} is as good as {objectives[place].threshold:g}" for place in self.earlier]
        return f"{objectives[self.place].name} where {' and '.join(met)}" if met else objectives[self.place].name
