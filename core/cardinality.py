"""Cardinality: how many of some parts are present, as in "at most five of these fifty precursors"."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.core.errors import SpecError
from zosimos.core.expression import ColumnArray

_RELATIVE_TOLERANCE = 1e-9  # of a minimum amount: room for rounding
_NAMED = 6  # parts that the text lists


@dataclass(frozen=True)
class Cardinality:
    """``at_least`` to ``at_most`` of the parts are above 0, each of these with its ``minimum`` or more; none below 0.

    Args:
        parts: the parameters that are counted.
        at_least: the fewest.
        at_most: the most; None: all of them.
        minimum: the least amount of a part that is present, one for all or for some by name (0: any above 0).
    """

    parts: tuple[str, ...]
    at_least: int = 0
    at_most: int | None = None
    minimum: float | Mapping[str, float] = 0.0

    def __post_init__(self) -> None:
        if not self.parts or len(set(self.parts)) != len(self.parts):
            raise SpecError("a cardinality needs different parts", field="constraints", value=list(self.parts))
        if not 0 <= self.at_least <= self.most <= len(self.parts):
            raise SpecError(
                f"of {len(self.parts)} parts, {self.at_least} to {self.most} cannot be present",
                field="constraints",
                value=f"at_least {self.at_least}, at_most {self.most}",
                allowed=f"0 <= at_least <= at_most <= {len(self.parts)}",
            )
        named = self.minimum if isinstance(self.minimum, Mapping) else dict.fromkeys(self.parts, self.minimum)
        for name, least in named.items():
            if name not in self.parts or not (math.isfinite(least) and least >= 0):
                raise SpecError(
                    f"the minimum amount of {name!r} is no number of 0 or more, or it is not among the parts",
                    field="constraints",
                    value=least,
                    allowed=f"0 or more, for {', '.join(self.parts)}",
                )

    @property
    def most(self) -> int:
        """The most parts that may be present."""
        return len(self.parts) if self.at_most is None else self.at_most

    @property
    def names(self) -> frozenset[str]:
        """The parameters it speaks of."""
        return frozenset(self.parts)

    def least(self, name: str) -> float:
        """Return the least amount of a part that is present."""
        return self.minimum.get(name, 0.0) if isinstance(self.minimum, Mapping) else self.minimum

    def holds(self, columns: Mapping[str, ColumnArray]) -> NDArray[np.bool_]:
        """Return, for each row of the columns, whether the constraint holds."""
        amounts = np.array([columns[name].astype(float) for name in self.parts])
        least = np.array([self.least(name) for name in self.parts])[:, None]
        present = amounts != 0
        enough = ~present | ((amounts > 0) & (amounts >= least * (1 - _RELATIVE_TOLERANCE)))
        counts = present.sum(axis=0)
        return np.asarray(enough.all(axis=0) & (counts >= self.at_least) & (counts <= self.most), dtype=bool)

    def __str__(self) -> str:
        """Return the constraint as a person would write it."""
        more = f", ... ({len(self.parts)} parts)" if len(self.parts) > _NAMED else ""
        amounts = ", with minimum amounts" if any(self.least(name) > 0 for name in self.parts) else ""
        return f"{self.at_least} to {self.most} of {', '.join(self.parts[:_NAMED])}{more} present{amounts}"
