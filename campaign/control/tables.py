"""Tables to take away: every experiment with all that is known of it, as rows, as CSV and as JSON.

Tables that people fill in and give back are read and written in :mod:`zosimos.campaign.tables`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, TypeAlias

from zosimos.campaign.decisions.followed import advice_views
from zosimos.campaign.definition.build import build_objectives, outcome_names
from zosimos.campaign.definition.knowledge import ACHIEVED
from zosimos.campaign.definition.names import SHARED, UNCERTAINTY
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.results import awaited
from zosimos.campaign.record.standing import awaiting
from zosimos.campaign.record.state import State
from zosimos.campaign.views import experiment_view, status
from zosimos.campaign.wording import standing
from zosimos.core.objective import Objective, to_measure
from zosimos.core.records import Measurement

EXPERIMENT, FAILED = "experiment", "failed"
WAITS = "waits_for"
KEPT = ("origin", "why", "reason", "decision", "spec_version", "proposed", "started", "ended", "changes")
"""What stands in an export beside values, outcomes and remarks: of the record, and nothing that a person measured."""
PREDICTED = ("_predicted", "_predicted_sd")
STATUS = "status"
_ROWS = 500  # of a table of experiments that are made together
FORMULA = ("=", "+", "-", "@", "\t", "\r")

Title: TypeAlias = Callable[[str, str], str]
"""Returns the header of a column by its name and unit."""


def measured_units(state: State, *, first: bool = False) -> dict[str, str]:
    """Return what a person measures, with its unit: objectives, and the quantities others are made of.

    ``first``: as the campaign began.
    """
    spec = state.specs[0] if first else state.spec
    return {quantity.name: quantity.unit for quantity in to_measure(build_objectives(spec))}


def experiments_csv(state: State, title: Title | None = None) -> str:
    """Return every experiment as CSV: values, outcomes with uncertainties, predictions, status, reasons and times.

    A retracted result has no outcome there; what it was stands under ``changes``, with every correction.
    """
    return "".join(csv_pieces(state, title))


def csv_pieces(state: State, title: Title | None = None) -> Iterator[str]:
    """Yield the text of :func:`experiments_csv` in pieces; ``title`` writes the headers."""
    header, rows = experiment_rows(state, title)
    yield csv_text(header, [])
    while some := list(islice(rows, _ROWS)):
        yield csv_text(None, some)


def experiment_rows(state: State, title: Title | None = None) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the columns' names and a row for each experiment; what is not known is an empty text.

    Where experiments were run at other values than asked for, these have columns of their own (``x_achieved``), behind
    the parameters; without such experiments there are none. Outcomes are objectives and, after them, the quantities
    they are made of; one of which only a limit is known is a text, ``<0.5``. Where results say which part of their
    uncertainty all share, that has a column of its own, too. Where experiments have some of their
    outcomes, a column says which they wait for. Parameters and outcomes that the campaign had earlier come after those
    of today; of a parameter that came midway, experiments from before have the value that its ``default`` says. What
    people wrote beside results comes last, a column for each column it stood in. Rows are made as they are asked for,
    and the experiments that are read for them are not kept. ``title`` returns the header of a column by its name and
    unit, and the status is in the words of the lab then; None: names alone.
    """
    parameters = list(dict.fromkeys(name for spec in reversed(state.specs) for name in spec.space))
    outcomes = outcomes_ever(state)
    filled = replace(state.lens, gone=frozenset())
    split = frozenset(state.split)
    endings = {name: ("", UNCERTAINTY, *([SHARED] if name in split else []), *PREDICTED) for name in outcomes}
    outcome_columns = [f"{name}{ending}" for name in outcomes for ending in endings[name]]
    objectives, waits = build_objectives(state.spec), awaiting(state)
    tail = [
        STATUS,
        *([WAITS] if waits else []),
        *KEPT,
    ]
    remarks, missed = list(state.note_columns), list(state.missed)
    rows = (
        [
            item.id,
            *(filled.row(item.values).get(name, "") for name in parameters),
            *(item.achieved.get(name, "") for name in missed),
            *(cell for name in outcomes for cell in _outcome_cells(item, name, split=name in split)),
            item.status if title is None else standing(state, item),
            *([", ".join(_awaited(item, objectives))] if waits else []),
            item.candidate.origin,
            item.candidate.reason,
            item.reason,
            item.decision,
            item.spec_version,
            item.proposed_at,
            item.started_at,
            item.ended_at,
            "; ".join(map(str, item.amendments)),
            *(item.notes.get(column, "") for column in remarks),
        ]
        for item in state.experiments.passing()
    )
    achieved = [f"{name}{ACHIEVED}" for name in missed]
    header = [EXPERIMENT, *parameters, *achieved, *outcome_columns, *tail]
    if title is not None:
        known: dict[str, str] = {}
        for spec in state.specs:
            known |= {name: str(getattr(part, "unit", "")) for name, part in spec.space.items()}
            known |= {name: part.unit for name, part in spec.objectives.items()}
        known |= {f"{name}{ACHIEVED}": known.get(name, "") for name in missed}
        known |= measured_units(state)
        header = [title(name, known.get(name, "")) for name in header]
    return [*header, *_apart(remarks, header)], rows


