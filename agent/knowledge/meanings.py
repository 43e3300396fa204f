"""Meanings: what passages mean, as vectors, kept beside their document so that each is found out once.

A vector stands for the document's title, the section and some 60 words, since the model reads no more than 128 pieces
of words at a time; a passage is as near to a question as the nearest of its vectors.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zosimos.agent.knowledge.document import Document, Passage, portions
from zosimos.core.errors import InputError
from zosimos.core.files import read_file
from zosimos.core.writing import write_whole
from zosimos.surrogates.featurizers.sentences import Embedder

WORDS = 60
"""Words that one vector stands for, at most."""

_SIZE = 384
_MODEL = "all-MiniLM-L6-v2 int8, 60 words after title and section"
_BYTES = 200_000_000


@dataclass(frozen=True)
class Meanings:
    """Vectors ``(n, 384)`` of length 1, and the index of the passage that each is of ``(n,)``."""

    vectors: NDArray[np.float32]
    of: NDArray[np.int64]

    def nearness(self, question: NDArray[np.float64], passages: int) -> NDArray[np.float64]:
        """Return for each passage the largest cosine of its vectors with a question's ``(384,)``; -1 without any."""
        found = np.full(passages, -1.0)
        np.maximum.at(found, self.of, self.vectors @ question)
        return found


def meanings(document: Document, folder: Path, embedder: Embedder) -> Meanings:
    """Return what a document's passages mean; what is kept in its folder is used, or else made and kept.

    A library that can be read but not written serves as well, only more slowly.
    """
    path = folder / "meanings.npz"
    kept = _kept(path, len(document.passages)) if path.is_file() else None
    if kept is not None:
        return kept
    passages = list(enumerate(document.passages))
    found = [(i, f"{context(one)}. {part}") for i, one in passages for part in portions(one.text, WORDS)]
    vectors = np.array([embedder.embedded(text) for _, text in found], dtype=np.float32)
    made = Meanings(vectors, np.array([index for index, _ in found], dtype=np.int64))
    data = io.BytesIO()
    np.savez(data, model=np.array(_MODEL), vectors=made.vectors, of=made.of)
    with suppress(OSError):
        write_whole(path, [data.getvalue()])
    return made


def context(passage: Passage) -> str:
    """Return what a reader knows who turns to a passage: the title of the document, and the heading it stands under."""
    section = passage.section or passage.page.place
    return f"{passage.document.title}. {section}" if section else passage.document.title


def _kept(path: Path, passages: int) -> Meanings | None:
    """Return what is kept, None if it is damaged or was made in another way."""
    try:
        with np.load(io.BytesIO(read_file(path, "library", at_most=_BYTES)), allow_pickle=False) as data:
            found: dict[str, Any] = {name: data[name] for name in ("model", "vectors", "of")}
    except (OSError, ValueError, KeyError, EOFError, InputError, MemoryError, zipfile.BadZipFile, zlib.error):
        return None
    vectors, of = found["vectors"], found["of"]
    sound = (
        str(found["model"]) == _MODEL
        and vectors.dtype == np.float32
        and of.dtype == np.int64
        and vectors.ndim == 2
        and vectors.shape == (len(of), _SIZE)
        and bool(np.isfinite(vectors).all())
        and set(of.tolist()) == set(range(passages))
    )
    return Meanings(vectors, of) if sound else None
