"""Terms: the building blocks of a formula, as functions of raw parameter values, each with its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeAlias

import numpy as np

from zosimos.surrogates.explanation.design import Array, Design, DesignColumn

Shape: TypeAlias = Literal["x", "x^2", "log(x)", "1/x", "exp(-e/x)", "is"]

_ZERO_DEGC_K = 273.15
_KELVIN = {"K": 0.0, "kelvin": 0.0, "degC": _ZERO_DEGC_K, "celsius": _ZERO_DEGC_K}  # unit: what makes it kelvin
_STRETCH = 1.5  # highest over lowest value from which a logarithm differs from a line
_STEEP = 100.0  # the same, from which a reciprocal is all about the few lowest values
_SAME = 1 - 1e-9  # correlation from which two terms are one
_BARRIERS_K = (500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)  # activation energy over the gas constant


@dataclass(frozen=True)
class Factor:
    """A function of one column: ``parameter`` is the choice of ``is``, or the barrier (kelvin) of an exponential."""

    index: int
    column: DesignColumn
    shape: Shape
    parameter: float = 0.0

    def __call__(self, rows: Array) -> Array:
        """Return its values at ``n x d`` raw values, shape ``n``."""
        x: Array = rows[:, self.index]
        match self.shape:
            case "x":
                return x
            case "x^2":
                return np.asarray(x**2, dtype=float)
            case "log(x)":
                return np.asarray(np.log(x), dtype=float)
            case "1/x":
                return np.asarray(1.0 / x, dtype=float)
            case "exp(-e/x)":
                return np.asarray(np.exp(-self.parameter / (x + _KELVIN[self.column.unit])), dtype=float)
            case "is":
                return np.asarray(x == self.parameter, dtype=float)

    def __str__(self) -> str:
        """Return it as it stands in a formula."""
        name = self.column.name
        match self.shape:
            case "is":
                return f"[{name} is {self.column.choices[int(self.parameter)]}]"
            case "exp(-e/x)":
                shift = _KELVIN[self.column.unit]
                return f"exp(-{self.parameter:g}/{f'({name} + {shift:g})' if shift else name})"
            case _:
                return self.shape.replace("x", name, 1)


Term: TypeAlias = tuple[Factor, ...]
"""A product of one or two factors."""


def text(term: Term) -> str:
    """Return a term as it stands in a formula."""
    return "*".join(map(str, term))


def evaluate(terms: Sequence[Term], rows: Array) -> Array:
    """Return the values of ``p`` terms at ``n x d`` raw values, shape ``n x p``."""
    made = np.ones((len(rows), len(terms)))
    for place, term in enumerate(terms):
        for factor in term:
            made[:, place] *= factor(rows)
    return made


def library(design: Design, *, rates: bool = False) -> tuple[Term, ...]:
    """Return the terms that a formula over these rows may use, simple ones first, no two of them the same there.

    Numbers: ``x``, ``x^2``, and ``log(x)`` and ``1/x`` where all are positive and reach far enough (for the latter, not
    too far); products of two numbers; each choice (1 if it is taken, else 0) and its product with each number. With
    ``rates`` also Arrhenius factors ``exp(-e/T)`` of temperatures.
    """
    singles: list[Term] = []
    lines: list[Factor] = []
    choices: list[Factor] = []
    for index, column in enumerate(design.columns):
        x = design.rows[:, index]
        if column.choices:
            choices += [Factor(index, column, "is", float(code)) for code in np.unique(x)]
            continue
        lines.append(Factor(index, column, "x"))
        shapes: list[Shape] = ["x", "x^2"]
        if len(x) and x.min() > 0 and x.max() >= _STRETCH * x.min():
            shapes += ["log(x)", "1/x"] if x.max() <= _STEEP * x.min() else ["log(x)"]
        singles += [(Factor(index, column, shape),) for shape in shapes]
        if rates and column.unit in _KELVIN and len(x) and x.min() + _KELVIN[column.unit] > 0:
            singles += [(Factor(index, column, "exp(-e/x)", barrier),) for barrier in _BARRIERS_K]
    products: list[Term] = list(combinations(lines, 2))
    products += [(choice, line) for choice in choices for line in lines]
    return _different([*singles, *((choice,) for choice in choices), *products], design.rows)


def _different(terms: Sequence[Term], rows: Array) -> tuple[Term, ...]:
    """Leave out terms that are constant in the rows, or a multiple (and a shift) of one before."""
    values = evaluate(terms, rows)
    centred = values - values.mean(axis=0)
    size = np.linalg.norm(centred, axis=0)
    kept: list[int] = []
    for place in range(len(terms)):
        if size[place] <= 1e-9 * max(np.abs(values[:, place]).max(), 1e-300) * len(rows) ** 0.5:
            continue
        alike = np.abs(centred[:, kept].T @ centred[:, place]) / (size[kept] * size[place])
        if not (alike > _SAME).any():
            kept.append(place)
    return tuple(terms[place] for place in kept)
