"""A cheap method that says the opposite of the true one, or has nothing to do with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tasks.fidelity import fidelity_run, pairs
from tasks.task import Trace


def _foreign(x: NDArray[np.float64]) -> float:
    """Return a smooth function of Branin's or Currin's box that has nothing to do with either."""
    return 10.0 * math.sin(0.9 * x[0] + 0.4 * x[1]) * math.cos(0.5 * x[1] - 0.3 * x[0]) + x[0]


def _opposed_run(folder: Path, planted: bool, seed: int) -> Trace:
    del folder
    pair = pairs()["branin"]
    return fidelity_run(replace(pair, cheap=lambda x: -pair.true(x)), planted, seed)


def _foreign_run(folder: Path, planted: bool, seed: int) -> Trace:
    del folder
    return fidelity_run(replace(pairs()["branin"], cheap=_foreign), planted, seed)


def _foreign_in_six(folder: Path, planted: bool, seed: int) -> Trace:
    del folder
    pair = pairs()["hartmann6"]
    return fidelity_run(replace(pair, cheap=lambda x: math.cos(7.0 * x[0] * x[1] + 5.0 * x[2]) + x[4]), planted, seed)


VARIANTS: Mapping[str, Callable[[Path, bool, int], Trace]] = {
    "opposed_fidelity_branin": _opposed_run,
    "foreign_fidelity_branin": _foreign_run,
    "foreign_fidelity_hartmann6": _foreign_in_six,
}
