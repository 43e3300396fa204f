"""Searching documents: each question has its answer in a passage, and the page tells what the search reaches."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from zosimos.agent.knowledge.library import Library, Shelf
from zosimos.surrogates.featurizers.sentences import embedder

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT / "bench") not in sys.path:
    sys.path.append(str(ROOT / "bench"))

import knowledge  # noqa: E402 - the path comes first
from documents.questions import DEVELOPMENT, LAST, NAMED, REPORTED, TERSE  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Library, Shelf]:
    return knowledge.filled(tmp_path_factory.mktemp("documents"))


def test_every_question_is_answered_by_a_passage_and_none_is_in_both_halves(filled: tuple[Library, Shelf]) -> None:
    passages = [passage for document in filled[1].documents for passage in document.passages]
    for question in (*TERSE, *NAMED, *LAST):
        assert any(knowledge.is_right(passage, question) for passage in passages), question
    used = {question.text for questions in DEVELOPMENT.values() for question in questions}
    kept = {question.text for questions in REPORTED.values() for question in questions}
    assert (len(used), len(kept), used & kept) == (90, 60, set())


def test_every_passage_stands_in_its_file_where_it_says(filled: tuple[Library, Shelf]) -> None:
    assert knowledge.literal(*filled) == 1.0


@pytest.mark.skipif(embedder() is None, reason="the embedding model is not installed")
def test_nine_of_ten_questions_find_their_passage_among_three_as_the_page_says(filled: tuple[Library, Shelf]) -> None:
    found = knowledge.figures(*filled, REPORTED["named"])
    page = (ROOT / "docs" / "knowledge.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"^\| both, and a closer look \| (.+?) \|", page, re.MULTILINE)
    assert row == f"{100 * found['look']['first']:.0f} %, **{100 * found['look']['third']:.0f} %**"
    assert found["look"]["third"] >= 0.9
