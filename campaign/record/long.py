"""Long mappings and lists of a state: of what a snapshot holds, only what somebody looks at is read.

A campaign may have a million events, and most commands look at its end. So experiments, questions to people and
observations may be *stored*: they are read from pages (:mod:`zosimos.campaign.record.snapshot.shelf`) when somebody
asks for one or goes over all of them. Nobody sees a difference, but in time and memory. Without a snapshot nothing is
stored, and these are a mapping and a list like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence, ValuesView
from typing import Any, Protocol, Self, TypeVar, overload

from zosimos.campaign.record.snapshot import sizes

_PAGES = 8  # kept while items are passed by: more than there are lengths of experiments' numbers

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Stored(Protocol[T_co]):
    """Where the first items of a mapping are stored: their names in order, and their pages."""

    def __len__(self) -> int:
        """Return how many there are, a whole number of pages."""
        ...

    def name(self, place: int) -> str:
        """Return the name of the item at a place."""
        ...

    def place(self, name: str) -> int | None:
        """Return the place of the item of that name, or None if it is not stored."""
        ...

    def read(self, page: int) -> Sequence[T_co]:
        """Return the items of a page, counted from 0."""
        ...


class LongMap(MutableMapping[str, T]):
    """Items by name in the order in which they came; the first of them may be stored.

    Args:
        own: items that are not stored, or are not any more what is stored of them.
        stored: where the first are.

    >>> found = LongMap({"e0001": "first"})
    >>> found["e0002"] = "second"
    >>> list(found), len(found), list(found.values_from(1))
    (['e0001', 'e0002'], 2, ['second'])
    """

    def __init__(self, own: Mapping[str, T] | None = None, stored: Stored[T] | None = None) -> None:
        self._own: dict[str, T] = dict(own or {})
        self._stored = stored
        self._names = [name for name in self._own if stored is None or stored.place(name) is None]
        self.touched: set[str] = set()
        """Names of items that somebody got by name: only these may have changed."""

    @property
    def _base(self) -> int:
        return 0 if self._stored is None else len(self._stored)

    @property
    def own(self) -> Mapping[str, T]:
        """The items in memory, in no particular order."""
        return self._own

    def name(self, place: int) -> str:
        """Return the name of the item at a place."""
        if self._stored is not None and place < len(self._stored):
            return self._stored.name(place)
        return self._names[place - self._base]

    def __len__(self) -> int:
        return self._base + len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._own or (self._place(name) is not None)

    def _place(self, name: object) -> int | None:
        return self._stored.place(name) if self._stored is not None and isinstance(name, str) else None

    def __getitem__(self, name: str) -> T:
        if name not in self._own:
            place = self._place(name)
            if place is None:
                raise KeyError(name)
            self._read(place // sizes.PAGE)
        self.touched.add(name)
        return self._own[name]

    def __setitem__(self, name: str, item: T) -> None:
        if name not in self:
            self._names.append(name)
        self._own[name] = item
        self.touched.add(name)

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"{name} is on record: nothing is taken out")

    def __iter__(self) -> Iterator[str]:
        if self._stored is None:
            return iter(self._names)
        return (self.name(place) for place in range(len(self)))

    def values(self) -> _Values[T]:
        """Return the items in order, to be gone over from either end."""
        return _Values(self)

    def values_from(self, place: int) -> Iterator[T]:
        """Yield the items from a place on."""
        if self._stored is None and not place:
            yield from self._own.values()
            return
        for after in range(place, len(self)):
            yield self.at(after)

    def passing(self, places: Iterable[int] | None = None) -> Iterator[T]:
        """Yield items to be looked at once: of what is read for it, only the last few pages are kept meanwhile.

        Args:
            places: where they are, best in few runs of places that rise; None: all, in order.
        """
        pages: dict[int, Sequence[T]] = {}
        for place in range(len(self)) if places is None else places:
            name = self.name(place)
            if name in self._own:
                yield self._own[name]
                continue
            assert self._stored is not None, "only what is stored is not in memory"
            page, at = divmod(place, sizes.PAGE)
            if page not in pages:
                if len(pages) == _PAGES:
                    del pages[next(iter(pages))]
                pages[page] = self._stored.read(page)
            yield pages[page][at]

    def at(self, place: int) -> T:
        """Return the item at a place, to be looked at."""
        name = self.name(place)
        if name not in self._own:
            self._read(place // sizes.PAGE)
        return self._own[name]

    def _read(self, page: int) -> None:
        assert self._stored is not None, "only what is stored is not in memory"
        for place, item in enumerate(self._stored.read(page), start=page * sizes.PAGE):
            self._own.setdefault(self._stored.name(place), item)

    def complete(self) -> None:
        """Read all that is stored into memory."""
        for page in range(self._base // sizes.PAGE):
            self._read(page)

    def become(self, other: LongMap[T]) -> None:
        """Hold what another one holds."""
        self.__dict__.update(other.__dict__)

    def copied(self, each: Callable[[T], T]) -> Self:
        """Return a mapping of its own with a copy of each item."""
        return type(self)({name: each(item) for name, item in zip(self, self.values(), strict=True)})

    def __repr__(self) -> str:
        return f"LongMap({dict(self.items())})"


class _Values(ValuesView[T]):
    """The items of a mapping in order; those at the end are read first where one goes backwards."""

    _mapping: LongMap[T]

    def __iter__(self) -> Iterator[T]:
        return self._mapping.values_from(0)

    def __reversed__(self) -> Iterator[T]:
        for place in reversed(range(len(self._mapping))):
            yield self._mapping.at(place)


class Status(Protocol):
    """What may be open: it has a status."""

    @property
    def status(self) -> str:
        """``open``, or what became of it."""
        ...


S = TypeVar("S", bound=Status)


class AskedMap(LongMap[S]):
    """Questions by token; those that are open are known without going over the others."""

    def __init__(self, own: Mapping[str, S] | None = None, stored: Stored[S] | None = None) -> None:
        super().__init__(own, stored)
        self._open = dict.fromkeys(name for name, item in self._own.items() if item.status == "open")

    def __setitem__(self, name: str, item: S) -> None:
        super().__setitem__(name, item)
        self._open[name] = None

    def open(self) -> list[S]:
        """Return those that nobody answered yet, in order."""
        self._open = {name: None for name in self._open if self._own[name].status == "open"}
        return [self._own[name] for name in self._open]


class LongList(Sequence[T]):
    """A list that only grows; the first of its items may be stored.

    Args:
        own: items after those that are stored.
        stored: how many are.
        read: gives the stored item at a place.

    >>> found = LongList(["c"], 2, "ab".__getitem__)
    >>> found.append("d")
    >>> found[-1], found[0], len(found), found[1:3], found == ["a", "b", "c", "d"]
    ('d', 'a', 4, ['b', 'c'], True)
    """

    def __init__(self, own: Iterable[T] = (), stored: int = 0, read: Callable[[int], T] | None = None) -> None:
        self._own = list(own)
        self._base = stored
        self._read = read

    def __len__(self) -> int:
        return self._base + len(self._own)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        if isinstance(place, slice):
            wanted = range(len(self))[place]
            if self._base and len(wanted) > self._base // 2:
                self.complete()
            return [self[at] for at in wanted] if self._base else self._own[place]
        at = place + len(self) if place < 0 else place
        if not 0 <= at < len(self):
            raise IndexError(place)
        if at >= self._base or self._read is None:
            return self._own[at - self._base]
        return self._read(at)

    def complete(self) -> None:
        """Read all that is stored into memory."""
        if self._read is not None:
            self._own[:0] = [self._read(at) for at in range(self._base)]
            self._base, self._read = 0, None

    def __iter__(self) -> Iterator[T]:
        self.complete()
        return iter(self._own)

    def __reversed__(self) -> Iterator[T]:
        for at in reversed(range(len(self))):
            yield self[at]

    def since(self, place: int) -> Iterator[T]:
        """Yield the items from a place on."""
        for at in range(place, len(self)):
            yield self[at]

    def append(self, item: T) -> None:
        """Add an item at the end."""
        self._own.append(item)

    def first(self, count: int) -> Sequence[T]:
        """Return the first items as they are now and stay, without going over them."""
        return _First(self, count)

    def __copy__(self) -> Self:
        return type(self)(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and not isinstance(other, str) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        return f"LongList({list(self)})"


class _First(Sequence[T]):
    """The first items of a list that only grows."""

    def __init__(self, items: LongList[T], count: int) -> None:
        self._items, self._count = items, count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...
    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return self._items[: self._count][place]
        return self._items[range(self._count)[place]]

    def __iter__(self) -> Iterator[T]:
        return iter(self._items[: self._count])

    def __reversed__(self) -> Iterator[T]:
        for at in reversed(range(self._count)):
            yield self._items[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and not isinstance(other, str) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as of lists
