"""The discriminating proposer: the row whose outcome is expected to tell most about which hypothesis is true.

A batch holds the most telling rows, each judged by itself.
"""

from __future__ import annotations

import numpy as np

from zosimos.core.parameters import Values
from zosimos.core.pool import columns_of
from zosimos.core.records import Candidate, Prediction
from zosimos.core.seeds import derive_seed
from zosimos.core.space import row_key
from zosimos.planners.acquisition.optimise import maximise
from zosimos.planners.goal.hypotheses import Array, Hypotheses, Weighed
from zosimos.planners.protocol import ProposalContext


class DiscriminatingProposer:
    """Proposes where rival hypotheses differ most for what is unknown of them."""

    def propose(self, n: int, context: ProposalContext) -> list[Candidate]:
        """Return up to ``n`` candidates; none where the campaign has no hypotheses."""
        hypotheses = context.goal.hypotheses
        if hypotheses is None:
            return []
        known = hypotheses.weighed(context.observations)
        found = _listed(n, known, context) if context.free is not None else _searched(n, known, context)
        return [_candidate(row, gain, known, hypotheses) for row, gain in found]


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
