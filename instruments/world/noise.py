"""Noise that continues where it stopped: the n-th draw of a device depends on the seed, the device and n alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zosimos.core.seeds import derive_seed


@dataclass
class Noise:
    """A device's stream of noise; ``counter`` is how many draws were made, and is all there is to keep.

    >>> Noise(1, "scales").next().normal() == Noise(1, "scales").next().normal()
    True
    """

    seed: int
    device: str
    counter: int = 0

    def next(self) -> np.random.Generator:
        """Return a fresh generator for the next reading."""
        self.counter += 1
        return np.random.Generator(np.random.PCG64(derive_seed(self.seed, "noise", self.device, str(self.counter))))
