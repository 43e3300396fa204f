"""Packing a crate: a folder, a zip, or an ``.eln``, all of it or nothing, and never over what is there.

An ``.eln`` is a zip of a crate in one folder at its root, of the archive's name
(https://github.com/TheELNConsortium/TheELNFileFormat). Times in archives are the campaign's.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from zosimos.core.errors import DataError
from zosimos.core.files import cannot_write

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def pack(path: Path, write: Callable[[Path], None], *, campaign: str, at: str, eln: bool = False) -> None:
    """Write a crate to a path: as an archive if the path ends in ``.zip`` or ``.eln``, as a folder otherwise.

    Args:
        path: where, which must not be there yet.
        write: writes the crate into an empty folder.
        campaign: the campaign's id, the root folder's name where the archive's is no plain one.
        at: the time of the last event, for the archive's entries.
        eln: whether it is for electronic notebooks; the path then ends in ``.eln``.

    Raises:
        DataError: the path is taken, cannot be written, or ends otherwise.
    """
    archive = path.suffix.lower() in (".zip", ".eln")
    if eln != (path.suffix.lower() == ".eln"):
        raise DataError(
            "an archive for notebooks ends in .eln" if eln else ".eln is for --format eln",
            field="-o",
            value=str(path),
            allowed="FILE.eln" if eln else "a folder, or FILE.zip",
        )
    if path.exists() or path.is_symlink():
        raise DataError(f"{path} is there already", field="-o", value=str(path), allowed="a new folder or file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as parts:
            crate = Path(parts) / "crate"
            crate.mkdir()
            write(crate)
            if not archive:
                crate.rename(path)
                return
            root = (path.stem if _PLAIN.fullmatch(path.stem) else campaign) + "/" if eln else ""
            _zip(crate, Path(parts) / "archive", root, at)
            (Path(parts) / "archive").rename(path)
    except OSError as error:
        raise cannot_write(path, error) from error


def _zip(crate: Path, archive: Path, root: str, at: str) -> None:
    """Write a folder's files into an archive in the order of their names, all with one time."""
    moment = datetime.fromisoformat(at)
    when = (max(moment.year, 1980), moment.month, moment.day, moment.hour, moment.minute, moment.second)
    with zipfile.ZipFile(archive, "x", zipfile.ZIP_DEFLATED) as target:
        for path in sorted(item for item in crate.rglob("*") if item.is_file()):
            entry = zipfile.ZipInfo(root + path.relative_to(crate).as_posix(), when)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix, wherever this runs
            entry.compress_type = zipfile.ZIP_DEFLATED
            with path.open("rb") as source, target.open(entry, "w", force_zip64=True) as sink:
                while block := source.read(1 << 20):
                    sink.write(block)
