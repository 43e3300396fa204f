"""Showing a campaign: its report as a page, several campaigns side by side, and single figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zosimos.core.errors import SpecError, ZosimosError
from zosimos.core.filenames import file_name
from zosimos.faces.cli import screen
from zosimos.faces.cli.context import CampaignId, Desk, Json, LedgerUrl, Output, desk

if TYPE_CHECKING:
    from zosimos.campaign.record.state import State
    from zosimos.campaign.report.subject import Subject

_KINDS = "progress, pareto, effects, contours, ternary, importances, parity, parallel, timeline or instruments"


def report(
    campaign: Annotated[
        list[str],
        typer.Argument(metavar="ID...", help="A campaign, or several to be compared.", show_default=False),
    ],
    output: Output = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Write a campaign's report, or several campaigns side by side, as one HTML file."""
    with desk(ledger) as here:
        states = [here.record(name).state for name in campaign]
        if len(states) == 1:
            path = write(here, states[0], output)
            data: dict[str, object] = {"campaign": states[0].id, "report": str(path)}
        else:
            path = _compared(here, states, output)
            data = {"campaigns": [state.id for state in states], "report": str(path)}
        screen.json_line(data) if json else screen.say(f"report: {path}")
        here.require_sound()


def plot(
    campaign: CampaignId,
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"Which figure: {_KINDS}.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to write it: FILE.png or FILE.svg.")
    ] = None,
    json: Json = False,
    ledger: LedgerUrl = None,
) -> None:
    """Write one figure of a campaign as PNG or SVG."""
    from zosimos.campaign.report.kinds import picture

    if output is None:
        raise SpecError("a figure is no text: say where to write it", field="-o", allowed="-o FILE.png or -o FILE.svg")
    with desk(ledger) as here:
        state = here.record(campaign).state
        found = picture(kind, _subject(here, state))
        path = found.save(output)
        if json:
            screen.json_line({"campaign": state.id, "kind": kind, "file": str(path), "note": found.note})
        else:
            screen.say(f"written to {path}", *([found.note] if found.note else []))
        here.require_sound()


def write(here: Desk, state: State, path: Path | None) -> Path:
    """Write a campaign's report to a path, or to its place among the reports."""
    from zosimos.campaign.ledger.verify import Head
    from zosimos.campaign.report import write_report

    place = path if path is not None else Path(here.settings.reports) / f"{file_name(state.id)}.html"
    return write_report(state, Head(state.seq, state.head), place, _subject(here, state).setup)


def _compared(here: Desk, states: list[State], path: Path | None) -> Path:
    from zosimos.campaign.report import write_comparison

    place = path if path is not None else Path(here.settings.reports) / "comparison.html"
    return write_comparison(states, place)


def _subject(here: Desk, state: State) -> Subject:
    """Return a campaign with its setup; without one where its files are not on record any more."""
    from zosimos.campaign.record.record import Record
    from zosimos.campaign.report.subject import Subject
    from zosimos.campaign.setup import reopened

    try:
        return Subject(state, reopened(Record(here.ledger, state.id, state)))
    except ZosimosError:
        return Subject(state)
