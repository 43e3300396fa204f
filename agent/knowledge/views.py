"""Views: documents, passages and values as JSON data, the same for commands, tools and programs."""

from __future__ import annotations

from typing import Any

from zosimos.agent.knowledge.document import Document, Passage
from zosimos.agent.knowledge.extracted import ORIGIN, Extracted


def document_view(document: Document) -> dict[str, Any]:
    """Return what there is to know of a document, without its text."""
    return {
        "document": document.id,
        "sha256": document.digest,
        "name": document.name,
        "kind": document.kind,
        "title": document.title,
        "pages": len(document.pages),
        "passages": len(document.passages),
        "remarks": list(document.remarks),
    }


def passage_view(passage: Passage) -> dict[str, Any]:
    """Return a passage with where it stands: ``start`` and ``end`` count characters of its page's text."""
    return {
        "passage": passage.id,
        "document": passage.document.name,
        "title": passage.document.title,
        "sha256": passage.document.digest,
        "where": passage.where,
        "page": passage.span.page + 1,
        "start": passage.span.start,
        "end": passage.span.end,
        "text": passage.text,
    }


def value_view(value: Extracted) -> dict[str, Any]:
    """Return a value with the letters that it was read from, and where they stand."""
    return {
        "value": value.value,
        "upto": value.upto,
        "spread": value.spread,
        "unit": value.unit,
        "origin": ORIGIN,
        "text": value.text,
        "passage": value.passage.id,
        "document": value.passage.document.name,
        "where": value.passage.where,
        "page": value.passage.span.page + 1,
        "start": value.start,
        "end": value.end,
    }
