"""Thinning: which of many points a figure draws, so that nothing that can be seen goes missing.

What matters is always drawn: best results, failures, surprises, whatever the figure names. Of the others each stretch
of equal length shows its highest and its lowest, so that the outline of a cloud of points stays as it is
(the min-max decimation of oscilloscopes). The figure says how many it draws; all of them are in the export.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MOST = 500  # points of a trace that are drawn besides those that always are
"""About as many as a figure is wide in pixels, over two."""


def drawn(count: int, values: Sequence[float] | None = None, always: Iterable[int] = ()) -> list[int]:
    """Return which of ``count`` points to draw, in order: all where they are few.

    Args:
        count: how many there are, in the order in which they are drawn.
        values: what is high or low of each; None: evenly spaced ones stand for the others.
        always: the places of those that are drawn in any case.

    >>> drawn(3), len(drawn(100_000)) <= MOST + 1, 77 in drawn(100_000, always=[77])
    ([0, 1, 2], True, True)
    """
    if count <= MOST:
        return list(range(count))
    chosen = {*always, 0, count - 1}
    parts = MOST // 2 if values is not None else MOST
    for part in range(parts):
        places = range(count * part // parts, count * (part + 1) // parts)
        if values is None:
            chosen.add(places[0])
        else:
            chosen |= {min(places, key=values.__getitem__), max(places, key=values.__getitem__)}
    return sorted(chosen)


def said(what: str, shown: int, total: int, always: str) -> str:
    """Return what a figure that was thinned says of it; empty where all is drawn.

    >>> said("results", 500, 3500, "every best one")
    '500 of 3500 results are drawn: every best one, and of the others those that give the outline. The export has all.'
    """
    if shown >= total:
        return ""
    return (
        f"{shown} of {total} {what} are drawn: {always}, and of the others those that give the outline. "
        "The export has all."
    )
