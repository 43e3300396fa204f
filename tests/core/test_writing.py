"""Files that somebody named are written whole or stay as they were; JSON in pieces is the JSON of the whole."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zosimos.core.writing import json_pieces, write_whole

posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes, devices and rights are those of POSIX systems")
texts = st.text(max_size=8)
leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4))


def breaking() -> Iterator[str]:
    yield "half"
    raise ValueError("the second half cannot be made")


def streamed(data: Any) -> Any:
    """Data with an iterator in place of each list that only mappings and other lists are around."""
    if isinstance(data, dict):
        return {name: streamed(item) for name, item in data.items()}
    return iter([streamed(item) for item in data]) if isinstance(data, list) else data


@pytest.mark.slow
@given(values, st.booleans())
def test_json_in_pieces_is_the_json_of_the_whole(data: Any, sort_keys: bool) -> None:
    whole = json.dumps(data, indent=2, ensure_ascii=False, sort_keys=sort_keys)
    assert "".join(json_pieces(data, sort_keys=sort_keys)) == whole
    assert "".join(json_pieces(streamed(data), sort_keys=sort_keys)) == whole


@pytest.mark.parametrize("before", [None, "what was there"])
def test_what_cannot_be_made_leaves_the_file_as_it_was_and_nothing_beside_it(
    tmp_path: Path, before: str | None
) -> None:
    path = tmp_path / "out.csv"
    if before is not None:
        path.write_text(before)
    with pytest.raises(ValueError, match="second half"):
        write_whole(path, breaking())
    assert [file.read_text() for file in tmp_path.iterdir()] == ([] if before is None else [before])


def test_until_a_file_is_whole_what_was_there_stays(tmp_path: Path) -> None:
    path, seen = tmp_path / "out.csv", []
    path.write_text("old")

    def pieces() -> Iterator[str]:
        for piece in ("n", "e", "w"):
            seen.append(path.read_text())
            yield piece

    write_whole(path, pieces())
    assert seen == ["old"] * 3
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "no" / "out.csv", ["text"])
    with pytest.raises(OSError):
        write_whole(tmp_path, ["text"])
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_file_keeps_its_rights_and_a_link_stays_one(tmp_path: Path) -> None:
    path, link = tmp_path / "secret.csv", tmp_path / "link.csv"
    path.write_text("old")
    path.chmod(0o600)
    link.symlink_to(path)
    write_whole(link, ["new"])
    assert link.is_symlink()
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)


@posix
def test_a_file_that_is_read_only_is_not_exchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept.csv"
    path.write_text("old")
    path.chmod(0o400)
    monkeypatch.setattr(os, "access", lambda place, _: bool(place.stat().st_mode & stat.S_IWUSR))  # also for root
    with pytest.raises(PermissionError):
        write_whole(path, ["new"])
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe, heard = tmp_path / "pipe", []
    os.mkfifo(pipe)
    listening = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    listening.start()
    write_whole(pipe, ["a", "b"])
    listening.join()
    assert heard == ["ab"]
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_name_as_long_as_a_file_may_have_is_written_to(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 250 + ".csv")
    write_whole(path, ["text"])
    assert path.read_text() == "text"
