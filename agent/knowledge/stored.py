"""Stored documents: what the library writes of a document, and reads again as strictly as anything from outside."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zosimos.agent.knowledge.document import Document, Page, Span

FORMAT = 1


class _Page(BaseModel):
    model_config = ConfigDict(extra="forbid")

    place: str
    text: str


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal[1]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    name: Annotated[str, Field(min_length=1, max_length=500)]
    kind: str
    title: str
    pages: list[_Page]
    passages: list[tuple[int, int, int]]
    remarks: list[str]


def as_text(document: Document) -> str:
    """Return a document as JSON."""
    data = {
        "format": FORMAT,
        "digest": document.digest,
        "name": document.name,
        "kind": document.kind,
        "title": document.title,
        "pages": [vars(page) for page in document.pages],
        "passages": [[span.page, span.start, span.end] for span in document.spans],
        "remarks": list(document.remarks),
    }
    return json.dumps(data, ensure_ascii=False, indent=1)


def from_text(data: bytes, digest: str) -> Document:
    """Return the document that was written under a digest.

    Raises:
        ValueError: it is none, or another one, or a passage is no piece of its page.
    """
    try:
        found = _Stored.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'JSON'}: {first['msg']}") from error
    if found.digest != digest:
        raise ValueError("it belongs to another document")
    pages = tuple(Page(page.place, page.text) for page in found.pages)
    spans = tuple(Span(*numbers) for numbers in found.passages)
    return Document(found.digest, found.name, found.kind, found.title, pages, spans, tuple(found.remarks))
