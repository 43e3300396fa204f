"""Constraints written in Python, for those who use this as a library: a function of columns, with a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.expression import ColumnArray


@dataclass(frozen=True)
class Predicate:
    """A condition as a function: of a column for each of its parameters, it returns a truth for each row.

    The function must be pure: the same columns, the same answer. It sees whole columns (floats, or objects for
    categorical parameters) and returns a boolean array of their length.

    >>> inside = Predicate("inside the circle", ("x", "y"), lambda c: c["x"] ** 2 + c["y"] ** 2 <= 1)
    >>> inside.holds({"x": np.array([0.1, 0.9]), "y": np.array([0.1, 0.9])})
    array([ True, False])
    """

    name: str
    parameters: tuple[str, ...]
    test: Callable[[Mapping[str, ColumnArray]], NDArray[np.bool_]]

    def __post_init__(self) -> None:
        if not self.name or not self.parameters or not callable(self.test):
            raise SpecError(
                "a predicate needs a name, the parameters it speaks of, and a function",
                field="constraints",
                value=self.name or "(no name)",
            )

    @property
    def names(self) -> frozenset[str]:
        """The parameters it speaks of."""
        return frozenset(self.parameters)

    def holds(self, columns: Mapping[str, ColumnArray]) -> NDArray[np.bool_]:
        """Return, for each row of the columns, whether the condition holds.

        Raises:
            SpecError: the function fails, or returns something else than a truth for each row.
        """
        count = len(columns[self.parameters[0]])
        try:
            found: object = self.test({name: columns[name] for name in self.parameters})
        except Exception as error:
            raise self._refused(f"it fails with {type(error).__name__}: {error}") from error
        if not isinstance(found, np.ndarray) or found.dtype != bool or found.shape != (count,):
            told = f"{found.dtype} {found.shape}" if isinstance(found, np.ndarray) else type(found).__name__
            raise self._refused(f"it returns {told} for {count} rows")
        return found

    def _refused(self, why: str) -> SpecError:
        return SpecError(
            f"constraint {self.name!r} is of no use: {why}",
            field="constraints",
            value=self.name,
            allowed="a numpy array of bool with one truth for each row",
            hint="write it with numpy on whole columns: no if, no loop, & and | in place of and, or",
        )

    def __str__(self) -> str:
        """Return its name."""
        return self.name
