"""A small world for tests of objectives made of measured quantities: two of them over two parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from zosimos.core.composite import Composite, MeasuredQuantity
from zosimos.core.objective import Objective
from zosimos.core.parameters import Continuous
from zosimos.core.records import Measurement, Observation
from zosimos.core.space import SearchSpace

SPACE = SearchSpace((Continuous("x", 0.0, 1.0), Continuous("z", 0.0, 2.0)))
DISTANCE = Objective(
    "off", "min", of=Composite("sqrt((u - 0.3)**2 + (v - 0.5)**2)", (MeasuredQuantity("u"), MeasuredQuantity("v")))
)
Truth = Callable[[Mapping[str, float]], Mapping[str, float]]


def truth(row: Mapping[str, float]) -> Mapping[str, float]:
    return {"u": row["x"] ** 2 + 0.1 * row["z"], "v": np.sin(row["z"]) - 0.2 * row["x"]}


def seen(rows: Sequence[Mapping[str, float]], objectives: Sequence[Objective], world: Truth = truth, sd: float = 0.01):
    found = []
    for number, row in enumerate(rows, 1):
        parts = {name: Measurement(name, float(value), sd) for name, value in world(row).items()}
        numbers = {name: (part.value, part.uncertainty) for name, part in parts.items()}
        for objective in objectives:
            if objective.of is not None:
                used = {quantity.name: numbers[quantity.name] for quantity in objective.of.quantities}
                parts[objective.name] = Measurement(objective.name, *objective.of.measured(used, row))
        found.append(Observation(f"e{number:04}", row, parts))
    return tuple(found)


def rows(n: int, seed: int = 0) -> list[dict[str, float]]:
    points = np.random.default_rng(seed).random((n, 2))
    return [{"x": float(x), "z": 2.0 * float(z)} for x, z in points]
