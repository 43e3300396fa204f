"""Advised rows: what somebody asks to be measured, as candidates that compete with the planner's own.

A replicate and a point take an experiment only within what its author may spend
(:mod:`zosimos.planners.proposers.purse`), and a point only where the surrogate sees enough to gain
(:mod:`zosimos.planners.trust`). Of several admitted points the one with the highest expected improvement under the pool
of both forecasts comes first. Before there is a model points come in the order in which they were given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from zosimos.core.parameters import Values
from zosimos.core.records import Candidate, Prediction
from zosimos.core.seeds import derive_seed
from zosimos.core.space import row_key
from zosimos.planners.advice import LARGEST, Advice, Point, Replicate, described
from zosimos.planners.candidates.sampling import fresh, sobol_rows
from zosimos.planners.isolation import isolated
from zosimos.planners.policy import AcquisitionSettings
from zosimos.planners.proposers.purse import Purse
from zosimos.planners.protocol import ProposalContext
from zosimos.planners.trust import tolerance

if TYPE_CHECKING:
    from zosimos.planners.models.belief import Belief

_LEAST_TO_LEARN = 2  # observations: with fewer no model says more than an even spread
_LOOKED_AT = 2048  # rows whose best stands for the best of a space that cannot be listed


def advised(n: int, context: ProposalContext, chosen: Sequence[str]) -> list[Candidate]:
    """Return up to ``n`` candidates that advice in force asks for and its authors may spend.

    Args:
        n: how many at most.
        context: of the decision.
        chosen: the authors of advised experiments that have no result: under way, or begun and lost.
    """
    wanted = [(given, item) for given in context.advice for item in given.items if isinstance(item, Point | Replicate)]
    if not wanted:
        return []
    purse = Purse.of(context, chosen)
    found: list[Candidate] = []
    for given, item in wanted:
        if len(found) < n and isinstance(item, Replicate) and purse.can(given.author):
            again = _again(item, given, context, [candidate.values for candidate in found])
            if again is not None:
                found.append(again)
                purse.spend(given.author)
    points = [(given, item) for given, item in wanted if isinstance(item, Point) and purse.can(given.author)]
    if points and len(found) < n:
        found += _points(n - len(found), points, context.after([c.values for c in found]), purse)
    return found


def _again(item: Replicate, given: Advice, context: ProposalContext, chosen: Sequence[Values]) -> Candidate | None:
    """Return one more measurement of an experiment's row, unless it was made since, is under way or may not be."""
    measured = {seen.experiment: seen for seen in context.observations if not seen.failed}
    if item.experiment not in measured:
        return None
    row = context.space.pinned(measured[item.experiment].asked_at)
    since = context.observations[given.given :]
    done = any(row_key(context.space.pinned(seen.asked_at)) == row_key(row) for seen in since)
    closed = row_key(row) in context.closed(chosen)
    if done or closed or context.space.problems(row) or not context.affords([row], chosen)[0]:
        return None
    reason = _reason(given, described(item))
    candidate = Candidate(row, "", reason, repeats=item.experiment, lineage=(item.experiment,))
    return replace(candidate, author=given.author, advice=given.id)


def _points(n: int, points: Sequence[tuple[Advice, Point]], context: ProposalContext, purse: Purse) -> list[Candidate]:
    """Return up to ``n`` admitted points, the best first."""
    space, taken, own = context.space, context.taken, set[str]()
    found: list[Candidate] = []
    left = [(given, replace(item, values=space.pinned(item.values))) for given, item in points]
    left = [(given, item) for given, item in left if not space.problems(item.values)]
    belief = None
    if context.usable >= _LEAST_TO_LEARN:
        from zosimos.planners.models.belief import Belief  # torch: only where there is something to judge

        policy = replace(context.policy, acquisition=AcquisitionSettings())
        seed = derive_seed(context.seed, "advice")
        with isolated(seed):
            belief = Belief(replace(context, policy=policy, seed=seed))
    while left and len(found) < n:
        left = [(g, i) for g, i in left if purse.can(g.author) and row_key(i.values) not in own]
        left = [(g, i) for g, i in left if row_key(i.values) not in taken]
        left = [pair for pair in left if context.affords([pair[1].values], [c.values for c in found])[0]]
        best = _best(left, belief, purse) if belief is not None else next(iter(left), None)
        if best is None:
            break
        given, item = best
        predictions = belief.prediction(item.values) if belief is not None else {}
        reason = _reason(given, described(item), item.reason)
        candidate = Candidate(item.values, "", reason, predictions, expected=item.expected)
        found.append(replace(candidate, author=given.author, advice=given.id))
        own.add(row_key(item.values))
        purse.spend(given.author)
        if belief is not None:
            belief.add_pending([item.values])
    return found


def _best(points: Sequence[tuple[Advice, Point]], belief: Belief, purse: Purse) -> tuple[Advice, Point] | None:
    """Return the admitted point with the highest expected improvement under the pool of both forecasts."""
    if not points:
        return None
    values = belief.acquisition([item.values for _, item in points])
    rows: Sequence[Values] | None = belief.context.free
    if rows is None:
        rows = fresh(sobol_rows(belief.context.space, belief.context.seed), belief.context.taken, _LOOKED_AT)
    limit = float(np.max(belief.acquisition(rows))) if len(rows) else -math.inf
    best, highest = None, -math.inf
    for (given, item), value in zip(points, values.tolist(), strict=True):
        weight = purse.weight(given.author)
        if value < limit - tolerance(weight):  # the surrogate's veto
            continue
        pooled = np.logaddexp(np.log(weight + 1e-12) + _claimed(item, belief), np.log1p(-weight + 1e-12) + value)
        if pooled > highest:
            best, highest = (given, item), float(pooled)
    return best


def _claimed(item: Point, belief: Belief) -> float:
    """Return the logarithm of the improvement that an author expects; with several objectives they have no say."""
    from zosimos.planners.acquisition.improvement import log_expected_gain
    from zosimos.surrogates.outcome import Mixture

    objectives = belief.context.objectives
    said: Prediction | None = item.expected.get(objectives[0].name)
    if said is None or len(objectives) > 1:
        return -math.inf
    best = belief.judgement.question.best[0]
    parts = len(best)
    mean, sd = np.clip(said.mean, -LARGEST, LARGEST), np.clip(said.total, 1.0 / LARGEST, LARGEST)
    mixture = Mixture(
        np.full((parts, 1), mean),
        np.full((parts, 1), sd**2),
        np.full(parts, 1.0 / parts),
        np.zeros(parts),
    )
    return float(log_expected_gain(mixture, objectives[0], best)[0])


def _reason(given: Advice, told: str, why: str = "") -> str:
    """Return a reason; a model's own words stay with its advice, so that no reason of ours can be made of them."""
    said = (why or given.reason) if given.kind == "person" else ""
    return f"advised by {given.author} ({given.id}): {told}" + (f"; {said}" if said else "")
