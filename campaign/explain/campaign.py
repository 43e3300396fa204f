"""A whole campaign explained: what matters, what the best experiment owes to what, rules, a formula, and how sure.

With fewer than :data:`LEAST` measured experiments it says what is missing and leaves out what rests on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from zosimos.campaign.explain.decision import context_now
from zosimos.campaign.explain.encoding import Frame
from zosimos.campaign.explain.evidence import Evidence, Resampler, evidence_of
from zosimos.campaign.explain.surprises import Surprises, surprises
from zosimos.campaign.record.state import State
from zosimos.campaign.setup import Setup
from zosimos.core.objective import Objective
from zosimos.planners.models.belief import Belief
from zosimos.planners.protocol import ProposalContext
from zosimos.surrogates.explanation.effects import Effects, effects
from zosimos.surrogates.explanation.formula import Formula, formula
from zosimos.surrogates.explanation.quality import effective_number, faithfulness
from zosimos.surrogates.explanation.rules import RuleTree
from zosimos.surrogates.explanation.shapley import Attribution, shapley
from zosimos.surrogates.explanation.stability import Stability, stability

LEAST = 5  # measured experiments: with fewer anything can be read into them
_ALLOWED = 400  # rows that stand for the space
_FITS = 0.5  # share of the variance of the results that models should explain where they have seen them


@dataclass(frozen=True)
class Best:
    """The best experiment of one objective, and what the prediction there owes to each parameter.

    ``faithful`` is how well the parts predict what happens when parameters are set back (a correlation), ``spread``
    how many parameters they are spread over.
    """

    experiment: str
    parts: Attribution
    faithful: float | None
    spread: float

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        own = {"experiment": self.experiment, "faithful": self.faithful, "spread": self.spread}
        return {**own, **self.parts.as_json()}


@dataclass(frozen=True)
class ObjectiveExplained:
    """What the results and the models say of one objective; ``rules`` come with the best first.

    ``fit`` is the share of the variance of the results that the models explain where they have seen them.
    """

    objective: Objective
    measured: int
    fit: float
    effects: Effects
    best: Best
    rules: RuleTree
    formula: Formula
    stability: Stability | None

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "objective": self.objective.name,
            "goal": self.objective.goal,
            "unit": self.objective.unit,
            "measured": self.measured,
            "fit": self.fit,
            "effects": self.effects.as_json(),
            "best": self.best.as_json(),
            "rules": self.rules.as_json(),
            "formula": self.formula.as_json(),
            "stability": None if self.stability is None else self.stability.as_json(),
        }


@dataclass(frozen=True)
class CampaignExplained:
    """Everything there is to say about what a campaign found; ``notes`` say what could not be explained, and why."""

    state: State
    measured: int
    objectives: tuple[ObjectiveExplained, ...]
    weights: Mapping[str, Mapping[str, float]]
    surprises: Surprises
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return JSON data."""
        return {
            "campaign": self.state.id,
            "name": self.state.spec.name,
            "status": self.state.status,
            "measured": self.measured,
            "objectives": [item.as_json() for item in self.objectives],
            "weights": {name: dict(models) for name, models in self.weights.items()},
            "surprises": self.surprises.as_json(),
            "notes": list(self.notes),
        }


def explain_campaign(state: State, setup: Setup, *, bootstraps: int = 20) -> CampaignExplained:
    """Return what a campaign found, from its record alone; the same record gives the same explanation.

    Args:
        state: the campaign.
        setup: its setup.
        bootstraps: how often it is all explained again from resampled experiments; 0 or 1 leaves that out.
    """
    context = context_now(state, setup)
    resampler = Resampler(context)
    every = np.arange(len(context.training))
    belief = resampler.belief(every) if context.usable >= LEAST else None
    wrong = surprises(state, setup)
    if belief is None:
        notes = (
            f"{context.usable} of the {LEAST} measured experiments that effects, rules and a formula need",
            "what each experiment found, and why it was chosen, can be explained: name one",
        )
        return CampaignExplained(state, context.usable, (), {}, wrong, notes)
    if (trusted := _trusted(context, belief)) is not context:
        context, resampler = trusted, Resampler(trusted)
    seen = [observation.values for observation in context.training]
    frame = Frame.of(context.space, seen)
    rows = frame.allowed(_ALLOWED, context.seed)
    allowed = frame.design(rows if len(rows) > 1 else seen)  # a space steered down to a point shows no effects
    # in no order, so that the first of them are an even sample too
    allowed = allowed.take(np.random.default_rng(context.seed).permutation(len(allowed)))
    found = [
        _objective(evidence_of(context, frame, objective, allowed, context.seed), belief, resampler, bootstraps)
        for objective in context.objectives
    ]
    warnings = [warning for item in found for warning in item.effects.warnings]
    told = tuple(
        dict.fromkeys([*belief.notes, *belief.contradicted, *map(_misfit, filter(_misfits, found)), *warnings])
    )
    return CampaignExplained(state, context.usable, tuple(found), belief.weights, wrong, told)


def _trusted(context: ProposalContext, belief: Belief) -> ProposalContext:
    """Return a context without the results that a belief about it holds in doubt: they are no evidence."""
    if not belief.in_doubt.any():
        return context
    pairs = zip(context.training, belief.in_doubt.tolist(), strict=True)
    left = context.knowing([seen for seen, doubted in pairs if not doubted])
    return left if left.usable >= LEAST else context


def _misfits(item: ObjectiveExplained) -> bool:
    return item.fit < _FITS


def _misfit(item: ObjectiveExplained) -> str:
    return (
        f"the models explain {100 * max(0.0, item.fit):.0f} % of the variance of the {item.objective.name} results "
        "they have seen: what is said of predictions is worth little; the rules and the formula rest on the results"
    )


def _objective(evidence: Evidence, belief: Belief, resampler: Resampler, bootstraps: int) -> ObjectiveExplained:
    objective, predict, seed = evidence.objective, evidence.predictor(belief), evidence.seed
    made = formula(objective.name, evidence.design, evidence.outcomes, seed=seed)
    row = evidence.design.rows[evidence.best]
    stable = None
    if bootstraps > 1:
        n = len(resampler.context.training)
        again = partial(resampler.findings, evidence, row, made if made.given else None)
        stable = stability(again, again(np.arange(n)), n, bootstraps=bootstraps, seed=seed)
    parts = shapley(predict, row, evidence.background, seed=seed)
    best = Best(
        evidence.observations[evidence.best].experiment,
        parts,
        faithfulness(predict, parts, evidence.background, seed=seed),
        effective_number(parts.shares),
    )
    rules = evidence.rules(belief)
    ordered = sorted(rules.rules, key=lambda rule: -objective.utility(rule.value))
    return ObjectiveExplained(
        objective,
        len(evidence.outcomes),
        evidence.fit(belief),
        effects(predict, evidence.allowed, seed=seed),
        best,
        replace(rules, rules=tuple(ordered)),
        made,
        stable,
    )
