"""Quiet: the numerical libraries' warnings silenced where what they warn of is answered otherwise."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from botorch.exceptions.warnings import BotorchWarning
from linear_operator.utils.warnings import NumericalWarning


@contextmanager
def quiet() -> Iterator[None]:
    """Silence BoTorch's and GPyTorch's numerical warnings: jitter added to a covariance is no news to a chemist.

    A fit that matters is checked, and reported in the surrogate's ``notes``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BotorchWarning)
        warnings.simplefilter("ignore", NumericalWarning)
        yield
