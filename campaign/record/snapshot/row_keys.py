"""Keys of rows: whether a row may have been observed, known without going over all observations.

Each observed row, and each at which an experiment was to run that ran elsewhere, leaves 48 bits of the SHA-256 of its
key. A row whose bits are nowhere among them is new. One whose bits are may be new all the same, once in many millions:
whoever needs to know looks at the observations.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from zosimos.core.parameters import Values
from zosimos.core.records import Observation
from zosimos.core.space import row_key

if TYPE_CHECKING:
    from zosimos.campaign.record.state import State

_WIDTH = 8  # characters of base 64


def key_of(values: Values) -> str:
    """Return what a row leaves.

    >>> len(key_of({"x": 0.5})), key_of({"x": 1, "y": 2}) == key_of({"y": 2.0, "x": 1.0})
    (8, True)
    """
    return _short(row_key(values))


def keys_of(seen: Observation) -> str:
    """Return what an observation leaves: of its row, and of the row where it was asked to run, if that is another."""
    return key_of(seen.values) + (key_of(seen.asked) if seen.asked else "")


def _short(key: str) -> str:
    return base64.b64encode(hashlib.sha256(key.encode()).digest()[: _WIDTH * 3 // 4]).decode()


def may_be_tried(state: State) -> Callable[[str], bool] | None:
    """Return what says of a row's key whether the row may have been observed; None where no snapshot tells.

    It goes by the observations that there are now, however many follow.
    """
    shelf = state.shelf
    if not shelf.observed:
        return None
    texts = [shelf.last_keys, "".join(map(keys_of, state.observations.since(shelf.observed)))]
    for name in shelf.keys:
        text = shelf.texts.get(name) or shelf.keys_on(name)
        if text is None:
            return None
        texts.append(text)

    def may_be(key: str) -> bool:
        wanted = _short(key)
        return any(_holds(text, wanted) for text in texts)

    return may_be


def _holds(text: str, wanted: str) -> bool:
    at = text.find(wanted)
    while at % _WIDTH and at > 0:
        at = text.find(wanted, at + 1)
    return at >= 0
