"""The shelf: what of a state is stored in pages already, so that the next snapshot writes only what is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from zosimos.campaign.record.snapshot import sizes
from zosimos.core.ids import local_id


@dataclass
class Shelf:
    """The names of the pages that hold the beginning of a state's long parts.

    Args:
        seq: the event up to which the last snapshot goes; 0: there is none.
        maps: by field of the state, the pages of its items.
        beside: by field of the state, the names of items that changed since their page was written.
        refs: pages of observations.
        last_refs: the observations after those.
        keys: pages of the keys of rows that were observed.
        last_keys: the keys after those.
        texts: what stands on pages of keys, by their names, as far as it is in memory.
        keys_on: gives what stands on the others; None: it is not there.
        lost: says whether a page was not what was written; what the pages hold is then taken from the events.
    """

    seq: int = 0
    maps: dict[str, list[str]] = field(default_factory=dict)
    beside: dict[str, list[str]] = field(default_factory=dict)
    refs: list[str] = field(default_factory=list)
    last_refs: list[Any] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    last_keys: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    keys_on: Callable[[str], str | None] = dict[str, str]().get
    lost: Callable[[], bool] = bool

    @property
    def observed(self) -> int:
        """How many observations the last snapshot holds."""
        return len(self.refs) * sizes.REFS + len(self.last_refs)

    @property
    def pages(self) -> set[str]:
        """The names of all pages."""
        return {*self.refs, *self.keys}.union(*self.maps.values())


def numbered(place: int) -> str:
    """Return the id of the experiment at a place; most campaigns name all of theirs so.

    >>> numbered(0), place_of("e0001"), place_of("e1")
    ('e0001', 0, None)
    """
    return local_id("experiment", place + 1)


def place_of(name: str) -> int | None:
    """Return the place of an experiment, which its id tells; None for any other name."""
    number = int(name[1:]) if name[1:].isdecimal() and name.isascii() else 0
    return number - 1 if number >= 1 and local_id("experiment", number) == name else None
