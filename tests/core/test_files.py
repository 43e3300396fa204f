"""Files that somebody named: regular ones of a bounded size are read, everything else is refused at once."""

from __future__ import annotations

import os
import socket
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from zosimos.core.errors import DataError, SettingsError, SpecError
from zosimos.core.files import is_database, read_file
from zosimos.core.settings import load_settings

posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices are files of POSIX systems")


@pytest.mark.parametrize("data", [b"", b"a", bytes(range(256)) * 300])
def test_a_regular_file_is_read_whole_also_through_a_link(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_file(tmp_path / "file", "candidates") == data
    assert read_file(tmp_path / "link", "candidates", at_most=len(data)) == data


@posix
def test_pipes_devices_sockets_and_directories_are_refused_without_being_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
    (tmp_path / "link").symlink_to("/dev/zero")
    for path, kind in (
        (tmp_path / "pipe", "a pipe"),
        (tmp_path / "socket", "a socket"),
        (tmp_path, "a directory"),
        (tmp_path / "link", "a device"),
        (Path("/dev/null"), "a device"),
    ):
        with pytest.raises(DataError, match=f"it is {kind}") as caught:
            read_file(path, "candidates")
        assert (caught.value.field, caught.value.value) == ("candidates", str(path))
        assert caught.value.allowed == "a regular file"


def test_a_file_above_the_limit_is_refused_without_being_read(tmp_path: Path) -> None:
    with (tmp_path / "giant").open("wb") as file:
        file.truncate(1 << 40)  # takes no room on the disk
    with pytest.raises(SpecError, match="too large") as caught:
        read_file(tmp_path / "giant", "lab.file", at_most=1000, error=SpecError)
    assert caught.value.allowed == "1000 bytes at most"


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="files that the system makes up are Linux's")
def test_a_file_that_says_it_is_empty_is_read_no_further_than_the_limit() -> None:
    assert Path("/proc/self/maps").stat().st_size == 0
    with pytest.raises(DataError, match="too large"):
        read_file(Path("/proc/self/maps"), "candidates", at_most=200)
    assert b"r" in read_file(Path("/proc/self/maps"), "candidates")


@pytest.mark.parametrize("name", ["none", "a\0b"])
def test_a_name_without_a_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="cannot read"):
        read_file(tmp_path / name, "file")


@posix
def test_settings_that_are_a_pipe_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "zosimos.toml")
    with pytest.raises(SettingsError, match="it is a pipe"):
        load_settings()


@posix
def test_a_file_that_is_exchanged_for_a_pipe_before_it_is_opened_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("data")
    seen = (tmp_path / "file").stat()
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(Path, "stat", lambda _: seen)
    with pytest.raises(DataError, match="it is a pipe"):
        read_file(tmp_path / "pipe", "candidates")


def test_a_database_is_known_by_its_header_though_half_of_it_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "data ß.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE a (b)")
    assert is_database(path)
    path.write_bytes(path.read_bytes()[:4096])
    assert is_database(path)


@pytest.mark.parametrize("data", [b"", b"a", b"text\n" * 500, bytes(5000)])
def test_other_files_folders_and_what_is_not_there_are_no_databases(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    assert not any(is_database(path) for path in (tmp_path / "file", tmp_path, tmp_path / "none", Path("a\0b")))
