"""``export --format ro-crate`` and ``eln``: a campaign as a research object, a folder or an archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zosimos.core.errors import SpecError

if TYPE_CHECKING:
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
