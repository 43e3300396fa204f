"""Long lists in words: the first few names, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence


def and_more(names: Sequence[str], most: int) -> str:
    """Return names with commas between, at most so many of them.

    >>> and_more(["e0001", "e0002", "e0003"], 2), and_more(["e0001"], 2)
    ('e0001, e0002 and 1 more', 'e0001')
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
