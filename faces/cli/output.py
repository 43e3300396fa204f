"""Taking out: a campaign as a table, as JSON, as a research object."""

from __future__ import annotations

import sys
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from zosimos.core.shown import clean
from zosimos.core.writing import json_pieces
from zosimos.faces.cli import export as crates
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import CampaignId, Json, LedgerUrl, Output, desk, write_pieces


class Format(StrEnum):
    """What a campaign can be exported as."""

    csv = "csv"
    xlsx = "xlsx"
    json = "json"
    ro_crate = "ro-crate"
    eln = "eln"


_ENDINGS = {
    ".xlsx": Format.xlsx,
    ".json": Format.json,
    ".eln": Format.eln,
    ".zip": Format.ro_crate,
}


def export(
    campaign: CampaignId,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="A table of experiments; everything; a research object; for notebooks (default: by FILE, else csv).",
        ),
    ] = None,
    output: Output = None,
    units: Annotated[
        bool,
        typer.Option("--units", help="For people: units in the header of a table, as in temp (°C), and what is to do."),
    ] = False,
    license_: Annotated[
        str, typer.Option("--license", metavar="TEXT", help="How the data may be used, in a research object.")
    ] = "",
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Take a campaign's results out; to stdout if no file is named."""
    from zosimos.campaign.control.tables import csv_pieces, experiments_csv, export_json, export_parts
    from zosimos.campaign.tables.titles import titles

    form = form or _as_named(output)
    with desk(ledger) as here:
        state = here.record(campaign).state
        title = titles(state) if units else None
        if form in (Format.ro_crate, Format.eln):
            path = crates.write(here, state, output, eln=form is Format.eln, license_=license_)
            _written(state.id, form, path, json=json)
            here.require_sound()
            return
        if form is Format.xlsx:
            _written(state.id, form, crates.write_workbook(state, output, title), json=json)
        elif json and output is None:
            data = experiments_csv(state, title) if form is Format.csv else export_json(state)
            screen.json_line({"campaign": state.id, "format": form.value, "data": data})
        else:
            pieces = csv_pieces(state, title) if form is Format.csv else chain(json_pieces(export_parts(state)), ["\n"])
            if output is None:
                for piece in pieces:
                    screen.plain_text(clean(piece, lines=True) if sys.stdout.isatty() else piece)
            else:
                write_pieces(output, pieces)
                _written(state.id, form, output, json=json)
        here.require_sound()


def _as_named(output: Path | None) -> Format:
    """Return the form that a file's name promises; a table as CSV where it promises none."""
    return Format.csv if output is None else _ENDINGS.get(output.suffix.lower(), Format.csv)


def _written(campaign: str, form: Format, path: Path, *, json: bool) -> None:
    if json:
        screen.json_line({"campaign": campaign, "format": form.value, "file": str(path)})
    else:
        screen.say(f"written to {path}")
