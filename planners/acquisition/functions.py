"""Acquisition functions by name: each judges rows by the committee's belief; higher is better.

With several objectives ``improvement`` is the expected hypervolume improvement, or with tiers that in the tier in
question; the others speak of one objective and
take the mean of the objectives' values, each in units of its own spread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from zosimos.core.objective import Objective
from zosimos.planners.acquisition.clipped import kept
from zosimos.planners.acquisition.improvement import (
    Array,
    log_expected_gain,
    log_hypervolume_gain,
    log_probability_above,
    utilities,
)
from zosimos.planners.acquisition.knowledge_gradient import Lines, log_knowledge_gradient
from zosimos.planners.acquisition.lexicographic import Contest
from zosimos.planners.policy import AcquisitionSettings
from zosimos.surrogates.committee.warped import WarpedMixture
from zosimos.surrogates.outcome import Mixture

_FRONT_AT_MOST = 4  # objectives: the boxes of a front grow exponentially with them


@dataclass(frozen=True)
class AcquisitionContext:
    """What is asked of the rows, besides the belief about them.

    Args:
        objectives: what is wanted, ``o`` of them.
        best: for each objective the best utility so far as each part of its mixture believes it, shape ``k``.
        front: ``p x o`` believed utilities that none dominates (no rows: the quantities share no rows yet).
        settings: the user's choices.
        seed: for acquisitions that draw.
        contest: where objectives have tiers, the one in question.
        lines: for each objective, what measuring at the judged rows would change; only where :data:`ASKS_LINES`.
    """

    objectives: tuple[Objective, ...]
    best: tuple[Array, ...]
    front: Array
    settings: AcquisitionSettings
    seed: int
    contest: Contest | None = None
    lines: tuple[Lines, ...] = ()


Judge: TypeAlias = Callable[[Sequence[Mixture], AcquisitionContext], Array]


def improvement(beliefs: Sequence[Mixture], question: AcquisitionContext) -> Array:
    """Return the log expected improvement, or with several objectives that of the hypervolume, exact for the mixture.

    Beyond four objectives, or before a common front is known: the sum of the objectives' own log improvements. With
    tiers: see :class:`~zosimos.planners.acquisition.lexicographic.Contest`.
    """
    if question.contest is not None:
        return question.contest.log_gain(beliefs, question.objectives)
    if 1 < len(beliefs) <= _FRONT_AT_MOST and len(question.front):
        return log_hypervolume_gain(beliefs, question.objectives, question.front)
    gains = [
        log_expected_gain(belief, objective, best)
        for belief, objective, best in zip(beliefs, question.objectives, question.best, strict=True)
    ]
    return np.asarray(np.sum(gains, axis=0))


def confidence_bound(beliefs: Sequence[Mixture], question: AcquisitionContext) -> Array:
    """Return the upper confidence bound of the utility, ``mean + kappa sd`` (Srinivas et al. 2010, arXiv 0912.3995)."""

    def bound(belief: Mixture, objective: Objective) -> Array:
        sd = np.sqrt(belief.variance)
        optimistic = utilities(kept(belief.mean, objective), objective)
        return np.minimum(optimistic + question.settings.kappa * sd, objective.ceiling)

    return _averaged(bound, beliefs, question)


def probability(beliefs: Sequence[Mixture], question: AcquisitionContext) -> Array:
    """Return the log probability of beating the best so far (Kushner 1964)."""
    triples = zip(beliefs, question.objectives, question.best, strict=True)
    logs = [log_probability_above(belief, goal, float(belief.weights @ best)) for belief, goal, best in triples]
    return np.asarray(np.sum(logs, axis=0))


def thompson(beliefs: Sequence[Mixture], question: AcquisitionContext) -> Array:
    """Return one draw of each row's utility from the mixture: a part of it, then its Gaussian (Thompson 1933).

    Rows are drawn independently: between neighbours in a fine grid a joint draw would be smoother.
    """
    rng = np.random.default_rng(question.seed)

    def drawn(belief: Mixture, objective: Objective) -> Array:
        part = rng.choice(len(belief.weights), p=belief.weights)
        normal = np.asarray(rng.normal(size=belief.means.shape[1]))
        latent = belief.latents[part] if isinstance(belief, WarpedMixture) else None
        if latent is None:
            values = belief.means[part] + np.sqrt(belief.variances[part]) * normal
        else:
            values = latent.drawn(normal)
        return utilities(kept(values, objective), objective)

    return _averaged(drawn, beliefs, question)


def uncertainty(beliefs: Sequence[Mixture], question: AcquisitionContext) -> Array:
    """Return the standard deviation: to learn the surface, not to find its best (MacKay 1992)."""
    return _averaged(lambda belief, _: np.sqrt(belief.variance), beliefs, question)


def level(beliefs: Sequence[Mixture], question: AcquisitionContext) -> Array:
    """Return how uncertain it is on which side of the level a row lies (straddle: Bryan et al. 2005)."""

    def straddle(belief: Mixture, _: Objective) -> Array:
        threshold = question.settings.level
        aim = float(belief.mean.mean()) if threshold is None else threshold
        return 1.96 * np.sqrt(belief.variance) - np.abs(belief.mean - aim)

    return _averaged(straddle, beliefs, question)


def knowledge_gradient(beliefs: Sequence[Mixture], question: AcquisitionContext) -> Array:
    """Return the log rise expected of the highest believed utility, summed over objectives (Frazier et al. 2009)."""
    del beliefs  # the lines hold what they say
    pairs = zip(question.lines, question.objectives, strict=True)
    return np.asarray(np.sum([log_knowledge_gradient(found, objective) for found, objective in pairs], axis=0))


LOGARITHMIC = frozenset({"improvement", "parego", "probability", "knowledge-gradient"})
"""Names of the acquisitions whose values are logarithms, so that factors are summands."""

ACQUISITIONS: Mapping[str, Judge] = {
    "improvement": improvement,
    "parego": improvement,  # of a scalar: see planners/acquisition/scalarisation.py
    "confidence-bound": confidence_bound,
    "probability": probability,
    "thompson": thompson,
    "uncertainty": uncertainty,
    "level": level,
    "knowledge-gradient": knowledge_gradient,
}

ASKS_LINES = frozenset({"knowledge-gradient"})
"""Names of the acquisitions that ask what a measurement would change elsewhere."""


def discounted(values: Array, chances: Array, kind: str) -> Array:
    """Return acquisition values with the chance of a usable result taken into account, shape ``m``.

    Expected gains are multiplied by it (Gelbart et al. 2014, arXiv 1403.5607), which in logarithms is a sum; other
    values lose as much of their range as the chance leaves open.
    """
    if kind in LOGARITHMIC:
        return values + np.log(chances)
    return np.asarray(values - (1.0 - chances) * float(np.ptp(values)))


def _averaged(
    judge: Callable[[Mixture, Objective], Array], beliefs: Sequence[Mixture], question: AcquisitionContext
) -> Array:
    values = []
    for belief, objective in zip(beliefs, question.objectives, strict=True):
        spread = float(np.std(belief.means)) or 1.0
        values.append(judge(belief, objective) / (spread if len(beliefs) > 1 else 1.0))
    return np.asarray(np.mean(values, axis=0))
