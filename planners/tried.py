"""What was tried: rows that are not proposed again, worked out of observations as they come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Set

import numpy as np
from numpy.typing import NDArray

from zosimos.core.distance import AS_ASKED, apart
from zosimos.core.parameter import Parameter
from zosimos.core.parameters import Values
from zosimos.core.pool import Pool
from zosimos.core.records import Observation
from zosimos.core.space import SearchSpace, row_key
from zosimos.planners.observed import Observed

_NEVER = np.iinfo(np.int64).max


class Taken(Set[str]):
    """Keys of rows: those that were tried among the first ``n`` observations, and some more.

    Args:
        since: key of a row: the number of observations from which on it was tried; may hold later ones.
        n: how many observations there are.
        more: further keys.

    >>> taken = Taken({"a": 1, "b": 3}, 2, frozenset({"c"}))
    >>> sorted(taken), "b" in taken, sorted(taken.union(["d"]))
    (['a', 'c'], False, ['a', 'c', 'd'])
    """

    def __init__(self, since: Mapping[str, int], n: int, more: frozenset[str] = frozenset()) -> None:
        self._since = since
        self._n = n
        self._more = more

    def __contains__(self, key: object) -> bool:
        return key in self._more or self._since.get(key, self._n + 1) <= self._n  # type: ignore[call-overload]  # anything may be asked for

    def __iter__(self) -> Iterator[str]:
        yield from (key for key, since in list(self._since.items()) if since <= self._n and key not in self._more)
        yield from self._more

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def union(self, *others: Iterable[str]) -> Taken:
        """Return these keys and others, without a copy of what was tried."""
        return Taken(self._since, self._n, self._more.union(*others))

    def __or__(self, other: Iterable[str]) -> Taken:  # type: ignore[override]  # of keys only
        return self.union(other)

    @classmethod
    def _from_iterable(cls, keys: Iterable[str]) -> frozenset[str]:  # type: ignore[override]  # a part of it is a plain set
        return frozenset(keys)


def taken_rows(observed: Observed, space: SearchSpace, more: Iterable[Values]) -> Taken:
    """Return the keys of the rows that were tried, and of more rows.

    Args:
        observed: what was observed.
        space: says which values are the same; its conditions of the day stand in every key in place of the row's own.
        more: rows under way or to be avoided.
    """
    current = space.current
    conditions = tuple(sorted(current.items()))
    means = id(space.parameters) if space.exact else 0  # the fold keeps the space, so that the id stays its own
    keys = observed.fold(("tried", conditions, means), lambda: _TriedKeys(space))
    return Taken(keys.since, len(observed), frozenset(row_key({**space.canonical(row), **current}) for row in more))


def left_rows(observed: Observed, rows: Pool, more: Iterable[Values]) -> NDArray[np.bool_]:
    """Return which rows of a pool were not tried and are not among more rows, shape ``n``."""
    places = observed.fold(("tried in", id(rows)), lambda: _TriedPlaces(rows))
    left = np.asarray(places.since > len(observed))
    for values in more:
        place = rows.find(values)
        if place is not None:
            left[place] = False
    return left


def trained(observed: Observed, quantity: str) -> int:
    """Return how many observations models may learn a quantity from."""
    return bisect_left(observed.fold("trained", _Trained).places.get(quantity, []), len(observed))


def same_row(observed: Observed, values: Values) -> Iterator[Observation]:
    """Yield the observations of experiments that were to run at a row, in order."""
    for place in observed.fold("rows", _Rows).places.get(row_key(values), ()):
        if place < len(observed):
            yield observed[place]


class _Tried(ABC):
    """Says of each row when it was tried: at once, or at its second trial if an instrument's fault ended the first.

    So it is with a row that was asked for and missed: once more it may be aimed at, not for ever, since what misses it
    may always miss it in the same way.
    """

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self._parameters = parameters
        self._tried: set[str] = set()
        self._spared: set[str] = set()

    def take(self, place: int, seen: Observation) -> None:
        fault = seen.failed and seen.cause == "fault"
        self._take(place, seen.values, spare=fault)
        if seen.asked:
            missed = apart(self._parameters, seen.asked, seen.values) > AS_ASKED
            self._take(place, seen.asked, spare=fault or missed)

    def _take(self, place: int, values: Values, *, spare: bool) -> None:
        key = row_key(values)
        if key in self._tried:
            return
        if spare and key not in self._spared:
            self._spared.add(key)
            return
        self._tried.add(key)
        self.mark(place + 1, key, values)

    @abstractmethod
    def mark(self, since: int, key: str, values: Values) -> None:
        """Take note that a row counts as tried from so many observations on."""


class _TriedKeys(_Tried):
    def __init__(self, space: SearchSpace) -> None:
        super().__init__(space.by_name)
        self._space = space
        self.since: dict[str, int] = {}

    def mark(self, since: int, key: str, values: Values) -> None:
        if self._space.current or self._space.exact:
            key = row_key({**self._space.canonical(values), **self._space.current})
        self.since.setdefault(key, since)


class _TriedPlaces(_Tried):
    def __init__(self, rows: Pool) -> None:
        super().__init__({parameter.name: parameter for parameter in rows.parameters})
        self._rows = rows  # kept, so that its id stays its own
        self.since = np.full(len(rows), _NEVER, dtype=np.int64)

    def mark(self, since: int, key: str, values: Values) -> None:  # noqa: ARG002 - places need no keys
        place = self._rows.find(values)
        if place is not None:
            self.since[place] = min(since, self.since[place])


class _Rows:
    """The places of the observations of each row that was to be run, by its key."""

    def __init__(self) -> None:
        self.places: dict[str, list[int]] = {}

    def take(self, place: int, seen: Observation) -> None:
        self.places.setdefault(row_key(seen.asked_at), []).append(place)


class _Trained:
    """The places of the observations that each quantity can be learned from."""

    def __init__(self) -> None:
        self.places: dict[str, list[int]] = {}

    def take(self, place: int, seen: Observation) -> None:
        if not seen.failed:
            for name, measurement in seen.measurements.items():
                if measurement.trains:
                    self.places.setdefault(name, []).append(place)
