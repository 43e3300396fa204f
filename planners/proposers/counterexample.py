"""The contradicting proposer: rows that a claim speaks of, where it is most likely wrong and little was measured.

A row's value is the probability that measuring there contradicts the claim, times how far it lies from what was
measured (at most 1: as far as measured rows lie from each other). Claims that no result contradicts yet come first.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

import numpy as np

from zosimos.core.parameters import Values
from zosimos.core.records import Candidate
from zosimos.core.seeds import derive_seed
from zosimos.core.space import row_key
from zosimos.planners.acquisition.improvement import Array
from zosimos.planners.acquisition.optimise import maximise
from zosimos.planners.goal.rules import Claim
from zosimos.planners.models.belief import Belief
from zosimos.planners.protocol import ProposalContext


class ContradictingProposer:
    """Looks for results that contradict claims."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates; none where the campaign has no claims, or before a first result."""
        if not context.goal.claims or context.usable < 1:
            return []
        belief = Belief(context)
        chosen: list[Candidate] = []
        for index in range(n):
            taken = context.taken.union(row_key(candidate.values) for candidate in chosen)
            found = [
                best
                for claim in _open(context)
                if (best := _best(claim, belief, taken, derive_seed(context.seed, claim.condition, index))) is not None
            ]
            if not found:
                break
            best = max(found, key=lambda item: item.value)
            chosen.append(_candidate(best, belief))
            belief.add_pending([best.row])
        return chosen


def contradiction(claim: Claim, belief: Belief) -> Candidate | None:
    """Return the row that is likeliest to contradict one claim, as the first of its proposer's; None: none is left."""
    context = belief.context
    best = _best(claim, belief, context.taken, derive_seed(context.seed, claim.condition, 0))
    return None if best is None else _candidate(best, belief)


@dataclass(frozen=True)
class _Found:
    claim: Claim
    row: Values
    value: float


def _open(context: ProposalContext) -> list[Claim]:
    """Return the claims that no result contradicts, or all if each is contradicted: there may be more to find."""
    claims = context.goal.claims
    left = [claim for claim in claims if not any(claim.contradicted(seen) for seen in context.observations)]
    return left or list(claims)


def _best(claim: Claim, belief: Belief, taken: Set[str], seed: int) -> _Found | None:
    context = belief.context

    def score(rows: Sequence[Values]) -> Array:
        features = context.space.features(rows)
        return _doubt(claim, belief, features) * np.minimum(1.0, belief.domain.judge(features).distance)

    if context.free is None:
        where = replace(context.space, constraints=(*context.space.constraints, claim.where))
        found = maximise(score, where, [], taken, seed)
        return None if found is None else _Found(claim, *found)
    if not len(context.free):
        return None
    rows = context.free.take(np.flatnonzero(context.free.feasible([claim.where])))
    if not len(rows):
        return None
    values = np.concatenate([score(rows.take(np.arange(len(rows))[part])) for part in rows.chunks()])
    for place in np.argsort(-values, kind="stable"):
        if row_key(rows[int(place)]) not in taken:
            return _Found(claim, rows[int(place)], float(values[place]))
    return None


def _doubt(claim: Claim, belief: Belief, features: Array) -> Array:
    names = [objective.name for objective in belief.context.objectives]
    model = belief.models[names.index(claim.quantity)]
    return claim.doubt(model.predict(features), belief.recalibrators[claim.quantity].scale)


def _candidate(found: _Found, belief: Belief) -> Candidate:
    doubt = float(_doubt(found.claim, belief, belief.context.space.features([found.row]))[0])
    against = sum(found.claim.contradicted(seen) for seen in belief.context.observations)
    so_far = f"; {against} result{'s contradict' if against > 1 else ' contradicts'} it already" if against else ""
    reason = f"could contradict the claim that {found.claim}: with a probability of {doubt:.0%}{so_far}"
    (flag,) = belief.applicability(found.row).flags
    return Candidate(found.row, "counterexample", reason, belief.prediction(found.row), found.value, flag)
