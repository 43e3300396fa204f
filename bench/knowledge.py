"""How well questions find the passages that answer them, among twelve documents of a laboratory.

    python bench/knowledge.py
    python bench/knowledge.py --development

The documents and the questions are in ``bench/documents``: some say what they are about (``named``), others often do
not, and share hardly a word with the answer (``terse``). How to search was chosen by 90 of them (``--development``);
the figures are of 60 others, 30 of each kind. ``bench/documents/questions.py`` says which were written when.

Figures, by kind of question: ``first`` and ``third``, the shares of questions of which a right passage is the first,
or among the first three, by ``words`` alone (BM25), by ``meaning`` alone (embeddings), by ``both``, and with the closer
``look`` that ships; ``missed``, the questions that it misses among three. ``literal``: the share of all passages that
stand exactly where they say in the text of the file, which is read once more. ``add_s`` and ``ask_s``: seconds to add
all documents, and to answer a question.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from common import report
from documents.made import documents
from documents.questions import DEVELOPMENT, REPORTED, Question

from zosimos.agent.knowledge.document import Passage
from zosimos.agent.knowledge.library import Library, Shelf
from zosimos.agent.knowledge.reading import read_document
from zosimos.agent.knowledge.search import Asked, asked, best
from zosimos.agent.knowledge.views import passage_view


def is_right(passage: Passage, question: Question) -> bool:
    """Say whether a passage answers a question; ends of lines in it count as blanks."""
    text = _flat(passage.text)
    return any(passage.document.name == name and _flat(words) in text for name, words in question.answers)


def filled(folder: Path) -> tuple[Library, Shelf]:
    """Return a new library with the twelve documents."""
    library = Library(folder / "library")
    for path in documents(folder):
        library.add(path)
    return library, library.shelf()


def figures(library: Library, shelf: Shelf, questions: Sequence[Question]) -> dict[str, Any]:
    """Return the shares of questions that are answered, by how passages are found."""
    ranks: dict[str, list[int]] = {"words": [], "meaning": [], "both": [], "look": []}
    missed, seconds = [], 0.0
    for question in questions:
        start = time.perf_counter()
        found = asked(library, shelf, question.text)
        seconds += time.perf_counter() - start
        right = np.array([is_right(passage, question) for passage in found.passages])
        for name, scores in _scores(found):
            ranks[name].append(int(np.flatnonzero(right[best(scores)])[0]))
        missed += [question.text] if ranks["look"][-1] >= 3 else []
    shares = {
        name: {"first": round(float(np.mean(np.array(r) < 1)), 3), "third": round(float(np.mean(np.array(r) < 3)), 3)}
        for name, r in ranks.items()
    }
    return {**shares, "missed": missed, "ask_s": round(seconds / len(questions), 2)}


def literal(library: Library, shelf: Shelf) -> float:
    """Return the share of passages that stand, where they say, in the text of the kept file, read from it once more."""
    found = []
    for document in shelf.documents:
        again = read_document((library.place(document) / "original").read_bytes(), document.name)
        for view in map(passage_view, document.passages):
            page = again.pages[view["page"] - 1].text
            found.append(page[view["start"] : view["end"]] == view["text"] != "")
    return float(np.mean(found))


def _scores(found: Asked) -> Iterator[tuple[str, Any]]:
    assert found.meaning is not None, "the embedding model is not installed"
    yield from (("words", found.words), ("meaning", found.meaning), ("both", found.both), ("look", found.score))


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def main() -> None:
    """Search and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--development", action="store_true", help="the half that the search was chosen by")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        start = time.perf_counter()
        library, shelf = filled(Path(place))
        asked(library, shelf, "begin")  # finds out what all passages mean
        added = round(time.perf_counter() - start, 1)
        sets = DEVELOPMENT if options.development else REPORTED
        found = {name: figures(library, shelf, questions) for name, questions in sets.items()}
        facts = {"documents": len(shelf.documents), "passages": sum(len(one.passages) for one in shelf.documents)}
        report("knowledge", facts, {**found, "literal": literal(library, shelf), "add_s": added})


if __name__ == "__main__":
    main()
