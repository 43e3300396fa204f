"""Readers: what a sentence asks for, and whether it cries for a stop, with how likely each is.

Two linear readers see a sentence: one its pieces, one its embedding. Their log-probabilities are added, the second
with a lesser weight, as a product of experts (Hinton, Neural Computation 14, 1771 (2002)). Where nothing can be
embedded the first reads alone.
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

CRYING = 0.1
"""How likely a cry must be to be acted on: of cries left out in learning 96 % are, of ordinary talk 3 %, and of calm
lines that were written to be taken for cries 19 %."""

OF_CIRCUMSTANCES = 0.3
"""The length of a circumstance beside that of all pieces, 1: the shorter, the harder it is held to zero."""

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
    odds = _together(scores, "embedding", text)
    found = [Guess(label, float(p)) for label, p in zip(labels, odds, strict=True)]
    return sorted(found, key=lambda guess: (-guess.probability, guess.intent))


def crying(text: str) -> float:
    """Return how likely it is that a sentence cries for devices to stand still at once.

    >>> crying("smoke from the heater!!") > 0.9, crying("what happens if I press stop?") < 0.5
    (True, True)
    """
    return float(_together(_linear("cry").scores(*of_cry(plain(text), _rarity("cry"))), "cry_embedding", text)[1])


def of_cry(text: str, rarity: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return where the vector of a plain text is not 0, and what it is there: its pieces, then its circumstances."""
    places, values = weighed(CRY.of(text), rarity)
    around = CRY.places + np.arange(COUNT)
    return np.concatenate([places, around]), np.concatenate([values, OF_CIRCUMSTANCES * circumstances(text)])


def _together(scores: NDArray[np.float64], name: str, text: str) -> NDArray[np.float64]:
    """Return the probabilities of labels by their scores and, where sentences can be embedded, by what those say."""
    embeds = embedder()
    if embeds is not None:
        vector = _embedded(embeds, text)
        scores = scores + OF_EMBEDDING * _linear(name).scores(np.arange(vector.size), vector)
    return np.asarray(np.exp(scores - np.logaddexp.reduce(scores)))


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
def _rarity(name: str) -> NDArray[np.float64]:
    return _kept()[f"{name}_rarity"].astype(np.float64)
