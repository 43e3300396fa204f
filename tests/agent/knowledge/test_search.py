"""Search: by words and by meaning, the same each time, and by words alone where nothing finds out meanings."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.knowledge import search as module
from zosimos.agent.knowledge.library import Library
from zosimos.agent.knowledge.search import search
from zosimos.agent.knowledge.words import matches
from zosimos.core.errors import SpecError
from zosimos.surrogates.featurizers.sentences import embedder

NOTES = {
    "pumps.md": "# Pumps\n\nPrime the pump with three strokes.\n\n# Storage\n\nLeave the plunger at half stroke.\n",
    "safety.txt": "Wear butyl gloves. Call the fire brigade when solvent burns.",
    "runs.csv": "run,base,yield\nF16,K2CO3,93\nF17,K3PO4,71\n",
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    library = Library(tmp_path / "library")
    for name, text in NOTES.items():
        (tmp_path / name).write_text(text)
        library.add(tmp_path / name)
    return library


def found(library: Library, question: str, most: int = 3) -> list[str]:
    return [hit.passage.text for hit in search(library, library.shelf(), question, most)]


@pytest.mark.skipif(embedder() is None, reason="the embedding model is not installed")
def test_a_question_in_other_words_finds_its_passage_and_finds_it_again(library: Library) -> None:
    assert "butyl gloves" in found(library, "how do I protect my hands?")[0]
    assert found(library, "how do I protect my hands?") == found(library, "how do I protect my hands?")


def test_a_code_is_found_by_its_letters(library: Library) -> None:
    assert "F17" in found(library, "F17")[0]


def test_without_embeddings_passages_are_found_by_their_words(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "embedder", lambda: None)
    assert "Prime the pump" in found(library, "priming of pumps")[0]


def test_no_more_passages_come_than_are_there_or_were_asked_for(library: Library) -> None:
    assert len(found(library, "gloves", 2)) == 2
    assert len(found(library, "gloves", 50)) == sum(len(one.passages) for one in library.shelf().documents)


@pytest.mark.parametrize("question", ["", " \n", "x" * 1001])
def test_a_question_without_words_or_without_end_is_refused(library: Library, question: str) -> None:
    with pytest.raises(SpecError, match="some words"):
        found(library, question)


@pytest.mark.parametrize("question", ["?!", "NEAR(a, b)", '" OR 1', "title:*", "🙂", "the of and", "\0", "a" * 1000])
def test_a_question_is_never_a_command_to_the_index(library: Library, question: str) -> None:
    assert len(found(library, question)) == 3


@given(st.text(max_size=60), st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_words_match_any_texts(question: str, texts: list[str]) -> None:
    scores = matches(question, [""] * len(texts), texts)
    assert scores.shape == (len(texts),)
    assert (scores >= 0).all()
