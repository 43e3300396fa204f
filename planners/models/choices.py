"""How models see choices: by name, where any two are equally far apart, and by what is known of each besides.

Descriptors say how alike choices are, where they say anything of what is measured; names always tell choices apart.
Neither serves all tables, so there are members that see names alone, and one that sees both and adds up effects
(:mod:`zosimos.surrogates.committee.effects`). The committee weighs them by what they predict.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from zosimos.core.parameter import Parameter, levels_of
from zosimos.surrogates.committee.member import Kind
from zosimos.surrogates.committee.view import View, blocks, squared

Array = NDArray[np.float64]

_MOST = 64  # described choices that go by name too: of more, hardly one is measured twice
_SAME = 1e-9  # squared distance up to which columns are those of a choice


def has_choices(parameters: Sequence[Parameter]) -> bool:
    """Say whether some parameter's values are names."""
    return any(parameter.kind == "text" for parameter in parameters)


def kinds_of_choices(parameters: Sequence[Parameter], places: Callable[[Array], Array] | None) -> tuple[Kind, ...]:
    """Return the kinds of members for a space with choices.

    Args:
        parameters: whose model columns members are given.
        places: the scale of a pool, over these columns; None: there is no pool.
    """
    named = Named.of(parameters)
    kinds = kinds_by_name(named)
    if places is None or all(parameter.columns != "numeric" for parameter in parameters):
        return kinds
    return (*kinds, Kind(View("place", named.groups, lambda columns: named(places(columns))), "matern-5/2"))


def kinds_by_name(named: Named) -> tuple[Kind, ...]:
    """Return the kinds that see choices by name, and one that sees what is known of them besides.

    That one adds up effects where there are choices of several things, which are what it is for.
    """
    by_range = View("range", named.groups, named)
    kinds = Kind(by_range, "matern-5/2"), Kind(by_range, "exponential")
    several = named.choices > 1
    if not several and all(table is None for table in named.tables):
        return kinds
    return (*kinds, Kind(_with_descriptors(named), "matern-5/2", effects=several))


@dataclass(frozen=True)
class Named:
    """A scale: model columns with a one-hot code in place of the descriptors of each choice.

    Args:
        blocks: of the model columns, one for each parameter that is not numeric, and for each numeric column.
        tables: by block, the columns of its choices, ``c x w``; None where the block stays as it is.
        choices: number of parameters that have choices.
    """

    blocks: tuple[tuple[int, ...], ...]
    tables: tuple[Array | None, ...]
    choices: int

    @classmethod
    def of(cls, parameters: Sequence[Parameter]) -> Self:
        """Return the scale of parameters, in their order."""
        widths: list[int] = []
        tables: list[Array | None] = []
        for parameter in parameters:
            singles = parameter.columns == "numeric"
            widths += [1] * parameter.width if singles else [parameter.width]
            tables += [None] * parameter.width if singles else [_table(parameter)]
        return cls(blocks(widths), tuple(tables), sum(parameter.kind == "text" for parameter in parameters))

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The groups of the columns that this gives."""
        pairs = zip(self.blocks, self.tables, strict=True)
        return blocks([len(block) if table is None else len(table) for block, table in pairs])

    def __call__(self, columns: Array) -> Array:
        """Return ``n x d`` model columns with names in place of descriptors; what is no choice is like none."""
        if all(table is None for table in self.tables):
            return columns
        pairs = zip(self.blocks, self.tables, strict=True)
        return np.hstack([columns[:, b] if table is None else _codes(columns[:, b], table) for b, table in pairs])


def _with_descriptors(named: Named) -> View:
    """Return the view by name, with the descriptors of choices as groups of their own."""
    described = [block for block, table in zip(named.blocks, named.tables, strict=True) if table is not None]
    if not described:
        return View("range", named.groups, named)
    columns, first = [column for block in described for column in block], sum(map(len, named.groups))
    more = tuple(tuple(first + column for column in block) for block in blocks([len(block) for block in described]))
    return View("range and descriptors", (*named.groups, *more), lambda X: np.hstack([named(X), X[:, columns]]))


def _table(parameter: Parameter) -> Array | None:
    """Return the columns of a parameter's choices that are described, ``c x w``."""
    if parameter.kind != "text" or parameter.columns != "descriptors" or parameter.count > _MOST:
        return None
    return parameter.encoded(np.array(levels_of(parameter), dtype=object))


def _codes(columns: Array, table: Array) -> Array:
    """Return the one-hot codes of ``n x w`` columns among ``c`` choices, ``n x c``."""
    apart = squared(columns, table)
    nearest = apart.argmin(axis=1)
    codes = np.zeros(apart.shape)
    near = np.flatnonzero(apart[np.arange(len(columns)), nearest] <= _SAME)
    codes[near, nearest[near]] = 1.0
    return codes
