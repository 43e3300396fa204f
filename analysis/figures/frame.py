"""The frame: the closed rectangle of lines around a plot. One that is not seen for certain is never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from zosimos.analysis.figures.picture import Ink
from zosimos.analysis.figures.refusal import BY_HAND, refused

_DARK = 0.33  # of what makes a line
_LONG = 0.4  # of the picture's side
_NEAR = 3  # pixels
_MARK = 0.025  # of the smaller side: how long a tick mark may be
_MOST_LINES = 30


@dataclass(frozen=True)
class Frame:
    """Where a frame's lines are, in pixels (their centres), and half of how thick they are."""

    left: float
    top: float
    right: float
    bottom: float
    half: float = 0.0

    def is_within(self, shape: tuple[int, ...]) -> bool:
        """Return whether it lies in a picture of height x width."""
        return 0 <= self.left < self.right <= shape[1] - 1 and 0 <= self.top < self.bottom <= shape[0] - 1


@dataclass(frozen=True)
class _Line:
    at: float
    start: int
    end: int
    thick: int


def find_frame(dark: Ink) -> Frame:
    """Return the frame of the one plot of a picture.

    Args:
        dark: how dark each pixel is, 0 to 1; height x width.

    Raises:
        DataError: there is no closed frame of dark lines, or more than one.
    """
    rows, columns = list(_lines(dark)), list(_lines(dark.T))
    found = []
    mark = max(6, _MARK * min(dark.shape))
    if max(len(rows), len(columns)) <= _MOST_LINES:
        for top, bottom in combinations(rows, 2):
            for left, right in combinations(columns, 2):
                if _closed(top, bottom, left, right, mark):
                    half = max(line.thick for line in (top, bottom, left, right)) / 2
                    found.append(Frame(left.at, top.at, right.at, bottom.at, half))
    if len(found) == 1:
        return found[0]
    raise refused(
        "the frame of the plot is not seen for certain",
        value="several frames" if found else "no closed rectangle of dark lines",
        allowed="one plot in a closed frame, as wide and as high as 40 % of the picture or more",
        hint=BY_HAND,
    )


def _closed(top: _Line, bottom: _Line, left: _Line, right: _Line, mark: float) -> bool:
    """Return whether four lines meet at their ends, beyond which a tick mark may go on."""
    begins = [(line.start, left.at) for line in (top, bottom)] + [(line.start, top.at) for line in (left, right)]
    ends = [(line.end, right.at) for line in (top, bottom)] + [(line.end, bottom.at) for line in (left, right)]
    beyond = [at - start for start, at in begins] + [end - at for end, at in ends]
    return all(-_NEAR <= pixels <= mark for pixels in beyond)


def _lines(dark: Ink) -> Iterator[_Line]:
    """Yield the long dark lines along the rows, in order; rows that touch are one line."""
    width = dark.shape[1]
    ink = dark > _DARK
    band: list[tuple[int, int, int]] = []
    for row in np.flatnonzero(ink.sum(axis=1) >= _LONG * width):
        start, end = longest(ink[row])
        if end - start + 1 < _LONG * width:
            continue
        if band and row > band[-1][0] + 1:
            yield _merged(band, dark)
            band = []
        band.append((int(row), start, end))
    if band:
        yield _merged(band, dark)


def _merged(band: list[tuple[int, int, int]], dark: Ink) -> _Line:
    first, last = band[0][0], band[-1][0]
    start, end = min(one[1] for one in band), max(one[2] for one in band)
    rows = np.arange(max(first - 1, 0), min(last + 2, dark.shape[0]))
    weights = np.median(dark[rows, start : end + 1], axis=1)
    weights = np.where((rows >= first) & (rows <= last) | (weights > 0.1), weights, 0)
    return _Line(float((rows * weights).sum() / weights.sum()), start, end, len(band))


def runs(flags: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """Return the first and the last place of each run of what is true.

    >>> runs(np.array([True, True, False, True]))
    [(0, 1), (3, 3)]
    """
    steps = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(a), int(b) - 1) for a, b in zip(steps[::2], steps[1::2], strict=True)]


def longest(flags: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[int, int]:
    """Return the first and the last place of the longest run."""
    return max(runs(flags), key=lambda run: run[1] - run[0])
