"""Passages are pieces of their page, to the letter; together they hold every word of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.agent.knowledge.document import Document, Page, Span
from zosimos.agent.knowledge.passages import spans

LETTERS = st.characters(exclude_categories=["Cs"])
WORDS = st.lists(
    st.sampled_from(["Heat", "it", "to", "95", "degC.", "3.2", "Time\n", "\n\n", "a" * 900, "±", "µL;", "- x\n"])
)


@given(st.one_of(st.text(LETTERS, max_size=400), WORDS.map(" ".join), WORDS.map(lambda words: " ".join(words * 40))))
def test_every_passage_is_a_piece_of_its_page_and_no_word_of_the_page_is_lost(text: str) -> None:
    found = spans([Page("", text)])
    covered = set()
    for span in found:
        assert 0 <= span.start < span.end <= len(text)
        piece = text[span.start : span.end]
        assert piece == piece.strip()
        covered.update(range(span.start, span.end))
    assert {place for place, char in enumerate(text) if not char.isspace()} <= covered
    assert [span.start for span in found] == sorted({span.start for span in found})
    assert spans([Page("", text)]) == found


def test_a_passage_has_at_most_130_words_unless_a_single_sentence_has_more() -> None:
    text = " ".join(f"Sentence {i} has six words." for i in range(300)) + " " + "word " * 400
    sizes = [len(text[span.start : span.end].split()) for span in spans([Page("", text)])]
    assert max(sizes) <= 200
    assert min(sizes[:-1]) >= 30


def test_a_passage_of_endless_words_is_cut_by_its_length() -> None:
    text = " ".join("x" * 700 for _ in range(100))
    assert max(span.end - span.start for span in spans([Page("", text)])) <= 2_000


def test_a_sentence_at_a_cut_inside_a_paragraph_stands_in_both_passages() -> None:
    text = " ".join(f"Step {i}: weigh the vial and write it down." for i in range(40))
    first, second, *_ = spans([Page("", text)])
    assert second.start < first.end


def test_passages_begin_with_their_section_where_sections_are_long_enough() -> None:
    text = f"{'Stir it well. ' * 29}Stir.\n3.2 Residence time\n{'Wait for it. ' * 30}"
    starts = [text[span.start :][:18] for span in spans([Page("", text)])]
    assert "3.2 Residence time" in starts


def test_a_passage_knows_the_heading_before_it_also_from_an_earlier_page() -> None:
    pages = (Page("page 1", "It was warm.\nFire\nUse foam."), Page("page 2", "Cover the dish."))
    document = Document("a" * 64, "s.pdf", "pdf", "Safety", pages, (Span(0, 18, 27), Span(1, 0, 15)))
    assert [passage.where for passage in document.passages] == ["page 1, Fire", "page 2, Fire"]


def test_a_span_outside_its_page_makes_no_document() -> None:
    for span in (Span(0, 0, 4), Span(0, 2, 2), Span(1, 0, 1), Span(0, -1, 2)):
        with pytest.raises(ValueError, match="no piece"):
            Document("a" * 64, "a.txt", "text", "a", (Page("", "abc"),), (span,))
