"""Constraints as Python writes them where text does not reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from zosimos.faces.python.words import Word


@dataclass(frozen=True, repr=False)
class Simplex(Word):
    """Parts that sum to a total, as the fractions of a mixture do.

    Args:
        of: the parameters that sum to the total.
        total: what they sum to.
        at_least: fewest parts above 0.
        at_most: most parts above 0 (None: all).
        minimum: least amount of a part that is present.

    >>> import zosimos as zo
    >>> zo.Simplex(["polymer", "dopant", "solvent"], at_most=2)
    Simplex(of=('polymer', 'dopant', 'solvent'), at_most=2)
    """

    kind: ClassVar[str] = "simplex"

    of: Sequence[str]
    _: KW_ONLY
    total: float = 1.0
    at_least: int = 0
    at_most: int | None = None
    minimum: float = 0.0

    def __post_init__(self) -> None:
        """Keep the names as they are now."""
        object.__setattr__(self, "of", tuple(self.of))


@dataclass(frozen=True, repr=False)
class Cardinality(Word):
    """How many of some parts are present (above 0).

    Args:
        of: the parameters that are counted.
        at_least: fewest parts above 0.
        at_most: most parts above 0 (None: all).
        minimum: least amount of a part that is present.

    >>> import zosimos as zo
    >>> zo.Cardinality(["Pt", "Ni", "Co", "Fe"], at_most=3)
    Cardinality(of=('Pt', 'Ni', 'Co', 'Fe'), at_most=3)
    """

    kind: ClassVar[str] = "cardinality"

    of: Sequence[str]
    _: KW_ONLY
    at_least: int = 0
    at_most: int | None = None
    minimum: float = 0.0

    def __post_init__(self) -> None:
        """Keep the names as they are now."""
        object.__setattr__(self, "of", tuple(self.of))


@dataclass(frozen=True, repr=False)
class Linear(Word):
    """A bound on a weighted sum of parameters; both bounds the same make an equality.

    Args:
        coefficients: parameter: weight.
        low: least value of the sum.
        high: greatest value of the sum.

    >>> import zosimos as zo
    >>> zo.Linear({"acid": 1, "base": -2}, high=0)
    Linear(coefficients={'acid': 1, 'base': -2}, high=0)
    """

    kind: ClassVar[str] = "linear"
    _as: ClassVar[Mapping[str, str]] = {"low": "min", "high": "max"}

    coefficients: Mapping[str, float]
    _: KW_ONLY
    low: float | None = None
    high: float | None = None
