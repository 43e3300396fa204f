"""The frame: a search space as the named columns of an explanation, and its rows as numbers and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from zosimos.core.parameters import Value, Values, levels_of
from zosimos.core.space import SearchSpace
from zosimos.planners.candidates.sampling import fresh, listed, sobol_rows
from zosimos.planners.models.belief import Belief
from zosimos.surrogates.explanation.design import Array, Design, DesignColumn, Predict

BACKGROUND = 50  # allowed rows that a prediction is compared with


@dataclass(frozen=True)
class Frame:
    """A space and its parameters as columns; choices that only older experiments took come after its own."""

    space: SearchSpace
    columns: tuple[DesignColumn, ...]

    @classmethod
    def of(cls, space: SearchSpace, seen: Sequence[Values] = ()) -> Self:
        """Return the frame of a space in which also the rows that were ``seen`` can be shown."""
        columns = []
        for parameter in space.parameters:
            if parameter.kind == "text":
                choices = dict.fromkeys([*map(str, levels_of(parameter)), *(str(row[parameter.name]) for row in seen)])
                columns.append(DesignColumn(parameter.name, "", tuple(choices)))
            else:
                columns.append(DesignColumn(parameter.name, parameter.unit, (), parameter.scale == "log"))
        return cls(space, tuple(columns))

    def design(self, rows: Sequence[Values]) -> Design:
        """Return rows as a design.

        Raises:
            ValueError: a choice is neither in the space nor among the rows that were seen.
        """
        table = [[_code(column, row[column.name]) for column in self.columns] for row in rows]
        return Design(self.columns, np.array(table, dtype=float).reshape(len(rows), len(self.columns)))

    def values(self, rows: Array) -> list[Values]:
        """Return ``n x d`` numbers as rows."""
        parts: list[list[Value]] = []
        for index, column in enumerate(self.columns):
            numbers = rows[:, index].tolist()
            parts.append([column.choices[int(code)] for code in numbers] if column.choices else numbers)
        return [dict(zip(self.space.names, row, strict=True)) for row in zip(*parts, strict=True)]

    def allowed(self, count: int, seed: int) -> list[Values]:
        """Return up to so many different allowed rows, evenly drawn, tried or not."""
        every = listed(self.space)
        if every is None:
            return fresh(sobol_rows(self.space, seed), frozenset(), count)
        drawn = np.sort(np.random.default_rng(seed).permutation(len(every))[:count])
        return [every[int(i)] for i in drawn]

    def predictor(self, belief: Belief, objective: str) -> Predict:
        """Return what a belief says of one objective, as a function of raw values."""

        def predict(rows: Array) -> tuple[Array, Array]:
            return belief.predict(self.values(rows))[objective]

        return predict


def _code(column: DesignColumn, value: Value) -> float:
    if not column.choices:
        return float(value)
    if value not in column.choices:
        raise ValueError(f"{column.name} has no choice {value!r}")
    return float(column.choices.index(str(value)))
