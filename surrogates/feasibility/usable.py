"""Where experiments give a usable result, learned from those that did and those that did not.

A failure has a cause. Chemistry (no film formed, the salt fell out) belongs to the point and is learned. An
instrument's fault does not, and must not teach avoidance. Where nobody knows, the two are weighed by expectation-
maximisation (Dempster, Laird and Rubin 1977): how infeasible the other rows make the point, against how often
instruments fail, and whether they were failing just then, since faults come in runs wherever the experiments lay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, get_args

import torch
from torch import Tensor

from zosimos.surrogates.feasibility.fault_hmm import FaultRuns, RunStatus
from zosimos.surrogates.feasibility.probability import Infeasibility
from zosimos.surrogates.feasibility.share import PRIOR, first_blame, infeasible_share, teaches

FLOOR = 0.01
"""The least probability of a usable result: nothing is ever quite impossible."""
_ROUNDS = 20
_SEARCHES = (0, 2)  # rounds in which length scales are searched again
_SETTLED = 1e-3  # a change of blame too small to matter


class FeasibilityModel:
    """The probability that an experiment gives a usable result.

    With no failure that chemistry may have caused the model is one number and costs nothing. Otherwise learning costs
    O(n^3) a round, up to twenty rounds. Never below one percent.

    Args:
        prior: Beta parameters of the share of usable results, faults aside; their sum is how many experiments the prior
            counts for.
    """

    def __init__(self, prior: tuple[float, float] = PRIOR) -> None:
        if not all(count > 0.0 for count in prior):
            raise ValueError(f"Beta parameters are above 0, not {prior}")
        self._prior = prior
        self._constant = prior[0] / sum(prior)
        self._model: Infeasibility | None = None
        self._faults = FaultRuns(())
        self._notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the last fit, in words; empty if nothing was."""
        return self._notes

    @property
    def fault_rate(self) -> float:
        """Faults per experiment in healthy times, learned and shrunk towards one in twenty."""
        return self._faults.rate

    def fit(self, X: Tensor, outcomes: Sequence[RunStatus]) -> Self:
        """Learn from experiments in order of time and return itself.

        Args:
            X: ``n x d`` points, the declared ranges scaled to [0, 1].
            outcomes: of each row: a usable result, a failure of the chemistry, of an instrument, or of unknown cause.

        Raises:
            ValueError: the lengths do not fit, X is not finite, or an outcome is none of these.
        """
        X = X.double()
        if X.ndim != 2 or len(X) != len(outcomes) or not X.isfinite().all():
            raise ValueError(f"finite X (n x d) and n outcomes needed, not {X.shape} and {len(outcomes)}")
        if odd := sorted(set(outcomes) - set(get_args(RunStatus))):
            raise ValueError(f"an outcome is one of {', '.join(get_args(RunStatus))}, not {', '.join(odd)}")
        self._notes = ()
        self._model = None
        self._faults = FaultRuns(tuple(first_blame(outcome) for outcome in outcomes))
        self._constant = 1.0 - self._base(outcomes)
        if any(map(teaches, outcomes)):
            self._weigh(X, outcomes)
        else:
            self._faults = self._faults.updated(outcomes, [1.0 - self._constant] * len(outcomes))
        return self

    def probability(self, X: Tensor) -> Tensor:
        """Return the probability of a usable result at ``n x d`` points, faults aside, shape ``n``, never 0."""
        if self._model is None:
            return torch.full((len(X),), self._constant, dtype=torch.double)
        return (1.0 - self._model.probability(X.double())).clamp(FLOOR, 1.0)

    def blame(self) -> Tensor:
        """Return the probability that each training row was an instrument's fault, shape ``n``."""
        return torch.tensor(self._faults.chances, dtype=torch.double)

    def _weigh(self, X: Tensor, outcomes: Sequence[RunStatus]) -> None:
        """Turn by turn: learn infeasibility with the faults discounted, and judge faults with it."""
        infeasible = torch.tensor([outcome != "ok" for outcome in outcomes])
        scales: Tensor | None = None
        for turn in range(_ROUNDS):
            before = self.blame()
            if turn in _SEARCHES:
                scales = None
            self._model = Infeasibility.of(X, infeasible, 1.0 - before, self._base(outcomes), scales)
            scales = self._model.scales
            self._faults = self._faults.updated(outcomes, self._model.left_out().tolist())
            if "unknown" not in outcomes:
                return
            if turn >= max(_SEARCHES) and float((self.blame() - before).abs().max()) < _SETTLED:
                return
        self._notes = (f"the causes of failures were still shifting after {_ROUNDS} rounds",)

    def _base(self, outcomes: Sequence[RunStatus]) -> float:
        """Return the share of infeasible points, faults discounted, shrunk towards the prior."""
        return infeasible_share(outcomes, self._faults.chances, self._prior)
