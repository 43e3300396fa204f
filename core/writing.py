"""Writing files that somebody named: all of a file or nothing, and in pieces, so that a large one is never in memory.

A file is written beside its place and then takes it. Until then what was there stays as it is, whatever happens.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any


def write_whole(path: Path, pieces: Iterable[str | bytes]) -> None:
    r"""Write a file, all of it or nothing; texts in UTF-8, with the ends of lines that they have.

    A link stays one, a file keeps its rights, and one that is read-only is refused. What is no regular file, such as a
    pipe or ``/dev/stdout``, cannot be exchanged: it is written to as it is.

    Args:
        path: the file, replaced if it exists; its folder is there.
        pieces: what is in it, made while it is written. What making it raises leaves the file as it was.

    Raises:
        OSError: it cannot be written; the file is as it was.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "a.csv", ["x,y\n", "1,2\n"])
    ...     (Path(folder) / "a.csv").read_text(), len(list(Path(folder).iterdir()))
    ('x,y\n1,2\n', 1)
    """
    place = path.resolve() if path.is_symlink() else path
    found = place.stat() if place.exists() else None
    if found is not None and not stat.S_ISREG(found.st_mode):
        with place.open("wb") as file:
            file.writelines(map(_encoded, pieces))
        return
    if found is not None and not os.access(place, os.W_OK):  # the folder alone would let it be exchanged
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
    part = place.with_name(f".{place.name[:40]}.{os.getpid()}.part")
    part.unlink(missing_ok=True)  # of a process of that number which was killed
    try:
        with part.open("xb") as file:
            if found is not None:
                part.chmod(stat.S_IMODE(found.st_mode))
            file.writelines(map(_encoded, pieces))
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
    finally:
        with suppress(OSError):  # the error that brought us here says more
            part.unlink(missing_ok=True)


def _encoded(piece: str | bytes) -> bytes:
    return piece.encode() if isinstance(piece, str) else piece


def json_pieces(data: Any, *, sort_keys: bool = False) -> Iterator[str]:
    r"""Yield the text that ``json.dumps`` makes of data with ``indent=2`` and ``ensure_ascii=False``, piece by piece.

    Args:
        data: JSON data, in which an iterator stands for a list and is gone over as it is written. One is found where
            only mappings with texts as names and other iterators are around it.
        sort_keys: whether the names of mappings come in order.

    >>> "".join(json_pieces({"b": iter([{"c": 1}, 2]), "a": []})) == json.dumps({"b": [{"c": 1}, 2], "a": []}, indent=2)
    True
    """
    encode = json.JSONEncoder(indent=2, ensure_ascii=False, sort_keys=sort_keys).encode
    return _pieces(data, encode, "\n", sort_keys=sort_keys)


def _pieces(data: Any, encode: Any, margin: str, *, sort_keys: bool) -> Iterator[str]:
    """Yield a value's text; ``margin`` is the end of a line and the spaces before the value's own last line."""
    if isinstance(data, Iterator):
        begun = False
        for item in data:
            yield f"{',' if begun else '['}{margin}  "
            yield from _pieces(item, encode, f"{margin}  ", sort_keys=sort_keys)
            begun = True
        yield f"{margin}]" if begun else "[]"
    elif isinstance(data, Mapping) and any(map(_streams, data.values())):
        begun = False
        for name in sorted(data) if sort_keys else data:
            yield f"{',' if begun else '{'}{margin}  {encode(name)}: "
            yield from _pieces(data[name], encode, f"{margin}  ", sort_keys=sort_keys)
            begun = True
        yield f"{margin}}}"
    else:
        yield encode(data).replace("\n", margin)  # inside a text, JSON has no end of a line


def _streams(data: Any) -> bool:
    """Say whether an iterator is to be found in data."""
    return isinstance(data, Iterator) or (isinstance(data, Mapping) and any(map(_streams, data.values())))
