"""Search: the passages that answer a question best: by their words, by what they mean, and then by a closer look.

Words find names, numbers and codes; meanings find what is said in other words. Neither's scores can be added to the
other's, so each is put on the scale of its own spread over all passages (z-scores), and added there. At the best of
them the search looks more closely: for each piece of a word of the question, how near the nearest piece of the passage
is, both as they are meant in their sentences (late interaction: Khattab and Zaharia, SIGIR 2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zosimos.agent.knowledge.document import Passage, portions
from zosimos.agent.knowledge.library import Library, Shelf
from zosimos.agent.knowledge.meanings import WORDS, context, meanings
from zosimos.agent.knowledge.words import matches
from zosimos.core.errors import SpecError
from zosimos.surrogates.featurizers.sentences import embedder

LONGEST = 1_000
"""Characters of a question, at most."""

_LOOKED_AT = 20  # passages that are looked at more closely: some 20 ms each
_CLOSELY = 6.0  # how much the closer look counts, of what words and meanings count together

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Hit:
    """A passage that was found, and how well it fits: the larger the better, comparable within one search only."""

    passage: Passage
    score: float


@dataclass(frozen=True)
class Asked:
    """A question put to all passages of a library.

    Args:
        passages: all there are.
        words: how well each matches the question's words.
        meaning: how near each is in meaning; None where nothing finds out meanings.
        closely: how near it is at a closer look; NaN for those that were not looked at; None as above.
    """

    passages: tuple[Passage, ...]
    words: Scores
    meaning: Scores | None
    closely: Scores | None

    @property
    def both(self) -> Scores:
        """Words and meaning together."""
        return _spread(self.words) if self.meaning is None else _spread(self.words) + _spread(self.meaning)

    @property
    def score(self) -> Scores:
        """All that is known together; those that were not looked at come after those that were."""
        if self.closely is None:
            return self.both
        seen = np.isfinite(self.closely)
        found = np.asarray(self.both - self.both.max(initial=0.0))
        found[seen] = _spread(self.both[seen]) + _CLOSELY * _spread(self.closely[seen])
        found[~seen] += found[seen].min(initial=0.0)
        return found


def search(library: Library, shelf: Shelf, question: str, most: int = 3) -> list[Hit]:
    """Return the passages that answer a question best, the best first.

    Args:
        library: where the documents are.
        shelf: its documents.
        question: in words.
        most: how many passages are returned at most.

    Raises:
        SpecError: the question is empty or too long.
    """
    found = asked(library, shelf, question)
    scores = found.score
    return [Hit(found.passages[place], float(scores[place])) for place in best(scores)[:most]]


def asked(library: Library, shelf: Shelf, question: str) -> Asked:
    """Put a question to all passages of a library. Arguments and errors as :func:`search`."""
    if not question.strip() or len(question) > LONGEST:
        allowed = f"1 to {LONGEST} characters"
        raise SpecError("a question has some words", field="QUESTION", value=question, allowed=allowed)
    passages = tuple(passage for document in shelf.documents for passage in document.passages)
    contexts = [context(passage) for passage in passages]
    words = matches(question, contexts, [passage.text for passage in passages])
    found = embedder()
    if found is None or not passages:
        return Asked(passages, words, None, None)
    vector = found.embedded(question)
    near = [
        meanings(document, library.place(document), found).nearness(vector, len(document.passages))
        for document in shelf.documents
    ]
    first = Asked(passages, words, np.concatenate(near), None)
    closely = np.full(len(passages), np.nan)
    pieces = found.pieces(question)
    places = best(first.both)[:_LOOKED_AT]
    around = {text: _nearest(pieces, found.pieces(text)) for text in {contexts[place] for place in places}}
    for place in places:
        parts = [_nearest(pieces, found.pieces(part)) for part in portions(passages[place].text, WORDS)]
        near_by = around[contexts[place]]
        closely[place] = max(float(np.maximum(part, near_by).mean()) for part in parts) if len(pieces) else 0.0
    return Asked(passages, words, first.meaning, closely)


def best(scores: Scores) -> NDArray[np.intp]:
    """Return the places of scores, the largest first, equal ones in their own order."""
    return np.argsort(-scores, kind="stable")


def _spread(scores: Scores) -> Scores:
    """Return scores as distances from their mean in units of their spread."""
    spread = float(scores.std()) if len(scores) else 0.0
    return np.asarray((scores - scores.mean()) / spread) if spread > 0 else np.zeros_like(scores)


def _nearest(question: NDArray[np.float32], text: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return for each piece of a question ``(n, 384)`` the cosine of the nearest piece of a text ``(m, 384)``."""
    return np.asarray((question @ text.T).max(1, initial=-1.0))
