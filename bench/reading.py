"""How well sentences are read offline: intents and cries for a stop, by exemplars left out and by sentences never seen.

    python bench/reading.py
    python bench/reading.py --sentences tests/data/sentences.jsonl --cries tests/data/emergencies.jsonl
    python bench/reading.py --learn

Without files it learns from the exemplars of all writers but one and reads that one's, for each in turn; cries it
learns from four fifths of all, as single writers have languages of their own, and reads the last fifth: with embeddings
(``both``) and without (``pieces``); of those who wrote as people type (``natural``), of ordinary ``talk``, and of all,
most of whom wrote lines as hard to tell apart as they could. This is what weights and margins were
chosen by. With files it reads sentences that nothing was chosen by, with the weights that ship. ``--learn`` learns
these weights again, from all exemplars (``bench/sentences``), and writes them to ``agent/reading/weights.npz``.

Figures, of intents: ``first`` and ``third`` (shares right at the first choice, and among three), by what is read
(``pieces``, ``embedding``, ``both``), ``sure`` (margin: share answered, share answered wrongly); of cries ``caught``
and ``false`` by margin. With files ``by_intent`` (intent: share right at first, among three, answered wrongly), too.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from common import report
from numpy.typing import NDArray
from sentences import exemplars, learning

from zosimos.agent.reading import reader
from zosimos.agent.reading.ngrams import weighed
from zosimos.agent.reading.plain import plain
from zosimos.agent.reading.reader import (
    CRYING,
    INTENT,
    OF_EMBEDDING,
    OF_KERNEL,
    SURE,
    around,
    crying,
    guesses,
    of_cry,
    unnumbered,
)

MARGINS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.9)
CRIES = (0.02, 0.05, CRYING, 0.2, 0.5)
FOLDS = 5


def figures(scores: NDArray[np.float64], right: NDArray[np.intp]) -> dict[str, Any]:
    """Return the figures of log-probabilities ``(n, labels)``, given the right labels ``(n,)``."""
    odds = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
    order, best = np.argsort(-odds, axis=1), odds.max(1)
    wrong = order[:, 0] != right
    return {
        "first": round(float(1.0 - wrong.mean()), 3),
        "third": round(float((order[:, :3] == right[:, None]).any(1).mean()), 3),
        "sure": {f"{m:g}": [round(float(x.mean()), 3) for x in (best >= m, wrong & (best >= m))] for m in MARGINS},
    }


def left_out() -> dict[str, Any]:
    """Return the figures of intents, each writer read by what the others wrote."""
    items = exemplars.intents()
    labels = sorted({item.label for item in items})
    right = np.array([labels.index(item.label) for item in items])
    writers = np.array([item.writer for item in items])
    vectors = learning.embeddings([item.text for item in items])
    texts = [unnumbered(item.text) for item in items]
    pieces, embedded = np.zeros((len(items), len(labels))), np.zeros((len(items), len(labels)))
    for writer in sorted(set(writers)):
        known, new = np.flatnonzero(writers != writer), np.flatnonzero(writers == writer)
        said = [items[i].label for i in known]
        learned, linear = (
            learning.of_intents([texts[i] for i in known], said),
            learning.of_embeddings(vectors[known], said),
        )
        for i in new:
            pieces[i] = learned.linear.scores(*weighed(INTENT.of(texts[i]), learned.rarity))
            embedded[i] = linear.scores(np.arange(vectors.shape[1]), vectors[i])
    both = pieces + OF_EMBEDDING * embedded
    found = {"pieces": pieces, "embedding": embedded, "both": both}
    return {name: figures(scores, right) for name, scores in found.items()}


def folded() -> dict[str, Any]:
    """Return the figures of cries, each fifth read by what the others hold."""
    items = exemplars.cries()
    texts, cry = [plain(item.text) for item in items], np.array([item.label == "cry" for item in items])
    vectors = learning.embeddings([item.text for item in items])
    fold = np.random.default_rng(0).permutation(len(items)) % FOLDS
    pieces, near = np.zeros(len(items)), np.zeros(len(items))
    for one in range(FOLDS):
        known = np.flatnonzero(fold != one)
        plainly, said = [texts[i] for i in known], [items[i].label for i in known]
        learned, kernel = learning.of_cries(plainly, said), learning.near_cries(vectors[known], plainly, said)
        for i in np.flatnonzero(fold == one):
            calm, crying = learned.linear.scores(*of_cry(texts[i], learned.rarity))
            pieces[i], near[i] = crying - calm, kernel.score(around(vectors[i], texts[i]))
    writers = np.array([item.writer for item in items])
    who = {"natural": np.isin(writers, exemplars.NATURAL), "talk": writers == exemplars.TALK, "all": writers > 0}
    odds = {"both": pieces + OF_KERNEL * near, "pieces": pieces}
    return {
        read: {name: caught(1.0 / (1.0 + np.exp(-score[some])), cry[some]) for name, some in who.items()}
        for read, score in odds.items()
    }


def caught(odds: NDArray[np.float64], cry: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the shares of cries that are caught, and of others that are taken for one, by margin."""
    sides = {name: odds[some] for name, some in (("caught", cry), ("false", ~cry)) if some.any()}
    return {f"{m:g}": {name: round(float((p >= m).mean()), 3) for name, p in sides.items()} for m in CRIES}


def never_seen(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of sentences that nothing was chosen by."""
    marks: dict[str, list[tuple[bool, bool, bool, bool]]] = {}
    for line in lines:
        found, right = guesses(line["text"]), {line["intent"], *line["also"]}
        sure, first = found[0].probability >= SURE, found[0].intent in right
        marks.setdefault(line["intent"], []).append(
            (first, any(guess.intent in right for guess in found[:3]), sure, sure and not first)
        )
    whole = np.array([mark for found in marks.values() for mark in found], float).mean(0)
    by = {name: [round(float(x), 2) for x in np.array(m, float).mean(0)[[0, 1, 3]]] for name, m in marks.items()}
    names = ("first", "third", "answered", "answered_wrongly")
    return dict(zip(names, (round(float(x), 3) for x in whole), strict=True)) | {"by_intent": by}


def main() -> None:
    """Read and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=Path, metavar="FILE", help="lines with text, intent and also")
    parser.add_argument("--cries", type=Path, metavar="FILE", help="lines with text and emergency")
    parser.add_argument("--learn", action="store_true", help="learn the weights again, from all exemplars")
    options = parser.parse_args()
    if options.learn:
        made = learning.learned(exemplars.intents(), exemplars.cries())
        np.savez_compressed(Path(reader.__file__).with_name(reader.WEIGHTS), allow_pickle=False, **made)
        return
    found: dict[str, Any] = {}
    if options.sentences:
        found["intents"] = never_seen(_lines(options.sentences))
    if options.cries:
        lines = _lines(options.cries)
        odds = np.array([crying(line["text"]) for line in lines])
        found["cries"] = caught(odds, np.array([line["emergency"] for line in lines]))
    report("reading", {"margin": SURE}, found or {"intents": left_out(), "cries": folded()})


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
