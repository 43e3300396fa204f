"""Pictures inside of PDFs, taken out as they were put in, by a process of its own that has limits."""

from __future__ import annotations

import base64
import io
import json
import logging
import sys

from zosimos.agent.knowledge.apart import limit, read_apart
from zosimos.core.errors import DataError

_SECONDS = 60
_MOST = 50  # pictures of a page
_BYTES = 30_000_000  # of all of them


def picture_in(data: bytes, name: str, page: int, number: int | None = None) -> bytes:
    """Return a picture of a page of a PDF, as a file.

    Args:
        data: the PDF.
        name: what it is called in messages.
        page: the page, counted from 1.
        number: which of its pictures, counted from 1; none takes the only one.

    Raises:
        DataError: there is no such page or picture, it is not clear which is meant, or the PDF cannot be read.
    """
    answer = read_apart("zosimos.agent.knowledge.pictures", data, _SECONDS, str(page))
    if isinstance(answer, str):
        raise _refused(name, "--page", f"page {page}: {answer}", "a page of a PDF that is whole, without a password")
    pictures = [base64.b64decode(one) for one in answer["pictures"]]
    if not pictures:
        raise _refused(
            name, "--page", f"page {page} has no picture in it", "a page with a picture; drawings are not read"
        )
    if number is None and len(pictures) > 1:
        raise _refused(name, "--picture", f"page {page} has {len(pictures)}", f"--picture 1 to {len(pictures)}")
    if not 1 <= (number or 1) <= len(pictures):
        raise _refused(name, "--picture", str(number), f"1 to {len(pictures)}")
    return pictures[(number or 1) - 1]


def _refused(name: str, field: str, value: str, allowed: str) -> DataError:
    return DataError(
        f"no picture was taken from {name}",
        field=field,
        value=value,
        allowed=allowed,
        hint="take a picture of the page (PNG) with any program that shows it, and name that",
    )


def _answer(data: bytes, page: int) -> dict[str, object]:
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return {"problem": "it is protected by a password"}
        if not 1 <= page <= len(reader.pages):
            return {"problem": f"it has {len(reader.pages)} pages"}
        found: list[str] = []
        size = 0
        for image in reader.pages[page - 1].images:
            size += len(image.data)
            if len(found) >= _MOST or size > _BYTES:
                return {"problem": f"more than {_MOST} pictures or {_BYTES} bytes of them"}
            found.append(base64.b64encode(image.data).decode())
    except MemoryError:
        return {"problem": "it needs too much memory"}
    except Exception as error:  # noqa: BLE001 - a PDF that is not whole raises anything at all
        return {"problem": f"it is damaged ({type(error).__name__})"}
    return {"pictures": found}


if __name__ == "__main__":
    limit(_SECONDS)
    sys.stdout.write(json.dumps(_answer(sys.stdin.buffer.read(), int(sys.argv[1]))))
