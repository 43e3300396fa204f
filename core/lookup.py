"""Finding rows in columns: which rows are the same, and where a given one is, in bounded memory.

Each row gets a 64-bit hash (SplitMix64, Steele et al. 2014, "Fast splittable pseudorandom number generators", chained
over the columns). Hashes only narrow the search: rows count as the same where every cell is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from zosimos.core.columns import Bits, Column
from zosimos.core.values import Values

Places = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


def scrambled(numbers: Bits) -> Bits:
    """Return SplitMix64's output function of each number: every bit of it depends on every bit of the number."""
    for shift, factor in _MIX:
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    return numbers ^ (numbers >> np.uint64(31))


def hashed(bits: Sequence[Bits]) -> Bits:
    """Return a hash for each row of one or more columns of bits."""
    total = np.zeros(len(bits[0]), dtype=np.uint64)
    for column in bits:
        total = scrambled(total * _GOLDEN + column + _GOLDEN)
    return total


@dataclass(frozen=True, eq=False)
class Lookup:
    """The rows of columns, by what they hold."""

    columns: Mapping[str, Column]

    @cached_property
    def _hashes(self) -> Bits:
        bits = [column.bits for column in self.columns.values()]
        return hashed(bits) if bits else np.empty(0, dtype=np.uint64)

    @cached_property
    def _order(self) -> Places:
        """Rows by hash, equal rows side by side in their own order."""
        order = np.argsort(self._hashes, kind="stable")
        ranked = self._hashes[order]
        if (~self._like_next(order))[ranked[1:] == ranked[:-1]].any():  # different rows share a hash
            bits = [column.bits for column in self.columns.values()]
            order = np.lexsort((*bits, self._hashes))
        return order

    @cached_property
    def _sorted(self) -> Bits:
        return self._hashes[self._order]

    def _like_next(self, order: Places) -> NDArray[np.bool_]:
        """Return, for each but the last of ordered rows, whether the next one holds the same."""
        same = np.ones(max(0, len(order) - 1), dtype=bool)
        for column in self.columns.values():
            bits = column.bits[order]
            same &= bits[1:] == bits[:-1]
        return same

    @cached_property
    def _starts(self) -> NDArray[np.bool_]:
        """For each of the ordered rows, whether it is the first of its kind."""
        return np.concatenate([np.ones(min(1, len(self._order)), dtype=bool), ~self._like_next(self._order)])

    @cached_property
    def firsts(self) -> Places:
        """The rows that are the first of their kind, in order."""
        return np.sort(self._order[self._starts])

    @cached_property
    def groups(self) -> Places:
        """For each row, which of ``firsts`` it is the same as."""
        found = np.empty(len(self._order), dtype=np.int64)
        rank = np.empty(len(self._order), dtype=np.int64)
        rank[self.firsts] = np.arange(len(self.firsts))
        leaders = self._order[self._starts]
        found[self._order] = rank[leaders][np.cumsum(self._starts) - 1]
        return found

    def find(self, values: Values) -> int | None:
        """Return the first row that holds these values (names that are no column are passed over), or None."""
        wanted: list[Bits] = []
        for name, column in self.columns.items():
            bits = column.bits_of(values.get(name))
            if bits is None:
                return None
            wanted.append(bits)
        if not wanted:
            return None
        start, end = (int(np.searchsorted(self._sorted, hashed(wanted), side)[0]) for side in ("left", "right"))
        for row in self._order[start:end].tolist():
            cells = (column.take(slice(row, row + 1)).bits for column in self.columns.values())
            if all(cell[0] == bits[0] for cell, bits in zip(cells, wanted, strict=True)):
                return int(row)
        return None
