"""The library: documents are there whole or not at all, whoever adds, kills or damages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from zosimos.agent.knowledge.library import Library
from zosimos.agent.knowledge.meanings import meanings
from zosimos.core.errors import DataError, NotFoundError
from zosimos.surrogates.featurizers.sentences import embedder

TEXT = "Prime the pump.\n\nThree strokes of water are enough for it."


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sop.txt"
    path.write_text(TEXT)
    return path


def test_adding_twice_changes_nothing(library: Library, file: Path) -> None:
    document, new = library.add(file)
    place = library.place(document)
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    again, second = library.add(file.rename(file.with_name("other.txt")))
    assert (new, second, again) == (True, False, document)
    assert before == {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    assert (place / "original").read_bytes() == TEXT.encode()
    assert library.shelf().documents == (document,)


def test_an_empty_or_missing_library_has_no_documents(library: Library) -> None:
    assert library.shelf().documents == ()
    assert not library.folder.exists()


def test_a_removed_document_is_gone_with_all_that_was_kept(library: Library, file: Path) -> None:
    document, _ = library.add(file)
    assert library.remove(document.id) == document
    assert list(library.folder.iterdir()) == []
    with pytest.raises(NotFoundError, match="no such document"):
        library.remove(document.id)


def test_a_document_is_named_by_its_file_or_by_the_beginning_of_its_digest(library: Library, file: Path) -> None:
    document, _ = library.add(file)
    for name in ("sop.txt", document.id, document.digest):
        assert library.remove(name) == document
        library.add(file)
    for name in ("", "sop", document.id[:6], "../library", "*"):
        with pytest.raises(NotFoundError):
            library.remove(name)


def test_two_documents_of_one_name_are_told_apart_by_their_ids(library: Library, file: Path) -> None:
    library.add(file)
    file.write_text("Another text.")
    library.add(file)
    with pytest.raises(NotFoundError, match="several") as caught:
        library.remove("sop.txt")
    assert all(document.digest in str(caught.value.allowed) for document in library.shelf().documents)


def test_passages_are_found_by_their_id(library: Library, file: Path) -> None:
    document, _ = library.add(file)
    assert library.passage(f"{document.id}.1").text in TEXT
    for name in (f"{document.id}.2", f"{document.id}.0", document.id, "fffffff.1", f"{document.id}.1.1", "", "../x.1"):
        with pytest.raises(NotFoundError):
            library.passage(name)


def test_what_a_killed_command_left_is_no_document_and_does_not_stand_in_the_way(library: Library, file: Path) -> None:
    document, _ = library.add(file)
    library.remove(document.id)
    half = library.folder / f".{document.digest}.{os.getpid()}.part"
    half.mkdir()
    (half / "original").write_bytes(b"half")
    assert library.shelf().documents == ()
    assert library.add(file) == (document, True)


def test_a_kill_while_a_document_is_written_leaves_none(tmp_path: Path, file: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from zosimos.agent.knowledge import library\n"
        "write = library.write_whole\n"
        "def kill(path, pieces):\n"
        "    write(path, pieces)\n"
        "    path.name == 'document.json' and os._exit(9)\n"
        "library.write_whole = kill\n"
        "library.Library(Path(sys.argv[1])).add(Path(sys.argv[2]))\n"
    )
    place = tmp_path / "library"
    done = subprocess.run([sys.executable, "-c", code, str(place), str(file)], check=False)
    assert done.returncode == 9
    assert Library(place).shelf().documents == ()
    assert Library(place).add(file)[1]


def test_several_that_add_at_once_leave_one_whole_document(library: Library, file: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from zosimos.agent.knowledge.library import Library\n"
        "for _ in range(20):\n"
        "    library = Library(Path(sys.argv[1])); document, _ = library.add(Path(sys.argv[2]))\n"
    )
    command = [sys.executable, "-c", code, str(library.folder), str(file)]
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: subprocess.run(command, check=False, capture_output=True), range(3)))
    assert [one.returncode for one in done] == [0, 0, 0], done
    (document,) = library.shelf().documents
    assert [path.name for path in library.folder.iterdir()] == [document.digest]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: "{",
        lambda data: json.dumps(data | {"passages": [[0, 0, 999_999]]}),
        lambda data: json.dumps(data | {"digest": "0" * 64}),
        lambda data: json.dumps(data | {"more": 1}),
        lambda data: json.dumps(data | {"pages": [{"place": "", "text": 5}]}),
        lambda data: "[" * 100_000,
    ],
)
def test_a_damaged_document_is_told_and_hides_no_other(library: Library, file: Path, damage: object) -> None:
    document, _ = library.add(file)
    file.write_text("Another text.")
    other, _ = library.add(file)
    path = library.place(document) / "document.json"
    path.write_text(damage(json.loads(path.read_text())))  # type: ignore[operator]  # one of those above
    shelf = library.shelf()
    assert shelf.documents == (other,)
    (trouble,) = shelf.troubles
    assert "damaged" in trouble.message
    assert library.remove(document.id) is None


def test_a_library_that_is_a_file_is_refused(library: Library, file: Path) -> None:
    library.folder.write_text("no folder")
    with pytest.raises(DataError, match="the library cannot be"):
        library.add(file)
    with pytest.raises(DataError, match="the library cannot be"):
        library.shelf()


@pytest.mark.skipif(embedder() is None, reason="the embedding model is not installed")
def test_meanings_are_found_out_once_and_again_where_they_are_damaged(library: Library, file: Path) -> None:
    document, _ = library.add(file)
    folder, model = library.place(document), embedder()
    assert model is not None
    made = meanings(document, folder, model)
    kept = (folder / "meanings.npz").read_bytes()
    assert (meanings(document, folder, model).vectors == made.vectors).all()
    for wrong in (b"", b"PK\x03\x04", kept[:-30], kept.replace(b"MiniLM", b"Maxi  ")):
        (folder / "meanings.npz").write_bytes(wrong)
        assert (meanings(document, folder, model).vectors == made.vectors).all()
