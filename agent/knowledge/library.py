"""The library: a folder with a folder for each document, named by the SHA-256 of its file.

In it are the file as it was (``original``), its text and passages (``document.json``), and, once it was searched, what
its passages mean in numbers (``meanings.npz``). A document is there or it is not: its folder is filled under another
name, one that begins with a dot, and then takes its own in one step, so that neither a kill nor a second process leaves
half of one. What is in the library comes from outside; it is read as data, and strictly.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from zosimos.agent.knowledge.document import SHORT, Document, Passage
from zosimos.agent.knowledge.reading import MOST_BYTES, read_document
from zosimos.agent.knowledge.stored import as_text, from_text
from zosimos.core.errors import DataError, NotFoundError
from zosimos.core.files import in_home, read_file
from zosimos.core.writing import write_whole

_DIGEST = re.compile(r"[0-9a-f]{64}")
_BEGINNING = re.compile(rf"[0-9a-f]{{{SHORT},64}}")
_PASSAGE = re.compile(rf"([0-9a-f]{{{SHORT},64}})\.([1-9][0-9]{{0,6}})")
_STORED_BYTES = 100_000_000


@dataclass(frozen=True)
class Shelf:
    """The documents of a library, by name, and why others of it could not be read."""

    documents: tuple[Document, ...]
    troubles: tuple[DataError, ...] = ()


@dataclass(frozen=True)
class Library:
    """Documents of a laboratory in a folder, which is made when the first one is added."""

    folder: Path
    _home: Path = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_home", in_home(self.folder))

    def add(self, path: Path) -> tuple[Document, bool]:
        """Add a file; return its document, and whether it is new.

        Raises:
            DataError: it cannot be read, or the library cannot be written.
        """
        data = read_file(path, "FILES", at_most=MOST_BYTES)
        document = read_document(data, path.name)
        place = self.place(document)
        if place.is_dir():
            return self._read(document.digest), False
        part = self._home / f".{document.digest}.{os.getpid()}.part"
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(part, ignore_errors=True)  # of a process of that number which was killed
            part.mkdir()
            write_whole(part / "original", [data])
            write_whole(part / "document.json", [as_text(document)])
            with suppress(OSError):  # another process was first: it holds the same
                part.rename(place)
            if not place.is_dir():
                part.rename(place)
        except OSError as error:
            raise self._cannot("written", error) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
        return document, True

    def remove(self, name: str) -> Document | None:
        """Remove a document with all that is kept of it; return it as far as it could be read.

        Raises:
            NotFoundError: there is none of that name, or several.
            DataError: the library cannot be written.
        """
        digest = self._digest(name)
        try:
            found = self._read(digest)
        except DataError:
            found = None
        gone = self._home / f".{digest}.{os.getpid()}.gone"
        try:
            shutil.rmtree(gone, ignore_errors=True)
            (self._home / digest).rename(gone)
        except OSError as error:
            raise self._cannot("written", error) from error
        shutil.rmtree(gone, ignore_errors=True)
        return found

    def shelf(self) -> Shelf:
        """Return all documents, by name.

        Raises:
            DataError: the library's folder cannot be read.
        """
        documents, troubles = [], []
        for digest in self._digests():
            try:
                documents.append(self._read(digest))
            except DataError as error:
                troubles.append(error)
        return Shelf(tuple(sorted(documents, key=lambda one: (one.name.casefold(), one.digest))), tuple(troubles))

    def passage(self, name: str) -> Passage:
        """Return the passage with an id such as ``3f2a9c1.14``.

        Raises:
            NotFoundError: there is none.
            DataError: its document cannot be read.
        """
        found = _PASSAGE.fullmatch(name.strip())
        if found is None:
            raise NotFoundError(
                "no such passage",
                field="passage",
                value=name,
                allowed="a document's id, a point and a number, such as 3f2a9c1.14",
                hint='zosimos knowledge ask "..." shows them',
            )
        document = self._read(self._digest(found[1]))
        number = int(found[2])
        if number > len(document.passages):
            raise NotFoundError(
                f"{document.name} has no passage {number}",
                field="passage",
                value=name,
                allowed=f"1 to {len(document.passages)}",
            )
        return document.passages[number - 1]

    def place(self, document: Document) -> Path:
        """Return the folder of a document."""
        return self._home / document.digest

    def _digests(self) -> Sequence[str]:
        try:
            with os.scandir(self._home) as entries:
                return sorted(entry.name for entry in entries if _DIGEST.fullmatch(entry.name) and entry.is_dir())
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._cannot("read", error) from error

    def _digest(self, name: str) -> str:
        """Return the digest that is meant by its beginning, or by the file's name.

        Raises:
            NotFoundError: there is none, or several.
        """
        digests = self._digests()
        found = [one for one in digests if _BEGINNING.fullmatch(name) and one.startswith(name)]
        if not found:
            found = [document.digest for document in self.shelf().documents if document.name == name]
        if len(found) == 1:
            return found[0]
        raise NotFoundError(
            "several documents are called that" if found else "there is no such document",
            field="document",
            value=name,
            allowed=", ".join(found) or f"one of the {len(digests)} in {self.folder}",
            hint="name it by more digits of its id" if found else "zosimos knowledge list shows them",
        )

    def _read(self, digest: str) -> Document:
        path = self._home / digest / "document.json"
        try:
            return from_text(read_file(path, "library", at_most=_STORED_BYTES), digest)
        except ValueError as error:
            raise DataError(
                f"the library's document {digest[:SHORT]} is damaged",
                field="library",
                value=str(path),
                allowed=f"what zosimos knowledge add writes ({error})",
                hint=f"zosimos knowledge remove {digest[:SHORT]}, and add the file again",
            ) from error

    def _cannot(self, what: str, error: OSError) -> DataError:
        return DataError(
            f"the library cannot be {what}: {error.strerror}",
            field="library",
            value=str(self.folder),
            hint="check the folder, its rights and the room on its disk",
        )
