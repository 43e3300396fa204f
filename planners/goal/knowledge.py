"""What a campaign knows besides its own results: earlier campaigns, and cheaper methods of measuring."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from zosimos.core.errors import SpecError
from zosimos.core.parameters import Values


@dataclass(frozen=True)
class Source:
    """An earlier campaign: what it found at rows of the present space, whose bounds they may leave.

    Args:
        name: as weights and reasons show it.
        rows: a value for each parameter.
        outcomes: by the present objectives' names, a number for each row, NaN where there is none.
        note: what was left out, in words.

    Raises:
        SpecError: an objective has another number of outcomes than there are rows, or none that is finite.
    """

    name: str
    rows: tuple[Values, ...]
    outcomes: Mapping[str, tuple[float, ...]]
    note: str = ""

    def __post_init__(self) -> None:
        for objective, column in self.outcomes.items():
            if len(column) != len(self.rows) or not any(math.isfinite(value) for value in column):
                raise SpecError(
                    f"source {self.name!r} has no usable row for {objective}",
                    field=f"sources.{self.name}",
                    value=f"{len(self.rows)} rows, {len(column)} outcomes",
                    allowed="an outcome or none (NaN) for each row, and one at least",
                )


@dataclass(frozen=True)
class Fidelity:
    """Levels of a method of measuring, of which only the last one's outcomes are results.

    Args:
        parameter: the categorical parameter that says the level.
        costs: of an experiment at each level, from the least trusted level to the one that counts.

    Raises:
        SpecError: fewer than two levels, or a cost that is not a positive number.
    """

    parameter: str
    costs: Mapping[str, float]

    def __post_init__(self) -> None:
        if len(self.costs) < 2:
            raise SpecError(
                "fidelity needs two or more levels",
                field="fidelity.levels",
                value=dict(self.costs),
                allowed="level: cost, the one that counts last",
            )
        for level, cost in self.costs.items():
            if not (math.isfinite(cost) and cost > 0):
                raise SpecError(
                    f"the cost of level {level!r} is not a positive number",
                    field=f"fidelity.levels.{level}",
                    value=cost,
                    allowed="above 0",
                )

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels, the one that counts last."""
        return tuple(self.costs)

    @property
    def top(self) -> str:
        """The level whose outcomes are results."""
        return self.levels[-1]

    def counts(self, values: Values) -> bool:
        """Say whether what is found at a row is a result."""
        return values.get(self.parameter) == self.top
