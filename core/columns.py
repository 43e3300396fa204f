"""Columns of a table: numbers, or names as codes. A million cells are a few megabytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.core.values import Value

Bits: TypeAlias = NDArray[np.uint64]
Rows: TypeAlias = NDArray[np.int64] | slice


@dataclass(frozen=True, eq=False)
class Numbers:
    """``n`` finite numbers; ``whole`` says that a whole one is handed out as an int."""

    values: NDArray[np.float64]
    whole: bool = False

    def __len__(self) -> int:
        return len(self.values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Numbers) and bool(np.array_equal(self.values, other.values))

    __hash__ = None  # type: ignore[assignment]  # a column compares by its cells

    def array(self, rows: Rows) -> NDArray[Any]:
        """Return cells as an array."""
        return self.values[rows]

    def listed(self, rows: Rows) -> list[Value]:
        """Return cells as values."""
        cells: list[float] = self.values[rows].tolist()
        return [int(x) if x.is_integer() else x for x in cells] if self.whole else list(cells)

    def take(self, rows: Rows) -> Self:
        """Return a column of these rows."""
        return type(self)(self.values[rows], self.whole)

    @property
    def bits(self) -> Bits:
        """A whole number for each cell, the same exactly where cells are equal."""
        return (self.values + 0.0).view(np.uint64)  # the sum makes a negative zero a zero

    def bits_of(self, value: object) -> Bits | None:
        """Return the number of a value, or None if it can be in no cell."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        try:
            return type(self)(np.array([float(value)])).bits
        except OverflowError:
            return None


@dataclass(frozen=True, eq=False)
class Texts:
    """``n`` names, as codes into the different ones."""

    codes: NDArray[np.int32]
    choices: tuple[str, ...]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Return a column of names."""
        places: dict[str, int] = {}
        codes = np.fromiter((places.setdefault(text, len(places)) for text in texts), np.int32, len(texts))
        return cls(codes, tuple(places))

    def __len__(self) -> int:
        return len(self.codes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Texts) or len(self) != len(other):
            return False
        known = np.array([other.places.get(text, -1) for text in self.choices], dtype=np.int32)
        return bool(np.array_equal(known[self.codes], other.codes))

    __hash__ = None  # type: ignore[assignment]  # a column compares by its cells

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Each name's code."""
        return {text: code for code, text in enumerate(self.choices)}

    @cached_property
    def _names(self) -> NDArray[Any]:
        return np.array(self.choices, dtype=object)

    def array(self, rows: Rows) -> NDArray[Any]:
        """Return cells as an array of objects."""
        return np.asarray(self._names[self.codes[rows]])

    def listed(self, rows: Rows) -> list[Value]:
        """Return cells as values."""
        return [self.choices[code] for code in self.codes[rows].tolist()]

    def take(self, rows: Rows) -> Self:
        """Return a column of these rows."""
        return type(self)(self.codes[rows], self.choices)

    @property
    def bits(self) -> Bits:
        """A whole number for each cell, the same exactly where cells are equal."""
        return self.codes.astype(np.uint64)

    def bits_of(self, value: object) -> Bits | None:
        """Return the number of a value, or None if it can be in no cell."""
        code = self.places.get(value) if isinstance(value, str) else None
        return None if code is None else np.array([code], dtype=np.uint64)


Column: TypeAlias = Numbers | Texts
