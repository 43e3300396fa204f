"""The portfolio: proposers share the experiments by what they delivered.

Each result is credited to the proposer that chose it, with the improvement it brought over the best before it, in
units of the spread of the results and at most 1. A proposer's score is its mean credit per experiment, older ones
discounted, after :data:`_PRIOR_SLOTS` imagined ones that gave what its share in the file says; its share of the
experiments is a small floor and the rest in proportion to the scores: probability matching (Goldberg 1990, Machine
Learning 5, 407; Fialho et al. 2010, "Analyzing bandit-based adaptive operator selection mechanisms", Ann. Math.
Artif. Intell. 60, 25). The floor keeps everybody able to show that things have changed. The same arithmetic serves
every proposer, advice included.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from zosimos.core.objective import Objective
from zosimos.core.records import Observation

STARTING_SHARES: Mapping[str, float] = {"bayesian": 1.0, "evolutionary": 0.2, "random": 0.1}
"""Who competes where the campaign file names nobody, and what each is trusted with before there are results."""

_DISCOUNT = 0.95  # per experiment: after 14 a credit counts half
_FLOOR = 0.03  # share of each
_PRIOR_SLOTS = 6.0  # experiments that the starting shares are worth
_PRIOR_CREDIT = 0.2  # per experiment, of the proposer with the largest starting share


def credits_of(observations: Sequence[Observation], objectives: Sequence[Objective]) -> list[float]:
    """Return what each observation improved, from 0 to 1: the mean over objectives; nothing for a first result."""
    total = np.zeros(len(observations))
    for objective in objectives:
        measured = [seen.measurements.get(objective.name) for seen in observations]
        gains = np.array([objective.utility(m.value) if m is not None and m.trains else math.nan for m in measured])
        known = np.flatnonzero(np.isfinite(gains))
        spread = float(np.std(gains[known])) if len(known) > 1 else 0.0
        if spread == 0.0:
            continue
        best = np.maximum.accumulate(gains[known])
        total[known[1:]] += np.clip(np.diff(best) / spread, 0.0, 1.0) / len(objectives)
    return [float(x) for x in total]


def earned_shares(
    shares: Mapping[str, float], observations: Sequence[Observation], objectives: Sequence[Objective]
) -> dict[str, float]:
    """Return the share of the experiments that each proposer has earned; they add up to 1.

    Args:
        shares: the starting shares; whoever has none stays out.
        observations: in order, each with its origin.
        objectives: what is wanted.
    """
    names = [name for name, share in sorted(shares.items()) if share > 0]
    largest = max(shares[name] for name in names)
    worth = _discounts(len(observations))
    credited = credits_of(observations, objectives)
    scores = {}
    for name in names:
        own = [i for i, seen in enumerate(observations) if seen.origin == name]
        slots = math.fsum(worth[i] for i in own)
        earned = math.fsum(worth[i] * credited[i] for i in own)
        expected = _PRIOR_SLOTS * _PRIOR_CREDIT * shares[name] / largest
        scores[name] = (expected + earned) / (_PRIOR_SLOTS + slots)
    total, floor = math.fsum(scores.values()), min(_FLOOR, 0.5 / len(names))
    return {name: floor + (1.0 - floor * len(names)) * score / total for name, score in scores.items()}


def next_turns(shares: Mapping[str, float], chosen: Sequence[str], n: int) -> list[str]:
    """Return who has the next ``n`` experiments: each time whoever is farthest below their share of those before.

    Args:
        shares: of the experiments, adding up to 1.
        chosen: by origin, the experiments so far in order, those under way included.
        n: how many are to be chosen.

    >>> next_turns({"bayesian": 0.7, "random": 0.3}, ["bayesian", "bayesian"], 4)
    ['random', 'bayesian', 'bayesian', 'random']
    """
    worth = _discounts(len(chosen))
    used = {name: math.fsum(w for w, origin in zip(worth, chosen, strict=True) if origin == name) for name in shares}
    turns = []
    for _ in range(n):
        total = math.fsum(used.values()) + 1.0
        name = max(shares, key=lambda name: shares[name] * total - used[name])
        turns.append(name)
        used = {other: _DISCOUNT * slots for other, slots in used.items()}
        used[name] += 1.0
    return turns


def _discounts(n: int) -> list[float]:
    """Return the weights of ``n`` experiments in order, the last one's being 1."""
    return [_DISCOUNT ** (n - 1 - i) for i in range(n)]
