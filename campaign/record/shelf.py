"""The shelf: what of a state is stored in pages already, so that the next snapshot writes only what is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

REFS = 1024
"""Observations on a page of their own: each is no more than the place of its experiment, and why it failed."""
KEYS = 4096
"""Observations whose rows' keys stand on one page."""


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
        keys_on: gives the keys on a page, counted from 0; None: all observations are in memory.
        lost: says whether a page was not what was written; what the pages hold is then taken from the events.
    """

    seq: int = 0
    maps: dict[str, list[str]] = field(default_factory=dict)
    beside: dict[str, list[str]] = field(default_factory=dict)
    refs: list[str] = field(default_factory=list)
    last_refs: list[Any] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    last_keys: str = ""
    keys_on: Callable[[int], str] | None = None
    lost: Callable[[], bool] = lambda: False

    @property
    def observed(self) -> int:
        """How many observations the last snapshot holds."""
        return len(self.refs) * REFS + len(self.last_refs)

    @property
    def pages(self) -> set[str]:
        """The names of all pages."""
        return {*self.refs, *self.keys}.union(*self.maps.values())
