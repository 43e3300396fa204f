"""Weighing: what the results of a campaign make of one statement, as a pure function of spec, results and statement.

What comes out is a Bayes factor: by how much the results so far change the odds that the statement holds, whoever made
it. Odds before results are half and half for a trend, whose sign nothing favours, and for an interaction; for a place
those of the share of the space that it is; of a rule those of a share of which nothing is known; laws start as likely
as their rivals. The data's own probability of a statement is what becomes of even odds; an author's is what becomes of
theirs. Of an interaction no more is believed than a regression on the results says by itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from zosimos.campaign.explain.belief import LEAST as LEAST_BELIEVED
from zosimos.campaign.explain.hypotheses.laws import Rivals
from zosimos.campaign.explain.hypotheses.regression import Product, product_of
from zosimos.campaign.explain.hypotheses.rules import rule_counted
from zosimos.campaign.explain.hypotheses.shapes import SHARE, judged
from zosimos.campaign.explain.hypotheses.surface import Surface
from zosimos.core.errors import SpecError
from zosimos.core.parameters import Values
from zosimos.core.records import Observation
from zosimos.core.seeds import derive_seed
from zosimos.planners.goal.statements import Interaction, Law, Region, Rule, Statement, Trend, check_statement
from zosimos.planners.isolation import isolated
from zosimos.planners.proposers.counterexample import ContradictingProposer
from zosimos.planners.protocol import ProposalContext

LEAST = 5
"""Results of the objective that a trend, an interaction or a place is judged by, at least."""
LEAST_CASES = 3
"""Results of which a rule speaks, at least."""
_PAIR = 2  # results that a law needs beyond its constants


@dataclass(frozen=True)
class Weight:
    """What results make of a statement.

    Args:
        results: those that it was judged by.
        log_factor: logarithm of the Bayes factor; None: there are too few, or it cannot be told.
        row: the next experiment that would tell most; None: not looked for, or none is left.
        telling: how much it would tell, in words.
        note: what else there is to say, such as why there is no factor.
    """

    results: int
    log_factor: float | None = None
    row: Values | None = None
    telling: str = ""
    note: str = ""

    def chance(self, prior: float = 0.5) -> float | None:
        """Return the probability of the statement after the results, from one before them.

        >>> Weight(9, math.log(4.0)).chance(), Weight(9, math.log(4.0)).chance(0.8)
        (0.8, 0.9411764705882353)
        """
        return None if self.log_factor is None else shifted(prior, self.log_factor)


def shifted(prior: float, log_factor: float) -> float:
    """Return a probability after the odds changed by a factor."""
    return 1.0 / (1.0 + math.exp(-math.log(prior / (1.0 - prior)) - min(max(log_factor, -700.0), 700.0)))


@dataclass
class Scales:
    """What weighs statements in one context; models are fitted once, when they are first asked for.

    Args:
        context: what is known, and the space that statements are about.
        asking: a context with what may be measured next.
        laws: the laws of the campaign and of advice: each is weighed against the others.
    """

    context: ProposalContext
    asking: ProposalContext
    laws: Sequence[Law] = ()
    _surfaces: dict[str, Surface] = field(default_factory=dict)
    _rivals: dict[str, Rivals] = field(default_factory=dict)

    def weigh(self, statement: Statement, *, asking: bool = True) -> Weight:
        """Return what the results make of a statement.

        Args:
            statement: it may speak of what is gone by now.
            asking: whether to look for the next experiment too, where that takes time.
        """
        space, names = self.context.space, [objective.name for objective in self.context.objectives]
        try:
            check_statement(statement, space, names)
        except SpecError as error:
            return Weight(0, note=f"it cannot be judged any more: {error.message}")
        if isinstance(statement, Rule):
            return self._rule(statement, asking=asking)
        results = len(self._seen(statement.quantity))
        least = _least(statement)
        if results < least or self.context.usable < LEAST_BELIEVED:
            return Weight(results, note=f"too few results: {results} of {least}")
        if self.context.too_large:
            return Weight(results, note=f"outcomes of {self.context.too_large} are so large that no model can judge it")
        if isinstance(statement, Law):
            return self._law(statement, results)
        return self._shape(statement, results)

    def _seen(self, quantity: str) -> list[Observation]:
        found = self.context.training
        return [one for one in found if quantity in one.measurements and one.measurements[quantity].trains]

    def _surface(self, quantity: str) -> Surface:
        """Return the models' belief of an objective."""
        if quantity not in self._surfaces:
            self._surfaces[quantity] = Surface.of(self.context, quantity, self.asking)
        return self._surfaces[quantity]

    def _seed(self, statement: Statement) -> int:
        """Return a seed that a statement shares with its opposite, so that the chances of both add up to 1."""
        return derive_seed(self.context.seed, "hypothesis", statement.form, *sorted(statement.names))

    def _shape(self, statement: Trend | Interaction | Region, results: int) -> Weight:
        now = judged(statement, self._surface(statement.quantity), self._seed(statement))
        if now is None:
            return Weight(results, note="it cannot be judged: what is allowed leaves nothing to compare")
        share = f"{now.telling:.0%} of what it would give hangs on this" if now.row is not None else ""
        note = now.note
        factor = _log_odds(now.probability) - _log_odds(now.before)
        if isinstance(statement, Interaction):
            product = self._product(statement)
            if product.least:
                return Weight(results, note=product.lacking(results))
            factor, own = product.agreed(factor), factor
            note = note or ("the results by themselves do not say so yet" if abs(factor) < 0.5 * abs(own) else "")
        return Weight(results, factor, now.row, share, note)

    def _product(self, statement: Interaction) -> Product:
        """Return what a regression on the results says of an interaction."""
        name, seen = statement.quantity, self._seen(statement.quantity)
        outcomes = np.array([one.measurements[name].value for one in seen])
        rows = [one.values for one in seen]
        return product_of(statement.first, statement.second, rows, outcomes, self.context.space, SHARE)

    def _law(self, law: Law, results: int) -> Weight:
        surface, seed = self._surface(law.quantity), derive_seed(self.context.seed, "laws")
        if law.quantity not in self._rivals:
            laws = [one for one in self.laws if one.quantity == law.quantity and self._fits(one)]
            self._rivals[law.quantity] = Rivals.of([*laws, law], surface, seed)
        rivals = self._rivals[law.quantity]
        if law not in rivals.laws:  # one that was taken back is weighed against the others, which know nothing of it
            rivals = Rivals.of([*rivals.laws, law], surface, seed)
        found = rivals.weigh(law)
        return Weight(results, found.log_factor, found.row, found.telling, found.note)

    def _fits(self, law: Law) -> bool:
        try:
            law.check(self.context.space)
        except SpecError:
            return False
        return True

    def _rule(self, rule: Rule, *, asking: bool) -> Weight:
        counted = rule_counted(rule, self.context.observations)
        held = f"{counted.held:.3g} of {counted.cases} bear it out"
        row, telling = self._counterexample(rule) if asking else (None, "")
        if counted.cases < LEAST_CASES:
            few = f"too few results: {counted.cases} of {LEAST_CASES} where it applies"
            return Weight(counted.cases, None, row, telling, few)
        return Weight(counted.cases, counted.log_factor, row, telling, held)

    def _counterexample(self, rule: Rule) -> tuple[Values | None, str]:
        """Return the row that is likeliest to contradict a rule, as the contradicting proposer finds it."""
        if self.context.usable < LEAST_BELIEVED or self.context.too_large:
            return None, ""
        goal = replace(self.asking.goal, claims=(rule.claim,))
        with isolated(self.asking.seed):
            found = ContradictingProposer().propose(1, replace(self.asking, goal=goal))
        return (found[0].values, found[0].reason) if found else (None, "")


def _least(statement: Trend | Interaction | Region | Law) -> int:
    """Return how many results a statement is judged by, at least."""
    if isinstance(statement, Law):
        return max(LEAST, len(statement.constants) + _PAIR)
    return LEAST


def _log_odds(chance: float) -> float:
    chance = min(max(chance, 1e-12), 1.0 - 1e-12)
    return math.log(chance / (1.0 - chance))
