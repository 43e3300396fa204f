"""How a figure is refused: with what is wrong, what would do, and the way out."""

from __future__ import annotations

from zosimos.core.errors import DataError

BY_HAND = "state the frame in pixels, from the left and the top: --frame LEFT,TOP,RIGHT,BOTTOM"


def refused(message: str, *, field: str = "FILE", value: object = None, allowed: str, hint: str) -> DataError:
    """Return the error of a figure from which no curve can be taken.

    >>> refused("no frame is seen", allowed="a closed frame", hint=BY_HAND).field
    'FILE'
    """
    return DataError(message, field=field, value=value, allowed=allowed, hint=hint)
