"""The discriminating proposer: the row whose outcome is expected to tell most about which hypothesis is true.

A batch holds the most telling rows, each judged by itself. Laws that advice in force states are rivals too
(:mod:`zosimos.planners.proposers.advised_rivals`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zosimos.core.parameters import Values
from zosimos.core.pool import columns_of
from zosimos.core.records import Candidate, Prediction
from zosimos.core.seeds import derive_seed
from zosimos.core.space import row_key
from zosimos.planners.acquisition.optimise import maximise
from zosimos.planners.goal.hypotheses import Array, Hypotheses, Weighed
from zosimos.planners.proposers.advised_rivals import AdvisedRivals
from zosimos.planners.protocol import ProposalContext


class DiscriminatingProposer:
    """Proposes where rival hypotheses differ most for what is unknown of them."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates; none where the campaign has no hypotheses."""
        hypotheses = context.goal.hypotheses
        if hypotheses is None:
            return []
        rivals = AdvisedRivals.of(hypotheses, context)
        if rivals is None:
            known = hypotheses.weighed(context.observations)
            return [_candidate(row, gain, known, hypotheses) for row, gain in _telling(n, known, context)]
        found: list[Candidate] = []
        while len(found) < n:
            now = context.after([candidate.values for candidate in found])
            candidate = _beside_advised(hypotheses, rivals, now)
            if candidate is None:
                break
            found.append(candidate)
        return found


def _beside_advised(hypotheses: Hypotheses, rivals: AdvisedRivals, context: ProposalContext) -> Candidate | None:
    """Return the next row: its experiment is an author's where their laws alone make it another row."""
    plain = hypotheses.weighed(context.observations)
    own = next(iter(_telling(1, plain, context)), None)
    admitted = rivals.admitted()
    if own is None or not admitted:
        return None if own is None else _candidate(*own, plain, hypotheses)
    known = hypotheses.beside({one.name: one.law for one in admitted}).weighed(context.observations)
    row, gain = next(iter(_telling(1, known, context)), own)
    candidate = _candidate(row, gain, known, hypotheses)
    if row_key(row) == row_key(own[0]):
        return candidate
    likeliest = max(admitted, key=lambda one: float(known.probabilities[known.names.index(one.name)]))
    rivals.spend(likeliest)
    return replace(candidate, author=likeliest.given.author, advice=likeliest.given.id)


def _telling(n: int, known: Weighed, context: ProposalContext) -> list[tuple[Values, float]]:
    return _listed(n, known, context) if context.free is not None else _searched(n, known, context)


def _listed(n: int, known: Weighed, context: ProposalContext) -> list[tuple[Values, float]]:
    free = context.free
    if free is None or not len(free):
        return []
    gains = np.concatenate(
        [known.information(free.arrays(part), len(range(*part.indices(len(free))))) for part in free.chunks()]
    )
    order = np.argsort(-gains, kind="stable")[:n]
    return [(free[int(i)], float(gains[i])) for i in order]


def _searched(n: int, known: Weighed, context: ProposalContext) -> list[tuple[Values, float]]:
    chosen: list[tuple[Values, float]] = []
    for index in range(n):
        taken = context.taken.union(row_key(row) for row, _ in chosen)
        seed = derive_seed(context.seed, "search", index)
        best = maximise(
            lambda rows: known.information(columns_of(rows, context.space.names), len(rows)),
            context.space,
            [],
            taken,
            seed,
        )
        if best is None:
            break
        chosen.append(best)
    return chosen


def _candidate(row: Values, gain: float, known: Weighed, hypotheses: Hypotheses) -> Candidate:
    told: tuple[Array, Array] = known.mixed(columns_of([row], row), 1)
    mean, variance = (float(part[0]) for part in told)
    predictions = {}
    if np.isfinite([mean, variance]).all():
        predictions[hypotheses.quantity] = Prediction(mean, variance**0.5, hypotheses.noise)
    reason = f"tells hypotheses apart: {known.words}; expected to tell {gain:.2g} nats"
    return Candidate(row, "discriminate", reason, predictions, gain)
