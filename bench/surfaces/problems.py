"""Functions that are known and measured with noise: five of ranges, one of ranges and a choice.

Bounds, and the formulas, are those of ``botorch.test_functions``, so that figures can be set beside those of others:
Branin, Hartmann of six, Ackley of five, Levy of eight and Rosenbrock of four parameters. ``mixed`` is Hartmann's
function of three under four choices: each moves it and makes it lower, the first not, so that the best is known and
what one choice teaches holds for the others in part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zosimos.core.objective import Objective
from zosimos.core.parameters import Categorical, Continuous, Parameter, Values
from zosimos.core.space import SearchSpace

Array = NDArray[np.float64]

CHOICE = "kind"  # the parameter that is a choice
CHOICES = ("a", "b", "c", "d")


@dataclass(frozen=True)
class Problem:
    """A function over ranges, and over a choice if it has one.

    Args:
        name: of the problem.
        bounds: of each range.
        goal: whether small or large values are wanted.
        best: the best value there is.
        span: the largest value less the smallest.
        noise: standard deviation of a measurement.
        evaluations: that a run makes.
        value: of a point (``d`` coordinates in the ranges' own units) and the number of a choice.
        choices: how many there are; 0: none.
    """

    name: str
    bounds: tuple[tuple[float, float], ...]
    goal: Literal["max", "min"]
    best: float
    span: float
    noise: float
    evaluations: int
    value: Callable[[Array, int], float]
    choices: int = 0

    @property
    def start(self) -> int:
        """How many points a run begins with: two for each parameter."""
        return 2 * (len(self.bounds) + bool(self.choices))

    @property
    def objective(self) -> Objective:
        """What is wanted."""
        return Objective("y", self.goal)

    @property
    def space(self) -> SearchSpace:
        """What may be tried."""
        made: list[Parameter] = [Continuous(f"x{i}", low, high) for i, (low, high) in enumerate(self.bounds, 1)]
        return SearchSpace((*made, Categorical(CHOICE, CHOICES[: self.choices])) if self.choices else tuple(made))

    def row(self, unit: Array) -> Values:
        """Return the values at a point of the unit cube; its last coordinate is the choice, if there is one."""
        found: dict[str, float | str] = {
            f"x{i}": low + (high - low) * float(u)
            for i, ((low, high), u) in enumerate(zip(self.bounds, unit, strict=False), 1)
        }
        if self.choices:
            found[CHOICE] = CHOICES[min(int(unit[-1] * self.choices), self.choices - 1)]
        return found

    def true(self, row: Values) -> float:
        """Return the value without noise."""
        point = np.array([float(row[f"x{i}"]) for i in range(1, len(self.bounds) + 1)])
        return self.value(point, CHOICES.index(str(row[CHOICE])) if self.choices else 0)

    def regret(self, true: float) -> float:
        """Return how far a value without noise is from the best."""
        return true - self.best if self.goal == "min" else self.best - true


def _branin(x: Array, choice: int) -> float:
    bowl = (x[1] - 5.1 * x[0] ** 2 / (4 * math.pi**2) + 5 * x[0] / math.pi - 6) ** 2
    return float(bowl + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x[0]) + 10)


_HEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
_SIX_SCALES = np.array(
    [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
_SIX_CENTRES = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)
_THREE_SCALES = np.array([[3.0, 10, 30], [0.1, 10, 35], [3.0, 10, 30], [0.1, 10, 35]])
_THREE_CENTRES = 1e-4 * np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]])
_LOWER = (1.0, 0.9, 0.8, 0.6)
_MOVED = np.array([[0.0, 0.0, 0.0], [0.15, -0.1, 0.1], [-0.1, 0.2, -0.15], [0.3, 0.15, 0.1]])


def _hartmann6(x: Array, choice: int) -> float:
    return float(_HEIGHTS @ np.exp(-(_SIX_SCALES * (x - _SIX_CENTRES) ** 2).sum(axis=1)))


def _mixed(x: Array, choice: int) -> float:
    apart = (_THREE_SCALES * (x + _MOVED[choice] - _THREE_CENTRES) ** 2).sum(axis=1)
    return float(_LOWER[choice] * (_HEIGHTS @ np.exp(-apart)))


def _ackley(x: Array, choice: int) -> float:
    far = -20 * math.exp(-0.2 * math.sqrt(float((x**2).mean())))
    return far - math.exp(float(np.cos(2 * math.pi * x).mean())) + 20 + math.e


def _levy(x: Array, choice: int) -> float:
    w = 1 + (x - 1) / 4
    middle = ((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2)).sum()
    last = (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)
    return float(math.sin(math.pi * w[0]) ** 2 + middle + last)


def _rosenbrock(x: Array, choice: int) -> float:
    return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (x[:-1] - 1) ** 2).sum())


_ALL = (
    Problem("branin", ((-5, 10), (0, 15)), "min", 0.397887, 307.7, 1.0, 60, _branin),
    Problem("mixed", ((0, 1),) * 3, "max", 3.86278, 3.86, 0.05, 60, _mixed, len(CHOICES)),
    Problem("rosenbrock4", ((-5, 10),) * 4, "min", 0.0, 2.7227e6, 100.0, 60, _rosenbrock),
    Problem("hartmann6", ((0, 1),) * 6, "max", 3.32237, 3.32, 0.05, 100, _hartmann6),
    Problem("ackley5", ((-32.768, 32.768),) * 5, "min", 0.0, 22.3, 0.1, 100, _ackley),
    Problem("levy8", ((-10, 10),) * 8, "min", 0.0, 573.9, 1.0, 100, _levy),
)
PROBLEMS: Mapping[str, Problem] = {problem.name: problem for problem in _ALL}
