"""Evidence: one objective's results and the allowed rows, as an explanation reads them; and the same, resampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from zosimos.campaign.explain.belief import believed
from zosimos.campaign.explain.encoding import BACKGROUND, Frame
from zosimos.core.objective import Objective
from zosimos.core.records import Observation
from zosimos.planners.goal.knowledge import Fidelity
from zosimos.planners.models.belief import Belief
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.explanation.design import Array, Design, Indices, Predict, r_squared
from zosimos.surrogates.explanation.effects import effects
from zosimos.surrogates.explanation.formula import Formula, chosen_terms
from zosimos.surrogates.explanation.rules import LEAST, RuleTree, rule_tree
from zosimos.surrogates.explanation.shapley import shapley
from zosimos.surrogates.explanation.stability import Findings
from zosimos.surrogates.explanation.terms import library

_BACKGROUND_AGAIN = 16  # the same in a resample, where many of them must be quick
_ALLOWED_AGAIN = 200
_BUDGET_AGAIN = 5000  # predictions for the main effects of a resample
_PAIRS_AGAIN = 8  # orders of the parameters for the Shapley values of a resample


@dataclass(frozen=True)
class Evidence:
    """The observations with a usable value of an objective, and ``allowed`` rows of the space.

    Raises:
        ValueError: no observation has one.
    """

    frame: Frame
    objective: Objective
    observations: tuple[Observation, ...]
    allowed: Design
    seed: int
    fidelity: Fidelity | None = None

    @cached_property
    def design(self) -> Design:
        """The rows that were measured."""
        return self.frame.design([observation.values for observation in self.observations])

    @cached_property
    def outcomes(self) -> Array:
        """What was found there, shape ``n``."""
        return np.array([seen.measurements[self.objective.name].value for seen in self.observations], dtype=float)

    @property
    def best(self) -> int:
        """The place of the best observation (of several, the first); where there are levels, of those that count."""
        gains = np.array([self.objective.utility(float(value)) for value in self.outcomes])
        if self.fidelity is not None:
            results = np.array([self.fidelity.counts(seen.values) for seen in self.observations])
            gains = np.where(results | ~results.any(), gains, -np.inf)
        return int(np.argmax(gains))

    @property
    def background(self) -> Design:
        """The allowed rows that a prediction is compared with."""
        return self.allowed.take(np.arange(min(BACKGROUND, len(self.allowed))))

    def predictor(self, belief: Belief) -> Predict:
        """Return what a belief says of the objective."""
        return self.frame.predictor(belief, self.objective.name)

    def fit(self, belief: Belief) -> float:
        """Return the share of the variance of the results that a belief explains where it has seen them."""
        return r_squared(self.outcomes, self.predictor(belief)(self.design.rows)[0])

    def rules(self, belief: Belief, allowed: Design | None = None) -> RuleTree:
        """Return the rule tree of a belief; where it does not fit the results, mostly of these."""
        rows, trust = self.allowed if allowed is None else allowed, min(1.0, max(0.0, self.fit(belief)))
        predicted, _ = self.predictor(belief)(rows.rows)
        return rule_tree(self.design, self.outcomes, rows, predicted, trust=trust, seed=self.seed)


@dataclass(frozen=True)
class Resampler:
    """Beliefs of resampled observations, each made once for all objectives (a cache, and nothing else that changes)."""

    context: ProposalContext
    _beliefs: dict[bytes, Belief | None] = field(default_factory=dict)

    def belief(self, indices: Indices) -> Belief | None:
        """Return what is believed if only these of the usable observations were made; None if that is nothing."""
        key = indices.tobytes()
        if key not in self._beliefs:
            context = self.context.knowing([self.context.training[i] for i in indices])
            self._beliefs[key] = believed(context) if context.usable > 1 else None
        return self._beliefs[key]

    def findings(self, evidence: Evidence, row: Array, made: Formula | None, indices: Indices) -> Findings:
        """Return what the explanation of one objective says in a resample of the usable observations.

        Args:
            evidence: all there is.
            row: the raw values whose prediction is shared out.
            made: the formula, if there is one to compare with.
            indices: of the usable observations.
        """
        belief = self.belief(indices)
        drawn = [self.context.training[i] for i in indices]
        some = replace(evidence, observations=tuple(_with(drawn, evidence.objective.name)))
        if belief is None or len(some.observations) < LEAST:
            return Findings(shares=(0.0,) * len(row))
        allowed = evidence.allowed.take(np.arange(min(_ALLOWED_AGAIN, len(evidence.allowed))))
        background = evidence.allowed.take(np.arange(min(_BACKGROUND_AGAIN, len(evidence.allowed))))
        predict = evidence.predictor(belief)
        parts = shapley(predict, row, background, pairs=_PAIRS_AGAIN, seed=evidence.seed)
        main = effects(predict, evidence.allowed, paired=0, budget=_BUDGET_AGAIN, seed=evidence.seed)
        first = next(iter(some.rules(belief, allowed).splits), None)
        split = "" if first is None else f"{first.column.name} is {first.choice}" if first.choice else first.column.name
        terms = () if made is None else chosen_terms(some.design, some.outcomes, library(evidence.design))
        return Findings(main.ranking, split, None if first is None else first.threshold, frozenset(terms), parts.shares)


def _with(observations: Sequence[Observation], name: str) -> list[Observation]:
    return [seen for seen in observations if name in seen.measurements and seen.measurements[name].trains]


def evidence_of(context: ProposalContext, frame: Frame, objective: Objective, allowed: Design, seed: int) -> Evidence:
    """Return the evidence of one objective in a context."""
    return Evidence(
        frame, objective, tuple(_with(context.training, objective.name)), allowed, seed, context.goal.fidelity
    )
