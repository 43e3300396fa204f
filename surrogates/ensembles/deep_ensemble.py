"""The deep ensemble: small neural networks that agree where there are data.

Lakshminarayanan et al. 2017 ("Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles", arXiv
1612.01474): members differ by their random start, each has its own noise, and what they disagree about is not known.
With few rows, weight decay towards zero makes the members alike; here it pulls each towards its own start, which makes
the ensemble approximately Bayesian (Pearce et al. 2020, "Uncertainty in Neural Networks: Approximately Bayesian
Ensembling", arXiv 1810.05546).
"""

from __future__ import annotations

import math
from typing import Any, Self

import torch
from botorch.posteriors.ensemble import EnsemblePosterior
from botorch.posteriors.posterior import Posterior
from torch import Tensor

from zosimos.surrogates.cards import ModelCard
from zosimos.surrogates.ensembles.networks import BATCH, LEAST_NOISE, NOISE_PRIOR, Networks
from zosimos.surrogates.outputs import ScaledOutcome, joint, split


class DeepEnsemble:
    """An ensemble of two-layer networks for each quantity (a :class:`~zosimos.surrogates.protocol.Surrogate`).

    All members of all quantities are trained at once. Cost: O(steps x members x min(n, 256) x width^2) to fit,
    O(members x width^2) a predicted point; 200 rows take about one second of one core. A sample is one whole member.
    Known uncertainties are the noise of their rows; elsewhere the noise is learned.

    Args:
        members: number of networks, 2 or more.
        width: units in each of the two hidden layers.
        steps: of training; more where there are so many rows that each would be seen fewer than ten times.
        noise_head: learn a noise that depends on the point (needs many rows); otherwise one for each member.
        seed: of starts and batches.
    """

    def __init__(
        self, members: int = 16, width: int = 32, steps: int = 300, noise_head: bool = False, seed: int = 0
    ) -> None:
        if members < 2 or width < 1 or steps < 1:
            raise ValueError(f"two members, one unit and one step or more, not {members}, {width} and {steps}")
        self._members, self._width, self._steps = members, width, steps
        self._noise_head, self._seed = noise_head, seed
        self._outcomes: tuple[ScaledOutcome, ...] = ()
        self._networks: Networks | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about the last fit, in words; empty if nothing was."""
        said = [outcome.noted(f"{outcome.flat}: the spread is a guess") for outcome in self._outcomes if outcome.flat]
        if self._networks is not None and self._networks.broken:
            said.append("training diverged: the members are as they started")
        return tuple(said)

    def fit(self, X: Tensor, Y: Tensor, Yvar: Tensor | None = None) -> Self:
        """Learn ``n x m`` outcomes at ``n x d`` points; NaN in Y leaves a row out of a quantity, in Yvar means unknown.

        Raises:
            ValueError: the shapes do not fit, X is not finite, or a quantity has no value at all.
        """
        outcomes = split(X, Y, Yvar)
        rows = torch.stack([outcome.rows for outcome in outcomes])
        y, given = torch.zeros(rows.shape, dtype=torch.double), torch.full(rows.shape, torch.nan, dtype=torch.double)
        for outcome in outcomes:
            y[outcome.index, outcome.rows] = outcome.y
            given[outcome.index, outcome.rows] = outcome.yvar
        networks = Networks(X.shape[1], self._width, len(outcomes), self._members, self._noise_head, self._seed)
        steps = max(self._steps, 10 * math.ceil(len(X) / BATCH))
        networks.train(X.detach().double(), y, rows, given.clamp_min(LEAST_NOISE), steps)
        self._outcomes, self._networks = outcomes, networks
        self._given = [float(o.noise.mean()) if o.noise is not None else math.nan for o in outcomes]
        return self

    def posterior(self, X: Tensor) -> Posterior:
        """Return the joint belief at ``batch_shape x q x d`` points: the members, equally likely; noise left out.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        means, _ = self._outputs(X)
        beliefs = []
        for outcome, mean in zip(self._outcomes, means, strict=True):
            members = outcome.centre + outcome.spread * mean.unsqueeze(-1)
            beliefs.append(EnsemblePosterior(members.movedim(0, -3)))
        return joint(beliefs)

    def epistemic(self, X: Tensor) -> Tensor:
        """Return the variance between members (``batch_shape x q x m``): what more rows would reduce."""
        belief: Any = self.posterior(X)  # BoTorch's base class does not promise moments
        variance: Tensor = belief.variance
        return variance.detach()

    def aleatoric(self, X: Tensor) -> Tensor:
        """Return the members' mean noise variance (``batch_shape x q x m``): what more rows would not reduce.

        For a quantity whose uncertainties were all known it is their mean square.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        _, noise = self._outputs(X)
        found = []
        for outcome, learned, given in zip(self._outcomes, noise, self._given, strict=True):
            mean = learned.mean(dim=0)
            found.append(outcome.spread**2 * (torch.full_like(mean, given) if math.isfinite(given) else mean))
        return torch.stack(found, dim=-1).detach()

    def card(self) -> ModelCard:
        """Return what the fitted ensemble is.

        Raises:
            RuntimeError: nothing was fitted yet.
        """
        if self._networks is None:
            raise RuntimeError("the surrogate was not fitted")
        return ModelCard(
            name="deep-ensemble",
            models="Each quantity as the mean of small neural networks that started at random.",
            hyperparameters={
                "members": self._members,
                "width of the two hidden layers": self._width,
                "steps, least": self._steps,
                "noise depends on the point": str(self._noise_head).lower(),
                "standard deviation of the log noise's prior": NOISE_PRIOR[1],
                "seed": self._seed,
            },
            selection="Fixed; the prior widths were chosen on nine published pools, not from these data.",
            assumptions=(
                "the function is smooth",
                "random networks of this width are a fair picture of what is believed before data",
            ),
            failures=(
                "fewer than about ten rows: the variance depends on the prior widths",
                "few members: the variance itself is uncertain by about a third with sixteen",
                "far extrapolation: networks go on in straight lines",
            ),
            source="Lakshminarayanan et al. 2017, arXiv 1612.01474; Pearce et al. 2020, arXiv 1810.05546; PyTorch",
            rows=max(len(outcome.y) for outcome in self._outcomes),
            notes=self.notes,
        )

    def _outputs(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and noise variances, ``m x members x batch_shape x q``, of the standardised outcomes."""
        if self._networks is None:
            raise RuntimeError("the surrogate was not fitted")
        mean, noise = self._networks(X.double().reshape(-1, X.shape[-1]))
        shape = (len(self._outcomes), self._members, *X.shape[:-1])
        return mean.reshape(shape), noise.reshape(shape)