def outcomes_ever(state: State) -> list[str]:
    """Return the outcomes that a campaign has, and then those that it had earlier."""
    return list(dict.fromkeys(name for spec in reversed(state.specs) for name in outcome_names(spec)))


def _awaited(item: Experiment, objectives: Sequence[Objective]) -> list[str]:
    return awaited(item.measurements, objectives) if item.status == "measured" else []


def _apart(remarks: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Return names for columns of notes that no other column has."""
    names: list[str] = []
    for name in remarks:
        while name in taken or name in names:
            name = f"note: {name}"
        names.append(name)
    return names


def _outcome_cells(item: Experiment, name: str, *, split: bool) -> list[Any]:
    measurement, prediction = item.measurements.get(name), item.candidate.predictions.get(name)
    measured: list[Any] = [None, None] if measurement is None else [_shown(measurement), measurement.uncertainty]
    measured += [None if measurement is None else measurement.u_shared] if split else []
    predicted = ["", ""] if prediction is None else [prediction.mean, prediction.sd]
    return ["" if cell is None else cell for cell in (*measured, *predicted)]


def _shown(found: Measurement) -> float | str:
    return f"{found.sign}{found.value!r}" if found.sign else found.value


def export_json(state: State) -> dict[str, Any]:
    """Return a whole campaign as JSON data: status, every version of the spec, steerings, advice and experiments."""
    found = export_parts(state)
    return found | {"runs": list(found["runs"])}


def export_parts(state: State) -> dict[str, Any]:
    """Return the data of :func:`export_json` with an iterator in place of the list of experiments (``runs``).

    They are made as they are asked for, to be written by :func:`zosimos.core.writing.json_pieces`.
    """
    return {
        **status(state),
        "head": f"{state.seq}:{state.head}",
        "specs": [spec.model_dump(mode="json") for spec in state.specs],
        "steerings": [
            {
                "version": item.version,
                "changes": [change.as_json() for change in item.changes],
                "by": item.by,
                "reason": item.reason,
                "undoes": item.undoes,
                "at": item.at,
            }
            for item in state.steerings
        ],
        "advice": advice_views(state, list(state.advice.values())),
        "files": dict(state.files),
        "runs": (experiment_view(state, item) for item in state.experiments.passing()),
    }


def csv_text(header: Sequence[str] | None, rows: Sequence[Sequence[Any]]) -> str:
    """Return a table as CSV in which no text can be run as a formula; None: without a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if header is not None:
        writer.writerow([_inert(cell) for cell in header])
    writer.writerows([[_inert(cell) for cell in row] for row in rows])
    return text.getvalue()


def _inert(cell: Any) -> Any:
    """Keep a spreadsheet from running a text as a formula (OWASP: CSV injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
