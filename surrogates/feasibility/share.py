"""The share of points at which the chemistry fails, from how many did, an instrument's faults apart."""

from __future__ import annotations

from collections.abc import Sequence

from zosimos.surrogates.feasibility.fault_hmm import RunStatus

PRIOR = (9.0, 1.0)
"""Beta: nine usable results in ten, worth ten experiments."""

_DOUBT = 0.5  # blame before anything is known


def first_blame(outcome: RunStatus) -> float:
    """Return the probability that an experiment was an instrument's fault, before anything is known of the others."""
    if outcome == "unknown":
        return _DOUBT
    return 1.0 if outcome == "fault" else 0.0


def infeasible_share(
    outcomes: Sequence[RunStatus], blame: Sequence[float], prior: tuple[float, float] = PRIOR
) -> float:
    """Return the share of infeasible points, faults discounted, shrunk towards the prior.

    >>> round(infeasible_share(["ok", "ok", "infeasible", "fault"], [0.0, 0.0, 0.0, 1.0]), 3)
    0.154
    """
    bad = sum(1.0 - chance for outcome, chance in zip(outcomes, blame, strict=True) if outcome != "ok")
    good = sum(outcome == "ok" for outcome in outcomes)
    return (prior[1] + bad) / (sum(prior) + bad + good)


def teaches(outcome: RunStatus) -> bool:
    """Say whether the chemistry may have caused a failure, so that it tells where experiments fail."""
    return outcome in {"infeasible", "unknown"}
