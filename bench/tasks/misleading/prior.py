"""A firm expectation that the best lies where the worst row of a table is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from planning.suites import SUITES
from planning.tables import load
from tasks.expectation import SETS, at, expecting
from tasks.task import Trace


def _run(name: str, folder: Path, planted: bool, seed: int) -> Trace:
    pool = load(folder, SUITES["pools"][name])
    worst = pool.space.candidates[int(np.argmin(pool.utilities))]
    return expecting(pool, at(pool, worst) if planted else None, seed)


VARIANTS: Mapping[str, Callable[[Path, bool, int], Trace]] = {
    f"wrong_expectation_{name}": partial(_run, name) for name in SETS
}
