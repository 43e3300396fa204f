"""Tracing: one place for each column of pixels, to parts of a pixel, along the one line that ink makes.

A curve is continuous, so within one column it is one run of ink. Its place is the centre of the ink; where a steep
curve turns round inside of the column, it is the run's end. Columns in which something else hides the line are left
out, and nothing is put in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from zosimos.analysis.figures.frame import runs
from zosimos.analysis.figures.picture import Ink
from zosimos.analysis.figures.refusal import refused
from zosimos.core.errors import DataError

_FAINT, _FAINT_LOSSY = 0.12, 0.25  # ink that counts
_SURE = 0.35  # ink that a run has somewhere
_SHARED = 0.2  # of the columns may have ink of something else, such as a legend
_BACK = 40  # columns with ink that may be passed over
_PASSED = 1.0  # what passing one over costs, in pixels of a jump
_MOST_RUNS = 20
_JUMP = 4  # pixels
_KEY = 0.15  # of the plot: how wide the line in a legend may be
_EXACT, _EXACT_LOSSY = 0.2, 0.4  # pixels: what edges and losses leave uncertain


@dataclass(frozen=True)
class Run:
    """Ink in one column: its first and last row, the centre and the sum of the ink."""

    column: int
    top: int
    bottom: int
    centre: float
    ink: float


@dataclass(frozen=True)
class Trace:
    """Places of a curve, in pixels within the plot: columns, rows and how uncertain these are; and columns left out."""

    columns: tuple[int, ...]
    rows: tuple[float, ...]
    spreads: tuple[float, ...]
    shared: int
    hidden: int


def trace(cover: Ink, other: NDArray[np.bool_], *, lossy: bool) -> Trace:
    """Return the curve that ink makes.

    Args:
        cover: how far each pixel is covered by the line's colour, 0 to 1; height x width.
        other: where other inks are; height x width.
        lossy: whether edges are blurred.

    Raises:
        DataError: there is no ink, or ink of more than one curve.
    """
    found = []
    for column in range(cover.shape[1]):
        found.append(_runs(cover[:, column], column, lossy=lossy))
        if len(found[-1]) > _MOST_RUNS:
            raise _several(f"ink in {len(found[-1])} places of one column of pixels")
    filled = [one for one in found if one]
    if len(filled) < 5:
        raise refused(
            "no curve of this colour is in the plot",
            field="--colour",
            value=f"ink in {len(filled)} columns of pixels",
            allowed="a line with ink in 5 columns or more",
            hint="read the colour off the figure, and state it as in --colour '#1f77b4'",
        )
    shared = sum(len(one) > 1 for one in filled)
    if shared > _SHARED * len(filled):
        raise _several(f"{shared} of {len(filled)} columns have ink in several places")
    path = _followed(filled)
    thick = float(np.quantile([run.ink for run in path], 0.2))
    path = [run for piece in _pieces(path) if not _is_stray(piece, thick, cover.shape[1]) for run in piece]
    if len(path) < 5:
        raise refused(
            "no curve of this colour is in the plot",
            field="--colour",
            value="pieces that do not go on",
            allowed="a line through the plot",
            hint="read the colour off the figure, and state it as in --colour '#1f77b4'",
        )
    kept = [(index, run) for index, run in enumerate(path) if not _is_hidden(run, other)]
    exact = _EXACT_LOSSY if lossy else _EXACT
    rows = [_place(path, index, thick) for index, _ in kept]
    spreads = [float(np.hypot(exact, 0.25 * max(0.0, run.bottom - run.top + 1 - thick - 2))) for _, run in kept]
    columns = tuple(run.column for _, run in kept)
    return Trace(columns, tuple(rows), tuple(spreads), shared, len(path) - len(kept))


def _several(value: str) -> DataError:
    return refused(
        "there is more than one curve of this colour",
        field="--colour",
        value=value,
        allowed=f"one place in each column, several in {_SHARED:.0%} of them at most, as a legend makes",
        hint="use a figure in which curves differ in colour, or --frame around a part where there is one curve",
    )


def _runs(ink: Ink, column: int, *, lossy: bool) -> list[Run]:
    found = []
    for top, bottom in runs(ink > (_FAINT_LOSSY if lossy else _FAINT)):
        part = ink[top : bottom + 1]
        if part.max() >= _SURE:
            rows = np.arange(top, bottom + 1)
            found.append(Run(column, top, bottom, float((rows * part).sum() / part.sum()), float(part.sum())))
    return found


def _followed(filled: list[list[Run]]) -> list[Run]:
    """Return the runs that make the smoothest way from left to right; a column may be passed over at a price."""
    costs: list[list[float]] = []
    came: list[list[tuple[int, int] | None]] = []
    for index, here in enumerate(filled):
        costs.append([])
        came.append([])
        for run in here:
            best, origin = _PASSED * index, None
            for back in range(max(0, index - _BACK), index):
                passed = _PASSED * (index - back - 1)
                for place, before in enumerate(filled[back]):
                    cost = costs[back][place] + passed + _jump(before, run)
                    if cost < best or (origin is None and cost == best):
                        best, origin = cost, (back, place)
            costs[-1].append(best)
            came[-1].append(origin)
    ends = [
        (cost + _PASSED * (len(filled) - 1 - i), i, j) for i, some in enumerate(costs) for j, cost in enumerate(some)
    ]
    _, i, j = min(ends)
    way = [filled[i][j]]
    step = came[i][j]
    while step is not None:
        i, j = step
        way.append(filled[i][j])
        step = came[i][j]
    return way[::-1]


def _jump(before: Run, after: Run) -> float:
    """Return how far apart two runs are: the gap between them, and a little for where their centres are."""
    gap = max(0, after.top - before.bottom - 1, before.top - after.bottom - 1)
    return gap / max(1, (after.column - before.column) / 2) + min(0.02 * abs(after.centre - before.centre), 3)


def _pieces(path: list[Run]) -> list[list[Run]]:
    """Return a way cut where it jumps: where ink ends and goes on farther up or down than dashes do."""
    pieces = [[path[0]]]
    for before, after in pairwise(path):
        gap = max(after.top - before.bottom - 1, before.top - after.bottom - 1)
        if gap > max(_JUMP, 2 * (after.column - before.column)):
            pieces.append([])
        pieces[-1].append(after)
    return pieces


def _is_stray(piece: list[Run], thick: float, width: int) -> bool:
    """Return whether a piece is a speck, or level and short as the line in a legend is."""
    if sum(run.ink for run in piece) < 3 * thick:
        return True
    height = max(run.bottom for run in piece) - min(run.top for run in piece) + 1
    return height <= thick + 3 and piece[-1].column - piece[0].column < _KEY * width


def _is_hidden(run: Run, other: NDArray[np.bool_]) -> bool:
    return bool(other[max(run.top - 2, 0) : run.bottom + 3, run.column].any())


def _place(path: list[Run], index: int, thick: float) -> float:
    run = path[index]
    if not 0 < index < len(path) - 1 or run.bottom - run.top + 1 < thick + 4:
        return run.centre
    sides = (path[index - 1], path[index + 1])
    if all(run.top + 1 < side.top for side in sides):
        return run.top + thick / 2
    if all(run.bottom - 1 > side.bottom for side in sides):
        return run.bottom - thick / 2
    return run.centre
