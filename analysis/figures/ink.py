"""Ink: how much of each pixel is covered by one colour on white, and what is covered by other things."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from zosimos.analysis.figures.picture import Ink, Pixels
from zosimos.analysis.figures.refusal import refused

Colour = tuple[int, int, int]
_TAB = {
    "tab:blue": "#1f77b4", "tab:orange": "#ff7f0e", "tab:green": "#2ca02c", "tab:red": "#d62728",
    "tab:purple": "#9467bd", "tab:brown": "#8c564b", "tab:pink": "#e377c2", "tab:grey": "#7f7f7f",
    "tab:gray": "#7f7f7f", "tab:olive": "#bcbd22", "tab:cyan": "#17becf",
}  # fmt: skip
_CLEAR, _CLEAR_LOSSY = 34.0, 60.0  # of 255: how far from its colour's line to white a pixel may be
_GRID, _WHOLE = 0.6, 0.97


def parse_colour(text: str) -> Colour:
    """Return a colour's red, green and blue, 0 to 255.

    Raises:
        DataError: it is no colour, or white.

    >>> parse_colour("tab:blue"), parse_colour("black")
    ((31, 119, 180), (0, 0, 0))
    """
    from PIL import ImageColor

    try:
        colour = ImageColor.getrgb(_TAB.get(text.strip().lower(), text.strip()))[:3]
    except ValueError:
        colour = (255, 255, 255)
    if min(colour) > 215:
        raise refused(
            "no line can be found by this colour",
            field="--colour",
            value=text,
            allowed="a colour as #1f77b4 or by its name, such as black or tab:blue, darker than the paper",
            hint="read the colour off the figure with any program that shows pictures",
        )
    return (colour[0], colour[1], colour[2])


def colours_in(inside: Pixels) -> list[Colour]:
    """Return the colours of lines in a plot, the most frequent first; greys only as black, if nothing else is there."""
    flat = inside.reshape(-1, 3).astype(np.int16)
    vivid = flat[(flat.max(axis=1) - flat.min(axis=1)) > 70]
    if len(vivid) < 20:
        return [(0, 0, 0)] if int((flat.max(axis=1) < 120).sum()) >= 20 else []
    counted = Counter(map(tuple, (vivid[:: max(1, len(vivid) // 200_000)] // 8).tolist()))
    found: list[tuple[Colour, int]] = []
    for cell, count in counted.most_common(200):
        near = (np.abs(vivid // 8 - np.array(cell)) <= 1).all(axis=1)
        colour = tuple(int(value) for value in np.median(vivid[near], axis=0))
        if not any(_same_ink(colour, other) for other, _ in found):
            found.append(((colour[0], colour[1], colour[2]), count))
    most = found[0][1]
    return [colour for colour, count in found if count >= max(5, 0.1 * most)]


def _same_ink(one: tuple[int, ...], other: Colour) -> bool:
    """Return whether two colours are one ink, thinned with white."""
    a, b = 255.0 - np.array(one), 255.0 - np.array(other)
    return bool(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9) > 0.97)


def ink_of(inside: Pixels, colour: Colour, *, lossy: bool) -> tuple[Ink, NDArray[np.bool_]]:
    """Return how far each pixel is covered by a colour (0 to 1), and where other inks are that may hide it.

    Args:
        inside: the pixels, height x width x 3.
        colour: the line's.
        lossy: whether colours are blurred, as in JPEG.
    """
    missing = 255 - inside.astype(np.float32)
    way = 255 - np.array(colour, dtype=np.float32)
    share = missing @ way / float(way @ way)
    off = np.sqrt(((missing - share[:, :, None] * way) ** 2).sum(axis=2))
    grey = max(colour) - min(colour) < 30
    cover = np.where(off < (_CLEAR_LOSSY if lossy else _CLEAR), share, 0).clip(0, 1).astype(np.float32)
    if grey:
        cover = _without_grid(cover)
    vivid = missing.max(axis=2) - missing.min(axis=2) > 60
    other = (off > 70) & (vivid | (missing.min(axis=2) > 150))
    return cover, other


def _without_grid(cover: Ink) -> Ink:
    """Return the ink without lines, lighter than a curve, that go through the whole plot."""
    for axis in (0, 1):
        level = np.median(cover, axis=axis, keepdims=True)
        through = (cover > 0.5 * level).mean(axis=axis, keepdims=True) > _WHOLE
        cover = np.where(through & (level > 0.02) & (level < _GRID) & (cover < 1.3 * level + 0.05), 0, cover)
    return cover.astype(np.float32)
