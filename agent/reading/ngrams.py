"""N-grams: the pieces of words, and words in a row, by which a sentence is known; hashed into a vector of fixed length.

Weights are those of a document: one plus the logarithm of how often a piece stands in it, times how rare the piece is,
at unit length (Salton and Buckley, Information Processing and Management 24, 513 (1988)). Pieces are hashed as by
Weinberger et al., ICML 2009: two that meet share a place, which costs next to nothing here.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[\w']+|[?!<>=+]")


def pieces(text: str, letters: tuple[int, int], words: int) -> Counter[str]:
    r"""Return the pieces of a text with how often each stands in it.

    Args:
        text: some words.
        letters: lengths of the pieces of words, from and to; words begin and end with a space.
        words: most words in a row.

    >>> sorted(pieces("a b", (2, 2), 2).items())
    [('\na', 1), ('\na b', 1), ('\nb', 1), (' a', 1), (' b', 1), ('a ', 1), ('b ', 1)]
    """
    found: Counter[str] = Counter()
    for word in text.split():
        padded = f" {word} "
        for length in range(letters[0], letters[1] + 1):
            found.update(padded[i : i + length] for i in range(max(1, len(padded) - length + 1)))
    row = _WORD.findall(text)
    for length in range(1, words + 1):
        found.update("\n" + " ".join(row[i : i + length]) for i in range(len(row) - length + 1))
    return found


def hashed(text: str, letters: tuple[int, int], words: int, places: int) -> dict[int, float]:
    """Return the places of a text's pieces in a vector, each with its weight before rarity."""
    found: dict[int, float] = {}
    for piece, times in pieces(text, letters, words).items():
        place = zlib.crc32(piece.encode()) % places
        found[place] = found.get(place, 0.0) + 1.0 + math.log(times)
    return found


def weighed(found: dict[int, float], rarity: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the places and the weights of a text's pieces, by rarity and at unit length."""
    places = np.fromiter(found, np.intp, len(found))
    weights = np.fromiter(found.values(), np.float64, len(found)) * rarity[places]
    length = float(np.linalg.norm(weights))
    return places, weights / length if length else weights
