"""Readers: what a sentence asks for, and whether it cries for a stop, with how likely each is.

Two readers see a sentence: one its pieces, one its embedding. Their log-probabilities are added, each with its weight,
as a product of experts (Hinton, Neural Computation 14, 1771 (2002)). Where nothing can be embedded the first reads
alone. Both are linear for intents; of cries the second is a kernel reader, which sees circumstances, too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from zosimos.agent.reading.circumstances import COUNT, circumstances
from zosimos.agent.reading.kernel import Kernel
from zosimos.agent.reading.kernel import from_arrays as kernel_from_arrays
from zosimos.agent.reading.linear import Linear, from_arrays
from zosimos.agent.reading.ngrams import hashed, weighed
from zosimos.agent.reading.plain import plain
from zosimos.surrogates.featurizers.sentences import Embedder, embedder

WEIGHTS = "weights.npz"
"""Made by ``bench/reading.py --learn``."""
OF_EMBEDDING = 0.5
"""How much the reader of embeddings counts beside that of pieces: chosen by leaving out one writer of exemplars."""

SURE = 0.7
"""How likely an intent must be to be acted on; below, a person is asked. Chosen so, too: 2 % are then misread."""

CRYING = 0.08
"""How likely a cry must be to be acted on: chosen so that 98 % of cries are, of those left out in learning and written
as people type. Of calm lines by the same writers, many of which sound like cries, 6 % are then acted on, too; of
ordinary talk 2 %. Where nothing can be embedded it is 99, 16 and 8 %: pieces alone err on the side of halting."""

OF_CIRCUMSTANCES = 0.3
"""The length of a circumstance beside that of all pieces, 1: the shorter, the harder it is held to zero."""

SPREAD = 2.0
"""How much an embedding, of length 1, counts beside circumstances where exemplars are near."""
OF_KERNEL = 3.0
"""How much the score by near exemplars counts beside the log-odds by pieces: 2 to 5 do about as well."""

_NAMED = re.compile(r"\be\d{3,6}\b|#\s*\d+|\b(?:run|experiment|exp|no\.?|sample|nr\.?)\s*#?\d+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)?")


@dataclass(frozen=True)
class Pieces:
    """How a sentence becomes pieces: lengths of pieces of words, words in a row, and places of the vector."""

    letters: tuple[int, int]
    words: int
    places: int

    def of(self, text: str) -> dict[int, float]:
        """Return the places of a text's pieces, each with its weight before rarity."""
        return hashed(text, self.letters, self.words, self.places)


INTENT = Pieces((2, 5), 3, 2**13)
CRY = Pieces((1, 5), 3, 2**16)


@dataclass(frozen=True)
class Guess:
    """An intent, and how likely it is."""

    intent: str
    probability: float


def unnumbered(text: str) -> str:
    """Return a sentence in small letters, with one word for every experiment's name and one digit for every number.

    >>> unnumbered("Repeat e0012 at 45.5 degC")
    'repeat  experiment-name  at 0 degc'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NUMBER.sub("0", _NAMED.sub(" experiment-name ", folded))


def guesses(text: str) -> list[Guess]:
    """Return the intents that a sentence may have, the likeliest first; their probabilities add up to one."""
    kept = _kept()
    labels = [str(label) for label in kept["intents"]]
    scores = _linear("pieces").scores(*weighed(INTENT.of(unnumbered(text)), _rarity("intent")))
    embeds = embedder()
    if embeds is not None:
        vector = _embedded(embeds, text)
        scores = scores + OF_EMBEDDING * _linear("embedding").scores(np.arange(vector.size), vector)
    odds = np.exp(scores - np.logaddexp.reduce(scores))
    found = [Guess(label, float(p)) for label, p in zip(labels, odds, strict=True)]
    return sorted(found, key=lambda guess: (-guess.probability, guess.intent))


def crying(text: str) -> float:
    """Return how likely it is that a sentence cries for devices to stand still at once.

    >>> crying("smoke from the heater!!") > 0.9, crying("what happens if I press stop?") < 0.5
    (True, True)
    """
    known = plain(text)
    calm, cry = _linear("cry").scores(*of_cry(known, _rarity("cry")))
    embeds = embedder()
    near = 0.0 if embeds is None else _kernel().score(around(_embedded(embeds, text), known))
    return float(np.exp(-np.logaddexp(0.0, calm - cry - OF_KERNEL * near)))


def around(embedding: NDArray[np.float64], text: str) -> NDArray[np.float64]:
    """Return the vector ``(384 + COUNT,)`` by which exemplars of cries are near: embedding and circumstances."""
    return np.concatenate([SPREAD * embedding, OF_CIRCUMSTANCES * circumstances(text)])


def of_cry(text: str, rarity: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return where the vector of a plain text is not 0, and what it is there: its pieces, then its circumstances."""
    places, values = weighed(CRY.of(text), rarity)
    last = CRY.places + np.arange(COUNT)
    return np.concatenate([places, last]), np.concatenate([values, OF_CIRCUMSTANCES * circumstances(text)])


@lru_cache(maxsize=8)
def _embedded(embeds: Embedder, text: str) -> NDArray[np.float64]:
    """Return the embedding of a message, which is read for a cry, for a wish to pause and for its intent."""
    return embeds.embedded(text)


@cache
def _kept() -> Mapping[str, NDArray[np.generic]]:
    with (resources.files(__package__) / WEIGHTS).open("rb") as file, np.load(file, allow_pickle=False) as found:
        return dict(found)


@cache
def _linear(name: str) -> Linear:
    return from_arrays(_kept(), name)


@cache
def _kernel() -> Kernel:
    return kernel_from_arrays(_kept(), "near")


@cache
def _rarity(name: str) -> NDArray[np.float64]:
    return _kept()[f"{name}_rarity"].astype(np.float64)
