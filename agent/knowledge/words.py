"""Words: how well passages match the words of a question, by BM25 (Robertson and Zaragoza, 2009).

SQLite's full-text search does it, in memory: it brings words to their stems (Porter, 1980) and weighs how rare each is.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from contextlib import closing

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+")
_TITLE = 0.5  # how much a word counts in the title or the place, of what it counts in the text
_MOST = 100  # words of a question
_STOP = frozenset(
    (
        *("a", "about", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "could", "did", "do", "does"),
        *("for", "from", "had", "has", "have", "how", "i", "if", "in", "is", "it", "its", "me", "much", "many", "my"),
        *("of", "on", "or", "our", "should", "so", "than", "that", "the", "their", "them", "then", "there", "these"),
        *("they", "this", "to", "us", "was", "we", "were", "what", "when", "where", "which", "who", "why", "will"),
        *("with", "would", "you", "your", "tell", "give", "must", "may"),
    )
)


def matches(question: str, titles: Sequence[str], texts: Sequence[str]) -> NDArray[np.float64]:
    """Return for each passage how well it matches a question's words; 0 where it has none of them.

    Args:
        question: in words.
        titles: for each passage, the title of its document and its place there.
        texts: the passages.

    >>> found = matches("priming the pumps", ["", "", ""], ["Prime the pump.", "Weigh it.", "Rinse it."])
    >>> (found > 0).tolist()
    [True, False, False]
    """
    words = [word for word in _WORD.findall(folded(question)) if word not in _STOP][:_MOST]
    found = np.zeros(len(texts))
    if not words:
        return found
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE t USING fts5(title, text, tokenize = 'porter unicode61')")
        rows = (
            (number, folded(title), folded(text))
            for number, (title, text) in enumerate(zip(titles, texts, strict=True), 1)
        )
        connection.executemany("INSERT INTO t (rowid, title, text) VALUES (?, ?, ?)", rows)
        asked = " OR ".join(f'"{word}"' for word in dict.fromkeys(words))
        for number, score in connection.execute(
            "SELECT rowid, bm25(t, ?, 1.0) FROM t WHERE t MATCH ?", (_TITLE, asked)
        ):
            found[number - 1] = -score
    return found


def folded(text: str) -> str:
    """Return a text as it is compared: compatibility forms and case folded; accents are left to the index.

    >>> folded("10 ㎎, Ｈ₂O")
    '10 mg, h2o'
    """
    return unicodedata.normalize("NFKC", text).casefold()
