"""Tables to take away: every experiment with all that is known of it, as rows, as CSV and as JSON.

Tables that people fill in and give back are read and written in :mod:`zosimos.campaign.tables`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from zosimos.campaign.decisions.followed import advice_view
from zosimos.campaign.definition.build import build_objectives, outcome_names
from zosimos.campaign.record.experiment import Experiment
from zosimos.campaign.record.state import State
from zosimos.campaign.views import experiment_view, status
from zosimos.core.objective import to_measure
from zosimos.core.records import Measurement

EXPERIMENT, FAILED = "experiment", "failed"
UNCERTAINTY = "_uncertainty"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def measured_units(state: State) -> dict[str, str]:
    """Return what a person measures, with its unit: objectives, and the quantities others are made of."""
    return {quantity.name: quantity.unit for quantity in to_measure(build_objectives(state.spec))}


def experiments_csv(state: State) -> str:
    """Return every experiment as CSV: values, outcomes with uncertainties, predictions, status, reasons and times."""
    header, rows = experiment_rows(state)
    return csv_text(header, rows)


def experiment_rows(state: State) -> tuple[list[str], list[list[Any]]]:
    """Return the columns' names and a row for each experiment; what is not known is an empty text.

    Outcomes are objectives and, after them, the quantities they are made of; of which only a limit is known is a text,
    ``<0.5``. What people wrote beside results comes last, a column for each column it stood in.
    """
    outcomes = outcome_names(state.spec)
    outcome_columns = [
        f"{name}{suffix}" for name in outcomes for suffix in ("", UNCERTAINTY, "_predicted", "_predicted_sd")
    ]
    tail = ["status", "origin", "why", "reason", "decision", "spec_version", "proposed", "started", "ended"]
    remarks = list(dict.fromkeys(column for item in state.experiments.values() for column in item.notes))
    rows = [
        [
            item.id,
            *(item.values.get(name, "") for name in state.spec.space),
            *(cell for name in outcomes for cell in _outcome_cells(item, name)),
            item.status,
            item.candidate.origin,
            item.candidate.reason,
            item.reason,
            item.decision,
            item.spec_version,
            item.proposed_at,
            item.started_at,
            item.ended_at,
            *(item.notes.get(column, "") for column in remarks),
        ]
        for item in state.experiments.values()
    ]
    header = [EXPERIMENT, *state.spec.space, *outcome_columns, *tail]
    return [*header, *_apart(remarks, header)], rows


def _apart(remarks: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Return names for columns of notes that no other column has."""
    names: list[str] = []
    for name in remarks:
        while name in taken or name in names:
            name = f"note: {name}"
        names.append(name)
    return names


def _outcome_cells(item: Experiment, name: str) -> list[Any]:
    measurement, prediction = item.measurements.get(name), item.candidate.predictions.get(name)
    measured = ["", ""] if measurement is None else [_shown(measurement), measurement.uncertainty]
    predicted = ["", ""] if prediction is None else [prediction.mean, prediction.sd]
    return ["" if cell is None else cell for cell in (*measured, *predicted)]


def _shown(found: Measurement) -> float | str:
    return f"{found.sign}{found.value!r}" if found.sign else found.value


def export_json(state: State) -> dict[str, Any]:
    """Return a whole campaign as JSON data: status, every version of the spec, steerings, advice and experiments."""
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
        "advice": [advice_view(state, given) for given in state.advice.values()],
        "files": dict(state.files),
        "runs": [experiment_view(state, item) for item in state.experiments.values()],
    }


def csv_text(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table as CSV in which no text can be run as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_inert(cell) for cell in header])
    writer.writerows([[_inert(cell) for cell in row] for row in rows])
    return text.getvalue()


def _inert(cell: Any) -> Any:
    """Keep a spreadsheet from running a text as a formula (OWASP: CSV injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
