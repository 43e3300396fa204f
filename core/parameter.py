"""What a parameter is: the questions that the rest of the program asks of a knob, and nothing else about it.

Samplers, models, tables, reports and adapters know no type by name: they ask a :class:`Parameter` what its values are,
which are valid, and how they become numbers. So a type that answers these questions works everywhere, wherever it
comes from (:mod:`zosimos.core.parameter_types`). A value is a number or a text; a column is an array of values.

There are three kinds of numbers: the *value* itself, in the parameter's unit (60 degC); its *coordinate*, one number in
[0, 1] from which samplers draw and around which searches move; and its *model columns*, one number or more by which
models judge how alike two values are.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from zosimos.core.values import Role, Value

Array: TypeAlias = NDArray[np.float64]

ValueKind: TypeAlias = Literal["number", "whole", "text"]
"""What values are: numbers, whole numbers (handed out as ``int``), or texts."""

Scale: TypeAlias = Literal["linear", "log", "own"]
"""How a number becomes model columns: one column, 0 at the lowest value and 1 at the highest, in even steps of the
value or of its logarithm; or in a way of its own, which only ``encoded`` and ``decoded`` know."""

ColumnKind: TypeAlias = Literal["numeric", "categories", "descriptors"]
"""How models compare values by their columns: each column has its own relevance; a one-hot code, in which all values
are equally different; or columns that together describe one thing and share one relevance."""


@runtime_checkable
class Parameter(Protocol):
    """One knob, or one condition of the day: a frozen value that checked itself when it was made.

    Everything it answers is a pure function of it. Columns of ``n`` values are arrays of floats, or of objects where
    values are texts; what is given is left as it was.

    >>> import zosimos as zo
    >>> from zosimos.core.parameters import Integer
    >>> number = Integer("n", 1, 4)
    >>> isinstance(number, zo.Parameter), number.kind, number.count, number.allowed
    (True, 'whole', 4, '1 to 4')
    >>> number.problem(7)
    'n: 7 is outside [1, 4]'
    """

    @property
    def name(self) -> str:
        """What it is called in its space."""

    @property
    def unit(self) -> str:
        """The unit of its values; "" for none."""

    @property
    def role(self) -> Role:
        """Whether it is chosen (``control``) or found (``context``)."""

    @property
    def kind(self) -> ValueKind:
        """What its values are."""

    @property
    def count(self) -> int:
        """How many values it takes; 0 for any real number of a range, which texts and whole numbers never are."""

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The lowest and the highest number, which its values lie between; None of texts."""

    @property
    def allowed(self) -> str:
        """Its values in words, as the end of a message: ``20 to 80 degC``, ``one of water, ethanol``."""

    @property
    def scale(self) -> Scale:
        """How a number becomes model columns; ``own`` of texts."""

    @property
    def width(self) -> int:
        """Number of its model columns, 1 or more."""

    @property
    def columns(self) -> ColumnKind:
        """How models compare values by these columns."""

    def problem(self, value: object) -> str | None:
        """Say what is wrong with a value, beginning with the parameter's name, or None if it is valid."""

    def allows(self, column: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which of ``n`` values are valid, as :meth:`problem` does."""

    def drawn(self, points: Array) -> NDArray[Any]:
        """Return the values at ``n`` coordinates in [0, 1], both ends included.

        Even coordinates spread evenly over the values. Where these can be counted, each has an equal share of [0, 1],
        in their order.
        """

    def placed(self, column: NDArray[Any]) -> Array:
        """Return coordinates, ``n``, at which the given valid values are drawn: of a share, its middle."""

    def encoded(self, column: NDArray[Any]) -> Array:
        """Return ``n`` values as finite model columns, ``n x width``, in [0, 1] where the values are valid.

        Other values have columns too: numbers found outside the range, and texts that are no value any more.
        """

    def decoded(self, columns: Array) -> NDArray[Any]:
        """Return the values, ``n``, whose model columns are the given ones, ``n x width``, or which are nearest."""


def value_at(parameter: Parameter, u: float) -> Value:
    """Return the value at a coordinate in [0, 1].

    >>> from zosimos.core.parameters import Integer
    >>> value_at(Integer("n", 1, 4), 0.5)
    3
    """
    value: Value = as_values(parameter, parameter.drawn(np.array([u])))[0]
    return value


def levels_of(parameter: Parameter) -> list[Value]:
    """Return all values of a parameter that has finitely many, in their order; none of one that has not.

    >>> from zosimos.core.parameters import Discrete
    >>> levels_of(Discrete("pH", (7.0, 2.0, 4.0)))
    [2.0, 4.0, 7.0]
    """
    count = parameter.count
    return as_values(parameter, parameter.drawn((np.arange(count) + 0.5) / count)) if count else []


def as_values(parameter: Parameter, column: NDArray[Any]) -> list[Any]:
    """Return a column's cells as plain values: whole numbers as ``int``."""
    cells: list[Any] = column.tolist()
    return [int(x) for x in cells] if parameter.kind == "whole" else cells


def range_of(parameter: Parameter) -> tuple[float, float]:
    """Return the lowest and the highest number of a parameter that has numbers.

    Raises:
        ValueError: its values are texts.
    """
    bounds = parameter.bounds
    if bounds is None:
        raise ValueError(f"{parameter.name} has texts, not numbers")
    return bounds
