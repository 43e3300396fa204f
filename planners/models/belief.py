"""Belief: what the models make of everything seen so far, and what it says about rows that were not tried.

A belief is a pure function of the context of a decision, so that a recorded decision can be looked into again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameters import Values
from zosimos.core.records import Prediction
from zosimos.planners.acquisition.clipped import believed
from zosimos.planners.acquisition.functions import ASKS_LINES, LOGARITHMIC, discounted
from zosimos.planners.acquisition.knowledge_gradient import alternatives
from zosimos.planners.models.composite import DRAWS
from zosimos.planners.models.extrapolation import domain_of
from zosimos.planners.models.feasibility import Feasibility
from zosimos.planners.models.fitted import FittedModels
from zosimos.planners.models.judged import Judged
from zosimos.planners.models.judgement import Judgement
from zosimos.planners.models.multi_fidelity import describe, worth
from zosimos.planners.models.residuals import recalibrated
from zosimos.planners.opinion import Opinion
from zosimos.surrogates.calibration.applicability import Applicability, Domain
from zosimos.surrogates.calibration.recalibrate import SLOWLY, Recalibrator

Array = NDArray[np.float64]

_LINES = 10  # numbers kept at once for each row and each alternative to it
_CHUNK_CELLS = 2_000_000  # rows times observations looked at together: bounds the memory of a large pool


class Belief(FittedModels):
    """What is believed after all observations, with rows under way taken into account, and what that makes of rows.

    Args:
        context: of the decision; at least one observation must train each objective.
    """

    def add_pending(self, rows: Sequence[Values]) -> None:
        """Take further rows as under way."""
        super().add_pending(rows)
        self.__dict__.pop("judgement", None)

    def prediction(self, row: Values) -> dict[str, Prediction]:
        """Return the prediction for one row, the noise of a measurement apart.

        By objective, then by measured quantity where objectives are made of others. Rows under way make it no surer:
        that they will turn out as believed is imagined, so that the next rows lie elsewhere, and known to nobody.
        """
        if self.waiting and self.context.policy.third:
            return self._before.prediction(row)
        features = self.context.space.features([row])
        found = {}
        wanted = {objective.name: objective for objective in self.context.objectives}
        for name, model in {**dict(zip(wanted, self.models, strict=True)), **self.quantities}.items():
            belief = model.predict(features)
            mean, sd, noise = belief.mean, np.sqrt(belief.variance), math.sqrt(model.noise(features)[0])
            if name in wanted:
                mean, sd = believed(belief, wanted[name])
            found[name] = Prediction(float(mean[0]), float(sd[0]), noise, self.recalibrators[name].scale)
        return found

    @cached_property
    def _before(self) -> Belief:
        """The same with nothing under way."""
        return Belief(replace(self.context, history=replace(self.context.history, pending=())))

    def applicability(self, row: Values) -> Applicability:
        """Return how a row lies to those that were learned from."""
        return self.domain.judge(self.context.space.features([row]))

    @cached_property
    def domain(self) -> Domain:
        """The rows that were learned from, as what lies among them is told from what does not."""
        return domain_of(self.context.space, self.learned.rows)

    @cached_property
    def recalibrators(self) -> Mapping[str, Recalibrator]:
        """How far earlier predictions were off, by objective and quantity: what honest intervals need."""
        names = dict.fromkeys([*(objective.name for objective in self.context.objectives), *self.quantities])
        found = {name: recalibrated(self.context.observations, name) for name in names}
        if self.context.policy.fourth:
            return found
        return {name: replace(known, fade=SLOWLY) for name, known in found.items()}

    def scale(self, name: str) -> float:
        """Return by what factor intervals of an objective, a quantity or a score of a series are too narrow."""
        for series in self.series.values():
            if name in series.scores:
                return float(np.median([self.recalibrators[channel].scale for channel in series.channels]))
        return self.recalibrators[name].scale

    @cached_property
    def judgement(self) -> Judgement:
        """What the acquisition makes of the models as they stand."""
        return self.judged()

    def judged(self, kind: str | None = None, counted: NDArray[np.bool_] | None = None) -> Judgement:
        """Return what an acquisition makes of the models as they stand.

        Args:
            kind: of the acquisition; None: that which the campaign chose.
            counted: which of the learned rows, then of those under way, a gain is counted over, ``n + p``, one at
                least; None: all that may be the best.
        """
        kind = kind or self.context.policy.acquisition.kind
        asked = self._alternatives if kind in ASKS_LINES else np.empty((0, self.context.space.width))
        return Judgement(self, self._opinion, asked, kind, counted)

    def acquisition(
        self,
        rows: Sequence[Values],
        first: int | None = None,
        *,
        last: bool = False,
        judgement: Judgement | None = None,
    ) -> Array:
        """Return the acquisition value at ``m`` rows, chunk by chunk; higher is better.

        Args:
            rows: to judge.
            first: where the judgement is ``bounded``, return upper bounds, from the first so many measurements alone.
            last: judge as for one of the last experiments.
            judgement: how to judge; None: by :attr:`judgement`.
        """
        context, kind = self.context, self.context.policy.acquisition.kind
        made = [objective.of for objective in context.objectives if objective.of is not None]
        judgement = judgement or self.judgement
        wide = len(self.learned.rows) + 1 + _LINES * len(judgement.alternatives)
        wide += DRAWS * sum(1 + len(of.quantities) for of in made)  # a series is drawn in smaller pieces
        size = max(256, _CHUNK_CELLS // wide)
        values = [np.empty(0)]
        for start in range(0, len(rows), size):
            features = context.space.features(rows[start : start + size])
            judged = judgement.gains(features, first, last=last)
            chances = self.feasibility.probability(features)
            values.append(discounted(judged, chances, kind))
            values[-1] = values[-1] + worth(self.models, features, priced=self._levels_priced)
        found = np.concatenate(values)
        return np.where(np.isnan(found), -np.inf, found) + self.adjustment(rows)

    @cached_property
    def feasibility(self) -> Feasibility:
        """Where experiments give a usable result, learned from all that ended; free while no failure is to teach."""
        return Feasibility(self.context)

    @cached_property
    def _opinion(self) -> Opinion:
        """What advice that counts says of all rows."""
        return Opinion(self.context)

    @cached_property
    def _alternatives(self) -> Array:
        """Columns of rows that may be chosen in the end, ``a x d``, for acquisitions that ask of them."""
        return alternatives(self.context, lambda X: [Judged.of(model).predict(X).mean for model in self.models])

    def adjustment(self, rows: Sequence[Values]) -> Array | float:
        """Return what costs, a stated expectation and advice add to the logarithm of the gain at ``m`` rows."""
        context, goal = self.context, self.context.goal
        if context.policy.acquisition.kind not in LOGARITHMIC:
            return 0.0
        total: Array | float = 0.0
        if (costs := goal.costs) is not None:
            account = costs.account([*context.charged_rows, *self.waiting[len(context.pending) :]])
            total = total - costs.cooling(account) * np.log(costs.of(rows, account.before))
        if goal.expectation is not None and not context.contradicted:
            total = total + goal.expectation.lean(rows, context.usable)
        return total + self._opinion.lean(rows)

    def level_told(self, row: Values) -> str:
        """Return in words why a row is measured at a lower level of fidelity; empty for any other row."""
        return describe(self.models, self.context.space.features([row]), priced=self._levels_priced)

    @property
    def _levels_priced(self) -> bool:
        """Whether what a level of fidelity costs is part of what an experiment costs."""
        costs, fidelity = self.context.goal.costs, self.context.goal.fidelity
        return costs is not None and fidelity is not None and fidelity.parameter in costs.choices
