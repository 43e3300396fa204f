"""Many small neural networks as one batched function, each pulled towards its own random start."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import silu

_FIRST_SD = 2.0  # of the first layer's weights (times 1 / sqrt(d)) and offsets, before training
_SD = 2.0  # of the other layers' weights, times 1 / sqrt(width)
_OFFSET_SD = 0.1
NOISE_PRIOR = (-4.0, 1.0)  # mean and standard deviation of the log noise variance, as BoTorch's learned noise
LEAST_NOISE = 1e-4  # of the outcome's variance
_WARM_UP = 0.4  # of the steps
_RATE = 0.015  # Adam's for weights, falling to 0 as a cosine
_NOISE_RATE = 0.1  # for the log noise, which has a long way to go
_NOISE_REACH = 5.0  # of the log noise variance at a point, about its level: a factor of 12 in the standard deviation
BATCH = 256  # rows a step


@dataclass
class Layer:
    """The same layer of all ``b`` networks: ``b x in x out`` weights, ``b x 1 x out`` offsets, their priors."""

    weights: Tensor
    offsets: Tensor
    weight_sd: float
    offset_sd: float


class Networks:
    """``m x members`` networks as one batched function; member k of every outcome starts from its own draw."""

    def __init__(self, d: int, width: int, m: int, members: int, noise_head: bool, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self._m, self._members, self._noise_head = m, members, noise_head
        self._batches = torch.Generator().manual_seed(seed)
        sizes = (d, width, width, 2 if noise_head else 1)
        sds = ((_FIRST_SD / math.sqrt(d), _FIRST_SD), *(((_SD / math.sqrt(width), _OFFSET_SD),) * 2))
        drawn = [  # outcome by outcome, so that a further one changes nothing for those before
            [
                (_normal(members, a, b, generator), _normal(members, 1, b, generator))
                for a, b in itertools.pairwise(sizes)
            ]
            for _ in range(m)
        ]
        self._layers = [
            Layer(torch.cat([w for w, _ in layer]) * w_sd, torch.cat([o for _, o in layer]) * o_sd, w_sd, o_sd)
            for layer, (w_sd, o_sd) in zip(zip(*drawn, strict=True), sds, strict=True)
        ]
        self._log_noise = torch.zeros(m * members, 1, dtype=torch.double)  # from above: small noise makes steep losses
        self.broken = False

    def __call__(self, X: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and noise variances of ``n x d`` points, ``m * members x n``."""
        hidden = (2 * X - 1).expand(self._m * self._members, -1, -1)
        for layer in self._layers[:-1]:
            hidden = silu(torch.baddbmm(layer.offsets, hidden, layer.weights))
        out = torch.baddbmm(self._layers[-1].offsets, hidden, self._layers[-1].weights)
        log_noise = self._log_noise.expand_as(out[..., 0])
        if self._noise_head:
            log_noise = log_noise + _NOISE_REACH * torch.tanh(out[..., 1] / _NOISE_REACH)
        return out[..., 0], log_noise.exp() + LEAST_NOISE

    def train(self, X: Tensor, y: Tensor, rows: Tensor, given: Tensor, steps: int) -> None:
        """Fit to ``n x d`` points, ``m x n`` outcomes, where they are known, and given noise variances (NaN: unknown).

        The loss is the negative log posterior a row; weights are normal about their start, the noise is log-normal.
        """
        parameters = [tensor for layer in self._layers for tensor in (layer.weights, layer.offsets)]
        starts = [tensor.clone() for tensor in parameters]
        sds = [sd for layer in self._layers for sd in (layer.weight_sd, layer.offset_sd)]
        learned = [*parameters, self._log_noise]
        for tensor in learned:
            tensor.requires_grad_(True)
        groups = [{"params": parameters, "lr": _RATE}, {"params": [self._log_noise], "lr": _NOISE_RATE}]
        optimiser = torch.optim.Adam(groups)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        for step in range(steps):
            batch = torch.randperm(len(X), generator=self._batches)[:BATCH] if len(X) > BATCH else slice(None)
            optimiser.zero_grad()
            misfit = self._misfit(X[batch], y[:, batch], rows[:, batch], given[:, batch], step < _WARM_UP * steps)
            pull = sum(((p - s) / sd).square().sum() for p, s, sd in zip(parameters, starts, sds, strict=True))
            noise = ((self._log_noise - NOISE_PRIOR[0]) / NOISE_PRIOR[1]).square().sum()
            (misfit + 0.5 * (pull + noise) / len(X)).backward()  # type: ignore[no-untyped-call] # torch's own
            optimiser.step()
            schedule.step()
        for tensor in learned:
            tensor.requires_grad_(False)
        self._mend(parameters, starts)

    def _misfit(self, X: Tensor, y: Tensor, rows: Tensor, given: Tensor, warming_up: bool) -> Tensor:
        """Return the negative log likelihood a row, summed over networks.

        Warming up, the means are fitted as if the noise were small, and the noise to what they leave: otherwise what a
        network does not fit at its start would be taken for noise, and never be fitted.
        """
        mean, noise = (part.reshape(self._m, self._members, -1) for part in self(X))
        unknown, known = given.isnan()[:, None], given.nan_to_num(nan=math.exp(NOISE_PRIOR[0]))[:, None]
        noise = torch.where(unknown, noise, known)
        error = (y[:, None] - mean).square()
        fit = error / known + error.detach() / noise if warming_up else error / noise
        loss = fit + noise.log()
        return 0.5 * (loss * rows[:, None]).sum() / len(X)

    def _mend(self, parameters: list[Tensor], starts: list[Tensor]) -> None:
        """Put the start back where training ended in numbers that are none."""
        self.broken = not all(bool(tensor.isfinite().all()) for tensor in (*parameters, self._log_noise))
        if self.broken:
            for tensor, start in zip(parameters, starts, strict=True):
                tensor.copy_(start)
            self._log_noise.fill_(NOISE_PRIOR[0])


def _normal(members: int, rows: int, columns: int, generator: torch.Generator) -> Tensor:
    return torch.randn(members, rows, columns, generator=generator, dtype=torch.double)
