"""How likely a failure was an instrument's fault, from when it happened.

Experiments in order of time are a hidden Markov chain of two states, healthy and broken, with a fault rate each; the
forward-backward algorithm gives each row's chance of a fault (Rabiner 1989, "A tutorial on hidden Markov models",
Proc. IEEE 77). A failure amid successes is judged by the healthy rate; one in a run of failures, wherever in the space
they were, by the broken one - unless the chemistry explains it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

RunStatus: TypeAlias = Literal["ok", "infeasible", "fault", "unknown"]
Pair: TypeAlias = tuple[float, float]  # healthy, broken

_BREAKS = 0.02  # chance that a healthy laboratory is broken at the next experiment
_MENDS = 0.3  # chance that a broken one is mended
_BROKEN_RATE = 0.9  # faults per experiment while broken
_PRIOR = (1.0, 19.0)  # Beta prior of the healthy fault rate


@dataclass(frozen=True)
class FaultRuns:
    """What is known of faults: the chance of each row, and faults per experiment in healthy times.

    Args:
        chances: P(fault) of each row.
        rate: the healthy fault rate.
    """

    chances: tuple[float, ...]
    rate: float = _PRIOR[0] / sum(_PRIOR)

    def updated(self, outcomes: Sequence[RunStatus], infeasible: Sequence[float]) -> FaultRuns:
        """Return the chances given each row's probability of being infeasible, and the rate they make likely; O(n)."""
        rates = (self.rate, _BROKEN_RATE)
        pairs = list(zip(outcomes, infeasible, strict=True))
        states = _smoothed([(_likelihood(*pair, rates[0]), _likelihood(*pair, rates[1])) for pair in pairs])
        given = [(_fault(*pair, rates[0]), _fault(*pair, rates[1])) for pair in pairs]
        chances = tuple(s[0] * f[0] + s[1] * f[1] for s, f in zip(states, given, strict=True))
        faults = sum(s[0] * f[0] for s, f in zip(states, given, strict=True))
        healthy = sum(s[0] for s in states)
        return FaultRuns(chances, (_PRIOR[0] + faults) / (sum(_PRIOR) + healthy))


def _likelihood(outcome: RunStatus, infeasible: float, rate: float) -> float:
    """Return the probability of an outcome at a point that is infeasible with a probability, at a fault rate."""
    if outcome == "fault":
        return rate
    if outcome == "unknown":
        return rate + (1.0 - rate) * infeasible
    return (1.0 - rate) * (infeasible if outcome == "infeasible" else 1.0 - infeasible)


def _fault(outcome: RunStatus, infeasible: float, rate: float) -> float:
    """Return the probability that a row was a fault, given its outcome."""
    if outcome == "unknown":
        return rate / (rate + (1.0 - rate) * infeasible)
    return 1.0 if outcome == "fault" else 0.0


def _smoothed(likelihoods: Sequence[Pair]) -> list[Pair]:
    """Return the states' probabilities at each row given all rows: forward-backward, scaled at each step."""
    forward: list[Pair] = []
    state = (_MENDS / (_MENDS + _BREAKS), _BREAKS / (_MENDS + _BREAKS))
    for likelihood in likelihoods:
        state = _normed((state[0] * likelihood[0], state[1] * likelihood[1]))
        forward.append(state)
        state = (state[0] * (1 - _BREAKS) + state[1] * _MENDS, state[0] * _BREAKS + state[1] * (1 - _MENDS))
    smoothed: list[Pair] = []
    after = (1.0, 1.0)
    for here, likelihood in zip(reversed(forward), reversed(likelihoods), strict=True):
        smoothed.append(_normed((here[0] * after[0], here[1] * after[1])))
        seen = (after[0] * likelihood[0], after[1] * likelihood[1])
        after = _normed(((1 - _BREAKS) * seen[0] + _BREAKS * seen[1], _MENDS * seen[0] + (1 - _MENDS) * seen[1]))
    return smoothed[::-1]


def _normed(pair: Pair) -> Pair:
    total = pair[0] + pair[1]
    return (pair[0] / total, pair[1] / total)
