"""Papers: the text of a PDF by its pages, read in a process of its own that has limits of time and of memory.

A PDF is a program as much as a text: one that somebody made for it can keep a reader busy for hours, or fill the
memory. So it is read by ``python -m zosimos.agent.knowledge.paper``, which gets the file on standard input and answers
with JSON; when it takes too long it is ended, and nothing but this file is lost.
"""

from __future__ import annotations

import io
import json
import logging
import sys

from zosimos.agent.knowledge.apart import limit, read_apart
from zosimos.agent.knowledge.document import Found, Page
from zosimos.agent.knowledge.plain import first_line, seen
from zosimos.core.errors import DataError

_PAGES = 2_000
_SECONDS = 120
_CHARACTERS = 5_000_000


def read_paper(data: bytes, name: str, seconds: float = _SECONDS) -> Found:
    """Return the text of a PDF, page by page.

    Args:
        data: the file.
        name: what it is called in messages.
        seconds: how long its reading may take.

    Raises:
        DataError: it is damaged, protected by a password, without text, or takes too long or too much memory.
    """
    if b"%PDF-" not in data[:1024]:
        raise _refused(name, "it does not begin as a PDF does")
    answer = read_apart("zosimos.agent.knowledge.paper", data, seconds)
    if isinstance(answer, str):
        raise _refused(name, answer)
    pages, remarks = [], []
    for number, text in enumerate(answer["pages"], 1):
        kept, unseen = seen(str(text))
        remarks += [f"page {number}: {remark}" for remark in unseen]
        pages.append(Page(f"page {number}", kept))
    empty = [str(number) for number, page in enumerate(pages, 1) if not page.text.strip()]
    if len(empty) == len(pages):
        raise _refused(name, "it has no text: its pages may be pictures")
    remarks += [f"no text on page {', '.join(empty[:20])}{', ...' if len(empty) > 20 else ''}"] if empty else []
    title = seen(str(answer["title"]))[0].strip() or first_line(pages[0].text)
    return Found(title, tuple(pages), tuple(remarks))


def _refused(name: str, why: str) -> DataError:
    return DataError(
        f"{name} cannot be read as a PDF",
        field="FILES",
        value=why,
        allowed=f"a PDF with text and without a password, of {_PAGES} pages at most",
        hint="save it again from the program that made it, or save its text",
    )


def _answer(data: bytes) -> dict[str, object]:
    """Return the title and the pages of a PDF, or what is wrong with it."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return {"problem": "it is protected by a password"}
        if len(reader.pages) > _PAGES:
            return {"problem": f"{len(reader.pages)} pages"}
        pages, size = [], 0
        for page in reader.pages:
            text = page.extract_text()
            size += len(text)
            if size > _CHARACTERS:
                return {"problem": f"more than {_CHARACTERS} characters of text"}
            pages.append(text.encode("utf-8", "replace").decode())
        title = "" if reader.metadata is None else str(reader.metadata.title or "")
    except MemoryError:
        return {"problem": "it needs too much memory"}
    except DependencyError:
        return {"problem": "it is encrypted in a way that is not read here"}
    except Exception as error:  # noqa: BLE001 - a PDF that is not whole raises anything at all
        return {"problem": f"it is damaged ({type(error).__name__})"}
    return {"title": title, "pages": pages}


if __name__ == "__main__":
    limit(_SECONDS)
    sys.stdout.write(json.dumps(_answer(sys.stdin.buffer.read())))
