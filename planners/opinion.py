"""Opinion: how advised priors over the optimum lean the choice, within what their authors are trusted with.

The logarithm of the acquisition is raised by ``beta / n`` times the logarithm of the density, ``n`` results known, as
for an expectation in the campaign file (Hvarfner et al. 2022, "piBO", arXiv 2204.11051), and by no less than minus the
author's tolerance below the most expected row. piBO's guarantee is that a wrong prior costs a factor that fades; the
bound makes it a small one from the first experiment on: the row that is chosen keeps at least ``exp(-tolerance)`` of
the gain the surrogate sees anywhere. Several priors of one author are mixed evenly: an author who is right in most
calls, and wrong in a different place each time, then still points at one place. A prior that results contradict (they
tend to be better where less is expected) does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from zosimos.core.parameters import Values
from zosimos.planners.advice import Advice, Explore, Prior
from zosimos.planners.candidates.sampling import fresh, sobol_rows
from zosimos.planners.goal.prior import BETA, Expectation
from zosimos.planners.trust import tolerance, trust_in

if TYPE_CHECKING:
    from zosimos.planners.protocol import ProposalContext
    from zosimos.surrogates.outcome import Mixture

Array = NDArray[np.float64]

_EXPLORE = 2.0  # factor of the standard deviations by which rows are judged
_LOOKED_AT = 1024  # rows among which the most expected one is looked for


@dataclass(frozen=True)
class _Voice:
    """One author's priors and how much their word may cost."""

    priors: tuple[Expectation, ...]
    bound: float
    peak: float

    def logs(self, rows: Sequence[Values]) -> Array:
        return _mixed(self.priors, rows) - self.peak


@dataclass(frozen=True)
class Opinion:
    """What advice in force says of all rows, in the context of a decision."""

    context: ProposalContext

    def lean(self, rows: Sequence[Values]) -> Array | float:
        """Return what is added to the logarithm of the acquisition at ``m`` rows: 0 at most; authors are averaged."""
        if not self._voices:
            return 0.0
        decay = BETA / max(1, self.context.usable)
        parts = [np.clip(decay * voice.logs(rows), -voice.bound, 0.0) for voice in self._voices]
        return np.asarray(np.mean(parts, axis=0))

    def explored(self, belief: Mixture) -> Mixture:
        """Return a belief as it is judged: less sure of itself where more exploration is advised, or surer."""
        amount = asked_to_explore(self.context.advice)
        if amount is None:
            return belief
        factor = _EXPLORE if amount == "more" else 1.0 / _EXPLORE
        return belief.widened(factor)

    @cached_property
    def _voices(self) -> tuple[_Voice, ...]:
        context = self.context
        found: dict[str, list[Expectation]] = {}
        for author, expectation in _priors(context.advice):
            if not expectation.contradicted(context.observations, context.objectives):
                found.setdefault(author, []).append(expectation)
        voices = []
        for author, priors in found.items():
            rows: Sequence[Values] | None = context.free
            if rows is None:
                rows = fresh(sobol_rows(context.space, context.sequence_seed), context.taken, _LOOKED_AT)
            bound = tolerance(trust_in(author, context.observations, context.objectives).weight)
            if len(rows) and bound > 0:
                voices.append(_Voice(tuple(priors), bound, float(_mixed(priors, rows).max())))
        return tuple(voices)


def asked_to_explore(advice: Sequence[Advice]) -> str | None:
    """Return how much advice says to explore, the latest word of it; None where nobody says anything."""
    words = [item.amount for given in advice for item in given.items if isinstance(item, Explore)]
    return words[-1] if words else None


def _priors(advice: Sequence[Advice]) -> list[tuple[str, Expectation]]:
    return [(given.author, item.expectation) for given in advice for item in given.items if isinstance(item, Prior)]


def _mixed(priors: Sequence[Expectation], rows: Sequence[Values]) -> Array:
    """Return the logarithm of the mean of densities, each 1 where it is highest."""
    return np.asarray(logsumexp([prior.log_density(rows) for prior in priors], axis=0) - np.log(len(priors)))
