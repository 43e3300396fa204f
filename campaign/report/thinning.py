"""Thinning: which of many points a figure draws, so that nothing that can be seen goes missing.

What matters is drawn before all else: best results, failures, surprises, whatever the figure names. All of it, unless
there is so much of it that single points say nothing any more: one surprise in twenty is five thousand in a campaign of
100,000. Of what is left out each stretch of equal length shows its highest and its lowest, so that the outline of a
cloud of points stays as it is (the min-max decimation of oscilloscopes). The figure says how many it draws; all of them
are in the export.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MOST = 500  # points of a trace that are drawn besides those that matter
"""About as many as a figure is wide in pixels, over two."""
RARE = 250
"""Points of a trace that matter and are all drawn; of more, so many."""


def drawn(count: int, values: Sequence[float] | None = None, first: Iterable[int] = ()) -> list[int]:
    """Return which of ``count`` points to draw, in order: all where they are few.

    Args:
        count: how many there are, in the order in which they are drawn.
        values: what is high or low of each; None: evenly spaced ones stand for the others.
        first: the places of those that matter.

    >>> drawn(3), len(drawn(100_000)) <= MOST + 1, 77 in drawn(100_000, first=[77])
    ([0, 1, 2], True, True)
    """
    if count <= MOST:
        return list(range(count))
    return sorted({0, count - 1, *_some(range(count), values, MOST), *rare(sorted(set(first)), values)})


def rare(places: Sequence[int], values: Sequence[float] | None = None) -> Sequence[int]:
    """Return which of the points that matter to draw, in order: all where they are ``RARE`` at most.

    >>> rare([3, 5]), len(rare(range(100_000)))
    ([3, 5], 250)
    """
    return places if len(places) <= RARE else _some(places, values, RARE)


def _some(places: Sequence[int], values: Sequence[float] | None, most: int) -> list[int]:
    """Return at most so many places: of each stretch the highest and the lowest, or the first."""
    count, chosen = len(places), []
    parts = most // 2 if values is not None else most
    for part in range(parts):
        stretch = places[count * part // parts : count * (part + 1) // parts]
        if values is None:
            chosen.append(stretch[0])
        else:
            chosen += sorted({min(stretch, key=values.__getitem__), max(stretch, key=values.__getitem__)})
    return chosen


def said(what: str, shown: int, total: int, first: str, *, most: int = 0) -> str:
    """Return what a figure that was thinned says of it; empty where all is drawn.

    Args:
        what: the points.
        shown: how many are drawn.
        total: of how many.
        first: in words, those that matter.
        most: how many of these there are, of the kind of which there are most.

    >>> said("results", 500, 3500, "every best one")
    '500 of 3500 results are drawn: every best one, and of the others those that give the outline. The export has all.'
    """
    if shown >= total:
        return ""
    part = f" (where they are more than {RARE}, so many of them)" if most > RARE else ""
    return (
        f"{shown} of {total} {what} are drawn: {first}{part}, and of the others those that give the outline. "
        "The export has all."
    )
