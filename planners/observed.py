"""Observations in the order in which they came, and what is kept of them from one decision to the next.

Every decision rests on the first so many of a campaign's observations. What follows from these (which rows were tried,
how many results can be learned from, how far predictions were off) is worked out step by step, each observation looked
at once: a decision costs what is new, not what there is. It stays a pure function of the observations: whoever has no
:class:`Kept` from before works it out from the first one, and finds the same.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, Protocol, Self, TypeVar, overload

from zosimos.core.records import Observation

_MOST = 16  # folds kept at a time: those asked for last


class Fold(Protocol):
    """Something worked out of observations, one after the other."""

    def take(self, place: int, seen: Observation) -> None:
        """Take in the next observation, whose place is counted from 0."""
        ...


F = TypeVar("F", bound=Fold)
T = TypeVar("T")


class Kept:
    """Folds over one growing list of observations.

    Args:
        observations: the list; others may append to it.
    """

    def __init__(self, observations: Sequence[Observation]) -> None:
        self.observations = observations
        self._folds: dict[Hashable, tuple[Any, int]] = {}
        self._beside: dict[Hashable, Any] = {}
        self._lock = threading.Lock()  # a decision is computed beside the loop, which asks too

    def fold(self, key: Hashable, make: Callable[[], F], n: int, *, exact: bool = False) -> F:
        """Return what was worked out of at least the first ``n`` observations.

        Args:
            key: which fold.
            make: makes a new one.
            n: how many observations it must know.
            exact: whether it must know no more than these.
        """
        with self._lock:
            fold, known = self._folds.pop(key, (None, 0))
            if fold is None or (exact and known > n):
                fold, known = make(), 0
            for place, seen in enumerate(self.observations[known:n] if known < n else (), start=known):
                fold.take(place, seen)
            self._folds[key] = fold, max(known, n)
            while len(self._folds) > _MOST:
                self._folds.pop(next(iter(self._folds)))
        return fold  # type: ignore[no-any-return]  # the key says which class it is

    def beside(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept beside the observations, which are not read for it."""
        with self._lock:
            kept = self._beside[key] = self._beside.pop(key, None) or make()
            while len(self._beside) > _MOST:
                self._beside.pop(next(iter(self._beside)))
        return kept


class Observed(Sequence[Observation]):
    """The first ``n`` of a campaign's observations: a sequence that copies nothing.

    >>> seen = Observed.over([Observation("e0001", {"x": 1.0}), Observation("e0002", {"x": 2.0})])
    >>> len(seen), seen[-1].experiment, seen == tuple(seen)
    (2, 'e0002', True)
    """

    __slots__ = ("_kept", "_n")

    def __init__(self, kept: Kept, n: int) -> None:
        self._kept = kept
        self._n = n

    @classmethod
    def over(cls, observations: Sequence[Observation]) -> Self:
        """Return observations as such a sequence; one that is one already knows what it knew."""
        return observations if isinstance(observations, cls) else cls(Kept(observations), len(observations))

    def fold(self, key: Hashable, make: Callable[[], F], *, exact: bool = False) -> F:
        """Return what was worked out of these observations, and of later ones too unless ``exact``."""
        return self._kept.fold(key, make, self._n, exact=exact)

    def beside(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept beside these observations and does not depend on them."""
        return self._kept.beside(key, make)

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, index: int) -> Observation: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Observation, ...]: ...

    def __getitem__(self, index: int | slice) -> Observation | tuple[Observation, ...]:
        places = range(self._n)[index]
        if isinstance(places, int):
            return self._kept.observations[places]
        if places.step == 1:
            return tuple(self._kept.observations[places.start : places.stop])
        return tuple(self._kept.observations[place] for place in places)

    def __iter__(self) -> Iterator[Observation]:
        return itertools.islice(iter(self._kept.observations), self._n)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(mine == its for mine, its in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # what was observed holds mappings

    def __add__(self, other: Sequence[Observation]) -> tuple[Observation, ...]:
        return (*self, *other)

    def __radd__(self, other: Sequence[Observation]) -> tuple[Observation, ...]:
        return (*other, *self)

    def __repr__(self) -> str:
        return f"Observed({list(self)!r})"
