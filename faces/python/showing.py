"""Showing: a campaign's report and single figures, from Python."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zosimos.campaign.ledger.verify import Head
from zosimos.core.filenames import file_name
from zosimos.core.settings import Settings
from zosimos.faces.python.control import Controlled

if TYPE_CHECKING:
    from zosimos.campaign.report.drawing import Picture


class Shown(Controlled):
    """A campaign that can be shown to others."""

    _settings: Settings

    def report(self, path: str | Path | None = None) -> Path:
        """Write the report as one HTML file, and return where.

        Args:
            path: where (default: its place in the folder of reports).
        """
        from zosimos.campaign.report import write_report

        state = self._state
        place = Path(path) if path is not None else self._settings.reports / f"{file_name(state.id)}.html"
        return write_report(state, Head(state.seq, state.head), place, self._setup)

    def plot(self, kind: str, path: str | Path | None = None) -> Picture:
        """Draw one of the report's figures, and return it: ``.png`` and ``.svg`` are its bytes.

        A notebook shows it.

        Args:
            kind: ``progress``, ``pareto``, ``effects``, ``contours``, ``ternary``, ``importances``, ``parity``,
                ``parallel``, ``timeline`` or ``instruments``.
            path: a file to write it to as well, ending in ``.png`` or ``.svg``.

        Raises:
            SpecError: there is no such kind, or the file's name ends otherwise.
            StateError: there is nothing to draw yet; says what is missing.
            DataError: the file cannot be written.
        """
        from zosimos.campaign.report.kinds import picture
        from zosimos.campaign.report.subject import Subject

        found = picture(kind, Subject(self._state, self._setup))
        if path is not None:
            found.save(Path(path))
        return found
