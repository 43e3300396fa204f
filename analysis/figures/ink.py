"""Ink: how much of each pixel is covered by one colour on white, and what is covered by other things."""

from __future__ import annotations

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
_CLEAR, _CLEAR_LOSSY = 12.0, 60.0  # of 255: how far a faint pixel may be from the line of blends with white
_BRIGHT = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_LOOKED_AT = 200_000  # pixels, by which colours are told
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


def colours_in(inside: Pixels, *, lossy: bool) -> list[Colour]:
    """Return the colours of lines in a plot, the most frequent first; black only if there is nothing else.

    Args:
        inside: the pixels, height x width x 3.
        lossy: whether colours are blurred, as in JPEG: then pale ones say nothing.
    """
    flat = inside.reshape(-1, 3).astype(np.int16)
    span, least = flat.max(axis=1) - flat.min(axis=1), flat.min(axis=1)
    vivid = flat[(span > 70) & (least < (110 if lossy else 215))]
    vivid = vivid[:: 1 + len(vivid) // _LOOKED_AT]
    if len(vivid) < 20:
        return [(0, 0, 0)] if int(((flat.max(axis=1) < 120) & (span < 40)).sum()) >= 20 else []
    cells, counts = np.unique(vivid // 8, axis=0, return_counts=True)
    found: list[tuple[Colour, int]] = []
    for index in np.argsort(-counts)[:200]:
        near = (np.abs(vivid // 8 - cells[index]) <= 1).all(axis=1)
        red, green, blue = (int(value) for value in np.median(vivid[near], axis=0))
        if not any(_is_same_ink((red, green, blue), other, lossy=lossy) for other, _ in found):
            found.append(((red, green, blue), int(counts[index])))
    least_often = max(5.0, (0.25 if lossy else 0.1) * found[0][1])
    return [colour for colour, count in found if count >= least_often]


def _is_same_ink(one: Colour, other: Colour, *, lossy: bool) -> bool:
    """Return whether two colours are one ink, thinned with white."""
    a, b = 255.0 - np.array(one), 255.0 - np.array(other)
    return bool(a @ b / float(np.linalg.norm(a) * np.linalg.norm(b)) > (0.92 if lossy else 0.97))


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
    much = np.sqrt((missing**2).sum(axis=2))
    clear = _CLEAR + 0.12 * much
    if lossy:  # colours are stored coarsely, brightness is not
        clear = np.maximum(_CLEAR_LOSSY, 0.3 * much)
        share = missing @ _BRIGHT / float(way @ _BRIGHT)
    cover = np.where(off < clear, share, 0).clip(0, 1).astype(np.float32)
    if grey:
        cover = _without_grid(cover)
    vivid = missing.max(axis=2) - missing.min(axis=2) > 60
    other = (off > (110 if lossy else 70)) & (vivid | (missing.min(axis=2) > 150))
    return cover, other


def _without_grid(cover: Ink) -> Ink:
    """Return the ink without lines, lighter than a curve, that go through the whole plot."""
    for axis in (0, 1):
        level = np.median(cover, axis=axis, keepdims=True)
        through = (cover > 0.5 * level).mean(axis=axis, keepdims=True) > _WHOLE
        cover = np.where(through & (level > 0.02) & (level < _GRID) & (cover < 1.3 * level + 0.05), 0, cover)
    return cover.astype(np.float32)
