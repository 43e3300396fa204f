"""Pictures: a file becomes pixels, within limits that stand before any of them is decoded.

A few kilobytes can unpack to gigabytes, so the size that a file states is held against a limit first. Formats that are
programs (PostScript) or that start others are not read.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from zosimos.analysis.figures.refusal import refused
from zosimos.core.errors import DataError

MOST_PIXELS = 10_000_000
LEAST_SIDE = 40  # pixels
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")

Pixels: TypeAlias = NDArray[np.uint8]
Ink: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class Picture:
    """The pixels of a picture, height x width x 3 (red, green, blue), on white; and whether losses changed them."""

    pixels: Pixels = field(repr=False)
    lossy: bool
    sha256: str

    @property
    def dark(self) -> Ink:
        """How far each pixel is from white towards black, 0 to 1; height x width."""
        grey = self.pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
        return (1 - grey / 255).astype(np.float32)


def read_picture(data: bytes, name: str) -> Picture:
    """Return a picture's pixels; of one with several frames the first, what is transparent as white.

    Args:
        data: the file.
        name: what it is called in messages.

    Raises:
        DataError: it is no picture of a format that is read, damaged, too large or too small.

    >>> read_picture(b"no picture", "a.png")
    Traceback (most recent call last):
    zosimos.core.errors.DataError: a.png cannot be read as a picture...
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                _check_size(image.size, name)
                lossy = image.format in {"JPEG", "WEBP"}
                pixels = _on_white(image)
    except DataError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large("more than can be said", name) from error
    except Exception as error:  # a decoder of damaged data raises anything at all
        raise refused(
            f"{name} cannot be read as a picture",
            value=f"it is damaged or of another kind ({type(error).__name__})",
            allowed=f"a whole picture: {', '.join(FORMATS)}",
            hint="save it again as PNG from the program that made it",
        ) from error
    return Picture(pixels, lossy, hashlib.sha256(data).hexdigest())


def _on_white(image: Any) -> Pixels:
    from PIL import Image

    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, dtype=np.float32)
        grey = (values * (255 / max(float(values.max()), 1.0))).clip(0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    whole = image.convert("RGBA")
    white = Image.new("RGBA", whole.size, (255, 255, 255, 255))
    white.alpha_composite(whole)
    return np.asarray(white.convert("RGB"), dtype=np.uint8)


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MOST_PIXELS:
        raise _too_large(f"{width} x {height} pixels", name)
    if min(size) < LEAST_SIDE:
        raise refused(
            f"{name} is too small for a curve",
            value=f"{width} x {height} pixels",
            allowed=f"{LEAST_SIDE} pixels or more on each side",
            hint="take the figure from the document at its full size",
        )


def _too_large(value: str, name: str) -> DataError:
    return refused(
        f"{name} is larger than what is read",
        value=value,
        allowed=f"{MOST_PIXELS} pixels at most",
        hint="cut out the plot, or save it smaller",
    )
