"""``export`` to what is no text: a campaign as a research object (``ro-crate``, ``eln``), or as a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zosimos.core.errors import SpecError
from zosimos.faces.cli.context import write_pieces

if TYPE_CHECKING:
    from zosimos.campaign.control.tables import Title
    from zosimos.campaign.record.state import State
    from zosimos.faces.cli.context import Desk


def write(here: Desk, state: State, path: Path | None, *, eln: bool, license_: str) -> Path:
    """Write a campaign's crate to the path that a person named, and return that.

    Raises:
        SpecError: none was named.
        DataError: it is taken, or cannot be written.
    """
    from zosimos.campaign.export.crate import NO_LICENSE, write_crate
    from zosimos.campaign.export.package import pack

    if path is None:
        raise SpecError(
            "a crate is no text: say where to write it",
            field="-o",
            allowed="-o FILE.eln" if eln else "-o FOLDER or -o FILE.zip",
        )

    def crate(folder: Path) -> None:
        write_crate(here.ledger, state, folder, license_ or NO_LICENSE)

    pack(path, crate, campaign=state.id, at=state.at, eln=eln)
    return path


def write_workbook(state: State, path: Path | None, title: Title | None) -> Path:
    """Write a campaign's experiments as an .xlsx workbook to the path that a person named, and return that.

    Raises:
        SpecError: none was named.
        DataError: it cannot be written.
    """
    from zosimos.campaign.control.tables import experiment_rows
    from zosimos.campaign.tables.writing import workbook

    if path is None:
        raise SpecError("a workbook is no text: say where to write it", field="-o", allowed="-o FILE.xlsx")
    write_pieces(path, [workbook(*experiment_rows(state, title))])
    return path
