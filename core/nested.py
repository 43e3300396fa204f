"""Nested parameters: one that only counts where others have certain values, such as a second step's temperature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.expression import ColumnArray
from zosimos.core.values import Value


@dataclass(frozen=True)
class Nested:
    """``name`` is free where each parameter in ``when`` has one of the values listed; elsewhere it is at ``default``.

    So every row has a value for every parameter, and two rows that differ only in what does not count are the same.

    Args:
        name: the nested parameter.
        when: the parameters it depends on, which have choices or levels, and their values under which it counts.
        default: its value where it does not count.
    """

    name: str
    when: Mapping[str, tuple[Value, ...]]
    default: Value

    def __post_init__(self) -> None:
        if not self.when or not all(self.when.values()) or self.name in self.when:
            raise SpecError(
                f"parameter {self.name!r} needs other parameters and the values under which it counts",
                field=f"space.{self.name}.when",
                value={name: list(values) for name, values in self.when.items()},
                allowed="other parameter: [its values]",
            )

    @property
    def names(self) -> frozenset[str]:
        """The parameters it speaks of."""
        return frozenset({self.name, *self.when})

    def active(self, columns: Mapping[str, ColumnArray]) -> NDArray[np.bool_]:
        """Return, for each row of the columns, whether the parameter counts."""
        held = [
            np.isin(columns[parent], np.array(values, dtype=columns[parent].dtype)) for parent, values in self._when
        ]
        return np.asarray(np.logical_and.reduce(held), dtype=bool)

    @property
    def _when(self) -> list[tuple[str, list[Value]]]:
        return [(parent, list(values)) for parent, values in self.when.items()]

    def holds(self, columns: Mapping[str, ColumnArray]) -> NDArray[np.bool_]:
        """Return, for each row of the columns, whether the parameter counts or is at its default."""
        return np.asarray(self.active(columns) | (columns[self.name] == self.default), dtype=bool)

    def settled(self, columns: Mapping[str, ColumnArray]) -> ColumnArray:
        """Return the parameter's column with its default where it does not count."""
        return np.where(self.active(columns), columns[self.name], self.default).astype(columns[self.name].dtype)

    def __str__(self) -> str:
        """Return the constraint as a person would write it."""
        conditions = " and ".join(
            f"{parent} is {' or '.join(f'{v:g}' if isinstance(v, float) else str(v) for v in values)}"
            for parent, values in self.when.items()
        )
        default = self.default if isinstance(self.default, str) else f"{self.default:g}"
        return f"{self.name} = {default} unless {conditions}"


def in_order(nested: Sequence[Nested]) -> tuple[Nested, ...]:
    """Return nested parameters so that each comes after those it depends on.

    Raises:
        SpecError: one is nested twice, depends on itself through others, or would count where its parent does not.
    """
    by_name = {item.name: item for item in nested}
    if len(by_name) < len(nested):
        names = [item.name for item in nested]
        twice = next(name for name in names if names.count(name) > 1)
        raise SpecError(f"parameter {twice!r} is nested twice", field=f"space.{twice}.when", value=twice)
    for item in nested:
        for parent, values in item.when.items():
            if parent in by_name and by_name[parent].default in values:
                raise SpecError(
                    f"parameter {item.name!r} would count where {parent!r} does not: it is at its default there",
                    field=f"space.{item.name}.when",
                    value=by_name[parent].default,
                    allowed=f"values of {parent} other than its default",
                    hint=f"give {parent} another default",
                )
    ordered: dict[str, Nested] = {}
    left = list(nested)
    while left:
        ready = [item for item in left if not (item.when.keys() & {other.name for other in left})]
        if not ready:
            circle = ", ".join(item.name for item in left)
            raise SpecError(f"parameters {circle} depend on each other in a circle", field="space", value=circle)
        ordered |= {item.name: item for item in ready}
        left = [item for item in left if item.name not in ordered]
    return tuple(ordered.values())
