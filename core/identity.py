"""One value, one identity: the number that stands for every way of writing a parameter's value.

0.30000000000000004 is the level 0.3; a number that a spreadsheet gives back in 15 digits is the number it was given.
Tables, results and proposals hold these numbers, so that two rows are the same exactly where their values are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from zosimos.core.digits import all_in_digits, in_digits
from zosimos.core.parameter import Parameter
from zosimos.core.values import Value, Values, is_number

Array = NDArray[np.float64]

LEVEL_TOLERANCE = 1e-6
"""How far from a level a number may lie that means it, as a share of the way to the next level."""

_MOST_LEVELS = 100_000  # that are looked through one by one


def canonical_row(parameters: Mapping[str, Parameter], values: Values) -> dict[str, Value]:
    """Return a row in canonical values; names of no parameter keep what they have.

    >>> from zosimos.core.parameters import Continuous
    >>> canonical_row({"a": Continuous("a", 0, 1, step=0.1)}, {"a": 0.1 + 0.2, "b": "water"})
    {'a': 0.3, 'b': 'water'}
    """
    return {
        name: canonical_value(parameters[name], value) if name in parameters else value
        for name, value in values.items()
    }


def canonical_value(parameter: Parameter, value: Value) -> Value:
    """Return the value that is meant: a level or an end of the range that is near enough, else 15 digits of it.

    Texts, and what is no number, are returned as they are.
    """
    if isinstance(value, str) or parameter.kind == "text" or not is_number(value):
        return value
    if isinstance(value, int):
        exact = value if abs(value) < 2**53 else in_digits(float(value))
        if parameter.count == 0 or parameter.kind == "whole":
            return exact
    if parameter.count == 0:
        return _to_ends(parameter, float(value))
    found = float(canonical_column(parameter, np.array([float(value)]))[0])
    return int(found) if parameter.kind == "whole" and found.is_integer() else found


def canonical_column(parameter: Parameter, column: Array) -> Array:
    """Return ``n`` finite numbers of a parameter as canonical values, each as :func:`canonical_value` does."""
    numbers = all_in_digits(column)
    if parameter.count == 0:
        for end in parameter.bounds or ():
            numbers[numbers == in_digits(end)] = end
        return numbers
    levels, gaps = levels_near(parameter, numbers)
    off = np.minimum(np.abs(levels - numbers), np.abs(levels - column))
    return np.where(off <= LEVEL_TOLERANCE * gaps, levels, numbers)


def _to_ends(parameter: Parameter, number: float) -> float:
    found = in_digits(number)
    return next((float(end) for end in parameter.bounds or () if found == in_digits(end)), found)


def levels_near(parameter: Parameter, numbers: Array) -> tuple[Array, Array]:
    """Return the level nearest to each number, and the way from there to the next level."""
    count = parameter.count
    if parameter.kind == "whole":
        return np.rint(numbers), np.ones(len(numbers))
    if count > _MOST_LEVELS:  # even steps
        low, high = parameter.bounds or (0.0, 1.0)
        inside = np.clip(numbers, low, high)
        levels = np.asarray(parameter.drawn(np.clip(parameter.placed(inside), 0.0, 1.0)), dtype=float)
        return levels, np.full(len(numbers), (high - low) / count)
    levels = np.sort(np.asarray(parameter.drawn((np.arange(count) + 0.5) / count), dtype=float))
    places = np.clip(np.searchsorted(levels, numbers), 1, max(1, count - 1))
    if count == 1:
        return np.full(len(numbers), levels[0]), np.full(len(numbers), max(abs(levels[0]), 1e-300))
    below, above = levels[places - 1], levels[places]
    return np.where(numbers - below <= above - numbers, below, above), above - below
