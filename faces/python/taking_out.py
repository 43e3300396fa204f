"""Taking out: tables to fill in, exports and the events of a campaign on record, from Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zosimos.campaign import views, wording
from zosimos.core.errors import SpecError, StateError
from zosimos.core.files import cannot_write, require_no_database
from zosimos.core.writing import json_pieces, write_whole
from zosimos.faces.python.showing import Shown

_TABLES = (".csv", ".xlsx", ".json")


class TakenOut(Shown):
    """A campaign that can be taken out of its ledger."""

    def write_table(self, path: str | Path, *, force: bool = False) -> Path:
        """Write what is to do by hand as a table to fill in, and return where; :meth:`tell` reads it back.

        Nothing new is proposed: ask first, or write it again where it was lost.

        Args:
            path: a file ending in ``.csv`` or ``.xlsx``.
            force: whether a file that is there is kept as ``FILE.bak``, whatever it holds.

        Raises:
            StateError: nothing is to do.
            DataError: it would replace results that are not on record, or cannot be written.
        """
        from zosimos.campaign.tables.placing import Place

        with self._lock, Place(Path(path), force=force) as place:
            state = self._state
            found = [state.experiments[name] for name in wording.to_do(state)]
            if not found:
                raise StateError("nothing is to do", field="experiments", hint="campaign.ask() proposes experiments")
            place.check(state)
            place.prepare(state, found)
            place.put()
        return Path(path)

    def export(self, path: str | Path, license: str = "", *, units: bool = False) -> Path:  # noqa: A002 - as crates say
        """Write the whole campaign, and return where: a table, everything as JSON, or a research object (RO-Crate).

        Args:
            path: a file ending in ``.csv``, ``.xlsx`` or ``.json``; or a new folder, ``FILE.zip``, or ``FILE.eln`` for
                electronic notebooks.
            license: how the data may be used, in words or as an address; of a research object.
            units: whether the header of a table has the units.

        Raises:
            DataError: the place is taken, or cannot be written.
        """
        place = Path(path)
        suffix = place.suffix.lower()
        if suffix not in _TABLES:
            return self._crate(place, license)
        if license:
            raise SpecError("a table has no license", field="license", value=license, hint="leave it out")
        require_no_database(place, "path")
        try:
            write_whole(place, self._pieces(suffix, units=units))
        except OSError as error:
            raise cannot_write(place, error) from error
        return place

    def _pieces(self, suffix: str, *, units: bool) -> Any:
        from zosimos.campaign.control.tables import csv_pieces, experiment_rows, export_parts
        from zosimos.campaign.tables.titles import titles
        from zosimos.campaign.tables.writing import workbook

        state = self._state
        title = titles(state) if units else None
        if suffix == ".csv":
            return csv_pieces(state, title)
        if suffix == ".json":
            return [*json_pieces(export_parts(state)), "\n"]
        return [workbook(*experiment_rows(state, title))]

    def _crate(self, place: Path, license_: str) -> Path:
        from zosimos.campaign.export.crate import NO_LICENSE, write_crate
        from zosimos.campaign.export.package import pack

        self._check_open()
        state = self._state

        def crate(folder: Path) -> None:
            write_crate(self._own_ledger, state, folder, license_ or NO_LICENSE)

        pack(place, crate, campaign=state.id, at=state.at, eln=place.suffix.lower() == ".eln")
        return place

    def events(self) -> list[dict[str, Any]]:
        """Return everything on record, in order: ``seq``, ``at``, ``kind``, ``body`` and ``hash`` of each event."""
        self._check_open()
        with self._lock:
            return [views.event_view(event) for event in self._own_ledger.events(self._state.id)]
