"""Scores: experiments until a top row was measured, against chance, with standard errors and a bootstrap.

The acceleration factor of a planner is the geometric mean over sets of (expected experiments of random choice) / (mean
experiments of the planner), both censored at the budget (Liang et al. 2021, npj Comput. Mater. 7, 188, without the
censoring). "Peer" here means every planner but ours and chance, the two baselines included.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

import numpy as np

from planning.entrants import CHANCE, OURS
from planning.replay import Run
from planning.tables import Pool

SHARES = {"top1": 0.01, "top5": 0.05}
_DRAWS = 2000
Needed = Mapping[str, Mapping[str, Sequence[float]]]  # set -> planner -> number of experiments by seed


def needed(pool: Pool, run: Run, share: float, budget: int) -> int:
    """Return how many experiments a run made until one of the top share, the budget if it met none."""
    limit = pool.limit(share)
    hits = (place for place, index in enumerate(run.rows[:budget], 1) if pool.utilities[index] >= limit)
    return next(hits, budget)


def chance(pool: Pool, share: float, budget: int) -> float:
    """Return what :func:`needed` expects of random choice without replacement, exactly.

    With ``K`` top rows of ``n`` the first hit comes after more than ``t`` draws with probability
    C(n - K, t) / C(n, t) (hypergeometric); the expectation of min(first hit, budget) is the sum over t < budget.
    """
    limit = pool.limit(share)
    top = sum(utility >= limit for utility in pool.utilities)
    n = pool.size
    return math.fsum(math.comb(n - top, t) / math.comb(n, t) for t in range(min(budget, n)))


def mean_and_error(numbers: Sequence[float]) -> tuple[float, float | None]:
    """Return the mean and its standard error (None for one number)."""
    error = statistics.stdev(numbers) / math.sqrt(len(numbers)) if len(numbers) > 1 else None
    return statistics.fmean(numbers), error


def acceleration(counts: Needed, by_chance: Mapping[str, float]) -> dict[str, float]:
    """Return each planner's acceleration factor."""
    planners = next(iter(counts.values()))
    return {
        planner: math.exp(
            statistics.fmean(math.log(by_chance[name] / statistics.fmean(counts[name][planner])) for name in counts)
        )
        for planner in planners
    }


def lead(factors: Mapping[str, float]) -> tuple[str, float] | None:
    """Return the best peer and our factor over its; None where one of the two is missing."""
    peers = {name: factor for name, factor in factors.items() if name not in {OURS, CHANCE}}
    if OURS not in factors or not peers:
        return None
    best = max(peers, key=lambda name: peers[name])
    return best, factors[OURS] / peers[best]


def lead_interval(counts: Needed, by_chance: Mapping[str, float]) -> tuple[float, float] | None:
    """Return the 90 % bootstrap interval of our lead: seeds are drawn again in each set, the same for all planners."""
    if lead(acceleration(counts, by_chance)) is None:
        return None
    rng = np.random.default_rng(0)
    arrays = {name: {p: np.array(x, dtype=float) for p, x in row.items()} for name, row in counts.items()}
    leads = []
    for _ in range(_DRAWS):
        drawn: dict[str, dict[str, list[float]]] = {}
        for name, row in arrays.items():
            n = len(next(iter(row.values())))
            picked = rng.integers(0, n, n)
            drawn[name] = {planner: x[picked].tolist() for planner, x in row.items()}
        found = lead(acceleration(drawn, by_chance))
        assert found is not None
        leads.append(found[1])
    low, high = np.quantile(leads, [0.05, 0.95])
    return float(low), float(high)


def worst_set(counts: Needed, rivals: Sequence[str]) -> tuple[str, float]:
    """Return the set where ours does worst, as the fewest experiments of one of the rivals over ours."""
    ratios = {
        name: min(statistics.fmean(row[rival]) for rival in rivals) / statistics.fmean(row[OURS])
        for name, row in counts.items()
    }
    worst = min(ratios, key=lambda name: ratios[name])
    return worst, ratios[worst]


def over_chance(counts: Needed, by_chance: Mapping[str, float]) -> dict[str, float]:
    """Return, by set, our experiments over those that random choice is expected to take: above 1 ours is slower."""
    return {name: statistics.fmean(row[OURS]) / by_chance[name] for name, row in counts.items()}


def over_peers(counts: Needed) -> dict[str, float]:
    """Return, by set, the fewest experiments of a peer over ours: below 1 ours is slower. Empty without peers."""
    rivals = [name for name in next(iter(counts.values())) if name not in {OURS, CHANCE}]
    return {name: worst_set({name: row}, rivals)[1] for name, row in counts.items()} if rivals else {}
