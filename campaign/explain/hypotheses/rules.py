"""Rules: how often results bear one out, counted.

A rule claims that an outcome lies on one side of a number wherever a condition holds. It is taken to hold if it does in
at least :data:`HELD` of the cases, each case by itself: with every share as likely as any other before a result, what
is believed of the share after ``k`` of ``n`` is a beta distribution (Bayes 1763; Gelman et al. 2013, Bayesian Data
Analysis, section 2.1). A result with a stated uncertainty counts by the chance that its true value is on that side. The
cases are those that the campaign looked at, which a search for the best does not draw evenly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zosimos.core.pool import columns_of
from zosimos.core.records import Observation
from zosimos.planners.goal.statements import Rule

HELD = 0.9
"""Share of the cases in which a rule holds, at least."""


@dataclass(frozen=True)
class RuleCounted:
    """Results of which a rule speaks: how many there are, and how many of them bear it out."""

    cases: int
    held: float

    @property
    def log_factor(self) -> float:
        """The logarithm of the Bayes factor of a rule that holds against one that does not.

        >>> round(math.exp(RuleCounted(10, 10.0).log_factor), 1), round(math.exp(RuleCounted(2, 0.0).log_factor), 3)
        (19.7, 0.009)
        """
        from scipy.special import betainc  # scipy: only where it is needed

        below = float(np.clip(betainc(1.0 + self.held, 1.0 + self.cases - self.held, HELD), 1e-12, 1.0 - 1e-12))
        return math.log((1.0 - below) / below) - math.log((1.0 - HELD) / HELD)


def rule_counted(rule: Rule, observations: Sequence[Observation]) -> RuleCounted:
    """Return how often results bear a rule out; only those that models may learn from count."""
    from scipy.special import ndtr  # scipy: only where it is needed

    seen = [one for one in observations if not one.failed and rule.quantity in one.measurements]
    seen = [one for one in seen if one.measurements[rule.quantity].trains and rule.names <= one.values.keys()]
    if not seen:
        return RuleCounted(0, 0.0)
    rows = [{name: one.values[name] for name in sorted(rule.names)} for one in seen]
    there = np.broadcast_to(rule.claim.where.holds(columns_of(rows, rows[0])), (len(rows),))
    held = 0.0
    for one, applies in zip(seen, there, strict=True):
        found = one.measurements[rule.quantity]
        if not applies:
            continue
        if found.uncertainty:
            above = float(ndtr((found.value - rule.bound) / found.uncertainty))
            held += above if rule.sign.startswith(">") else 1.0 - above
        else:
            held += not rule.claim.contradicted(one)
    return RuleCounted(int(there.sum()), held)
